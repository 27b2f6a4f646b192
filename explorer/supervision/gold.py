"""Gold relevance from three sources, kept apart: judgements, the task itself, and a judge that is a language model.

llmref.wiki, "Gold-relevance distillation".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from explorer.records import Document, Progress, Qrels, Query, Scores, TeacherScores, silent
from explorer.supervision.cached import CachedReader
from explorer.supervision.prompts import PROMPTS, answer_text
from explorer.supervision.reader import TOO_LONG, Request
from explorer.supervision.utility import NO_ANSWER

Task = tuple[Query, Sequence[Document]]
Correctness = Callable[[str, Sequence[str]], float]  # (prediction, references) -> [0, 1]
NOT_JUDGED = "not judged"
GRADES = ("0", "1", "2", "3")
USEFUL = 1.5  # expected grade from which a judge's document counts as relevant
ANSWER_TOKENS = 24


class JudgedTeacher:
    """Grades from qrels; a document nobody judged stays unscored."""

    unit = "grade"

    def __init__(self, qrels: Qrels, name: str = "gold:qrels") -> None:
        self._qrels = qrels
        self.name = name

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        grades = self._qrels.get(query.query_id, {})
        values = {doc.doc_id: float(grades[doc.doc_id]) for doc in documents if doc.doc_id in grades}
        return Scores(query.query_id, values, left_out="" if any(g > 0 for g in grades.values()) else NOT_JUDGED)

    def score_all(self, tasks: Sequence[Task], progress: Progress = silent) -> TeacherScores:
        return TeacherScores(self.name, self.unit, {query.query_id: self.score(query, docs) for query, docs in tasks})


@dataclass(frozen=True)
class TaskTeacher:
    """1 where the reader answers right with the document and wrong without it, else 0.

    ``measures``: name -> correctness in [0, 1]; an answer is right from ``threshold`` on by ``measure``. The labels
    by every measure are kept as parts, "with" and "without" the document.
    """

    reader: CachedReader
    measures: Mapping[str, Correctness]
    measure: str = "F1"
    threshold: float = 0.5
    name: str = "gold:task"
    unit: str = "label"

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        return self.score_all([(query, documents)]).by_query[query.query_id]

    def score_all(self, tasks: Sequence[Task], progress: Progress = silent) -> TeacherScores:
        texts = [
            answer_text(query.text, context)
            for query, documents in tasks
            for context in ([], *([doc.content] for doc in documents))
            if query.answers
        ]
        written = self.reader.generate(texts, max_tokens=ANSWER_TOKENS, progress=progress)
        answers = dict(zip(texts, written, strict=True))
        return TeacherScores(self.name, self.unit, {q.query_id: self._label(q, docs, answers) for q, docs in tasks})

    def _label(self, query: Query, documents: Sequence[Document], answers: Mapping[str, str]) -> Scores:
        if not query.answers:
            return Scores(query.query_id, {}, left_out=NO_ANSWER)
        parts: dict[str, dict[str, float]] = {}
        labels: dict[str, dict[str, float]] = {}
        for name, correct in self.measures.items():
            without = correct(answers[answer_text(query.text, [])], query.answers)
            having = {
                d.doc_id: correct(answers[answer_text(query.text, [d.content])], query.answers) for d in documents
            }
            parts[f"{name} with"] = having
            parts[f"{name} without"] = dict.fromkeys(having, without)
            labels[name] = {d: float(value >= self.threshold > without) for d, value in having.items()}
        parts |= {f"label by {name}": values for name, values in labels.items()}
        return Scores(query.query_id, labels[self.measure], parts=parts)


class JudgeTeacher:
    """Grades 0 to 3 by the reader, as the expectation over the probabilities of the four digits."""

    name = "gold:judge"
    unit = "expected grade"

    def __init__(self, reader: CachedReader) -> None:
        self._reader = reader

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        return self.score_all([(query, documents)]).by_query[query.query_id]

    def score_all(self, tasks: Sequence[Task], progress: Progress = silent) -> TeacherScores:
        requests = [
            Request(query.text, digit, doc.content)
            for query, documents in tasks
            for doc in documents
            for digit in GRADES
        ]
        found = self._reader.read(requests, PROMPTS["grade"], progress)
        scored = {}
        for query, documents in tasks:
            readings = {d.doc_id: [found[Request(query.text, digit, d.content)] for digit in GRADES] for d in documents}
            if not all(one.read for row in readings.values() for one in row):
                scored[query.query_id] = Scores(query.query_id, {}, left_out=TOO_LONG)
                continue
            values = {d: expected_grade([-one.nll * one.tokens for one in row]) for d, row in readings.items()}
            cut = frozenset(d for d, row in readings.items() if row[0].cut)
            scored[query.query_id] = Scores(query.query_id, values, cut=cut)
        return TeacherScores(self.name, self.unit, scored)


def expected_grade(log_likelihoods: Sequence[float]) -> float:
    """Sum of grade x probability over the grades 0, 1, 2, ..., their likelihoods normalised to 1."""
    highest = max(log_likelihoods)
    weights = [math.exp(value - highest) for value in log_likelihoods]
    return sum(grade * weight for grade, weight in enumerate(weights)) / sum(weights)
