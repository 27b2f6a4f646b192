"""Is a difference more than chance? Paired by query: randomisation test, bootstrap interval, wins and losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

RESAMPLES = 9999
BLOCK = 200  # resamples at a time, so that memory stays small with many queries


@dataclass(frozen=True, slots=True)
class Difference:
    """b against a over the same queries. ``ci95`` and ``p`` (two-sided) are of the mean difference ``delta`` = b - a."""

    mean_a: float
    mean_b: float
    delta: float
    ci95: tuple[float, float]
    p: float
    wins: int
    ties: int
    losses: int


def difference(a: Mapping[str, float], b: Mapping[str, float], seed: int = 0) -> Difference:
    """Compares two systems' values of one measure, joined by query_id.

    Fisher's randomisation test flips the sign of each query's difference (Smucker et al. 2007); the interval is
    the percentile bootstrap over queries.
    """
    if a.keys() != b.keys():
        raise ValueError("both systems must have a value for the same queries")
    deltas = np.array([b[query_id] - a[query_id] for query_id in a])
    deltas[np.abs(deltas) < 1e-12] = 0.0
    wins, losses = int((deltas > 0).sum()), int((deltas < 0).sum())
    mean_a, mean_b = (float(np.mean(list(side.values()))) if side else 0.0 for side in (a, b))
    low, high, p = _interval_and_p(deltas, seed)
    return Difference(mean_a, mean_b, mean_b - mean_a, (low, high), p, wins, len(deltas) - wins - losses, losses)


def _interval_and_p(deltas: np.ndarray, seed: int) -> tuple[float, float, float]:
    if len(deltas) < 2 or not deltas.any():
        mean = float(deltas.mean()) if len(deltas) else 0.0
        return mean, mean, 1.0
    test = stats.permutation_test(
        (deltas,),
        np.mean,
        permutation_type="samples",
        n_resamples=RESAMPLES,
        batch=BLOCK,
        vectorized=True,
        rng=np.random.default_rng(seed),
    )
    interval = stats.bootstrap(
        (deltas,), np.mean, method="percentile", n_resamples=RESAMPLES, batch=BLOCK, rng=np.random.default_rng(seed)
    ).confidence_interval
    return float(interval.low), float(interval.high), float(test.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment over a family of tests (Holm 1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for place, number in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, (len(p_values) - place) * p_values[number])
        adjusted[number] = min(1.0, running)
    return adjusted
