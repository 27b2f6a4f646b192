"""Commands that teach: teach, distill, runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from explorer.cli.options import CollectionSpec, Device, Json, ReaderSpec, Scope, Split, is_scoped, open_bench
from explorer.cli.show import hint, print_json, progress, say, short, signed, table
from explorer.records import ExplorerError

runs = typer.Typer(help="List, show, cancel, resume and delete runs.", no_args_is_help=True, rich_markup_mode=None)
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.", show_default=False)]
Base = Annotated[str, typer.Option(help="The baseline retriever.")]
Candidates = Annotated[int, typer.Option("-k", help="Candidates per query: the baseline's top k.")]


def register(app: typer.Typer) -> None:
    app.command()(teach)
    app.command()(distill)
    for command in (list_runs, show, cancel, resume, delete):
        runs.command("list" if command is list_runs else None)(command)
    app.add_typer(runs, name="runs")


def teach(
    collection: CollectionSpec,
    teacher: Annotated[str, typer.Option(help="utility.")] = "utility",
    reader: ReaderSpec = "smollm2",
    prompt: Annotated[list[str], typer.Option(help="Prompt template; repeat for mean and spread.")] = [],  # noqa: B006
    split: Split = "train",
    k: Candidates = 16,
    base: Base = "dense:minilm",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Parquet file to write.")] = None,
    scope: Scope = "own",
    device: Device = "",
    json: Json = False,
) -> None:
    """Let a teacher score the baseline's candidates; goes on where it was killed."""
    bench = open_bench(collection, scope, device, quiet=json)
    result = bench.teach(teacher, reader=reader, prompts=prompt, split=split, k=k, base=base, out=out)
    if json:
        print_json(result)
        return
    names = ("nDCG@10", "AP")
    rows = [
        [system, *(f"{values[name]:.4f}" if name in values else "–" for name in names)]
        for system, values in result["quality"].items()
    ]
    table(f"{result['queries']} queries, {result['scores']} documents scored", ["ranking", *names], rows)
    for reason, count in result["left_out"].items():
        hint(f"note: {count} queries left out: {reason}")
    if result["cut"]:
        hint(f"note: {result['cut']} documents were cut to fit the reader")
    say(f"written to {result['path']}")


def distill(
    collection: CollectionSpec,
    method: Annotated[str, typer.Option(help="uae.")] = "uae",
    student: Annotated[str, typer.Option(help="adapter, query or full.")] = "query",
    base: Base = "dense:minilm",
    reader: ReaderSpec = "smollm2",
    run: Annotated[
        str, typer.Option("--run", help="Name of the run; default: made from method, student and time.")
    ] = "",
    split: Annotated[str, typer.Option(help="train, or all (everything but dev).")] = "train",
    k: Candidates = 16,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Default: the student's preset.", show_default=False)
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, show_default=False)] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Queries per step.", show_default=False)] = None,
    tau: Annotated[
        float | None, typer.Option(min=1e-3, help="Temperature of the student's softmax.", show_default=False)
    ] = None,
    tau_u: Annotated[
        float | None, typer.Option(min=1e-3, help="Temperature of the utilities.", show_default=False)
    ] = None,
    seed: Annotated[int | None, typer.Option(show_default=False)] = None,
    budget: Annotated[
        str, typer.Option(help="Wall-clock limit of the training, e.g. 60s or 5m.", show_default=False)
    ] = "",
    scope: Scope = "own",
    device: Device = "",
    json: Json = False,
) -> None:
    """Train a student on a teacher's scores. Ctrl-C stops it and keeps the best so far."""
    from explorer.workbench.distilling import Plan
    from explorer.workspace import Workspace

    plan = Plan.make(
        collection,
        method,
        student,
        base,
        reader,
        k,
        split,
        is_scoped(scope),
        epochs=epochs,
        learning_rate=learning_rate,
        batch=batch,
        tau=tau,
        tau_u=tau_u,
        seed=seed,
        budget=seconds(budget) if budget else None,
    )
    bench = open_bench(collection, scope, device, quiet=json)
    workspace = Workspace()
    folder = workspace.run(run or workspace.new_run_id(method, student))
    folder.create(plan.record())
    _carry_out(bench, plan, folder, json=json)


def _carry_out(bench: Any, plan: Any, folder: Any, *, json: bool, again: bool = False) -> None:
    from explorer import jobs

    draw = progress()

    def watch(event: dict[str, Any]) -> None:
        match event["event"]:
            case "stage":
                draw(event["stage"], event["done"], event["total"])
            case "step":
                draw("train", event["step"], event["of"])
            case "examples":
                hint(f"{event['examples']} examples; {_teacher_quality(event['teacher'], event['baseline'])}")
                for reason, count in event["dropped"].items():
                    hint(f"  left out {count}: {reason}")
                if event["cut"]:
                    hint(f"  {event['cut']} documents were cut to fit the reader")
            case "dev":
                hint(f"step {event['step']:>5}  dev {event['value']:.4f}{'  best' if event['best'] else ''}")

    def work(emit: Any, stop: Any, resume: bool) -> dict[str, Any]:
        return bench.distill(plan, folder, emit, stop, resume)

    result = jobs.carry_out(folder, work, watch, again)
    public = {
        name: result[name] for name in ("run", "student", "method", "seconds", "examples", "dropped", "dev", "path")
    }
    if json:
        print_json(public)
        return
    for measure, (before, after) in result["dev"].items():
        verdict = (
            "nothing beat the base, the student equals it"
            if result["best_step"] == 0
            else f"best at step {result['best_step']}"
        )
        say(f"dev {measure}: {before:.4f} -> {after:.4f} ({signed(after - before)}; {verdict}; {result['stopped']})")
    say(f"run {result['run']}: {result['seconds']:.0f} s; use it as student:{result['run']}")


def _teacher_quality(teacher: dict[str, float], baseline: dict[str, float]) -> str:
    if not teacher:
        return "no judged query to measure the teacher on"
    told = ", ".join(f"{name} {value:.3f} (baseline {baseline[name]:.3f})" for name, value in teacher.items())
    worse = any(teacher[name] < baseline[name] for name in teacher)
    warning = "; it ranks worse than the baseline: expect no gain, and the base to be kept" if worse else ""
    return f"the teacher itself: {told}{warning}"


def seconds(text: str) -> float:
    """ "60s", "5m", "1h" or a bare number of seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if not match or float(match[1]) <= 0:
        raise ExplorerError(f"the budget {text!r} is not a time; write e.g. 60s, 5m or 1h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def list_runs(json: Json = False) -> None:
    """All runs, newest first."""
    from explorer import views
    from explorer.workspace import Workspace

    rows = [views.run_summary(run) for run in Workspace().all_runs()]
    if json:
        print_json(rows)
    elif not rows:
        say("no runs yet; start one with: explorer distill COLLECTION")
    else:
        cells = [
            [r["run"], r["state"], r["method"], r["student"], short(r["collection"], 40), r["dev_label"]] for r in rows
        ]
        table("runs", ["run", "state", "method", "student", "collection", "dev"], cells)


def show(run: RunId, json: Json = False) -> None:
    """Plan, state and result of a run."""
    from explorer import views
    from explorer.workspace import Workspace

    view = views.run_detail(Workspace().existing_run(run))
    if json:
        print_json(view)
        return
    for name in ("run", "state", "error", "command", "path"):
        if view.get(name):
            say(f"{name:8} {view[name]}")
    for event in view["curve"]:
        say(f"step {event['step']:>5}  dev {event['value']:.4f}{'  best' if event['best'] else ''}")


def cancel(run: RunId) -> None:
    """Stop a run; its best student so far is kept."""
    from explorer import jobs
    from explorer.workspace import Workspace

    jobs.cancel(Workspace().existing_run(run))
    say(f"{run} was asked to stop; its best student so far is kept")


def resume(run: RunId, device: Device = "", json: Json = False) -> None:
    """Go on with a run that was cancelled, failed or killed, from its last checkpoint."""
    from explorer.workbench.distilling import Plan
    from explorer.workspace import Workspace

    folder = Workspace().existing_run(run)
    if folder.state["state"] == "finished":
        raise ExplorerError(
            f"the run {run!r} is finished, there is nothing to resume; start another with explorer distill"
        )
    plan = Plan.from_record(folder.plan)
    bench = open_bench(plan.collection, "own" if plan.scoped else "none", device, quiet=json)
    _carry_out(bench, plan, folder, json=json, again=True)


def delete(run: RunId) -> None:
    """Remove a run and its student."""
    from explorer.workspace import Workspace

    Workspace().existing_run(run).delete()
    say(f"{run} was deleted")
