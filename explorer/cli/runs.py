"""Runs on the command line: watched as they go, listed, shown, cancelled, resumed, deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from explorer.cli.options import Device, Json, open_bench
from explorer.cli.show import hint, print_json, progress, say, short, signed, table
from explorer.records import ExplorerError

runs = typer.Typer(help="List, show, cancel, resume and delete runs.", no_args_is_help=True, rich_markup_mode=None)
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.", show_default=False)]


def register(app: typer.Typer) -> None:
    for command in (list_runs, show, cancel, resume, delete):
        runs.command("list" if command is list_runs else None)(command)
    app.add_typer(runs, name="runs")
    app.command()(export)


def export(
    run: RunId,
    kind: Annotated[str, typer.Option("--as", help="model, trec, jsonl, csv or parquet.")] = "model",
    to: Annotated[Path | None, typer.Option("-o", "--out", help="File or folder to write.", show_default=False)] = None,
    layout: Annotated[str, typer.Option(help="jsonl: flagembedding or sentence-transformers.")] = "flagembedding",
    json: Json = False,
) -> None:
    """Write a student for sentence-transformers, or its runs, training examples or values per query."""
    from explorer.workbench.exporting import export as write
    from explorer.workspace import Workspace

    target = to or Path(run if kind in ("model", "trec") else f"{run}.{kind}")
    paths = write(Workspace(), run, kind, target, progress(), layout)
    if json:
        print_json({"run": run, "as": kind, "paths": [str(path) for path in paths]})
    else:
        for path in paths:
            say(f"wrote {path}")


def carry_out(bench: Any, plan: Any, folder: Any, *, json: bool, again: bool = False) -> None:
    from explorer import jobs
    from explorer.workbench.teaching import OMISSIONS

    draw = progress()

    def watch(event: dict[str, Any]) -> None:
        match event["event"]:
            case "stage":
                draw(event["stage"], event["done"], event["total"])
            case "step":
                draw("train", event["step"], event["of"])
            case "examples":
                hint(f"{event['examples']} examples; {_teacher_quality(event)}")
                for reason, count in event["refused"].items():
                    hint(f"  refused {count} negatives: {reason}")
                for reason, count in event["overlap"].items():
                    hint(f"  kept {count} queries although each {reason}")
                for reason, count in event["dropped"].items():
                    hint(f"  left out {count}: {reason}")
                for name in (name for name in OMISSIONS if event[name]):
                    hint(f"  {event[name]} {OMISSIONS[name]}")
            case "dev":
                hint(f"step {event['step']:>5}  dev {event['value']:.4f}{'  best' if event['best'] else ''}")

    def work(emit: Any, stop: Any, resume: bool) -> dict[str, Any]:
        return bench.distill(plan, folder, emit, stop, resume)

    result = jobs.carry_out(folder, work, watch, again)
    public = {
        name: result[name] for name in ("run", "student", "method", "seconds", "examples", "dropped", "dev", "path")
    }
    public |= {name: result[name] for name in ("gate", "guard") if name in result}
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
    _print_gate(result)
    say(f"run {result['run']}: {result['seconds']:.0f} s of training; use it as student:{result['run']}")


def _teacher_quality(event: dict[str, Any]) -> str:
    teacher, baseline = event["teacher"], event["baseline"]
    if event["by_definition"]:
        return "judgements are the teacher: it ranks them first by definition"
    if not teacher:
        return "no judged query to measure the teacher on"
    told = ", ".join(f"{name} {value:.3f} (baseline {baseline[name]:.3f})" for name, value in teacher.items())
    worse = any(teacher[name] < baseline[name] for name in teacher)
    warning = "; it ranks worse than the baseline: expect no gain, and the base to be kept" if worse else ""
    note = "; judgements are part of it and flatter it" if event["flattered"] else ""
    return f"the teacher itself: {told}{note}{warning}"


def _print_gate(result: dict[str, Any]) -> None:
    """What the student changed on held-out queries, and on the guard."""
    if "gate" in result and result["gate"] is None:
        say("held out: no query is judged there, so nothing can be said of a gain")
    for name, change in (("held out", result.get("gate")), ("guard", result.get("guard"))):
        if not change:
            continue
        dev = name == "held out" and change["split"] == "dev"
        title = "dev, which chose the student" if dev else f"{name}: {change.get('collection', '')} {change['split']}"
        where = f"{title}, {change['queries']} queries".replace(":  ", ": ")
        say(f"{where}: {change['verdict']}")
        for measure, row in change["measures"].items():
            low, high = row["ci95"]
            say(
                f"  {measure:8} {row['mean_a']:.4f} -> {row['mean_b']:.4f}  "
                f"{signed(row['delta'])} [{signed(low)}, {signed(high)}] p {row['p']:.4f}"
            )


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
    """Go on with a run that was cancelled, failed or killed: from its last epoch; adapter and lora train anew."""
    from explorer.workbench.plans import Plan
    from explorer.workspace import Workspace

    folder = Workspace().existing_run(run)
    if folder.state["state"] == "finished":
        raise ExplorerError(
            f"the run {run!r} is finished, there is nothing to resume; start another with explorer distill"
        )
    plan = Plan.from_record(folder.plan)
    bench = open_bench(plan.collection, "own" if plan.scoped else "none", device, quiet=json)
    carry_out(bench, plan, folder, json=json, again=True)


def delete(run: RunId) -> None:
    """Remove a run and its student."""
    from explorer.workspace import Workspace

    Workspace().existing_run(run).delete()
    say(f"{run} was deleted")
