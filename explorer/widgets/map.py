"""Map: where documents and the query stand under two systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explorer.records import ExplorerError
from explorer.views import maps
from explorer.widgets import still
from explorer.widgets.assembly import script, style
from explorer.widgets.query_cell import QueryCell
from explorer.widgets.selection import Selection
from explorer.workbench import Workbench

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = ["doc_id", "grade", "rank_a", "rank_b", "cosine_a", "cosine_b", "group", "title", "text"]


class Map(QueryCell):
    """The documents on a plane under system ``a`` and under ``b``, linked: one camera, one choice, trails between them.

    >>> map = ex.Map(bench, "q12", "dense:minilm", "student:a1")
    >>> ex.Flips(bench, "dense:minilm", "student:a1", selection=map.selection)

    A lasso around documents selects the queries whose gold lies there: ``selection.within``, which Flips follows. One
    document alone is ``selection.doc_id``; assigning that points at it in both planes. ``method``: PCA, or t-SNE, which
    needs openTSNE.
    """

    _esm = script("mountNotebookMap", "notebook_map.js")
    _css = style("map.css")

    def __init__(
        self,
        bench: Workbench,
        query: str = "",
        a: str = "dense:minilm",
        b: str = "bm25",
        k: int = 10,
        method: str = maps.FIRST,
        *,
        selection: Selection | None = None,
    ) -> None:
        super().__init__(bench, query, "", "", k, selection)
        self._a, self._b, self._method = a, b, method
        self._chosen: list[dict[str, Any]] = []
        self._begin()

    def show(self, query: str = "", doc_id: str = "", *, a: str = "", b: str = "", k: int = 0) -> None:
        """Shows another query, other systems or another depth; ``doc_id`` points at a document in both planes."""
        self._a, self._b = a or self._a, b or self._b
        self._ask(query, doc_id, "", k, None, redraw=bool(a or b))

    def to_frame(self) -> DataFrame:
        """The documents chosen, or, while none is, those listed: gold and the first ``k`` of both systems. Columns: doc_id,
        grade, rank_a, rank_b, cosine_a, cosine_b, group, title, and the beginning of text."""
        from pandas import DataFrame

        rows = [_row(doc) for doc in self._chosen or self.view.get("listed", ())]
        return DataFrame(rows, columns=COLUMNS).astype({"grade": "Int64", "rank_a": "Int64", "rank_b": "Int64"})

    def _compute(self, bench: Workbench, *, live: bool) -> dict[str, Any]:
        self._chosen = []
        if self._method not in maps.projections():
            raise ExplorerError(
                f"unknown projection {self._method!r}; choose from {', '.join(maps.projections())}. {maps.NO_TSNE}"
            )
        return maps.document_map(bench, self._query(), self._a, self._b, self._k, self._method)

    def _shown(self) -> set[str]:
        return set(self.bench.collection.documents) if "panels" in self.view else set()

    def _marks(self) -> dict[str, Any]:
        """With the document's number, by which the renderer knows it."""
        asked = self.selection.doc_id
        rows = list(self._bench.collection.documents) if self._bench and asked else []
        return {**super()._marks(), "row": rows.index(asked) if asked in rows else None}

    def _heard(self, event: str, detail: Mapping[str, Any]) -> None:
        rows = detail.get("rows")
        if event != "submit" or "panels" not in self.view or not isinstance(rows, list):
            return
        asked = self.bench, self._query(), self._a, self._b, [row for row in rows if isinstance(row, int)]
        if detail.get("what") == "point":
            self.send(maps.pointed(*asked))
        elif detail.get("what") == "choose":
            self._choose(maps.chosen(*asked))

    def _choose(self, found: Mapping[str, Any]) -> None:
        self.send(dict(found))
        self._chosen = found["chosen"]["documents"]
        alone = {"doc_id": self._chosen[0]["doc_id"]} if len(self._chosen) == 1 else {}
        self._select(within=tuple(maps.parted(self.bench, found["within"])), **alone)

    def _still(self) -> str:
        heads = ("document", *(f"rank and cosine under {panel['spec']}" for panel in self.view["panels"]))
        rows = [[still.document(doc), *(_standing(one) for one in doc["systems"])] for doc in self.view["listed"]]
        said = [f"{still.text(panel['spec'])}: {still.text(panel['said'])}" for panel in self.view["panels"]]
        return still.heading(self.view["query"]["text"], *said) + still.table(heads, rows, "documents")


def _standing(system: Mapping[str, Any]) -> str:
    cosine = "" if system["cosine"] is None else f" · {still.number(system['cosine'])}"
    return f"{still.text(system['label'])}{cosine}"


def _row(doc: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {
        f"{name}_{side}": system[name]
        for side, system in zip("ab", doc["systems"], strict=True)
        for name in ("rank", "cosine")
    }
    return {**doc, **numbers}
