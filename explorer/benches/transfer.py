"""Do the utilities of one prompt, or one number format, hold for another?"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from explorer.records import Progress, TeacherScores
from explorer.supervision.prompts import DEFAULT_PROMPT
from explorer.workbench import Workbench
from explorer.workbench.teachers import CANDIDATES, Teacher
from explorer.workbench.teaching import quality, scores_for

TRANSFER = ("passage", "context", "chat")  # prompts whose utilities are compared


def transfer(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Do the utilities of one prompt, or one number format, hold for another? Over the dev queries' candidates.

    Spearman's rank correlation with the first, per query, then its mean; AP of each order against gold. Prompts and
    number formats of one model say nothing of another model.
    """
    queries = bench.collection.split("dev")
    found = bench.search(systems[0] if systems else "dense:minilm", queries, CANDIDATES)
    candidates = {q: ranking.doc_ids for q, ranking in found.rankings.items()}
    kinds = {f"smollm2@bfloat16 {prompt}": Teacher(reader="smollm2@bfloat16", prompts=(prompt,)) for prompt in TRANSFER}
    kinds[f"smollm2@float32 {DEFAULT_PROMPT}"] = Teacher(reader="smollm2@float32")
    scores = {name: scores_for(bench.retrievers, teacher, candidates, progress) for name, teacher in kinds.items()}
    first = next(iter(scores.values()))
    return {
        "queries": len(queries),
        "baseline": quality(bench.collection, found, first),
        "teachers": {
            name: {**quality(bench.collection, one.run(), one), "spearman": _correlation(first, one)}
            for name, one in scores.items()
        },
    }


def _correlation(a: TeacherScores, b: TeacherScores) -> float:
    """Mean over queries with at least three candidates in common."""
    from scipy.stats import spearmanr

    found = []
    for query_id, one in a.by_query.items():
        other = b.by_query[query_id].values
        pairs = [(value, other[d]) for d, value in one.values.items() if d in other]
        if len(pairs) > 2 and len({x for x, _ in pairs}) > 1 and len({y for _, y in pairs}) > 1:
            found.append(float(spearmanr([x for x, _ in pairs], [y for _, y in pairs]).statistic))
    return statistics.fmean(found)
