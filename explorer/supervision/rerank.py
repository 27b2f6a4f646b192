"""Reranking by the reader alone, without training: likelihood of the query, yes or no, yes or no after examples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from explorer.records import Document, Query, Scores
from explorer.supervision.cached import CachedReader
from explorer.supervision.prompts import PROMPTS, Prompt
from explorer.supervision.reader import TOO_LONG, Reading, Request


class QueryLikelihood:
    """Log p(question | document) per token (Sachan et al. 2022)."""

    name = "llm"
    unit = "nats per question token"

    def __init__(self, reader: CachedReader) -> None:
        self._reader = reader

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        requests = {doc.doc_id: Request("", query.text, doc.content) for doc in documents}
        found = self._reader.read(list(requests.values()), PROMPTS["question"])
        if not all(found[request].read for request in requests.values()):
            return Scores(query.query_id, {}, left_out=TOO_LONG)
        values = {doc_id: -found[request].nll for doc_id, request in requests.items()}
        return Scores(query.query_id, values, cut=frozenset(d for d, request in requests.items() if found[request].cut))


@dataclass(frozen=True, slots=True)
class Labelled:
    """An example for the prompt: does the document answer the question?"""

    question: str
    document: str
    relevant: bool


class YesNo:
    """Probability of "Yes" against "No" to "does the passage answer the question?", from 0 to 1.

    ``examples`` are written before the question (in-context variant); they come from training queries only.
    """

    unit = "probability of Yes"

    def __init__(self, reader: CachedReader, examples: Sequence[Labelled] = ()) -> None:
        self.name = "incontext" if examples else "yesno"
        self._reader = reader
        self._examples = examples

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        requests = {
            (doc.doc_id, word): Request(query.text, word, doc.content) for doc in documents for word in ("Yes", "No")
        }
        # a query that stands in the prompt itself would read its own label there
        prompt = with_examples(PROMPTS["yesno"], [one for one in self._examples if one.question != query.text])
        found = self._reader.read(list(requests.values()), prompt)
        readings = {key: found[request] for key, request in requests.items()}
        if not all(reading.read for reading in readings.values()):
            return Scores(query.query_id, {}, left_out=TOO_LONG)
        values = {doc.doc_id: _yes(readings[doc.doc_id, "Yes"], readings[doc.doc_id, "No"]) for doc in documents}
        return Scores(query.query_id, values, cut=frozenset(d for (d, _), reading in readings.items() if reading.cut))


def _yes(yes: Reading, no: Reading) -> float:
    return 1 / (1 + math.exp(min(yes.nll * yes.tokens - no.nll * no.tokens, 700.0)))


def with_examples(prompt: Prompt, examples: Sequence[Labelled]) -> Prompt:
    """The prompt preceded by labelled examples in its own words."""
    head, tail = prompt.with_document.split("{document}")
    shown = [
        f"{head}{one.document}{tail.replace('{question}', one.question)} {'Yes' if one.relevant else 'No'}\n\n"
        for one in examples
    ]
    # an example that contains the placeholder must not become one
    text = "".join(shown).replace("{document}", "{ document }")
    return replace(prompt, with_document=text + prompt.with_document) if examples else prompt
