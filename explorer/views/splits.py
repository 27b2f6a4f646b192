"""Many queries at once: which of them changed, and which shows best what a teacher is for."""

from __future__ import annotations

from typing import Any

from explorer.evaluation.measures import per_query
from explorer.records import Ranking, Run
from explorer.views.queries import MEASURE_DEPTH
from explorer.workbench import Workbench


def telling_query(bench: Workbench, spec: str, teacher: str) -> str | None:
    """The held-out query on which a recorded teacher ranks most better than a system; None without recorded scores."""
    recorded = bench.recorded(teacher)
    queries = [q for q in bench.collection.judged(bench.collection.split("test")) if q.query_id in recorded]
    if not queries:
        return None
    qrels = {query.query_id: bench.collection.qrels[query.query_id] for query in queries}
    order = Run(teacher, {q: Ranking.from_scores(q, recorded[q].values) for q in qrels})
    runs = (order, bench.search(spec, queries, MEASURE_DEPTH))
    by_teacher, by_system = (per_query(run, qrels, ("nDCG@10",))["nDCG@10"] for run in runs)
    return max(qrels, key=lambda query_id: (by_teacher[query_id] - by_system[query_id], query_id))


def flips(bench: Workbench, a: str, b: str, split: str, measure: str) -> dict[str, Any]:
    """Queries by signed change of a measure, the largest gain first."""
    evaluation = bench.evaluate([a, b], split=split, measures=[measure])
    before, after = evaluation.values[a][measure], evaluation.values[b][measure]
    rows = [
        {
            "query_id": query_id,
            "text": bench.collection.queries[query_id].text,
            "a": before[query_id],
            "b": after[query_id],
            "delta": after[query_id] - before[query_id],
        }
        for query_id in before
    ]
    rows.sort(key=lambda row: (-row["delta"], row["query_id"]))
    return {
        "a": a,
        "b": b,
        "split": split,
        "measure": measure,
        "difference": evaluation.report["comparisons"][0],
        "queries": rows,
    }
