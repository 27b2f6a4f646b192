"""Every query of a split under two systems: how its measure changed, and by which rules it failed."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from explorer.evaluation.failures import TIE, Case, classes
from explorer.records import ExplorerError, Query, Ranking, Run
from explorer.supervision.locate import content_words
from explorer.workbench import Workbench

TEACHER = "utility"
STEP = 1000  # queries between two words on how far it is


@dataclass(frozen=True, slots=True)
class Reasons:
    """What two rankings say of one query, whatever it is measured by. Ranks of the first relevant document; None: not
    retrieved."""

    classes: tuple[str, ...]
    rank_a: int | None
    rank_b: int | None


def flips(bench: Workbench, a: str, b: str, split: str, measure: str) -> dict[str, Any]:
    """{"rows", "difference", "unjudged", "unmatched"}; rows by change, the largest gain first.

    ``unmatched``: queries that only one of two recorded runs answers; they count as found nothing by the other.
    """
    if a == b:
        raise ExplorerError(f"{a} is on both sides; choose two systems that differ")
    found = bench.evaluate([a, b], split=split, measures=[measure])
    before, after = found.values[a][measure], found.values[b][measure]
    reasons = bench.remembered(
        ("reasons", split), (a, b), lambda: _reasons(bench, found.runs[a], found.runs[b], bench.cut(b), before)
    )
    queries, splits = bench.collection.queries, bench.collection.splits
    rows = [_row(queries[q], before[q], after[q], reasons[q], splits.get(q, "")) for q in before]
    rows.sort(key=lambda row: (-row["delta"], row["query_id"]))
    both = [(found.runs[a].rankings[q], found.runs[b].rankings[q]) for q in before]
    return {
        "rows": rows,
        "difference": found.report["comparisons"][0],
        "unjudged": found.unjudged,
        "unmatched": sum(not one.docs or not other.docs for one, other in both),
    }


def _reasons(
    bench: Workbench, before: Run, after: Run, cut: frozenset[str], query_ids: Iterable[str]
) -> dict[str, Reasons]:
    """Of every query."""
    collection, recorded = bench.collection, bench.recorded(TEACHER)
    words = functools.cache(lambda doc_id: content_words(collection.documents[doc_id].content))
    told = {}
    for done, query_id in enumerate(query_ids):
        if done % STEP == 0:
            bench.progress("looking for reasons, query", done + 1, len(before.rankings))
        query = collection.queries[query_id]
        scores = recorded.get(query_id)
        case = Case(
            content_words(query.text),
            before.rankings[query_id],
            after.rankings[query_id],
            collection.qrels[query_id],
            words,
            query.hops,
            Ranking.from_scores(query_id, scores.values).doc_ids if scores else (),
            cut,
        )
        told[query_id] = Reasons(tuple(classes(case)), _first(case.before, case.relevant), case.best)
    return told


def _row(query: Query, before: float, after: float, reasons: Reasons, split: str) -> dict[str, Any]:
    delta = after - before
    return {
        "query_id": query.query_id,
        "text": query.text,
        "a": before,
        "b": after,
        "delta": delta,
        "classes": [*reasons.classes, *([TIE] if delta == 0 else [])],
        "hops": len(query.hops),
        "scope": query.scope,
        "split": split,
        "rank_a": reasons.rank_a,
        "rank_b": reasons.rank_b,
    }


def _first(ranking: Ranking, relevant: frozenset[str]) -> int | None:
    """Rank of the first relevant document; None: not retrieved."""
    return next((doc.rank for doc in ranking if doc.doc_id in relevant), None)
