"""``explorer bench``: figures as ratios, printed with the machine they were measured on."""

from __future__ import annotations

import json as encode
from pathlib import Path
from typing import Annotated, Any

import typer

from explorer.cli.options import Json, Scope, open_bench
from explorer.cli.show import print_json, progress, say
from explorer.records import ExplorerError

FOLDERS = ("results", "trec")  # benches that read files instead of a collection


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="utility, encode, query, busy, distill, start, redraw, memory, scale, or all of them; methods, reasons, "
            "results, transfer, trec.",
            show_default=False,
        ),
    ],
    collection: Annotated[
        str,
        typer.Argument(
            help="Collection to measure on; for trec and results, a folder of files; for all, the record to write.",
            show_default="the bench's own",
        ),
    ] = "",
    retriever: Annotated[
        list[str], typer.Option("-r", "--retriever", help="Systems to time, or to see beside the teachers; repeat.")
    ] = [],  # noqa: B006
    student: Annotated[list[str], typer.Option(help="methods: METHOD-STUDENT, e.g. uae-query; default: all.")] = [],  # noqa: B006
    guard: Annotated[list[str], typer.Option(help="methods: a collection to see forgetting on; repeat.")] = [],  # noqa: B006
    limit: Annotated[
        int, typer.Option(help="methods: train on the first so many queries; scale: at most so many documents; 0: all.")
    ] = 0,
    tested: Annotated[
        int, typer.Option(help="methods, reasons: measure on the first so many test queries; 0: all.")
    ] = 0,
    k: Annotated[
        int | None, typer.Option("-k", help="methods, reasons: candidates per query.", show_default=False)
    ] = None,
    overlap: Annotated[str, typer.Option(help="methods: stop, drop or keep.")] = "stop",
    into: Annotated[
        Path | None, typer.Option(help="results: write the summary between the marks of this page.")
    ] = None,
    run: Annotated[str, typer.Option(help="methods: how the runs' names begin.", show_default=False)] = "",
    scope: Scope = "own",
    json: Json = False,
) -> None:
    """Measure the methods side by side, speed, latency or parity; speed is a ratio inside one process."""
    from explorer.benches import BENCHES, machine, speed, trec_parity

    if name in FOLDERS and not collection:
        raise ExplorerError(f"{name} reads a folder; write: explorer bench {name} FOLDER")
    if name == "results":
        _results(Path(collection), into)
        return
    if name == "all":
        figures = speed(lambda spec: open_bench(spec, scope, "", quiet=True), progress())
        _record({"bench": name, **figures, "machine": machine()}, Path(collection) if collection else None)
        return
    if name == "trec":
        figures = trec_parity(Path(collection))
    elif name == "methods":
        from explorer.benches.table import methods

        collection = collection or "harbour"
        options: dict[str, Any] = {
            "limit": limit,
            "tested": tested,
            "k": k,
            "overlap": overlap,
            "guards": guard,
            "students": student,
        }
        figures = methods(open_bench(collection, scope, "", quiet=True), collection, progress(), name=run, **options)
    elif name in BENCHES:
        collection = collection or BENCHES[name].collection
        given = {"limit": limit, "k": k, "tested": tested}
        chosen = {option: given[option] for option in BENCHES[name].options}
        figures = BENCHES[name].measure(open_bench(collection, scope, "", quiet=True), retriever, progress(), **chosen)
    else:
        choices = ", ".join([*BENCHES, "all", "methods", "results", "trec"])
        raise ExplorerError(f"unknown bench {name!r}; choose from {choices}")
    report = {"bench": name, "collection": Path(collection).name, **figures, "machine": machine()}
    if json:
        print_json(report)
    else:
        for key, value in report.items():
            say(f"{key:34} {encode.dumps(value) if isinstance(value, dict) else value}")


def _record(figures: dict[str, Any], file: Path | None) -> None:
    """Writes a record of all benches to a file, or prints it."""
    if file is None:
        print_json(figures)
        return
    file.write_text(encode.dumps(figures, indent=1) + "\n", encoding="utf-8")
    say(f"wrote {file}")


def _results(folder: Path, page: Path | None) -> None:
    """Prints the stored tables as Markdown, or writes their summary into a page."""
    from explorer.benches.growth import page as growth
    from explorer.benches.results import details, stored, summary, written_into

    records = stored(folder)
    if not records:
        raise ExplorerError(f"{folder} holds no stored table; make one with: explorer bench methods COLLECTION --json")
    if all(record.get("bench") == "scale" for record in records):
        say("\n\n".join(map(growth, records)))
        return
    if page:
        page.write_text(written_into(page.read_text(encoding="utf-8"), summary(records)), encoding="utf-8")
        return
    say(summary(records))
    for record in records:
        say("\n" + details(record))
