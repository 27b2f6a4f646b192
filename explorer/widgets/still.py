"""Static views: what a reader without a kernel sees, as plain markup. Every text from outside passes ``text`` here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

ROWS = 20  # of a table
LETTERS = 240  # of one text
LEFT = '<td style="text-align: left; vertical-align: top">'  # Jupyter sets cells to the right
RUN_THE_CELL = "Run the cell to work with it."


def text(value: object, most: int = LETTERS) -> str:
    """Escaped, and cut to its first ``most`` characters."""
    said = str(value).encode("utf-8", "replace").decode("utf-8")
    return escape(said if len(said) <= most else f"{said[:most]}…")


def number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def heading(title: object, *facts: str) -> str:
    """``facts`` are markup."""
    return f"<h4>{text(title, 600)}</h4>" + "".join(f"<p>{fact}</p>" for fact in facts if fact)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: str = "rows") -> str:
    """``rows`` of markup, the first ROWS of them; the rest are counted as ``left``."""
    top = "".join(f"<th>{text(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"{LEFT}{cell}</td>" for cell in row) + "</tr>" for row in rows[:ROWS])
    more = f"<p>{len(rows) - ROWS:,} more {left} are left out of this static view.</p>" if len(rows) > ROWS else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{more}"


def document(doc: Mapping[str, Any]) -> str:
    """Grade, title and beginning of a document."""
    grade = doc.get("grade")
    told = f"<b>◆ gold {grade}</b> " if grade else "○ useless " if grade == 0 else ""
    title = f"<b>{text(doc['title'], 120)}</b> " if doc.get("title") else ""
    return f"{told}{title}{text(doc['text'])} <i>{text(doc['doc_id'], 80)}</i>"


def side_by_side(columns: Iterable[Mapping[str, Any]]) -> str:
    """Rankings as columns of one table."""
    shown = list(columns)
    depth = max((len(column["documents"]) for column in shown), default=0)
    rows = [
        [str(place + 1), *(document(c["documents"][place]) if place < len(c["documents"]) else "" for c in shown)]
        for place in range(depth)
    ]
    return table(["rank", *(str(column["title"]) for column in shown)], rows, "ranks")


def page(key: str, body: str) -> str:
    """Under a key by which the live widget finds and hides it."""
    return f'<div class="ex-static" data-explorer="{escape(key)}">{body}<p><i>Static view. {RUN_THE_CELL}</i></p></div>'
