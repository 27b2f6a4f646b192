"""Teachers over a split: scored, written to disk, measured against gold and against each other."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.evaluation.agreement import agreement
from explorer.records import ExplorerError, Progress, TeacherScores, silent
from explorer.supervision.prompts import DEFAULT_PROMPT
from explorer.workbench.scorefile import save_scores
from explorer.workbench.specs import Retrievers
from explorer.workbench.teachers import CANDIDATES, Teacher
from explorer.workbench.teaching import candidates_of, omissions, quality, scores_for


def teach(
    retrievers: Retrievers,
    specs: Sequence[str],
    *,
    reader: str = "smollm2",
    prompts: Sequence[str] = (),
    lam: float = 0.5,
    split: str = "train",
    k: int = CANDIDATES,
    base: str = "dense:minilm",
    limit: int = 0,
    out: Path | None = None,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Scores the baseline's top ``k`` of every query of a split by each teacher and writes them as parquet.

    Goes on where it was killed. Gold sources are compared with those before them: "agreement" holds one row per pair.
    """
    collection = retrievers.collection
    queries = collection.split(split)[: limit or None]
    if not queries:
        raise ExplorerError(f"{collection.name} has no query in split {split!r}")
    if out and len(specs) > 1:
        raise ExplorerError(
            f"-o names one file, {len(specs)} teachers were asked; teach them one by one, or leave out -o"
        )
    teachers = [Teacher(spec, reader, tuple(prompts) or (DEFAULT_PROMPT,), lam, base) for spec in specs]
    run = retrievers.get(base).search(queries, k)
    results: list[dict[str, Any]] = []
    labels: dict[str, dict[tuple[str, str], int]] = {}
    for teacher in teachers:
        candidates = candidates_of(retrievers, run, teacher)
        scores = scores_for(retrievers, teacher, candidates, progress)
        name = f"{Path(collection.name).stem}-{split}-{teacher.spec}".replace(":", "-")
        path = out or retrievers.models.workspace.teachers / f"{name}.parquet"
        save_scores(scores, teacher, collection, path)
        scored = scores.run()
        own = {} if teacher.by_definition else {teacher.spec: quality(collection, scored, scores)}
        if teacher.kind == "gold":
            labels |= _labels(scores, teacher, candidates)
        results.append(
            {
                "teacher": scores.teacher,
                "queries": len(scored.rankings),
                "scores": sum(len(ranking) for ranking in scored.rankings.values()),
                "left_out": scores.left_out,
                **omissions(scores, candidates, teacher),
                "spread": _mean_spread(scores),
                "quality": {base: quality(collection, run, scores), **own},
                "path": str(path),
            }
        )
    results[-1]["agreement"] = _agreement(labels)
    return results


def _labels(
    scores: TeacherScores, teacher: Teacher, candidates: Mapping[str, Sequence[str]]
) -> dict[str, dict[tuple[str, str], int]]:
    """source -> (query_id, doc_id) -> 1 relevant, 0 not; the task's labels once by each of its measures.

    Judgements appear a second time with every unjudged candidate of a judged query as 0: where only relevant
    documents were ever written down, agreement on the judged ones alone is undefined.
    """
    found = {teacher.spec: _binary({q: s.values for q, s in scores.by_query.items()}, teacher.floor)}
    named = {name for one in scores.by_query.values() for name in one.parts if name.startswith("label by ")}
    for name in sorted(named):
        by_query = {q: s.parts.get(name, {}) for q, s in scores.by_query.items()}
        found[f"{teacher.spec} {name.removeprefix('label ')}"] = _binary(by_query, teacher.floor)
    if named:
        del found[teacher.spec]
    if teacher.by_definition:
        drawn = {q: {d: scores.by_query[q].values.get(d, 0.0) for d in ids} for q, ids in candidates.items()}
        judged = {q: row for q, row in drawn.items() if scores.by_query[q].values}
        found[f"{teacher.spec}, unjudged as 0"] = _binary(judged, teacher.floor)
    return found


def _binary(values: Mapping[str, Mapping[str, float]], floor: float) -> dict[tuple[str, str], int]:
    return {(q, d): int(value > floor) for q, row in values.items() for d, value in row.items()}


def _agreement(labels: Mapping[str, Mapping[tuple[str, str], int]]) -> list[dict[str, Any]]:
    rows = []
    for (a, left), (b, right) in itertools.combinations(labels.items(), 2):
        found = agreement(left, right)
        share = {name: sum(side.values()) / len(side) if side else None for name, side in ((a, left), (b, right))}
        rows.append(
            {
                "a": a,
                "b": b,
                "pairs": found.n,
                "cohen": found.cohen,
                "krippendorff": found.krippendorff,
                "relevant": share,
            }
        )
    return rows


def _mean_spread(scores: TeacherScores) -> float | None:
    """Mean standard deviation of a score over the prompts; None with one prompt."""
    spreads = [value for one in scores.by_query.values() for value in one.spread.values()]
    return sum(spreads) / len(spreads) if spreads else None
