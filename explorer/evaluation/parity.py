"""Our measures against trec_eval's own expected outputs, value by value.

A trec_eval output has lines "measure query value", values with four decimals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from explorer.evaluation.measures import per_query
from explorer.records import Qrels, Ranking, Run

NAMES = (  # trec_eval's name, ours; \1 is the cut-off
    (r"map", "AP"),
    (r"map_cut_(\d+)", r"AP@\1"),
    (r"ndcg", "nDCG"),
    (r"ndcg_cut_(\d+)", r"nDCG@\1"),
    (r"P_(\d+)", r"P@\1"),
    (r"recall_(\d+)", r"R@\1"),
    (r"recip_rank", "RR"),
    (r"Rprec", "Rprec"),
    (r"bpref", "Bpref"),
    (r"success_(\d+)", r"Success@\1"),
)
GRADED = ("nDCG",)  # measures that a relevance level does not change


@dataclass(frozen=True, slots=True)
class Disagreement:
    measure: str
    query_id: str
    expected: float
    found: float


def our_name(name: str, level: int = 1) -> str | None:
    """Our measure for a trec_eval line; None where Explorer offers none."""
    for pattern, ours in NAMES:
        if match := re.fullmatch(pattern, name):
            measure = match.expand(ours)
            if level > 1 and not measure.startswith(GRADED):
                head, at, cut = measure.partition("@")
                measure = f"{head}(rel={level}){at}{cut}"
            return measure
    return None


def compare(
    expected: Path, run: Run, qrels: Qrels, *, level: int = 1, depth: int | None = None
) -> tuple[int, list[Disagreement]]:
    """(values compared, those that differ by more than half a unit of the fourth decimal).

    ``level``: the lowest relevant grade (trec_eval -l); ``depth``: documents looked at (-M).
    """
    cut = {q: Ranking(q, ranking.docs[:depth]) for q, ranking in run.rankings.items()}
    lines = [(our_name(name, level), query_id, value) for name, query_id, value in _lines(expected)]
    wanted = list(dict.fromkeys(measure for measure, _, _ in lines if measure))
    values = per_query(Run(run.retriever, cut), qrels, wanted)
    compared, wrong = 0, []
    for measure, query_id, value in lines:
        if measure is None:
            continue
        by_query = values[measure]
        found = sum(by_query.values()) / len(by_query) if query_id == "all" else by_query[query_id]
        compared += 1
        if abs(found - value) > 0.5e-4 + 1e-9:
            wrong.append(Disagreement(measure, query_id, value, found))
    return compared, wrong


def _lines(path: Path) -> Iterator[tuple[str, str, float]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if len(fields) == 3 and re.fullmatch(r"-?\d+(\.\d+)?", fields[2]):
            yield fields[0], fields[1], float(fields[2])
