"""``explorer`` on the command line."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def launch(bench: Any, host: str, port: int, *, read_only: bool, accounts: Path | None) -> None:
    """The app is a face of its own: the command line is handed the way to open it."""
    from explorer import app

    app.launch(bench, host, port, report, read_only=read_only, accounts=accounts)


def report(view: Mapping[str, Any], path: Path) -> None:
    """So is the report."""
    from explorer.reports import write

    write(view, path)


def main() -> None:
    """Runs the command line; a problem the user can fix becomes one sentence on stderr and exit code 2."""
    from explorer.cli import commands
    from explorer.records import ExplorerError

    try:
        commands(launch, report)()
    except ExplorerError as error:
        sys.stderr.write(f"explorer: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("explorer: stopped; what was done so far is kept\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
