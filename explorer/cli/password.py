"""The command that makes a line of the file ``explorer app --auth`` reads."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from explorer.cli.show import hint, say
from explorer.records import ExplorerError


def register(app: typer.Typer) -> None:
    @app.command("password")
    def password(
        name: Annotated[str, typer.Argument(metavar="NAME", help="Who is to log in with it.", show_default=False)],
    ) -> None:
        """Ask for a password and print NAME:HASH, a line for the file of `explorer app --auth FILE`."""
        from explorer.workspace.passwords import StoredPassword

        if not name.strip() or name != name.strip() or ":" in name or name.startswith("#") or not name.isprintable():
            raise ExplorerError(f"{name!r} cannot be a login name; write it without ':' and outer spaces")
        say(f"{name}:{StoredPassword.of(_asked())}")
        if sys.stdout.isatty():
            hint("append this line to a file that only you may read (chmod 600), and start: explorer app --auth FILE")


def _asked() -> str:
    """Twice and unseen at a terminal; else the first line of stdin."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != first:
        raise ExplorerError("the two passwords differ; nothing was made")
    return first
