"""Leave one sentence out: what each sentence of a document adds to the score a system gives it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from explorer.records import Document, Query, Scorer, Span
from explorer.retrieval.dense import DenseIndex
from explorer.retrieval.encoder import Encoder
from explorer.retrieval.rerankers import CosineScorer
from explorer.supervision.locate import sentences
from explorer.workbench import Workbench
from explorer.workbench.scorers import trained
from explorer.workbench.specs import Retrievers
from explorer.workspace import VectorCache

MOST = 40  # sentences of one document that are left out in turn
DEPTH = 100  # documents a shortened one is ranked among
INDEXED = 30_000  # documents times sentences that bm25 may index anew: about two seconds on one core
NO_SCORE: Mapping[str, str] = {  # kinds of systems that have no score for a text they have not seen, and why
    "hybrid": "it adds up ranks, so a document has no score of its own there",
    "rerank": "its scorer would have to read the document anew for every sentence; ask the system inside its brackets",
    "run": "it was recorded elsewhere and cannot score a text it has not seen",
    "vectors": "its vectors were made elsewhere and it cannot encode a text it has not seen",
    "none": "it retrieves nothing",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Effect:
    """The document without one sentence: its ``score``, and its ``rank`` among the others (None: not within DEPTH)."""

    score: float
    rank: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Ablation:
    """What one system says of a document, whole and without each sentence; ``refused``: why it cannot be asked, else "".

    ``unit`` is what a score counts; changes up to ``noise`` are rounding. ``ranked``: whether ranks are known.
    """

    spec: str
    unit: str = ""
    noise: float = 0.0
    whole: Effect | None = None
    without: tuple[Effect, ...] = ()
    ranked: bool = True
    refused: str = ""


def parts(document: Document) -> tuple[Span, ...]:
    """Characters of ``document.content`` that can be left out one at a time: its title, then its sentences."""
    offset = len(document.content) - len(document.text)
    title = [Span(0, len(document.title))] if document.title.strip() else []
    found = sentences(document.text)
    return (*title, *(Span(span.start + offset, span.end + offset) for span in found))


def without(document: Document, part: Span) -> Document:
    """The document with one of its ``parts`` missing; all else stands as it stood."""
    offset = len(document.content) - len(document.text)
    if part.start < offset:
        return dataclasses.replace(document, title="")
    text = document.text[: part.start - offset] + document.text[part.end - offset :]
    return dataclasses.replace(document, text=text.strip())


def ablate(bench: Workbench, spec: str, query: Query, document: Document) -> Ablation:
    """Scores of ``document`` under ``spec``, whole and without each of the first MOST of its ``parts``, taken live."""
    kind, _ = bench.retrievers.kind(spec)
    if kind in NO_SCORE:
        return Ablation(spec, refused=f"{spec} cannot be asked: {NO_SCORE[kind]}")
    shortened = [without(document, part) for part in parts(document)[:MOST]]
    return (
        _by_words(bench, query, document, shortened)
        if kind == "bm25"
        else _live(bench, spec, query, document, shortened)
    )


def _by_words(bench: Workbench, query: Query, document: Document, shortened: Sequence[Document]) -> Ablation:
    """BM25 weighs words by the whole corpus, so each time the whole corpus is indexed with the shorter document in it."""
    everything = bench.collection.documents
    if (cost := len(everything) * len(shortened)) > INDEXED:
        return Ablation(
            "bm25",
            refused=f"bm25 cannot be asked here: it would index {cost:,} documents, {len(everything):,} for each sentence",
        )

    def effect(retrievers: Retrievers) -> Effect:
        ranking = retrievers.get("bm25").search([query], len(everything)).rankings[query.query_id]
        return Effect(ranking.scores.get(document.doc_id, 0.0), ranking.ranks.get(document.doc_id))

    found = tuple(effect(_Brief(bench, {**everything, one.doc_id: one})) for one in shortened)
    return Ablation("bm25", "BM25", 1e-6, effect(bench.retrievers), found)


def _live(bench: Workbench, spec: str, query: Query, document: Document, shortened: Sequence[Document]) -> Ablation:
    """Bi-encoders encode the shortened texts, cross-encoders read them beside the query."""
    retriever = bench.retrievers.get(spec)
    texts = [dataclasses.replace(one, doc_id=str(place)) for place, one in enumerate([document, *shortened])]
    scorer = _scorer(_Brief(bench, {one.doc_id: one for one in texts}), spec)
    scores = scorer.score(query, texts).values
    ranked = hasattr(retriever, "index")  # a reranker's own scores end at its depth
    ranking = retriever.search([query], DEPTH).rankings[query.query_id] if ranked else ()
    others = [doc.score for doc in ranking if doc.doc_id != document.doc_id]

    def effect(score: float) -> Effect:
        above = sum(other > score for other in others)
        return Effect(score, above + 1 if ranked and above < DEPTH - 1 else None)

    whole, *rest = (effect(scores[one.doc_id]) for one in texts)
    unit, noise = ("cosine", 0.002) if ranked else ("logit", 0.02)  # bfloat16 rounds by about a third of that
    return Ablation(spec, unit, noise, whole, tuple(rest), ranked)


def _scorer(build: Retrievers, spec: str) -> Scorer:
    kind, _, rest = spec.partition(":")
    if kind == "student":
        return trained(build, rest)
    retriever = build.dense(rest)
    return CosineScorer(spec, retriever.index, retriever.query_encoder)


class _Brief(Retrievers):
    """Retrievers of documents that are asked about once: nothing of them is kept on disk."""

    def __init__(self, bench: Workbench, documents: Mapping[str, Document]) -> None:
        super().__init__(dataclasses.replace(bench.collection, documents=documents), bench.models, bench.reader)

    def index(self, encoder: Encoder) -> DenseIndex:
        if encoder.key not in self._indexes:
            unkept = VectorCache(self.models.workspace.vectors().folder, keep=False)
            self._indexes[encoder.key] = DenseIndex(self.collection.documents, encoder, unkept)
        return self._indexes[encoder.key]
