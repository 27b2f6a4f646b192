"""Utility: by how much a document lowers the reader's surprise at the reference answer.

U(d) = nll(a | q) - nll(a | q, d), in nats per answer token; above 0 the document helps. Several reference
answers: the largest of their utilities. UAE 2026, reconstructed from its abstract.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from explorer.records import Document, Progress, Query, Scores, TeacherScores, silent
from explorer.supervision.cached import CachedReader
from explorer.supervision.prompts import DEFAULT_PROMPT, prompt_named
from explorer.supervision.reader import TOO_LONG, Reading, Request

UTILITY_UNIT = "nats per answer token"
NO_ANSWER = "no reference answer"


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
    answers = _readable(query, documents, tables)
    if not answers:
        return Scores(query.query_id, {}, left_out=TOO_LONG)
    unread = len(query.answers) - len(answers)
    query = replace(query, answers=answers)
    values: dict[str, float] = {}
    spread: dict[str, float] = {}
    cut = set()
    for doc in documents:
        measured = [max(_utilities(query, doc, table)) for table in tables]
        values[doc.doc_id] = statistics.fmean(measured)
        if len(measured) > 1:
            spread[doc.doc_id] = statistics.stdev(measured)
        if any(t[Request(query.text, answer, doc.content)].cut for t in tables for answer in query.answers):
            cut.add(doc.doc_id)
    return Scores(query.query_id, values, spread, frozenset(cut), unread=unread)


def _readable(
    query: Query, documents: Sequence[Document], tables: Sequence[Mapping[Request, Reading]]
) -> tuple[str, ...]:
    """The reference answers that fit the reader's window in every prompt, with and without every document."""
    contexts = [None, *(doc.content for doc in documents)]
    return tuple(
        answer
        for answer in query.answers
        if all(table[Request(query.text, answer, context)].read for table in tables for context in contexts)
    )


def _utilities(query: Query, doc: Document, table: Mapping[Request, Reading]) -> list[float]:
    without = [table[Request(query.text, answer)].nll for answer in query.answers]
    having = [table[Request(query.text, answer, doc.content)].nll for answer in query.answers]
    return [bare - given for bare, given in zip(without, having, strict=True)]
