"""What a run leaves behind at each dev measurement, so that one can look back: steps/STEP/ in its folder.

The order in which the student ranked every dev query's candidates and, where a student is some MB at most, the student.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from explorer.files import atomic_file
from explorer.records import Run
from explorer.training.settings import Learner

STEPS, RANKINGS = "steps", "rankings.json"
DEPTH = 100  # documents per query that are remembered
MOST = 48  # measurements that are remembered; of more, every second one is forgotten


class Trail:
    """``anew``: the run begins at its base, and what an earlier attempt left is forgotten."""

    def __init__(self, folder: Path, learner: Learner, *, anew: bool) -> None:
        self.folder, self.learner = folder / STEPS, learner
        if anew and self.folder.exists():
            shutil.rmtree(self.folder)
        self.stride = 1
        self.measured = 0

    def keep(self, step: int, ranked: Run) -> None:
        """Remembers measurement number ``measured``; the student is saved as its learner saves it."""
        number, self.measured = self.measured, self.measured + 1
        if number % self.stride:
            return
        folder = self.folder / str(step)
        if self.learner.small:
            self.learner.save(folder)
        orders = {query_id: ranking.doc_ids[:DEPTH] for query_id, ranking in ranked.rankings.items()}
        with atomic_file(folder / RANKINGS) as part:
            part.write_text(json.dumps(orders, ensure_ascii=False), encoding="utf-8")
        self._thin()

    def _thin(self) -> None:
        kept = steps_in(self.folder.parent)
        if len(kept) > MOST:
            self.stride *= 2
            for step in kept[1::2]:
                shutil.rmtree(self.folder / str(step))


def steps_in(run: Path) -> list[int]:
    """The steps a run folder remembers, in order; one that is being written is not among them."""
    return sorted(int(path.parent.name) for path in (run / STEPS).glob(f"*/{RANKINGS}"))


def student_at(run: Path, step: int) -> Path:
    """The folder of the student at a remembered step; it may hold rankings alone."""
    return run / STEPS / str(step)


def orders_at(run: Path, step: int) -> dict[str, Any]:
    """query_id -> doc_ids of a dev query's candidates in the order the student gave them."""
    return dict(json.loads((student_at(run, step) / RANKINGS).read_text(encoding="utf-8")))
