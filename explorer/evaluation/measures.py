"""Measures through ir_measures, always per query first. TREC conventions: linear-gain nDCG, AP divides by R."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Mapping, Sequence

import ir_measures

from explorer.records import ExplorerError, Qrels, Run

DEFAULT_MEASURES = ("nDCG@10", "AP", "R@1", "P@1")
OFFERED = ("AP", "nDCG", "R", "P", "RR", "Success", "Rprec", "Bpref")  # those that agree with trec_eval's own outputs

PerQuery = Mapping[str, Mapping[str, float]]
"""measure -> query_id -> value in [0, 1]"""


def per_query(run: Run, qrels: Qrels, measures: Sequence[str] = DEFAULT_MEASURES) -> dict[str, dict[str, float]]:
    """Values of every judged query; one without results has 0.

    Documents are handed over by rank, so that our tie rule (score, then doc_id, descending) decides.
    """
    wanted = {name: _measure(name) for name in measures}
    for_c = functools.cache(_for_c)  # the same documents come again and again
    ids = {_for_c(query_id): query_id for query_id in qrels}
    judged = {key: {for_c(d): grade for d, grade in qrels[query_id].items()} for key, query_id in ids.items()}
    ranked = {
        key: {for_c(doc.doc_id): float(-doc.rank) for doc in run.rankings[query_id]}
        for key, query_id in ids.items()
        if query_id in run.rankings
    }
    values = {name: dict.fromkeys(qrels, 0.0) for name in wanted}
    names = {measure: name for name, measure in wanted.items()}
    for result in ir_measures.iter_calc(list(wanted.values()), judged, ranked):
        values[names[result.measure]][ids[result.query_id]] = float(result.value)
    return values


def _for_c(text: str) -> str:
    """trec_eval reads a text up to its first null byte, and two ids would become one."""
    return text.replace("\0", "\\0")


def _measure(name: str) -> ir_measures.Measure:
    refusal = (
        f"unknown measure {name!r}; choose from {', '.join(OFFERED)} with a cut-off where one belongs, e.g. nDCG@10"
    )
    try:
        measure = ir_measures.parse_measure(name)
    except (ValueError, NameError, SyntaxError, KeyError) as error:
        raise ExplorerError(refusal) from error
    if measure.NAME not in OFFERED:
        raise ExplorerError(refusal)
    return measure


def means(values: PerQuery) -> dict[str, float]:
    """Mean over queries; a measure without any query is absent, not 0."""
    return {name: statistics.fmean(by_query.values()) for name, by_query in values.items() if by_query}
