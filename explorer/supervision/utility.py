"""Utility: by how much a document lowers the reader's surprise at the reference answer.

U(d) = nll(a | q) - nll(a | q, d), in nats per answer token; above 0 the document helps. Several reference
answers: the largest of their utilities. UAE 2026, reconstructed from its abstract.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from explorer.files import content_hash
from explorer.records import Document, Progress, Query, Scores, TeacherScores, silent
from explorer.supervision.prompts import DEFAULT_PROMPT, PROMPTS, Prompt, prompt_named
from explorer.supervision.reader import Reader, Reading, Request
from explorer.workspace import ScoreCache

UTILITY_UNIT = "nats per answer token"
NO_ANSWER = "no reference answer"
WRITE_EVERY = 64  # readings; a killed run loses at most these


class CachedReader:
    """A reader that never reads the same request twice, in this process or another."""

    def __init__(self, reader: Reader, cache: ScoreCache) -> None:
        self.reader = reader
        self._cache = cache

    def read(self, requests: Sequence[Request], prompt: Prompt, progress: Progress = silent) -> dict[Request, Reading]:
        """Readings by request; new ones are written as they come."""
        keys = {request: self._key(request, prompt) for request in dict.fromkeys(requests)}
        stored = self._cache.get(keys.values())
        found = {request: Reading(*stored[key]) for request, key in keys.items() if key in stored}
        missing = [request for request in keys if request not in found]
        progress("read", len(found), len(keys))
        fresh: dict[str, tuple[float, int, bool]] = {}
        for number, reading in self.reader.readings(missing, prompt):
            request = missing[number]
            found[request] = reading
            fresh[keys[request]] = (reading.nll, reading.tokens, reading.cut)
            if len(fresh) >= WRITE_EVERY:
                self._cache.put(fresh)
                fresh = {}
                progress("read", len(found), len(keys))
        self._cache.put(fresh)
        progress("read", len(found), len(keys))
        return found

    def _key(self, request: Request, prompt: Prompt) -> str:
        document = ("without",) if request.document is None else ("with", request.document)
        template = (prompt.with_document, prompt.without_document, prompt.joint, str(prompt.chat))
        return content_hash("nll", self.reader.key, *template, request.question, request.continuation, *document)


class UtilityTeacher:
    """Scores documents by utility: the mean over ``prompts``, with their standard deviation as spread."""

    name = "utility"
    unit = UTILITY_UNIT

    def __init__(self, reader: CachedReader, prompts: Sequence[str] = (DEFAULT_PROMPT,)) -> None:
        self._reader = reader
        self._prompts = [prompt_named(name) for name in prompts]

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        return self.score_all([(query, documents)]).by_query[query.query_id]

    def score_all(
        self, tasks: Sequence[tuple[Query, Sequence[Document]]], progress: Progress = silent
    ) -> TeacherScores:
        """All queries at once, so that those that share a document share the reading of it."""
        requests = [request for query, documents in tasks for request in _requests(query, documents)]
        tables = [self._reader.read(requests, prompt, progress) for prompt in self._prompts]
        scored = {query.query_id: _scores(query, documents, tables) for query, documents in tasks}
        return TeacherScores(self.name, self.unit, scored)


def _requests(query: Query, documents: Sequence[Document]) -> list[Request]:
    bare = [Request(query.text, answer) for answer in query.answers]
    return bare + [Request(query.text, answer, doc.content) for answer in query.answers for doc in documents]


def _scores(query: Query, documents: Sequence[Document], tables: Sequence[Mapping[Request, Reading]]) -> Scores:
    if not query.answers:
        return Scores(query.query_id, {}, left_out=NO_ANSWER)
    values: dict[str, float] = {}
    spread: dict[str, float] = {}
    cut = set()
    for doc in documents:
        measured = [max(_utilities(query, doc, table)) for table in tables]
        values[doc.doc_id] = statistics.fmean(measured)
        if len(measured) > 1:
            spread[doc.doc_id] = statistics.stdev(measured)
        if any(tables[0][Request(query.text, answer, doc.content)].cut for answer in query.answers):
            cut.add(doc.doc_id)
    return Scores(query.query_id, values, spread, frozenset(cut))


def _utilities(query: Query, doc: Document, table: Mapping[Request, Reading]) -> list[float]:
    without = [table[Request(query.text, answer)].nll for answer in query.answers]
    having = [table[Request(query.text, answer, doc.content)].nll for answer in query.answers]
    return [bare - given for bare, given in zip(without, having, strict=True)]


class QueryLikelihood:
    """Reranks by log p(question | document) per token: no answer is needed (Sachan et al. 2022)."""

    name = "llm"
    unit = "nats per question token"

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        requests = [Request("", query.text, doc.content) for doc in documents]
        readings = self._reader.read(requests, PROMPTS["question"])
        values = {doc.doc_id: -reading.nll for doc, reading in zip(documents, readings, strict=True)}
        cut = frozenset(doc.doc_id for doc, reading in zip(documents, readings, strict=True) if reading.cut)
        return Scores(query.query_id, values, cut=cut)
