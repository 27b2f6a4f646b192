"""``explorer`` on the command line."""

import sys


def main() -> None:
    """Runs the command line; a problem the user can fix becomes one sentence on stderr and exit code 2."""
    from explorer.cli import app
    from explorer.records import ExplorerError

    try:
        app()
    except ExplorerError as error:
        sys.stderr.write(f"explorer: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("explorer: stopped; what was done so far is kept\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
