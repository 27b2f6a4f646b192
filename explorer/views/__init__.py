"""What a screen says, as plain records: one description feeds the page, the command line and JSON."""

from __future__ import annotations

from explorer.views.queries import NOT_SCORED, asks_reader, compare, search, spans_within
from explorer.views.runs import run_detail, run_summary
from explorer.views.splits import flips, telling_query

__all__ = [
    "NOT_SCORED",
    "asks_reader",
    "compare",
    "flips",
    "run_detail",
    "run_summary",
    "search",
    "spans_within",
    "telling_query",
]
