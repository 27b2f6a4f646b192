"""Peak of resident memory of teach, distill and the app; each a process of its own, as a user starts it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from explorer.benches.browsing import peak_of_app
from explorer.benches.timing import command
from explorer.records import Progress
from explorer.training.students import STUDENTS
from explorer.workbench import Workbench

LIMIT = "32"  # training queries: what a step holds does not grow with their number


def memory(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Peak MiB: teach (every reading anew), distill with each kind of student (one epoch), the app on its pages."""
    source = bench.collection.source
    with empty_workspace(bench) as environment:
        progress("teach", 0, 2 + len(STUDENTS))
        teach = ["teach", source, "--teacher", "utility", "--prompt", "context", "--split", "dev"]
        _, taught = command([*teach, "--limit", LIMIT], environment)
        students = {}
        for done, kind in enumerate(STUDENTS.values(), start=1):
            progress(f"distill {kind.name}", done, 2 + len(STUDENTS))
            method = "radio" if kind.reranks else "gold"
            options = ["--method", method, "--student", kind.name, "--epochs", "1", "--limit", LIMIT]
            students[kind.name] = command(["distill", source, *options, "--run", kind.name], environment)[1]
    progress("app", 1 + len(STUDENTS), 2 + len(STUDENTS))
    return {
        "teach_MiB": round(taught),
        "distill_MiB": {name: round(peak) for name, peak in students.items()},
        "app_MiB": round(peak_of_app(bench)),
    }


@contextmanager
def empty_workspace(bench: Workbench) -> Iterator[dict[str, str]]:
    """The environment of a workspace with nothing in it but the models."""
    with tempfile.TemporaryDirectory(prefix="explorer-bench-") as name:
        cache = Path(name) / "cache"
        cache.mkdir()
        bench.workspace.models.mkdir(parents=True, exist_ok=True)  # in a new workspace nothing was fetched yet
        (cache / "models").symlink_to(bench.workspace.models)
        yield {"EXPLORER_WORKSPACE": name}
