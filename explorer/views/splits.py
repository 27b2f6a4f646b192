"""Many queries at once: which of them changed, and which shows best what a teacher is for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.evaluation.failures import CLASSES
from explorer.evaluation.measures import per_query
from explorer.records import Ranking, Run
from explorer.views.queries import MEASURE_DEPTH
from explorer.views.terms import MEASURES, family, taught
from explorer.workbench import Workbench
from explorer.workbench.flips import flips as flipped
from explorer.workbench.guards import verdict

SIDE = 10  # bars of the histogram on either side of "no change"
SENTENCES: Mapping[str, str] = {
    "better": "{b} is better than {a}",
    "worse": "{b} is worse than {a}",
    "no difference shown": "No difference between {b} and {a} is shown",
}
TEACH = taught(
    "change", "95 % interval", "p", "better · same · worse", "unjudged", "unmatched", "first relevant", "hop"
)


def telling_query(bench: Workbench, spec: str, teacher: str) -> str | None:
    """The held-out query on which a recorded teacher ranks most better than a system; None without recorded scores."""
    return bench.remembered(("telling", teacher), (spec,), lambda: _telling_query(bench, spec, teacher))


def _telling_query(bench: Workbench, spec: str, teacher: str) -> str | None:
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
    """Queries by signed change of a measure, the largest gain first, with the classes of failure each falls under."""
    return bench.remembered(("flips", split, measure), (a, b), lambda: _flips(bench, a, b, split, measure))


def _flips(bench: Workbench, a: str, b: str, split: str, measure: str) -> dict[str, Any]:
    found = flipped(bench, a, b, split, measure)
    rows = found.pop("rows")
    said = verdict(found["difference"]["ci95"], len(rows))
    counts = Counter(name for row in rows for name in row["classes"])
    return {
        "a": a,
        "b": b,
        "split": split,
        "measure": measure,
        "verdict": said,
        "headline": SENTENCES[said].format(a=a, b=b),
        **found,
        "histogram": histogram([row["delta"] for row in rows]),
        "classes": [{"name": name, "what": what, "count": counts[name]} for name, what in CLASSES.items()],
        "teach": {**TEACH, **(taught(measure) if family(measure) in MEASURES else {})},
        "queries": rows,
    }


def histogram(deltas: Sequence[float]) -> list[dict[str, float]]:
    """Counts of changes: "no change" alone in the middle, SIDE bins of equal width on either side of it up to 1."""
    counts = [0] * (2 * SIDE + 1)
    for delta in deltas:
        step = min(SIDE, math.ceil(abs(delta) * SIDE - 1e-9))
        counts[SIDE + (step if delta > 0 else -step)] += 1
    edges = [n / SIDE for n in range(-SIDE, SIDE + 1)]
    return [
        {"from": edge - (edge > 0) / SIDE, "to": edge + (edge < 0) / SIDE, "count": count}
        for edge, count in zip(edges, counts, strict=True)
    ]
