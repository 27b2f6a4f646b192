"""Measured systems as a notebook shows them: one table of means and of what their differences are worth."""

from __future__ import annotations

import dataclasses
from html import escape
from typing import TYPE_CHECKING, Any

from explorer.workbench import evaluating

if TYPE_CHECKING:
    import pandas

COLUMNS = ("system", "measure", "mean", "delta", "low", "high", "p", "wins", "ties", "losses")


class Evaluation(evaluating.Evaluation):
    """``to_frame()`` for the table, ``values`` for every query, ``report`` for what ``explorer evaluate --json`` prints."""

    @classmethod
    def of(cls, found: evaluating.Evaluation) -> Evaluation:
        return cls(**{field.name: getattr(found, field.name) for field in dataclasses.fields(found)})

    def to_frame(self) -> pandas.DataFrame:
        """One row per system and measure: system measure mean delta low high p wins ties losses.

        ``delta`` is the mean change against the first system, ``low`` and ``high`` its 95 % interval, ``p`` the
        randomisation test's; the first system itself has none of these.
        """
        import pandas

        whole = dict.fromkeys(("wins", "ties", "losses"), "Int64")
        return pandas.DataFrame(self._rows(), columns=list(COLUMNS)).astype(whole)

    def per_query(self, measure: str) -> pandas.DataFrame:
        """One row per query, one column per system, values of one measure."""
        import pandas

        return pandas.DataFrame({system: values[measure] for system, values in self.values.items()}).rename_axis(
            "query_id"
        )

    def _rows(self) -> list[dict[str, Any]]:
        against = {(row["b"], row["measure"]): row for row in self.report["comparisons"]}
        return [
            {"system": system, "measure": measure, "mean": mean, **_change(against.get((system, measure)))}
            for system, of in self.report["systems"].items()
            for measure, mean in {**of["measures"], **of.get("answers", {})}.items()
        ]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = (
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        )
        return "\n".join([self._headline(), *lines])

    def _repr_html_(self) -> str:
        head, *rows = (
            "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
            for row, tag in zip(self._cells(), ["th", *["td"] * len(self._rows())], strict=True)
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><caption>{escape(self._headline())}</caption><tr>{head}</tr>{body}</table>"

    def _headline(self) -> str:
        left_out = f"; {self.unjudged} without a relevant document left out" if self.unjudged else ""
        name = self.report["collection"].rsplit("/", 1)[-1]
        return f"{name} · {self.report['split']} · {self.report['queries']} queries{left_out}"

    def _cells(self) -> list[tuple[str, ...]]:
        return [("system", "measure", "mean", "Δ", "95 % interval", "p", "win / tie / loss"), *map(_told, self._rows())]


def _change(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    low, high = row["ci95"]
    return {"delta": row["delta"], "low": low, "high": high, **{key: row[key] for key in COLUMNS[6:]}}


def _told(row: dict[str, Any]) -> tuple[str, ...]:
    system, measure, mean = row["system"], row["measure"], f"{row['mean']:.3f}"
    if "delta" not in row:
        return (system, measure, mean, "", "", "", "")
    interval = f"[{_signed(row['low'])}, {_signed(row['high'])}]"
    counts = f"{row['wins']} / {row['ties']} / {row['losses']}"
    return (system, measure, mean, _signed(row["delta"]), interval, f"{row['p']:.4f}", counts)


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
