"""Commands whose product is read by others: the check-up of a collection, the report of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from explorer.cli.options import CollectionSpec, Device, Json, Scope, Split, open_bench
from explorer.cli.show import print_json, say, short, table

ENCODER = "minilm"


WriteReport = Callable[[dict[str, Any], Path], None]


def register(app: typer.Typer, write: WriteReport) -> None:
    app.command()(check)
    app.command()(labels)

    @app.command()
    def report(
        collection: CollectionSpec,
        a: Annotated[str, typer.Option("-a", help="Retriever before.")] = "dense:minilm",
        b: Annotated[str, typer.Option("-b", help="Retriever after.")] = "bm25",
        out: Annotated[Path, typer.Option("-o", "--out", help="The HTML file to write.")] = Path("report.html"),
        split: Split = "test",
        measure: Annotated[str, typer.Option(help="By which queries are sorted; named as in ir_measures.")] = "nDCG@10",
        scope: Scope = "own",
        device: Device = "",
        json: Json = False,
    ) -> None:
        """Write a comparison as one HTML file that needs no network, to send to whoever decides."""
        from explorer import views

        bench = open_bench(collection, scope, device, quiet=json)
        view = views.report(bench, a, b, split, measure)
        write(view, out)
        if json:
            print_json({"path": str(out), "verdict": view["verdict"], **view["first"]})
        else:
            say(f"{view['headline']}; wrote {out} ({out.stat().st_size / 1024:.0f} KiB)")


def check(
    collection: CollectionSpec,
    encoder: Annotated[str, typer.Option(help="Whose limit and prompts are checked; none: neither.")] = ENCODER,
    scope: Scope = "own",
    device: Device = "",
    json: Json = False,
) -> None:
    """Look for what would spoil a comparison: joins, duplicates, leakage, truncation, prompts; exit 1 on errors."""
    bench = open_bench(collection, scope, device, quiet=True)
    report = bench.check("" if encoder == "none" else encoder)
    if json:
        print_json(report)
    else:
        splits = ", ".join(f"{name} {count:,}" for name, count in report["splits"].items())
        say(
            f"{report['collection']}: {report['documents']:,} documents, {report['queries']:,} queries, "
            f"{report['judged']:,} judged ({splits})"
        )
        rows = [
            [
                found["level"],
                f"{found['count']:,}",
                found["code"],
                found["consequence"],
                found["remedy"],
                short(", ".join(found["examples"]), 80),
            ]
            for found in report["findings"]
        ]
        if rows:
            table("findings", ["level", "count", "what", "what follows", "what to do", "examples"], rows)
        else:
            say("nothing found that would spoil a comparison")
    if any(found["level"] == "error" for found in report["findings"]):
        raise typer.Exit(1)


def labels(
    collection: CollectionSpec,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help=".csv, .jsonl or .parquet with the texts; else TREC qrels.", show_default=False
        ),
    ] = None,
    scope: Scope = "own",
    json: Json = False,
) -> None:
    """Count what people labelled in the app, or write it to a file. To train on it: distill --teacher gold:labels."""
    from explorer.workbench.exporting import save_labels

    bench = open_bench(collection, scope, "", quiet=True)
    grades = bench.labels()
    counts = {grade: sum(list(row.values()).count(grade) for row in grades.values()) for grade in range(4)}
    if out:
        save_labels(bench.collection, grades, out)
    if json:
        told = {"collection": bench.collection.name, "queries": len(grades), "grades": counts}
        print_json({**told, "path": str(out) if out else None})
        return
    of_grade = ", ".join(f"{count} of grade {grade}" for grade, count in counts.items())
    say(f"{bench.collection.name}: {len(grades)} queries labelled, {of_grade}" + (f"; wrote {out}" if out else ""))
