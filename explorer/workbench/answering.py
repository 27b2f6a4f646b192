"""The task downstream: what the reader answers from the first documents of each system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.collections import Collection
from explorer.evaluation.answers import choose, exact_match, token_f1
from explorer.records import ExplorerError, Progress, Query, Run, silent
from explorer.supervision.cached import CachedReader
from explorer.supervision.gold import ANSWER_TOKENS
from explorer.supervision.prompts import DEFAULT_PROMPT, PROMPTS, answer_text
from explorer.supervision.reader import Request

CONTEXT = 3  # documents the reader sees
WRITTEN, CHOSEN = ("EM", "F1"), ("Accuracy",)


@dataclass(frozen=True)
class Answers:
    """``values``: measure -> query_id -> value in [0, 1]. ``texts``: query_id -> what the reader said."""

    values: Mapping[str, Mapping[str, float]]
    texts: Mapping[str, str]


def answerable(queries: Sequence[Query]) -> list[Query]:
    """Queries with a reference answer; without one nothing says whether an answer is right."""
    return [query for query in queries if query.answers]


def answers(
    collection: Collection,
    reader: CachedReader,
    run: Run,
    queries: Sequence[Query],
    context: int = CONTEXT,
    progress: Progress = silent,
) -> Answers:
    """Answers to ``queries`` from the first ``context`` documents of ``run``: written, or chosen where there are options.

    Written answers are measured by EM and F1 (SQuAD normalisation, maximum over references), chosen ones by accuracy.
    """
    asked = answerable(queries)
    if not asked:
        raise ExplorerError(f"{collection.name} has no reference answers among these queries; leave out --answers")
    texts = {q.query_id: _context(collection, run, q, context) for q in asked}
    chosen = _choose(reader, [q for q in asked if q.options], texts, progress)
    written = _write(reader, [q for q in asked if not q.options], texts, progress)
    by_id = {query.query_id: query for query in asked}
    values: dict[str, dict[str, float]] = {}
    if written:
        values["EM"] = {q: exact_match(text, by_id[q].answers) for q, text in written.items()}
        values["F1"] = {q: token_f1(text, by_id[q].answers) for q, text in written.items()}
    if chosen:
        values["Accuracy"] = {q: float(option in by_id[q].answers) for q, option in chosen.items()}
    return Answers(values, {**written, **chosen})


def _context(collection: Collection, run: Run, query: Query, depth: int) -> list[str]:
    return [collection.documents[doc.doc_id].content for doc in run.rankings[query.query_id].docs[:depth]]


def _write(
    reader: CachedReader, queries: Sequence[Query], contexts: Mapping[str, list[str]], progress: Progress
) -> dict[str, str]:
    prompts = [answer_text(query.text, contexts[query.query_id]) for query in queries]
    written = reader.generate(prompts, max_tokens=ANSWER_TOKENS, progress=progress)
    return {query.query_id: text for query, text in zip(queries, written, strict=True)}


def _choose(
    reader: CachedReader, queries: Sequence[Query], contexts: Mapping[str, list[str]], progress: Progress
) -> dict[str, str]:
    """The option the reader finds likeliest, per token, so that a long option is not at a disadvantage."""
    requests = {
        (query.query_id, option): Request(query.text, option, "\n\n".join(contexts[query.query_id]) or None)
        for query in queries
        for option in query.options
    }
    found = reader.read(list(requests.values()), PROMPTS[DEFAULT_PROMPT], progress)

    def likelihood(query: Query, option: str) -> float:
        reading = found[requests[query.query_id, option]]
        return -reading.nll if reading.read else float("-inf")

    def chosen(query: Query) -> str:
        found = {option: likelihood(query, option) for option in query.options}
        return choose(found) if max(found.values()) > float("-inf") else ""  # nothing was read: no option is right

    return {query.query_id: chosen(query) for query in queries}
