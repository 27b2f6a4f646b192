"""What a report says of two systems: the verdict first, the clearest wins and losses next, every query last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import explorer
from explorer.records import Query, Span
from explorer.views.queries import compare, spans_within
from explorer.views.splits import SENTENCES, histogram
from explorer.workbench import Workbench
from explorer.workbench.evaluating import Evaluation
from explorer.workbench.guards import verdict

MEASURES = ("nDCG@10", "AP", "R@1")
SHOWN = 10  # wins, and losses
DEPTH = 5  # documents per ranking
TEXT = 1_500  # characters of a document, so that twenty comparisons stay a small file


def report(bench: Workbench, a: str, b: str, split: str = "test", measure: str = "nDCG@10") -> dict[str, Any]:
    """Plain records for ``explorer.reports``; the first measure is the one queries are sorted by."""
    measures = tuple(dict.fromkeys([measure, *MEASURES]))
    found = bench.evaluate([a, b], split=split, measures=measures)
    rows = _rows(bench, found, a, b, measure)
    wins = [row for row in rows if row["delta"] > 0][:SHOWN]
    losses = [row for row in reversed(rows) if row["delta"] < 0][:SHOWN]
    first = found.report["comparisons"][0]
    said = verdict(first["ci95"], found.report["queries"])
    return {
        "a": a,
        "b": b,
        "collection": bench.collection.name,
        "documents": len(bench.collection.documents),
        "split": split,
        "queries": found.report["queries"],
        "unjudged": found.unjudged,
        "measure": measure,
        "verdict": said,
        "headline": SENTENCES[said].format(a=a, b=b),
        "first": first,
        "comparisons": found.report["comparisons"],
        "histogram": histogram([row["delta"] for row in rows]),
        "rows": rows,
        "wins": [_shown(bench, row, a, b) for row in wins],
        "losses": [_shown(bench, row, a, b) for row in losses],
        "version": explorer.__version__,
    }


def _rows(bench: Workbench, found: Evaluation, a: str, b: str, measure: str) -> list[dict[str, Any]]:
    """Every query with its values and change, the largest gain first."""
    before, after = found.values[a][measure], found.values[b][measure]
    rows = [
        {
            "query_id": q,
            "text": bench.collection.queries[q].text,
            "a": before[q],
            "b": after[q],
            "delta": after[q] - before[q],
        }
        for q in before
    ]
    return sorted(rows, key=lambda row: (-row["delta"], row["query_id"]))


def _shown(bench: Workbench, row: Mapping[str, Any], a: str, b: str) -> dict[str, Any]:
    """One query as the Compare page draws it, with the collection's own evidence marked where it tells."""
    query = bench.collection.queries[row["query_id"]]
    view = compare(bench, query, [a, b], DEPTH)
    for column in view["columns"]:
        column["documents"] = [_with_evidence(bench, query, doc) for doc in column["documents"]]
    view["missing_gold"] = [{**doc, "text": doc["text"][:TEXT]} for doc in view["missing_gold"]]
    return {**row, "answers": list(query.answers), "rationale": query.rationale, "view": view}


def _with_evidence(bench: Workbench, query: Query, row: Mapping[str, Any]) -> dict[str, Any]:
    document = bench.collection.documents[row["doc_id"]]
    offset = len(document.content) - len(document.text)  # evidence counts characters of the text alone
    spans = [Span(span.start + offset, span.end + offset) for span in query.evidence.get(row["doc_id"], ())]
    return {**row, "text": row["text"][:TEXT], "spans": spans_within(document, spans)}
