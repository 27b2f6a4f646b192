"""Is a difference more than chance? Paired by query: randomisation test, bootstrap interval, wins and losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 9999
DRAWS = 20_000_000  # of queries, for one interval: with more than 2,000 queries there are fewer resamples …
FEWEST = 1999  # … down to these, of which the interval's ends vary by 3 % of its half width
BLOCK = 200  # resamples at a time, so that memory stays small with many queries
CLOSE = 1e-12  # sums of the same differences in another order differ by less


@dataclass(frozen=True, slots=True)
class Difference:
    """b against a over the same queries. ``ci95`` and ``p`` (two-sided) are of the mean difference ``delta`` = b - a.

    Of one query, or where all are ties, the interval is that one value: it says nothing.
    """

    mean_a: float
    mean_b: float
    delta: float
    ci95: tuple[float, float]
    p: float
    wins: int
    ties: int
    losses: int

    @property
    def queries(self) -> int:
        return self.wins + self.ties + self.losses


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
    rng = np.random.default_rng(seed)
    low, high = np.quantile(_resampled_means(deltas, rng), [0.025, 0.975])
    return float(low), float(high), _randomisation_p(deltas[deltas != 0], rng)


def _resampled_means(deltas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Means of as many queries as there are, drawn with replacement."""
    count = len(deltas)
    resamples = max(FEWEST, min(RESAMPLES, DRAWS // count))
    sizes = [min(BLOCK, resamples - start) for start in range(0, resamples, BLOCK)]
    return np.concatenate([deltas[rng.integers(count, size=(size, count), dtype=np.int32)].mean(1) for size in sizes])


def _randomisation_p(deltas: np.ndarray, rng: np.random.Generator) -> float:
    """Two-sided: twice the smaller share of sums under flipped signs that are as large, or as small, as what was seen.

    Every combination of signs where there are at most RESAMPLES; of random ones what was seen counts as one more. Ties
    change no sum, so they may be left out.
    """
    total = deltas.sum()
    every = 2 ** min(len(deltas), 64) <= RESAMPLES
    sums = _sums_of_every_sign(deltas) if every else _sums_of_random_signs(deltas, rng)
    slack = CLOSE * np.abs(deltas).sum()
    tails = [np.count_nonzero(sums <= total + slack), np.count_nonzero(sums >= total - slack)]
    more = 0 if every else 1
    return float(min(1.0, 2 * (min(tails) + more) / (len(sums) + more)))


def _sums_of_every_sign(deltas: np.ndarray) -> np.ndarray:
    signs = np.arange(2 ** len(deltas))[:, None] >> np.arange(len(deltas)) & 1
    return (2 * signs - 1) @ deltas


def _sums_of_random_signs(deltas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """RESAMPLES sums. The signs are the bits of random bytes; what a byte's eight signs add is looked up, not summed."""
    bytes_each = -(-len(deltas) // 8)
    eights = np.zeros(8 * bytes_each)
    eights[: len(deltas)] = 2 * deltas
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    of_byte = eights.reshape(bytes_each, 8) @ bits.T  # (bytes_each, 256)
    places = np.arange(bytes_each)
    sums = []
    for start in range(0, RESAMPLES, BLOCK):
        size = min(BLOCK, RESAMPLES - start)
        drawn = np.frombuffer(rng.bytes(size * bytes_each), np.uint8).reshape(size, bytes_each)
        sums.append(of_byte[places, drawn].sum(1) - deltas.sum())
    return np.concatenate(sums)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment over a family of tests (Holm 1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for place, number in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, (len(p_values) - place) * p_values[number])
        adjusted[number] = min(1.0, running)
    return adjusted
