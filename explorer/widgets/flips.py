"""Flips: which queries a change helped or hurt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from explorer import views
from explorer.records import ExplorerError
from explorer.widgets import still
from explorer.widgets.assembly import script, style
from explorer.widgets.cell import Cell
from explorer.widgets.selection import Selection
from explorer.workbench import Workbench

if TYPE_CHECKING:
    from pandas import DataFrame

ENTER = "Enter selects one"
ENDS = still.ROWS // 2  # rows of a static view from either end


class Flips(Cell):
    """Every judged query of a split by the signed change of ``measure`` from system ``a`` to system ``b``.

    >>> flips = ex.Flips(bench, "dense:minilm", "student:a1")
    >>> flips.selection.observe(lambda change: print(change.new), "query_id")

    A click on a row, or Enter, selects its query; assigning ``flips.selection.query_id`` moves there.
    """

    _esm = script("mountFlips", "flips.js")
    _css = style()

    def __init__(
        self,
        bench: Workbench,
        a: str,
        b: str,
        split: str = "test",
        measure: str = "nDCG@10",
        *,
        selection: Selection | None = None,
    ) -> None:
        super().__init__(bench, selection)
        self._draw(lambda bench: {**views.flips(bench, a, b, split, measure), "enter": ENTER}, "Comparing …")

    def show(self, query: str = "", within: Iterable[str] = ()) -> None:
        """Moves to the query of this id; ``within`` leaves only these queries in the list."""
        self._select(**({"within": tuple(within)} if within else {}), **({"query_id": query} if query else {}))

    def to_frame(self) -> DataFrame:
        """One row per query: query_id, text, a, b, delta, rank_a, rank_b, classes, hops, scope, split; the largest gain
        first. Ranks are those of the first relevant document; missing: not retrieved."""
        from pandas import DataFrame

        columns = ["query_id", "text", "a", "b", "delta", "rank_a", "rank_b", "classes", "hops", "scope", "split"]
        return DataFrame(self._rows(), columns=columns).astype({"rank_a": "Int64", "rank_b": "Int64"})

    def _rows(self) -> list[dict[str, Any]]:
        return list(self.view.get("queries", ()))

    def _follow(self, name: str) -> None:
        known = {row["query_id"] for row in self._rows()}
        if name == "query_id" and known and (asked := self.selection.query_id) and asked not in known:
            raise ExplorerError(f"{asked!r} is not among the {len(known):,} queries shown; see to_frame().query_id")

    def _heard(self, event: str, detail: Mapping[str, Any]) -> None:
        if event == "submit" and detail.get("query_id") in {row["query_id"] for row in self._rows()}:
            self._select(query_id=detail["query_id"])
        elif event == "drop":
            self._select(within=())

    def _still(self) -> str:
        change, rows = self.view["difference"], self._rows()
        low, high = change["ci95"]
        facts = (
            f"{still.text(self.view['measure'])} {still.number(change['mean_a'])} → {still.number(change['mean_b'])} on "
            f"{len(rows):,} queries; change {still.signed(change['delta'])}, 95 % interval {still.signed(low)} to "
            f"{still.signed(high)}, p = {change['p']:.4f}; {change['wins']} better, {change['ties']} the same, "
            f"{change['losses']} worse"
        )
        ends = rows if len(rows) <= 2 * ENDS else [*rows[:ENDS], *rows[-ENDS:]]
        left = f"<p>{len(rows) - len(ends):,} queries between these are left out of this static view.</p>"
        return (
            still.heading(self.view["headline"], facts)
            + still.table(("change", "first relevant", "query", "why"), [_row(row) for row in ends])
            + (left if len(ends) < len(rows) else "")
        )


def _row(row: Mapping[str, Any]) -> list[str]:
    ranks = f"{row['rank_a'] or '–'} → {row['rank_b'] or '–'}"
    return [still.signed(row["delta"]), ranks, still.text(row["text"]), still.text(", ".join(row["classes"]))]
