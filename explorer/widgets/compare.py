"""Compare and Rationale: one query under several systems, and what a teacher says of its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from explorer import views
from explorer.records import ExplorerError
from explorer.widgets import still
from explorer.widgets.assembly import script, style
from explorer.widgets.query_cell import QueryCell
from explorer.widgets.selection import Selection
from explorer.workbench import Workbench

if TYPE_CHECKING:
    from pandas import DataFrame

BASE = "dense:minilm"
COLUMNS = ["system", "rank", "doc_id", "score", "grade", "move", "from", "teacher_score", "coverage", "title", "text"]


class Compare(QueryCell):
    """The first ``k`` documents of each of ``systems`` side by side; the first is the baseline the others' moves refer to.

    ``query`` is an id of the collection or a text of your own, with its ``answer`` if you know it. ``teacher`` adds a
    column: scores that are there already, or, after ``score()``, the reader's.

    >>> ex.Compare(bench, "q12", systems=["dense:minilm", "student:a1"], teacher="utility")
    >>> ex.Compare(bench, selection=flips.selection, systems=["bm25", "dense:minilm"])     # follows flips

    A click on a document selects it: ``selection.doc_id``, and ``selection.system`` whose column it was.
    """

    _esm = script("mountCompare", "compare.js")
    _css = style("compare.css")

    def __init__(
        self,
        bench: Workbench,
        query: str = "",
        systems: Sequence[str] = (BASE,),
        k: int = 10,
        teacher: str = "",
        *,
        answer: str = "",
        selection: Selection | None = None,
    ) -> None:
        super().__init__(bench, query, answer, teacher, k, selection)
        self._systems = [systems] if isinstance(systems, str) else list(systems)
        self._begin()

    def show(
        self,
        query: str = "",
        doc_id: str = "",
        *,
        answer: str = "",
        systems: Sequence[str] = (),
        k: int = 0,
        teacher: str | None = None,
    ) -> None:
        """Shows another query, other systems, another depth or teacher; ``doc_id`` selects a document that is shown."""
        self._systems = list(systems) or self._systems
        self._ask(query, doc_id, answer, k, teacher, redraw=bool(systems))

    def to_frame(self) -> DataFrame:
        """One row per system and document: system, rank, doc_id, score, grade, move, from, teacher_score, coverage, title,
        text. ``from`` is the rank in the baseline; a grade that is missing is unjudged."""
        from pandas import DataFrame

        rows = [
            {**doc, "system": column["key"]} for column in self.view.get("columns", ()) for doc in column["documents"]
        ]
        return DataFrame(rows, columns=COLUMNS).astype({"grade": "Int64", "from": "Int64"})

    def _compute(self, bench: Workbench, *, live: bool) -> dict[str, Any]:
        if not self._systems:
            raise ExplorerError(f"no system to show; pass systems=[{BASE!r}, ...]")
        systems = list(dict.fromkeys(self._systems))
        view = views.compare(bench, self._query(), systems, self._k, teacher=self._teacher, live=live)
        for column in view["columns"]:
            if column.get("empty") == views.NOT_SCORED:
                column["empty"] = "Nobody has scored these documents yet: .score() asks the reader."
        return view

    def _shown(self) -> set[str]:
        return {doc["doc_id"] for column in self.view.get("columns", ()) for doc in column["documents"]}

    def _heard(self, event: str, detail: Mapping[str, Any]) -> None:
        doc_id, system = detail.get("doc_id") or "", detail.get("column")
        if event == "select" and (doc_id in self._shown() or not doc_id):
            known = {column["key"] for column in self.view.get("columns", ())}
            self._select(system=system if doc_id and system in known else "", doc_id=doc_id)

    def _still(self) -> str:
        query, rationale = self.view["query"], self.view["rationale"]
        answer = f"answer: {still.text(' · '.join(query['answers']))}" if query["answers"] else ""
        why = (
            f"rationale ({still.text(rationale['source'])}): {still.text(rationale['text'], 800)}" if rationale else ""
        )
        return still.heading(query["text"], answer, why) + still.side_by_side(self.view["columns"])


class Rationale(Compare):
    """Why the answer is right, and where the candidates of a query say so: the rationale, its marks and its coverage.

    >>> ex.Rationale(bench, "q12")                                   # sentences of the candidates, picked by the reader
    >>> ex.Rationale(bench, "q12", teacher="rationale:given")        # the collection's own

    ``base`` is the retriever whose first ``k`` documents are the candidates.
    """

    def __init__(
        self,
        bench: Workbench,
        query: str = "",
        teacher: str = "rationale:extractive",
        k: int = 10,
        *,
        base: str = BASE,
        answer: str = "",
        selection: Selection | None = None,
    ) -> None:
        super().__init__(bench, query, [base], k, teacher, answer=answer, selection=selection)
