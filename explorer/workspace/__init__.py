"""Everything Explorer keeps on disk: models, vectors, utilities, teacher scores and runs.

The root is ``$EXPLORER_WORKSPACE``, else the user's data folder. Caches are keyed by content, never
by file name, and every file appears under its name only when it is whole.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import platformdirs

from explorer.files import assets, content_hash
from explorer.records import ExplorerError
from explorer.workspace.caches import ScoreCache, VectorCache
from explorer.workspace.labels import Label, LabelFile
from explorer.workspace.runs import RunFolder

__all__ = ["Label", "LabelFile", "RunFolder", "ScoreCache", "VectorCache", "Workspace", "bundled_runs"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def bundled_runs() -> dict[str, RunFolder]:
    """The students that come with the bundled collections, by run id; they can be used and not changed."""
    plans = sorted(assets().glob("collections/*/students/*/plan.json"))
    return {path.parent.name: RunFolder(path.parent, bundled=True) for path in plans}


class Workspace:
    """The folder of one user. Nothing is created before something is written; with ``read_only`` caches write nothing."""

    def __init__(self, root: Path | str | None = None, *, read_only: bool = False) -> None:
        self.read_only = read_only
        chosen = root or os.environ.get("EXPLORER_WORKSPACE") or platformdirs.user_data_dir("explorer")
        self.root = Path(chosen).expanduser().resolve()

    @property
    def models(self) -> Path:
        return self.root / "cache" / "models"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def teachers(self) -> Path:
        return self.root / "teachers"

    @property
    def shelf(self) -> Path:
        """Where imported collections stand, and those from a notebook's memory once another process needs them."""
        return self.root / "collections"

    def collection(self, name: str) -> Path:
        """The folder of an imported collection, whether it exists or not; refuses names that would leave the workspace."""
        return self.shelf / _checked(name, "collection")

    def collections(self) -> list[str]:
        """Names of what was imported; each opens as a collection."""
        return sorted(path.parent.name for path in self.shelf.glob("*/corpus.jsonl") if path.parent.name[0] != ".")

    def labels(self, collection: str) -> LabelFile:
        """Labels of the collection of this spec: they stay with it when documents are added."""
        stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(collection).stem).strip("-")[:40]
        return LabelFile(self.root / "labels" / f"{stem or 'collection'}-{content_hash(collection)[:12]}.jsonl")

    def vectors(self) -> VectorCache:
        brought = sorted(assets().glob("collections/*/vectors"))
        return VectorCache(self.root / "cache" / "vectors", keep=not self.read_only, brought=brought)

    def utilities(self) -> ScoreCache:
        return ScoreCache(self.root / "cache" / "likelihoods.sqlite", keep=not self.read_only)

    def run(self, run_id: str) -> RunFolder:
        """The run of this id, whether it exists or not; refuses names that would leave the workspace."""
        return RunFolder(self.runs / _checked(run_id, "run"))

    def existing_run(self, run_id: str) -> RunFolder:
        """A run of this workspace, else one that comes with Explorer."""
        run = self.run(run_id)
        if not run.exists() and run_id in (bundled := bundled_runs()):
            return bundled[run_id]
        if not run.exists():
            known = ", ".join(run.run_id for run in self.all_runs()[:8])
            raise ExplorerError(
                f"there is no run {run_id!r}; " + (f"the newest are {known}" if known else "none was started yet")
            )
        return run

    def all_runs(self) -> list[RunFolder]:
        """Every run, newest first."""
        plans = [(path.stat().st_mtime, path.parent) for path in self.runs.glob("*/plan.json")]
        return [RunFolder(folder) for _, folder in sorted(plans, reverse=True)]

    def new_run_id(self, method: str, student: str) -> str:
        base = f"{method}-{student}-{time.strftime('%m%d-%H%M%S')}"
        return next(name for n in range(1, 1000) if not self.run(name := base if n == 1 else f"{base}-{n}").exists())


def _checked(name: str, what: str) -> str:
    if not NAME.fullmatch(name):
        raise ExplorerError(
            f"{name!r} cannot name a {what}; use up to 64 letters, digits, '.', '_' and '-', "
            "beginning with a letter or digit"
        )
    return name
