"""``explorer`` on the command line."""

import sys
from typing import Any


def launch(bench: Any, host: str, port: int, *, read_only: bool) -> None:
    """The app is a face of its own: the command line is handed the way to open it."""
    from explorer import app

    app.launch(bench, host, port, read_only=read_only)


def main() -> None:
    """Runs the command line; a problem the user can fix becomes one sentence on stderr and exit code 2."""
    from explorer.cli import commands
    from explorer.records import ExplorerError

    try:
        commands(launch)()
    except ExplorerError as error:
        sys.stderr.write(f"explorer: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("explorer: stopped; what was done so far is kept\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
