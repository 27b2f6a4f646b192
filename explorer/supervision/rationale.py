"""RADIO: why is the answer right, and which documents say so? (arXiv 2412.08519; read from the released code.)

A rationale is written, picked from the candidates, given by the collection, or left out; documents are scored
by the similarity of question, answer and rationale with them. It holds the answer: no test-time input sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from explorer.records import Document, ExplorerError, Progress, Query, Rationale, Scores, TeacherScores, silent
from explorer.supervision.cached import CachedReader
from explorer.supervision.locate import content_words, coverage, locate, sentences
from explorer.supervision.prompts import DEFAULT_PROMPT, PROMPTS, RATIONALE, RATIONALE_BLIND
from explorer.supervision.reader import Request
from explorer.supervision.utility import NO_ANSWER

Task = tuple[Query, Sequence[Document]]
Similarity = Callable[[Sequence[str], Sequence[Sequence[Document]]], list[list[float]]]
"""(texts, documents of each text) -> cosine of each text with each of its documents"""

TEMPERATURE, SEED, TOKENS = 0.2, 42, 96  # RADIO's sampling; a rationale of one or two sentences
SHORTLIST, PICKS = 8, 2  # sentences tried per query; sentences a rationale may have
LEAST_GAIN = 0.05  # nats per answer token that another sentence must bring
NOT_GIVEN = "the collection gives no rationale"


@dataclass(frozen=True)
class RationaleTeacher:
    """Scores documents by <E(q + a + rationale), E(d)>, the largest over the reference answers."""

    source: str
    similarity: Similarity
    reader: CachedReader | None = None
    unit: str = "cosine"

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise ExplorerError(f"unknown rationale source {self.source!r}; choose from {', '.join(SOURCES)}")

    @property
    def name(self) -> str:
        return f"rationale:{self.source}"

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        return self.score_all([(query, documents)]).by_query[query.query_id]

    def score_all(self, tasks: Sequence[Task], progress: Progress = silent) -> TeacherScores:
        answered = [task for task in tasks if task[0].answers]
        written = SOURCES[self.source](self, answered, progress)
        usable = [task for task in answered if written[task[0].query_id] is not None]
        texts = [(query, docs, _joined(query, a, written)) for query, docs in usable for a in query.answers]
        tables = self.similarity([text for _, _, text in texts], [docs for _, docs, _ in texts])
        found: dict[str, dict[str, float]] = {query.query_id: {} for query, _ in usable}
        for (query, docs, _), row in zip(texts, tables, strict=True):
            best = found[query.query_id]
            for doc, value in zip(docs, row, strict=True):
                best[doc.doc_id] = max(value, best.get(doc.doc_id, -1.0))
        rationales = {q.query_id: located(q, written[q.query_id] or "", self.source, docs) for q, docs in usable}
        by_query = {query.query_id: self._scores(query, documents, found, rationales) for query, documents in tasks}
        return TeacherScores(self.name, self.unit, by_query, rationales)

    def _scores(
        self,
        query: Query,
        documents: Sequence[Document],
        found: Mapping[str, Mapping[str, float]],
        rationales: Mapping[str, Rationale],
    ) -> Scores:
        if query.query_id not in found:
            return Scores(query.query_id, {}, left_out=NOT_GIVEN if query.answers else NO_ANSWER)
        text = rationales[query.query_id].text
        parts = {"coverage": {doc.doc_id: coverage(text, doc.content) for doc in documents}} if text else {}
        return Scores(query.query_id, found[query.query_id], parts=parts)


def _joined(query: Query, answer: str, written: Mapping[str, str | None]) -> str:
    return " ".join(part for part in (query.text, answer, written[query.query_id]) if part)


def located(query: Query, text: str, source: str, documents: Sequence[Document]) -> Rationale:
    """The rationale with the places where each document says what it says."""
    spans = {doc.doc_id: locate(text, doc.content) for doc in documents} if text else {}
    return Rationale(query.query_id, text, source, {doc_id: places for doc_id, places in spans.items() if places})


Written = Mapping[str, str | None]
"""query_id -> rationale; None: there is none for this query"""


def _generated(teacher: RationaleTeacher, tasks: Sequence[Task], progress: Progress) -> Written:
    reader = _reader_of(teacher)
    texts = [RATIONALE.format(question=query.text, answer=query.answers[0]) for query, _ in tasks]
    written = reader.generate(texts, max_tokens=TOKENS, temperature=TEMPERATURE, seed=SEED, progress=progress)
    return {query.query_id: text for (query, _), text in zip(tasks, written, strict=True)}


def _given(teacher: RationaleTeacher, tasks: Sequence[Task], progress: Progress) -> Written:
    return {query.query_id: query.rationale or None for query, _ in tasks}


def _answer(teacher: RationaleTeacher, tasks: Sequence[Task], progress: Progress) -> Written:
    return {query.query_id: "" for query, _ in tasks}


def _extractive(teacher: RationaleTeacher, tasks: Sequence[Task], progress: Progress) -> Written:
    """Sentences of the candidates, picked one by one by how much each raises log p(a | q, those picked)."""
    reader = _reader_of(teacher)
    searches = [_Search(query, shortlist(query, documents)) for query, documents in tasks]
    for _ in range(PICKS):
        requests = [request for search in searches for request in search.requests()]
        found = reader.read(requests, PROMPTS[DEFAULT_PROMPT], progress)
        for search in searches:
            search.pick({request: found[request].nll for request in search.requests()})
    return {search.query.query_id: "\n\n".join(search.picked) for search in searches}


@dataclass
class _Search:
    """The greedy search for one query's rationale."""

    query: Query
    left: list[str]
    picked: list[str] = field(default_factory=list)
    nll: float | None = None
    ended: bool = False

    def requests(self) -> list[Request]:
        if self.ended:
            return []
        tried = [Request(self.query.text, self.query.answers[0], " ".join([*self.picked, one])) for one in self.left]
        return tried if self.nll is not None else [Request(self.query.text, self.query.answers[0]), *tried]

    def pick(self, nll: Mapping[Request, float]) -> None:
        requests = self.requests()
        if self.nll is None and requests:
            self.nll = nll[requests.pop(0)]
        if not requests or self.nll is None:
            self.ended = True
            return
        best = min(range(len(requests)), key=lambda number: (nll[requests[number]], number))
        if not self.nll - nll[requests[best]] >= LEAST_GAIN:  # NaN, too: what does not fit is not picked
            self.ended = True
            return
        self.nll = nll[requests[best]]
        self.picked.append(self.left.pop(best))


def shortlist(query: Query, documents: Sequence[Document], size: int = SHORTLIST) -> list[str]:
    """The sentences that share most content words with question and answers, those of the answers twice over.

    Earlier candidates win ties.
    """
    asked, answer = content_words(query.text), content_words(" ".join(query.answers))
    found = dict.fromkeys(doc.content[span.start : span.end] for doc in documents for span in sentences(doc.content))

    def shared(sentence: str) -> int:
        words = content_words(sentence)
        return len(words & asked) + 2 * len(words & answer)

    return sorted(found, key=shared, reverse=True)[:size]


def _reader_of(teacher: RationaleTeacher) -> CachedReader:
    if teacher.reader is None:
        raise ValueError(f"{teacher.name} needs a reader")
    return teacher.reader


SOURCES: Mapping[str, Callable[[RationaleTeacher, Sequence[Task], Progress], Written]] = {
    "generated": _generated,
    "extractive": _extractive,
    "given": _given,
    "answer": _answer,
}


@dataclass(frozen=True)
class BlindRationale:
    """Reranks by what the reader expects an answering passage to say; reference answers are never looked at."""

    similarity: Similarity
    reader: CachedReader
    name: str = "rationale"
    unit: str = "cosine"

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        prompt = RATIONALE_BLIND.format(question=query.text)
        written = self.reader.generate([prompt], max_tokens=TOKENS, temperature=TEMPERATURE, seed=SEED)
        (row,) = self.similarity([f"{query.text} {written[0]}"], [documents])
        return Scores(query.query_id, {doc.doc_id: value for doc, value in zip(documents, row, strict=True)})
