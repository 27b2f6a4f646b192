"""Scores of several origins on one scale, mixed by weights."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping

Values = Mapping[str, float]
Scale = Callable[[Values], dict[str, float]]


def minmax(values: Values) -> dict[str, float]:
    """Between 0 and 1; a constant list is 0.5 throughout, never a division by zero (RADIO's mix)."""
    low, high = min(values.values(), default=0.0), max(values.values(), default=0.0)
    return {d: (value - low) / (high - low) if high > low else 0.5 for d, value in values.items()}


def zscore(values: Values) -> dict[str, float]:
    """Mean 0, standard deviation 1; a constant list is 0 throughout."""
    if not values:
        return {}
    mean, deviation = statistics.fmean(values.values()), statistics.pstdev(values.values())
    return {d: (value - mean) / deviation if deviation > 1e-12 else 0.0 for d, value in values.items()}


def mix(parts: Mapping[str, Values], weights: Mapping[str, float], scale: Scale = zscore) -> dict[str, float]:
    """The weighted mean of ``parts`` after ``scale``, of the documents every part scored; an empty part takes no share."""
    there = {name: values for name, values in parts.items() if values and weights.get(name)}
    total = sum(weights[name] for name in there)
    if not there or total <= 0:
        return {}
    shared = [d for d in next(iter(there.values())) if all(d in values for values in there.values())]
    scaled = {name: scale({d: values[d] for d in shared}) for name, values in there.items()}
    return {d: sum(weights[name] * scaled[name][d] for name in there) / total for d in shared}
