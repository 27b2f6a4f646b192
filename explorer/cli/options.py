"""Options that mean the same in every command, and opening what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from explorer.records import ExplorerError

if TYPE_CHECKING:
    from explorer.workbench import Workbench

CollectionSpec = Annotated[
    str,
    typer.Argument(
        metavar="COLLECTION",
        help="A bundled name, a folder or file, or FORMAT:PATH; with chunks: before it, long documents are cut.",
        show_default=False,
    ),
]
Retriever = Annotated[
    str, typer.Option("-r", "--retriever", help="Retriever spec, e.g. bm25, dense:minilm, student:RUN.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Scope = Annotated[str, typer.Option(help="own: a scoped query searches its own group; none: everything.")]
Split = Annotated[str, typer.Option(help="train, dev, test or all.")]
Device = Annotated[str, typer.Option(help="cuda, mps or cpu; default: the best there is.", show_default=False)]
ReaderSpec = Annotated[str, typer.Option(help="Language model: smollm2, a hub id, a folder, or server:URL#MODEL.")]


def is_scoped(scope: str) -> bool:
    if scope not in ("own", "none"):
        raise ExplorerError(f"--scope is {scope!r}; choose from own, none")
    return scope == "own"


def open_bench(collection: str, scope: str, device: str, *, quiet: bool, reader: str = "smollm2") -> Workbench:
    """The workbench of a collection; what was odd about it is said on stderr."""
    from explorer.cli.show import hint, progress
    from explorer.workbench import Workbench

    bench = Workbench.open(
        collection, scoped=is_scoped(scope), device=device or None, progress=progress(), reader=reader
    )
    if not quiet:
        for note in bench.collection.notes:
            hint(f"note: {note}")
    return bench
