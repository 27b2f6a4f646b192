"""From teacher scores to training examples: what cannot teach is left out, and counted."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from explorer.records import Qrels, Query, Ranking, Run, Scores, TeacherScores, TrainingExample
from explorer.training.losses import MASKED, UNSCORED
from explorer.training.negatives import mine

if TYPE_CHECKING:
    from torch import Tensor

SEPARATION = 0.1  # nats per answer token between the best and the median candidate
NEGATIVE_RANKS = (3, 4, 6, 9, 13, 18)  # RADIO's, counted from 0 in the teacher's order


@dataclass(frozen=True)
class Lesson:
    """``dropped``: reason -> queries that cannot teach. ``refused``: reason -> negatives that might be positives."""

    examples: list[TrainingExample]
    dropped: dict[str, int]
    refused: dict[str, int] = field(default_factory=dict)


def utility_lesson(teacher: TeacherScores, qrels: Qrels, separation: float = SEPARATION) -> Lesson:
    """All scored candidates of every query whose utilities part them; a mix is judged by the utilities it was made of."""

    def useless(scores: Scores) -> str:
        utilities = scores.parts.get("utility", scores.values if teacher.teacher == "utility" else {})
        return _flat(scores.values) or (_useless(utilities, separation) if utilities else "")

    return _lesson(teacher, qrels, useless, lambda scores: tuple(scores.values))


def list_lesson(teacher: TeacherScores, qrels: Qrels) -> Lesson:
    """RADIO's list: the teacher's best candidate, and those at NEGATIVE_RANKS of its order; in a shorter list, the last."""

    def chosen(scores: Scores) -> tuple[str, ...]:
        order = Ranking.from_scores(scores.query_id, scores.values).doc_ids
        negatives = [order[rank] for rank in NEGATIVE_RANKS if rank < len(order)] or order[-1:]
        return (order[0], *negatives)

    return _lesson(teacher, qrels, lambda scores: _flat(scores.values), chosen)


def label_lesson(
    teacher: TeacherScores,
    judged: Qrels,
    queries: Mapping[str, Query],
    found: Run,
    texts: Mapping[str, str],
    count: int,
    floor: float,
) -> Lesson:
    """Documents the teacher labels above ``floor`` as positives, and ``count`` hard negatives of the baseline's list.

    ``judged``: what people said. What they hold relevant is no negative, whatever the teacher says; what they hold
    useless is one, unless the teacher differs. A label of the task or of a judge is no proof that a document is useless.
    """
    examples, dropped, refused = [], dict(teacher.left_out), dict[str, int]()
    for query_id, scores in teacher.by_query.items():
        if scores.left_out:
            continue
        positives = {d: value for d, value in scores.values.items() if value > floor}
        grades = {d: grade for d, grade in judged.get(query_id, {}).items() if d in texts}
        relevant = frozenset(positives) | {d for d, grade in grades.items() if grade > 0}
        mined = mine(queries[query_id], found.rankings[query_id], relevant, grades.keys() - relevant, texts, count)
        for reason, number in mined.refused.items():
            refused[reason] = refused.get(reason, 0) + number
        if reason := "" if positives and mined.doc_ids else "no negative is safe" if positives else "no positive label":
            dropped[reason] = dropped.get(reason, 0) + 1
            continue
        doc_ids = (*positives, *mined.doc_ids)
        labels = tuple(positives.get(doc_id, 0.0) for doc_id in doc_ids)
        examples.append(TrainingExample(query_id, doc_ids, labels, relevant))
    return Lesson(examples, dropped, refused)


def _lesson(
    teacher: TeacherScores,
    qrels: Qrels,
    useless: Callable[[Scores], str],
    chosen: Callable[[Scores], tuple[str, ...]],
) -> Lesson:
    examples, dropped = [], dict(teacher.left_out)
    for query_id, scores in teacher.by_query.items():
        if scores.left_out:
            continue
        if reason := useless(scores):
            dropped[reason] = dropped.get(reason, 0) + 1
            continue
        relevant = frozenset(doc_id for doc_id, grade in qrels.get(query_id, {}).items() if grade > 0)
        doc_ids = chosen(scores)
        examples.append(TrainingExample(query_id, doc_ids, tuple(scores.values[d] for d in doc_ids), relevant))
    return Lesson(examples, dropped)


def _flat(values: Mapping[str, float]) -> str:
    if len(values) < 2:
        return "fewer than two candidates"
    return "all candidates have the same score" if max(values.values()) == min(values.values()) else ""


def _useless(utilities: Mapping[str, float], separation: float) -> str:
    values = list(utilities.values())
    if max(values) <= 0:
        return "no candidate helps (utility at most 0)"
    if max(values) - statistics.median(values) < separation:
        return f"utilities do not separate (best less than {separation} above the median)"
    return ""


def batch_documents(batch: Sequence[TrainingExample]) -> list[str]:
    """Ids of the documents of a batch, each once, in order of first use."""
    return list(dict.fromkeys(doc_id for example in batch for doc_id in example.doc_ids))


def batch_scores(batch: Sequence[TrainingExample], doc_ids: Sequence[str], texts: Mapping[str, str]) -> Tensor:
    """(B, D) teacher scores as the losses want them.

    A document is masked for a query that judges it relevant or has a candidate with the same text.
    """
    import torch

    table = torch.full((len(batch), len(doc_ids)), UNSCORED)
    for row, example in enumerate(batch):
        own = dict(zip(example.doc_ids, example.scores, strict=True))
        own_texts = {texts[doc_id] for doc_id in own}
        for column, doc_id in enumerate(doc_ids):
            if doc_id in own:
                table[row, column] = own[doc_id]
            elif doc_id in example.relevant or texts[doc_id] in own_texts:
                table[row, column] = MASKED
    return table
