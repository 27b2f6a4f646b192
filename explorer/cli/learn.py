"""Commands that teach: teach, distill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from explorer.cli.options import CollectionSpec, Device, Json, ReaderSpec, Scope, Split, is_scoped, open_bench
from explorer.cli.runs import carry_out
from explorer.cli.show import hint, print_json, say, table

Base = Annotated[str, typer.Option(help="The baseline retriever.")]
TEACHER_HELP = (
    "gold (:qrels, :labels, :task, :judge), utility, rationale (:extractive, :generated, :given, :answer), "
    "given (scores the collection brings), or a mix such as fusion:utility=0.7,rationale:answer=0.3."
)
Prompts = Annotated[list[str], typer.Option(help="Prompt template; repeat for mean and spread.", show_default=False)]
Lambda = Annotated[float, typer.Option(help="Weight of a rationale against the retriever's own score, 0 to 1.")]
Limit = Annotated[int, typer.Option(min=0, help="Only the first so many queries; 0: all.")]


def register(app: typer.Typer) -> None:
    app.command()(teach)
    app.command()(distill)


def teach(
    collection: CollectionSpec,
    teacher: Annotated[list[str], typer.Option(help=f"{TEACHER_HELP} Repeat to compare several.")] = [],  # noqa: B006
    reader: ReaderSpec = "smollm2",
    prompt: Prompts = [],  # noqa: B006
    lam: Lambda = 0.5,
    split: Split = "train",
    k: Annotated[int, typer.Option("-k", help="Candidates per query: the baseline's top k.")] = 16,
    base: Base = "dense:minilm",
    limit: Limit = 0,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Parquet file to write.")] = None,
    scope: Scope = "own",
    device: Device = "",
    json: Json = False,
) -> None:
    """Let teachers score the baseline's candidates; goes on where it was killed."""
    from explorer.workbench.teaching import OMISSIONS

    bench = open_bench(collection, scope, device, quiet=json)
    options: dict[str, Any] = {"reader": reader, "prompts": prompt, "lam": lam, "split": split, "k": k, "base": base}
    results = bench.teach_all(teacher or ["utility"], limit=limit, out=out, **options)
    if json:
        print_json(results[0] if len(results) == 1 else results)
        return
    names = ("nDCG@10", "AP")
    measured = {spec: values for result in results for spec, values in result["quality"].items()}
    rows = [
        [spec, *(f"{values[name]:.4f}" if name in values else "–" for name in names)]
        for spec, values in measured.items()
    ]
    scored = f"{results[0]['queries']} queries, {results[0]['scores']} documents scored"
    table(scored, ["ranking", *names], rows)
    for result in results:
        for reason, count in result["left_out"].items():
            hint(f"note: {result['teacher']}: {count} queries left out: {reason}")
        for name in (name for name in OMISSIONS if result[name]):
            hint(f"note: {result['teacher']}: {result[name]} {OMISSIONS[name]}")
        if result["spread"] is not None:
            hint(f"note: {result['teacher']}: mean spread over the prompts {result['spread']:.3f}")
    _print_agreement(results[-1]["agreement"])
    for result in results:
        say(f"{result['teacher']}: written to {result['path']}")


def _print_agreement(rows: list[dict[str, Any]]) -> None:
    def told(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    cells = [
        [row["a"], row["b"], str(row["pairs"]), told(row["cohen"]), told(row["krippendorff"])]
        + [told(share) for share in row["relevant"].values()]
        for row in rows
    ]
    if cells:
        columns = ["labels", "against", "pairs", "Cohen's κ", "Krippendorff's α", "share relevant", "share relevant"]
        table("agreement of label sources (relevant or not)", columns, cells)


def distill(
    collection: CollectionSpec,
    method: Annotated[str, typer.Option(help="gold, radio, uae or fusion.")] = "uae",
    student: Annotated[
        str,
        typer.Option(help="adapter, query, lora, full or reranker; default: the method's own.", show_default=False),
    ] = "",
    teacher: Annotated[str, typer.Option(help=f"{TEACHER_HELP} Default: the method's own.", show_default=False)] = "",
    base: Base = "dense:minilm",
    reader: ReaderSpec = "smollm2",
    run: Annotated[
        str, typer.Option("--run", help="Name of the run; default: made from method, student and time.")
    ] = "",
    split: Annotated[str, typer.Option(help="train, or all (everything but dev).")] = "train",
    k: Annotated[
        int | None, typer.Option("-k", help="Candidates per query; default: the method's own.", show_default=False)
    ] = None,
    prompt: Prompts = [],  # noqa: B006
    lam: Lambda = 0.5,
    loss: Annotated[
        str, typer.Option(help="utility, list, graded, in-batch, triplet or kl; default: the method's own.")
    ] = "",
    checkpoint: Annotated[str, typer.Option(help="A reranker starts from this model instead of the base's.")] = "",
    overlap: Annotated[
        str, typer.Option(help="Training queries that overlap with what is evaluated: stop, drop or keep.")
    ] = "stop",
    guard: Annotated[
        str, typer.Option(help="A collection from elsewhere, measured before and after.", show_default=False)
    ] = "",
    limit: Limit = 0,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Default: the student's preset.", show_default=False)
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, show_default=False)] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Queries per step.", show_default=False)] = None,
    tau: Annotated[
        float | None, typer.Option(min=1e-3, help="Temperature of the student's softmax.", show_default=False)
    ] = None,
    tau_u: Annotated[
        float | None, typer.Option(min=1e-3, help="Temperature of the teacher's scores.", show_default=False)
    ] = None,
    rank: Annotated[
        int | None, typer.Option(min=1, help="Rank of a lora student's matrices.", show_default=False)
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
    from explorer.workbench.plans import Plan, seconds

    plan = Plan.make(
        collection,
        method,
        student,
        base,
        reader,
        k,
        split,
        is_scoped(scope),
        teacher=teacher,
        prompts=tuple(prompt),
        lam=lam,
        checkpoint=checkpoint,
        overlap=overlap,
        guard=guard,
        limit=limit,
        loss=loss or None,
        epochs=epochs,
        learning_rate=learning_rate,
        batch=batch,
        tau=tau,
        tau_u=tau_u,
        rank=rank,
        seed=seed,
        budget=seconds(budget) if budget else None,
    )
    bench = open_bench(collection, scope, device, quiet=json)
    carry_out(bench, plan, bench.new_run(plan, run), json=json)
