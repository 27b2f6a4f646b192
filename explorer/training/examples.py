"""From teacher scores to training examples: what cannot teach is left out, and counted."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import torch

from explorer.records import Qrels, Scores, TeacherScores, TrainingExample
from explorer.training.losses import MASKED, UNSCORED

SEPARATION = 0.1  # nats per answer token between the best and the median candidate


def examples_from(
    teacher: TeacherScores, qrels: Qrels, separation: float = SEPARATION
) -> tuple[list[TrainingExample], dict[str, int]]:
    """(examples, reason -> number of queries dropped). A query teaches when its utilities part the candidates."""
    examples, dropped = [], dict(teacher.left_out)
    for query_id, scores in teacher.by_query.items():
        if scores.left_out:
            continue
        if reason := _useless(scores, separation):
            dropped[reason] = dropped.get(reason, 0) + 1
            continue
        relevant = frozenset(doc_id for doc_id, grade in qrels.get(query_id, {}).items() if grade > 0)
        doc_ids = tuple(scores.values)
        examples.append(TrainingExample(query_id, doc_ids, tuple(scores.values[d] for d in doc_ids), relevant))
    return examples, dropped


def _useless(scores: Scores, separation: float) -> str:
    values = list(scores.values.values())
    if len(values) < 2:
        return "fewer than two candidates"
    if max(values) <= 0:
        return "no candidate helps (utility at most 0)"
    if max(values) - statistics.median(values) < separation:
        return f"utilities do not separate (best less than {separation} above the median)"
    return ""


def batch_documents(batch: Sequence[TrainingExample]) -> list[str]:
    """Ids of the documents of a batch, each once, in order of first use."""
    return list(dict.fromkeys(doc_id for example in batch for doc_id in example.doc_ids))


def batch_utilities(batch: Sequence[TrainingExample], doc_ids: Sequence[str], texts: Mapping[str, str]) -> torch.Tensor:
    """(B, D) teacher scores as ``utility_loss`` wants them.

    A document is masked for a query that judges it relevant or has a candidate with the same text.
    """
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
