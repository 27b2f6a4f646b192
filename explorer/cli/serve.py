"""The commands that open the app: ``explorer`` alone, and ``explorer app``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from explorer.cli.options import Device, Scope, open_bench
from explorer.cli.show import hint

DEMO = "meridian"
HOST, PORT = "127.0.0.1", 7860


class Launch(Protocol):
    def __call__(self, bench: Any, host: str, port: int, *, read_only: bool, accounts: Path | None) -> None: ...


def register(app: typer.Typer, launch: Launch) -> None:
    @app.callback(invoke_without_command=True)
    def demo(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            serve(DEMO)

    @app.command("app")
    def serve(
        collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="What to open.")] = DEMO,
        host: Annotated[
            str, typer.Option(help="Address to listen on; the default is reached from this machine alone.")
        ] = HOST,
        port: Annotated[int, typer.Option(help="Port to listen on.")] = PORT,
        read_only: Annotated[bool, typer.Option("--read-only", help="Write nothing, offer no training.")] = False,
        auth: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Who may log in: lines made by explorer password.")
        ] = None,
        scope: Scope = "own",
        device: Device = "",
    ) -> None:
        """Open the app."""
        bench = open_bench(collection, scope, device, quiet=False)
        hint(f"opening {collection} …")
        launch(bench, host, port, read_only=read_only, accounts=auth)
