"""How far sources of labels (annotators, a model, a teacher) agree beyond chance, joined by query and document."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Labels = Mapping[tuple[str, str], int]
"""(query_id, doc_id) -> grade. Absent is not labelled, never grade 0."""

Level = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two sources over the ``n`` pairs both labelled; 1 is perfect, 0 is chance, below 0 is worse than chance.

    None: undefined, because fewer than two pairs were labelled by both, or all of them with one and the same grade.
    """

    n: int
    cohen: float | None
    weighted: float | None
    krippendorff: float | None


def agreement(a: Labels, b: Labels) -> Agreement:
    """Cohen's kappa (1960), kappa with quadratic weights (Cohen 1968), Krippendorff's ordinal alpha (2004)."""
    both = [key for key in a if key in b]
    ours, theirs = [a[key] for key in both], [b[key] for key in both]
    return Agreement(
        len(both), _kappa(ours, theirs, None), _kappa(ours, theirs, "quadratic"), krippendorff_alpha((a, b))
    )


def _kappa(a: list[int], b: list[int], weights: Literal["quadratic"] | None) -> float | None:
    from sklearn.metrics import cohen_kappa_score  # more than a second to import

    grades = {*a, *b}
    if len(a) < 2 or len(grades) < 2:
        return None
    # every grade of the range: sklearn weighs by place in this list, so that without 2 the grades 1 and 3 were neighbours
    scale = list(range(min(grades), max(grades) + 1))
    return float(cohen_kappa_score(a, b, labels=scale, weights=weights))


def krippendorff_alpha(sources: Sequence[Labels], level: Level = "ordinal") -> float | None:
    """Alpha over any number of sources, each with gaps. Krippendorff 2004, Content Analysis, ch. 11.

    A pair labelled by one source alone has nothing to agree with and does not count. None: undefined, as in Agreement.
    """
    import krippendorff

    labelled = Counter(key for source in sources for key in source)
    shared = [key for key, times in labelled.items() if times >= 2]
    grades = {source[key] for source in sources for key in shared if key in source}
    if len(shared) < 2 or len(grades) < 2:
        return None
    table = np.array([[source.get(key, np.nan) for key in shared] for source in sources])  # (sources, pairs)
    return float(krippendorff.alpha(table, level_of_measurement=level))


def order_agreement(
    grades: Mapping[str, Mapping[str, int]], scores: Mapping[str, Mapping[str, float]]
) -> tuple[float | None, int]:
    """(share, pairs): in how many pairs of one query's documents with different grades the higher grade scores higher.

    Equal scores count half; 0.5 is chance. Only documents both graded and scored are paired; None without a pair.
    """
    right = pairs = 0.0
    for query_id, row in grades.items():
        known = [(grade, scores.get(query_id, {})[d]) for d, grade in row.items() if d in scores.get(query_id, {})]
        for (g, s), (h, t) in itertools.combinations(known, 2):
            if g != h:
                pairs += 1
                right += 0.5 if s == t else float((g > h) == (s > t))
    return (right / pairs if pairs else None), int(pairs)
