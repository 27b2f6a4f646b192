"""Every query of a split under two systems: how its measure changed, and by which rules it failed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from explorer.evaluation.failures import Case, classes
from explorer.records import ExplorerError, Query, Ranking
from explorer.supervision.locate import content_words
from explorer.workbench import Workbench

TEACHER = "utility"
STEP = 1000  # queries between two words on how far it is


def flips(bench: Workbench, a: str, b: str, split: str, measure: str) -> dict[str, Any]:
    """{"rows", "difference", "unjudged", "unmatched"}; rows by change, the largest gain first.

    ``unmatched``: queries that only one of two recorded runs answers; they count as found nothing by the other.
    """
    if a == b:
        raise ExplorerError(f"{a} is on both sides; choose two systems that differ")
    found = bench.evaluate([a, b], split=split, measures=[measure])
    collection = bench.collection
    before, after = found.values[a][measure], found.values[b][measure]
    recorded = bench.recorded(TEACHER)
    cut = bench.cut(b)
    words = functools.cache(lambda doc_id: content_words(collection.documents[doc_id].content))
    rows = []
    for done, query_id in enumerate(before):
        if done % STEP == 0:
            bench.progress("looking for reasons, query", done + 1, len(before))
        query = collection.queries[query_id]
        scores = recorded.get(query_id)
        case = Case(
            content_words(query.text),
            found.runs[a].rankings[query_id],
            found.runs[b].rankings[query_id],
            collection.qrels[query_id],
            words,
            query.hops,
            Ranking.from_scores(query_id, scores.values).doc_ids if scores else (),
            cut,
            after[query_id] - before[query_id],
        )
        rows.append(_row(query, case, before[query_id], after[query_id], collection.splits))
    rows.sort(key=lambda row: (-row["delta"], row["query_id"]))
    unmatched = sum(not a.docs or not b.docs for a, b in _both(found.runs, a, b, before))
    return {
        "rows": rows,
        "difference": found.report["comparisons"][0],
        "unjudged": found.unjudged,
        "unmatched": unmatched,
    }


def _both(runs: Mapping[str, Any], a: str, b: str, queries: Mapping[str, float]) -> list[tuple[Ranking, Ranking]]:
    return [(runs[a].rankings[q], runs[b].rankings[q]) for q in queries]


def _row(query: Query, case: Case, before: float, after: float, splits: Mapping[str, str]) -> dict[str, Any]:
    return {
        "query_id": query.query_id,
        "text": query.text,
        "a": before,
        "b": after,
        "delta": case.delta,
        "classes": classes(case),
        "hops": len(query.hops),
        "scope": query.scope,
        "split": splits.get(query.query_id, ""),
        "rank_a": _first(case.before, case.relevant),
        "rank_b": case.best,
    }


def _first(ranking: Ranking, relevant: frozenset[str]) -> int | None:
    """Rank of the first relevant document; None: not retrieved."""
    return next((doc.rank for doc in ranking if doc.doc_id in relevant), None)
