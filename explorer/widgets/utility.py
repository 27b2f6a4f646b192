"""Utility: what each document does for the answer, and the distribution a student is to imitate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explorer import views
from explorer.widgets import still
from explorer.widgets.assembly import script, style
from explorer.widgets.query_cell import QueryCell
from explorer.widgets.selection import Selection
from explorer.workbench import Workbench

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ["doc_id", "rank", "score", "grade", "utility", "spread", "target", "title", "text"]


class Utility(QueryCell):
    """Bars of a teacher's scores with sign and spread, the target softmax(U / τᵤ) under a live slider, gold beside them.

    >>> ex.Utility(bench, "q12")
    >>> ex.Utility(bench, "What floats the ferry?", answer="a pontoon").score()      # your own: the reader is asked

    The candidates are the first ``k`` documents of ``base`` and those the teacher scored before.
    """

    _esm = script("mountLesson", "lesson.js")
    _css = style("teachers.css")

    def __init__(
        self,
        bench: Workbench,
        query: str = "",
        teacher: str = "utility",
        k: int = 16,
        *,
        base: str = "dense:minilm",
        answer: str = "",
        selection: Selection | None = None,
    ) -> None:
        super().__init__(bench, query, answer, teacher, k, selection)
        self._base = base
        self._begin()

    def show(
        self, query: str = "", doc_id: str = "", *, answer: str = "", k: int = 0, teacher: str | None = None
    ) -> None:
        """Shows another query, depth or teacher; ``doc_id`` unfolds a document that is shown."""
        self._ask(query, doc_id, answer, k, teacher)

    def to_frame(self) -> DataFrame:
        """One row per candidate: doc_id, rank and score of the baseline, grade, utility and its spread, target, title, text.

        ``target`` is its share in softmax(utility / τᵤ) at the τᵤ training starts from. Missing: unscored, unjudged.
        """
        from pandas import DataFrame

        documents = self.view.get("documents", ())
        said = {doc["doc_id"]: doc["scores"].get(self._teacher) or {} for doc in documents}
        target = _softmax({d: one["value"] for d, one in said.items() if one}, self.view.get("tau_u", 1.0))
        rows = [
            {
                **doc,
                "utility": said[doc["doc_id"]].get("value"),
                "spread": said[doc["doc_id"]].get("spread"),
                "target": target.get(doc["doc_id"]),
            }
            for doc in documents
        ]
        frame = DataFrame(rows, columns=COLUMNS).astype({"rank": "Int64", "grade": "Int64"})
        return frame.sort_values("utility", ascending=False, ignore_index=True)

    def _compute(self, bench: Workbench, *, live: bool) -> dict[str, Any]:
        view = views.lesson_of(bench, self._query(), self._base, self._k, self._teacher, live=live)
        if view["unscored"] == views.NOT_SCORED:
            self._notice = f"{self._teacher} has not scored these documents yet: .score() asks the reader."
        elif view["unscored"]:
            self._notice = f"{self._teacher} says nothing of this query: {view['unscored']}."
        return view

    def _shown(self) -> set[str]:
        return {doc["doc_id"] for doc in self.view.get("documents", ())}

    def _heard(self, event: str, detail: Mapping[str, Any]) -> None:
        doc_id = detail.get("doc_id") or ""
        if event == "select" and (doc_id in self._shown() or not doc_id):
            self._select(doc_id=doc_id)

    def _still(self) -> str:
        query = self.view["query"]
        answer = f"answer: {still.text(' · '.join(query['answers']))}" if query["answers"] else ""
        rows = []
        for row in self.to_frame().to_dict("records"):
            value, spread = row["utility"], row["spread"]
            share = "–" if math.isnan(row["target"]) else f"{100 * row['target']:.0f} %"
            whisker = "" if spread is None or math.isnan(spread) else f" ±{spread:.2f}"
            scored = "not scored" if math.isnan(value) else f"{still.signed(value)}{whisker}"
            rows.append([scored, share, str(row["rank"]), still.document(_graded(row))])
        return still.heading(query["text"], answer) + still.table(
            (self._teacher, "target", "rank of the baseline", "document"), rows, "documents"
        )


def _graded(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a frame as a record: its missing grade is None again."""
    return {**row, "grade": row["grade"] if isinstance(row["grade"], int) else None}


def _softmax(scores: Mapping[str, float], tau: float) -> dict[str, float]:
    highest = max(scores.values(), default=0.0)
    weights = {doc_id: math.exp((score - highest) / tau) for doc_id, score in scores.items()}
    total = sum(weights.values())
    return {doc_id: weight / total for doc_id, weight in weights.items()}
