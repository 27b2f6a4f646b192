"""The records every layer speaks in: plain values, standard library only.

Absent is not zero. A document that is not in a query's qrels is unjudged, one that is not in
``Scores.values`` is unscored, one that is not in a ranking was not retrieved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


class ExplorerError(Exception):
    """A problem the user can fix; its message is shown as it is, in one sentence."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: IPython asks an exception for this before it writes a traceback."""
        return [str(self)]


@dataclass(frozen=True, slots=True)
class Document:
    """One retrievable unit of text. ``group`` is what it belongs to: a paper, a contract, an entity."""

    doc_id: str
    text: str
    title: str = ""
    group: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """Title and text as one string: what retrievers index and readers read."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a text, with a weight in [0, 1]."""

    start: int
    end: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Query:
    """A question. With a ``scope`` it is searched only among documents whose group equals it.

    ``answers`` are reference answers, any of which is right; ``hops`` are the doc_ids of the
    evidence chain in reading order, ``rationale`` is why the answer is right, ``evidence`` where documents (by doc_id)
    say so and ``scores`` what a teacher gave documents, where the collection tells.
    """

    query_id: str
    text: str
    answers: tuple[str, ...] = ()
    scope: str = ""
    options: tuple[str, ...] = ()
    hops: tuple[str, ...] = ()
    rationale: str = ""
    evidence: Mapping[str, tuple[Span, ...]] = field(default_factory=dict, hash=False)
    scores: Mapping[str, float] = field(default_factory=dict, hash=False)


Qrels = Mapping[str, Mapping[str, int]]
"""query_id -> doc_id -> grade. A grade above 0 is relevant, 0 is judged and useless, absent is unjudged."""


@dataclass(frozen=True, slots=True)
class ScoredDoc:
    doc_id: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The documents of one query, best first; ranks count from 1."""

    query_id: str
    docs: tuple[ScoredDoc, ...]

    @classmethod
    def from_scores(cls, query_id: str, scores: Mapping[str, float], k: int | None = None) -> Ranking:
        """The only place that orders documents: by score, then doc_id, both descending (as trec_eval does)."""
        if bad := [doc_id for doc_id, score in scores.items() if math.isnan(score)]:
            raise ExplorerError(
                f"query {query_id!r} has NaN as score of {len(bad)} documents (first: {bad[0]!r}); a score must be a "
                "number: check the model, or the run file, that produced it"
            )
        ordered = sorted(scores.items(), key=lambda item: (item[1], item[0]), reverse=True)[:k]
        return cls(query_id, tuple(ScoredDoc(d, float(s), rank) for rank, (d, s) in enumerate(ordered, start=1)))

    def lifted(self, scores: Mapping[str, float], k: int | None = None) -> Ranking:
        """The documents of ``scores`` first, in their order; the others follow as they stand here."""
        below = min(scores.values(), default=0.0)
        rest = {doc.doc_id: below - doc.rank for doc in self.docs}
        return Ranking.from_scores(self.query_id, {**rest, **scores}, k)

    def __iter__(self) -> Iterator[ScoredDoc]:
        return iter(self.docs)

    def __len__(self) -> int:
        return len(self.docs)

    @property
    def doc_ids(self) -> tuple[str, ...]:
        return tuple(doc.doc_id for doc in self.docs)

    @property
    def ranks(self) -> dict[str, int]:
        return {doc.doc_id: doc.rank for doc in self.docs}

    @property
    def scores(self) -> dict[str, float]:
        return {doc.doc_id: doc.score for doc in self.docs}


@dataclass(frozen=True, slots=True)
class Run:
    """What one retriever returned for a set of queries. ``retriever`` is its spec."""

    retriever: str
    rankings: Mapping[str, Ranking]


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why an answer is right, and where the candidate documents say so."""

    query_id: str
    text: str
    source: str
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scores:
    """What a scorer says of one query's documents.

    ``values``: doc_id -> score. ``spread``: doc_id -> standard deviation where a score was measured
    several times. ``cut``: documents of which only the beginning was read. ``left_out``: why the query
    could not be scored at all, else "". ``parts``: what a score was made of, name -> doc_id -> number.
    ``unread``: reference answers too long for the reader, beside others that were read.
    """

    query_id: str
    values: Mapping[str, float]
    spread: Mapping[str, float] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()
    left_out: str = ""
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unread: int = 0


@dataclass(frozen=True, slots=True)
class TeacherScores:
    """The scores of one teacher over many queries, with its rationales where it has any.

    ``unit`` is what a score is counted in.
    """

    teacher: str
    unit: str
    by_query: Mapping[str, Scores]
    rationales: Mapping[str, Rationale] = field(default_factory=dict)

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> number of queries that could not be scored."""
        reasons: dict[str, int] = {}
        for scores in self.by_query.values():
            if scores.left_out:
                reasons[scores.left_out] = reasons.get(scores.left_out, 0) + 1
        return reasons

    def run(self) -> Run:
        """The teacher's own ranking of the candidates of every query it scored."""
        scored = {q: s for q, s in self.by_query.items() if not s.left_out}
        return Run(self.teacher, {q: Ranking.from_scores(q, s.values) for q, s in scored.items()})


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One query and its candidates with the teacher's score of each.

    ``relevant``: documents judged relevant; another query's candidate among them is no negative of this one.
    """

    query_id: str
    doc_ids: tuple[str, ...]
    scores: tuple[float, ...]
    relevant: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """Where a document stood and stands; None: not retrieved."""

    doc_id: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything a screen says about one query: rankings by spec, moves, grades, teacher signals, rationale."""

    query: Query
    rankings: Mapping[str, Ranking]
    moves: tuple[Move, ...]
    grades: Mapping[str, int]
    teachers: Mapping[str, Scores]
    rationale: Rationale | None = None


@runtime_checkable
class Retriever(Protocol):
    """Ranks the documents of a collection. ``spec`` names it everywhere."""

    spec: str

    def search(self, queries: Sequence[Query], k: int) -> Run: ...


@runtime_checkable
class Scorer(Protocol):
    """Scores given documents for a query: a teacher when used for training, a reranker when used for ranking."""

    @property
    def name(self) -> str: ...

    def score(self, query: Query, documents: Sequence[Document]) -> Scores: ...


class Progress(Protocol):
    """Called by long work as it goes; a face draws it."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def silent(stage: str, done: int, total: int) -> None:
    """The progress of work nobody watches."""
