"""``explorer bench``: figures as ratios, printed with the machine they were measured on."""

from __future__ import annotations

import json as encode
from pathlib import Path
from typing import Annotated

import typer

from explorer.cli.options import Json, Scope, open_bench
from explorer.cli.show import print_json, progress, say
from explorer.records import ExplorerError


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    name: Annotated[str, typer.Argument(metavar="NAME", help="utility, query or trec.", show_default=False)],
    collection: Annotated[
        str, typer.Argument(help="Collection to measure on; for trec, the folder of trec_eval's test files.")
    ] = "harbour",
    retriever: Annotated[list[str], typer.Option("-r", "--retriever", help="Systems to time; repeat.")] = [],  # noqa: B006
    scope: Scope = "own",
    json: Json = False,
) -> None:
    """Measure speed, latency or parity; every figure is a ratio inside one process."""
    from explorer.workbench.benches import BENCHES, machine, trec_parity

    if name == "trec":
        figures = trec_parity(Path(collection))
    elif name in BENCHES:
        figures = BENCHES[name](open_bench(collection, scope, "", quiet=True), retriever, progress())
    else:
        raise ExplorerError(f"unknown bench {name!r}; choose from {', '.join([*BENCHES, 'trec'])}")
    report = {"bench": name, "collection": collection, **figures, "machine": machine()}
    if json:
        print_json(report)
    else:
        for key, value in report.items():
            say(f"{key:34} {encode.dumps(value) if isinstance(value, dict) else value}")
