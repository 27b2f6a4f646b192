"""Labels people give in the app: appended to one file per collection, each stored before the next is asked for."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.files import disk_errors
from explorer.records import ExplorerError, Qrels

GRADES = (0, 1, 2, 3)


@dataclass(frozen=True)
class Label:
    """``grade`` None takes an earlier label of this pair by this person back. ``person`` "" is whoever sits here."""

    query_id: str
    doc_id: str
    grade: int | None
    person: str = ""


@dataclass(frozen=True)
class LabelFile:
    """JSON lines {"query_id", "doc_id", "grade", "person", "time"}; what a person said last of a pair counts."""

    path: Path

    def add(self, label: Label) -> None:
        """Stored at once, before anything else happens; refuses a grade that is none of 0 to 3."""
        if label.grade is not None and label.grade not in GRADES:
            raise ExplorerError(f"{label.grade!r} is no grade; a document is graded 0, 1, 2 or 3")
        row = {"query_id": label.query_id, "doc_id": label.doc_id, "grade": label.grade, "person": label.person}
        line = json.dumps({**row, "time": time.time()}) + "\n"
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                torn = file.tell() and (file.seek(-1, 2), file.read(1))[1] != b"\n"  # by a crash in the midst of a line
                file.write(("\n" if torn else "").encode() + line.encode())

    def history(self, person: str | None = None) -> list[Label]:
        """Everything said, oldest first, by one person or by all (None); a line cut off by a crash is left out."""
        if not self.path.exists():
            return []
        rows = [_row(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        told = [Label(row["query_id"], row["doc_id"], row["grade"], row["person"]) for row in rows if row]
        return [label for label in told if person is None or label.person == person]

    def grades(self, person: str | None = None) -> Qrels:
        """query_id -> doc_id -> grade; where several people labelled a pair, their median, the lower where two stand."""
        latest = {(one.query_id, one.doc_id, one.person): one.grade for one in self.history(person)}
        by_pair: dict[tuple[str, str], list[int]] = {}
        for (query_id, doc_id, _), grade in latest.items():
            if grade is not None:
                by_pair.setdefault((query_id, doc_id), []).append(grade)
        found: dict[str, dict[str, int]] = {}
        for (query_id, doc_id), grades in by_pair.items():
            found.setdefault(query_id, {})[doc_id] = statistics.median_low(grades)
        return found


def _row(line: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads(line))
    except ValueError:
        return None
