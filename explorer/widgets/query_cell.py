"""A widget about one query: of the collection, then it follows the selection, or of the reader's own."""

from __future__ import annotations

from typing import Any

from explorer.records import ExplorerError, Query
from explorer.widgets.cell import Cell
from explorer.widgets.selection import Selection
from explorer.workbench import Workbench

CHOOSE = "No query is chosen yet: pass one, or select one in a widget that shares this selection."


class QueryCell(Cell):
    """A subclass says what ``_compute`` gives, and which documents are ``_shown``."""

    def __init__(
        self, bench: Workbench, query: str, answer: str, teacher: str, k: int, selection: Selection | None
    ) -> None:
        super().__init__(bench, selection)
        self._asked = query.strip() or self.selection.query_id
        self._answer, self._teacher, self._k = answer, teacher, k

    def _begin(self) -> None:
        """Once a subclass knows all it was given."""
        if self._asked in self.bench.collection.queries:
            self._select(query_id=self._asked)
        self._redraw()

    def score(self) -> None:
        """Asks the reader for its scores of every document shown: seconds per document, kept for the next time."""
        self._draw(lambda bench: self._compute(bench, live=True), "Loading the reader …")

    def _compute(self, bench: Workbench, *, live: bool) -> dict[str, Any]:
        raise NotImplementedError

    def _shown(self) -> set[str]:
        raise NotImplementedError

    def _query(self) -> Query:
        return self.bench.query(self._asked, answer=self._answer)

    def _redraw(self) -> None:
        if not self._asked:
            self.view = {"message": CHOOSE}
        else:
            self._draw(lambda bench: self._compute(bench, live=False))

    def _ask(self, query: str, doc_id: str, answer: str, k: int, teacher: str | None, *, redraw: bool = False) -> None:
        """Another query, depth or teacher, then a document of it."""
        self._answer = answer if query or answer else self._answer
        self._k = k or self._k
        self._teacher = self._teacher if teacher is None else teacher
        if query and query in self.bench.collection.queries and query != self.selection.query_id:
            self._select(query_id=query, doc_id="")  # which redraws
        elif query or answer or k or teacher is not None or redraw:
            self._asked = query.strip() or self._asked
            self._redraw()
        if doc_id:
            self._select(doc_id=doc_id)

    def _follow(self, name: str) -> None:
        if name == "query_id":
            self._follow_query(self.selection.query_id)
        if name == "doc_id" and (asked := self.selection.doc_id) and asked not in self._shown():
            raise ExplorerError(self._unknown_document(asked))

    def _follow_query(self, asked: str) -> None:
        if not asked or (asked == self._asked and "message" not in self.view):
            return
        if asked not in self.bench.collection.queries:
            raise ExplorerError(
                f"{self.bench.collection.name} has no query {asked!r}; pass show() a text to ask your own"
            )
        if asked != self._asked:
            self._asked, self._answer = asked, ""
            self._redraw()

    def _unknown_document(self, doc_id: str) -> str:
        if doc_id in self.bench.collection.documents:
            return f"the document {doc_id!r} is not among those shown for this query; a larger k may bring it into view"
        return f"{self.bench.collection.name} has no document {doc_id!r}"
