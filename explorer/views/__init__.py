"""What a screen says, as plain records: one description feeds the page, the command line and JSON."""

from __future__ import annotations

from explorer.views import maps
from explorer.views.answers import answers
from explorer.views.costs import measure_costs, priced_costs
from explorer.views.labels import labels
from explorer.views.queries import NOT_SCORED, asks_reader, compare, search, spans_within
from explorer.views.report import report
from explorer.views.runs import run_detail, run_summary
from explorer.views.sentences import sentences
from explorer.views.splits import flips, telling_query
from explorer.views.teachers import lesson, lesson_of, teachers, teachers_key

__all__ = [
    "NOT_SCORED",
    "answers",
    "asks_reader",
    "compare",
    "flips",
    "labels",
    "lesson",
    "lesson_of",
    "maps",
    "measure_costs",
    "priced_costs",
    "report",
    "run_detail",
    "run_summary",
    "search",
    "sentences",
    "spans_within",
    "teachers",
    "teachers_key",
    "telling_query",
]
