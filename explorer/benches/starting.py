"""From the command to something to look at: help, the app's first and second start, and what a second start redoes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from explorer.benches.browsing import first_looks
from explorer.benches.spending import empty_workspace
from explorer.benches.timing import command
from explorer.records import Progress
from explorer.workbench import Workbench
from explorer.workspace import Workspace

HELPS = 5


def start(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Seconds: ``--help``; until the app answers, paints and can be used, in an empty workspace and once more.

    ``written_by_second``: files of the workspace that the second start made or changed: vectors encoded, models
    converted would be among them.
    """
    progress("help", 0, 3)
    helped = [command(["--help"], {})[0] for _ in range(HELPS)]
    with empty_workspace(bench) as environment:
        root = Path(environment["EXPLORER_WORKSPACE"])
        own = Workbench(bench.collection, Workspace(root), scoped=bench.scoped)
        progress("first start", 1, 3)
        first = first_looks(own)
        before = _files(root)
        progress("second start", 2, 3)
        second = first_looks(own)
        after = _files(root)
    return {
        "help_s": statistics.median(helped),
        "first_start": first,
        "second_start": second,
        "written_by_second": sorted(name for name, when in after.items() if before.get(name) != when),
    }


def _files(root: Path) -> dict[str, int]:
    return {str(p.relative_to(root)): p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file()}
