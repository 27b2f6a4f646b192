"""Commands that ask: search, compare, evaluate, collections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from explorer.cli.options import CollectionSpec, Device, Json, ReaderSpec, Retriever, Scope, Split, open_bench
from explorer.cli.show import hint, print_json, say, short, signed, table

A = Annotated[str, typer.Option("-a", help="Retriever before.")]
B = Annotated[str, typer.Option("-b", help="Retriever after.")]


def register(app: typer.Typer) -> None:
    for command in (search, compare, evaluate, collections):
        app.command()(command)


def search(
    collection: CollectionSpec,
    text: Annotated[str, typer.Argument(help="A question, or the id of one of the collection's queries.")],
    retriever: Retriever = "dense:minilm",
    k: Annotated[int, typer.Option("-k", help="Documents to show.")] = 10,
    scope: Scope = "own",
    group: Annotated[str, typer.Option(help="Search only documents of this group.")] = "",
    device: Device = "",
    json: Json = False,
) -> None:
    """Rank the documents of a collection for one question."""
    from explorer import views

    bench = open_bench(collection, scope, device, quiet=json)
    view = views.search(bench, bench.query(text, scope=group), retriever, k)
    if json:
        print_json(view)
        return
    for side, prompt in view["prompts"].items():
        if prompt:
            hint(f"{side} prompt: {prompt!r}")
    rows = [
        [str(d["rank"]), f"{d['score']:.4f}", d["grade_label"], d["doc_id"], short(d["title"] + " " + d["text"], 160)]
        for d in view["documents"]
    ]
    table(f"{retriever} · {view['query']}", ["rank", "score", "gold", "document", "text"], rows)
    if cut := sum(d["cut"] for d in view["documents"]):
        hint(f"note: of {cut} of these documents the encoder reads only the beginning")


def compare(
    collection: CollectionSpec,
    a: A = "dense:minilm",
    b: B = "bm25",
    query: Annotated[str, typer.Option(help="Compare one query: its id or a question.")] = "",
    split: Split = "test",
    measure: Annotated[str, typer.Option(help="Named as in ir_measures.")] = "nDCG@10",
    k: Annotated[int, typer.Option("-k", help="Documents to show for one query.")] = 10,
    scope: Scope = "own",
    device: Device = "",
    json: Json = False,
) -> None:
    """Which queries changed between two retrievers; with --query, how their rankings differ."""
    from explorer import views

    bench = open_bench(collection, scope, device, quiet=json)
    if query:
        view = views.compare(bench, bench.query(query), [a, b], k)
        print_json(view) if json else _print_comparison(view)
        return
    flips = views.flips(bench, a, b, split, measure)
    if json:
        print_json(flips)
        return
    rows = [
        [signed(f["delta"]), f"{f['a']:.3f}", f"{f['b']:.3f}", f["query_id"], short(f["text"], 100)]
        for f in flips["queries"]
        if f["delta"]
    ]
    table(f"{measure} · {b} against {a} · {flips['split']}", ["Δ", "a", "b", "query", "text"], rows)
    _print_differences([flips["difference"]])


def _print_comparison(view: dict[str, Any]) -> None:
    for column in view["columns"]:
        rows = [
            [str(d["rank"]), d["move_label"], d["grade_label"], d["doc_id"], short(d["title"] + " " + d["text"], 110)]
            for d in column["documents"]
        ]
        table(f"{column['title']} · {view['query']['text']}", ["rank", "move", "gold", "document", "text"], rows)


def evaluate(
    collection: CollectionSpec,
    retriever: Annotated[list[str], typer.Option("-r", "--retriever", help="Repeat; the first is the baseline.")],
    split: Split = "test",
    measure: Annotated[list[str], typer.Option(help="Repeat; named as in ir_measures.")] = [],  # noqa: B006
    latency: Annotated[bool, typer.Option(help="Time single queries, too.")] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="Let the reader answer from each system's documents.")
    ] = False,
    context: Annotated[int, typer.Option(min=0, help="Documents the reader sees.")] = 3,
    reader: ReaderSpec = "smollm2",
    trec: Annotated[Path | None, typer.Option(help="Write each run as a TREC file into this folder.")] = None,
    values: Annotated[Path | None, typer.Option(help="Write each query's values into this .csv or .parquet.")] = None,
    scope: Scope = "own",
    device: Device = "",
    json: Json = False,
) -> None:
    """Measure retrievers on held-out queries, with intervals and a randomisation test."""
    bench = open_bench(collection, scope, device, quiet=json, reader=reader)
    options: dict[str, Any] = {"measures": measure} if measure else {}
    evaluation = bench.evaluate(retriever, split=split, latency=latency, answer=answers, context=context, **options)
    if trec:
        bench.save_runs(evaluation.runs, trec)
    if values:
        from explorer.workbench.exporting import save_values

        save_values(bench.collection.queries, evaluation.values, values)
    if json:
        print_json(evaluation.report)
        return
    report = evaluation.report
    first = next(iter(report["systems"].values()))
    names, said = list(first["measures"]), list(first.get("answers", {}))
    timed = ["p50 ms", "p95 ms"] if latency else []
    rows = [
        [spec, *(f"{system['measures'][name]:.4f}" for name in names)]
        + [f"{system['answers'][name]:.4f}" for name in said]
        + [f"{value:.1f}" for value in system.get("latency_ms", {}).values()]
        for spec, system in report["systems"].items()
    ]
    table(f"{report['collection']} · {split} · {report['queries']} queries", ["system", *names, *said, *timed], rows)
    if evaluation.unjudged:
        hint(f"note: {evaluation.unjudged} queries without a relevant document are left out")
    if evaluation.unanswered:
        hint(f"note: {evaluation.unanswered} queries without a reference answer are left out of the answers")
    for spec in report["systems"]:
        if cut := len(bench.cut(spec)):
            hint(f"note: of {cut} documents the encoder of {spec} reads only the beginning")
    if report["comparisons"]:
        _print_differences(report["comparisons"])


def _print_differences(rows: list[dict[str, Any]]) -> None:
    from explorer.evaluation.significance import holm

    adjusted = holm([row["p"] for row in rows])
    cells = [
        [
            row["b"],
            row["measure"],
            signed(row["delta"]),
            f"[{signed(row['ci95'][0])}, {signed(row['ci95'][1])}]",
            f"{row['p']:.4f}",
            f"{corrected:.4f}",
            f"{row['wins']} / {row['ties']} / {row['losses']}",
        ]
        for row, corrected in zip(rows, adjusted, strict=True)
    ]
    table(
        f"against {rows[0]['a']}",
        ["system", "measure", "Δ", "95 % interval", "p", "p (Holm)", "win / tie / loss"],
        cells,
    )


def collections(json: Json = False) -> None:
    """List the bundled collections, those imported in the app, and the formats that can be opened."""
    from explorer.collections import FORMATS, bundled, open_collection
    from explorer.workspace import Workspace

    found = [open_collection(name) for name in bundled()]
    rows: list[dict[str, Any]] = [
        {"name": c.source, "documents": len(c.documents), "queries": len(c.queries), "splits": _split_sizes(c)}
        for c in found
    ]
    imported = Workspace().collections()
    if json:
        print_json({"collections": rows, "imported": imported, "formats": list(FORMATS)})
        return
    cells = [
        [
            row["name"],
            str(row["documents"]),
            str(row["queries"]),
            ", ".join(f"{k} {v}" for k, v in row["splits"].items()),
        ]
        for row in rows
    ]
    table("bundled collections", ["name", "documents", "queries", "splits"], cells)
    if imported:
        say(f"Imported: {', '.join(imported)}")
    say(f"Formats, as FORMAT:PATH or recognised: {', '.join(FORMATS)}")
    say("chunks:COLLECTION cuts the long documents of any of them into overlapping chunks")


def _split_sizes(collection: Any) -> dict[str, int]:
    return {split: len(collection.split(split)) for split in ("train", "dev", "test")}
