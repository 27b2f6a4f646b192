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

from explorer.records import ExplorerError
from explorer.workspace.caches import ScoreCache, VectorCache
from explorer.workspace.runs import RunFolder

__all__ = ["RunFolder", "ScoreCache", "VectorCache", "Workspace"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Workspace:
    """The folder of one user. Nothing is created before something is written."""

    def __init__(self, root: Path | str | None = None) -> None:
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

    def vectors(self) -> VectorCache:
        return VectorCache(self.root / "cache" / "vectors")

    def utilities(self) -> ScoreCache:
        return ScoreCache(self.root / "cache" / "likelihoods.sqlite")

    def run(self, run_id: str) -> RunFolder:
        """The run of this id, whether it exists or not; refuses names that would leave the workspace."""
        if not NAME.fullmatch(run_id):
            raise ExplorerError(
                f"{run_id!r} cannot name a run; use up to 64 letters, digits, '.', '_' and '-', "
                "beginning with a letter or digit"
            )
        return RunFolder(self.runs / run_id)

    def existing_run(self, run_id: str) -> RunFolder:
        run = self.run(run_id)
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
