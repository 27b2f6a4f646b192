"""Specs become retrievers: the same string means the same in the app, a notebook, the command line and a saved run."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.collections import Collection, trec
from explorer.records import ExplorerError, Query, Retriever, Scorer
from explorer.training.students import student_kind
from explorer.workbench.loading import Models, encoder_name

if TYPE_CHECKING:
    from explorer.retrieval.dense import DenseIndex, DenseRetriever
    from explorer.retrieval.encoder import Encoder
    from explorer.supervision.cached import CachedReader
    from explorer.supervision.rationale import Similarity
    from explorer.supervision.rerank import Labelled

EXAMPLES = "bm25, dense:minilm, hybrid:bm25+dense:minilm, student:RUN, student:RUN@0.5, rerank:llm(dense:minilm), run:FILE, none"
SHOTS = 2  # training queries whose relevant and irrelevant document stand in the prompt of rerank:incontext


class Retrievers:
    """Retrievers of one collection by spec, each built once. ``reader`` is whom rerankers ask."""

    def __init__(self, collection: Collection, models: Models, reader: str = "smollm2") -> None:
        self.collection = collection
        self.models = models
        self.reader = reader
        self._built: dict[tuple[Any, ...], Retriever] = {}
        self._indexes: dict[str, DenseIndex] = {}

    def get(self, spec: str) -> Retriever:
        key = (spec, self.reader if "rerank:" in spec else "", *self._versions(spec))
        if key not in self._built:
            kind, _, rest = spec.partition(":")
            if kind not in RETRIEVERS:
                raise ExplorerError(f"unknown retriever {spec!r}; write one of {EXAMPLES}")
            self._built[key] = RETRIEVERS[kind](self, spec, rest)
        return self._built[key]

    def _versions(self, spec: str) -> list[int]:
        """A run that is resumed, or made anew under its old name, has another student under the same spec."""
        runs = [self.models.workspace.existing_run(run_id) for run_id in students_in(spec)]
        return [run.version for run in runs]

    def index(self, encoder: Encoder) -> DenseIndex:
        """The collection's documents under ``encoder``, built once however many retrievers search in it."""
        from explorer.retrieval.dense import DenseIndex

        if encoder.key not in self._indexes:
            cache, progress = self.models.workspace.vectors(), self.models.progress
            self._indexes[encoder.key] = DenseIndex(self.collection.documents, encoder, cache, progress)
        return self._indexes[encoder.key]

    def dense(self, name: str) -> DenseRetriever:
        """``dense:name`` with its vectors."""
        from explorer.retrieval.dense import DenseRetriever

        retriever = self.get(f"dense:{name}")
        assert isinstance(retriever, DenseRetriever)
        return retriever

    def with_query(self, query: Query) -> Retrievers:
        """The same retrievers for a collection that holds ``query``, too."""
        if self.collection.queries.get(query.query_id) == query:
            return self
        return self.only([*self.collection.queries.values(), query])

    def only(self, queries: Iterable[Query]) -> Retrievers:
        """The same retrievers and documents with these queries."""
        other = copy.copy(self)
        other.collection = dataclasses.replace(self.collection, queries={query.query_id: query for query in queries})
        return other

    def cosines(self, base: str) -> Similarity:
        """How similar texts are to documents under the encoder of a ``dense:`` spec; minilm's for any other."""
        from explorer.retrieval.rerankers import CosineScorer

        retriever = self.dense(base.partition(":")[2] if base.startswith("dense:") else "minilm")
        return CosineScorer(base, retriever.index, retriever.query_encoder).cosines


def _bm25(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.bm25 import Bm25Retriever

    if rest:
        raise ExplorerError(f"bm25 takes nothing after it, {spec!r} came; write bm25")
    return Bm25Retriever(build.collection.documents)


def _dense(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.dense import DenseRetriever

    if not rest:
        raise ExplorerError("dense: needs a model; write dense:minilm, or dense: with a folder or hub id")
    encoder = build.models.encoder(rest)
    return DenseRetriever(spec, build.index(encoder), encoder)


def _student(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import RerankRetriever
    from explorer.retrieval.dense import DenseRetriever

    plan = build.models.workspace.existing_run(_run_and_blend(rest)[0]).plan
    if student_kind(plan["student"]).reranks:
        first = build.get(plan["base"])
        depth = plan["settings"]["depth"]
        return RerankRetriever(
            spec, first, _trained(build, rest), build.collection.documents, build.models.progress, depth
        )
    return DenseRetriever(spec, *_student_encoder(build, rest))


def _run_and_blend(rest: str) -> tuple[str, float]:
    run_id, at, blend = rest.partition("@")
    if at and not re.fullmatch(r"\d*\.?\d+", blend):
        raise ExplorerError(f"the blend in 'student:{rest}' is not a number from 0 to 1; write student:{run_id}@0.5")
    return run_id, float(blend) if at else 1.0


def _student_encoder(build: Retrievers, rest: str) -> tuple[DenseIndex, Encoder]:
    """(the index a bi-encoder student searches, its query encoder)."""
    run_id, alpha = _run_and_blend(rest)
    encoder, kind, base = build.models.student(build.models.workspace.existing_run(run_id), alpha)
    return build.index(build.models.encoder(base) if kind.documents_fixed else encoder), encoder


def _trained(build: Retrievers, rest: str) -> Scorer:
    """A student as a scorer: a cross-encoder as it was trained, a bi-encoder by its cosines."""
    from explorer.retrieval.rerankers import CosineScorer, CrossScorer

    run_id, alpha = _run_and_blend(rest)
    run = build.models.workspace.existing_run(run_id)
    name = f"student:{rest}"
    if not student_kind(run.plan["student"]).reranks:
        return CosineScorer(name, *_student_encoder(build, rest))
    model, prior = build.models.reranker(run, alpha)
    base = build.dense(encoder_name(run.plan["base"]))
    return CrossScorer(name, model, prior, CosineScorer("base", base.index, base.query_encoder))


def _hybrid(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import HybridRetriever

    parts = _split_outside_brackets(rest)
    if len(parts) < 2:
        raise ExplorerError(f"{spec!r} names fewer than two retrievers; write hybrid:bm25+dense:minilm")
    return HybridRetriever(spec, [build.get(part) for part in parts])


def _rerank(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import RerankRetriever

    match = re.fullmatch(r"(\w+)(?::([^()]+))?\((.+)\)", rest)
    if not match or match[1] not in RERANKERS or (match[1] == "student") != bool(match[2]):
        known = ", ".join(f"{name}:RUN" if name == "student" else name for name in RERANKERS)
        raise ExplorerError(f"{spec!r} names no reranker; write rerank:SCORER(RETRIEVER) with one of {known}")
    scorer = RERANKERS[match[1]](build, match[2] or "")
    return RerankRetriever(spec, build.get(match[3]), scorer, build.collection.documents, build.models.progress)


def _run(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import RecordedRetriever

    return RecordedRetriever(trec.run(Path(rest).expanduser()), build.collection.documents)


def _none(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import NoRetriever

    return NoRetriever()


def _reader(build: Retrievers) -> CachedReader:
    """Rerankers remember nothing: their latency is to be what a user of a new query waits for."""
    from explorer.supervision.cached import CachedReader, Forgetful

    return CachedReader(build.models.reader(build.reader).reader, Forgetful())


def _llm(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rerank import QueryLikelihood

    return QueryLikelihood(_reader(build))


def _yesno(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rerank import YesNo

    return YesNo(_reader(build))


def _incontext(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rerank import YesNo

    return YesNo(_reader(build), _labelled(build))


def _labelled(build: Retrievers) -> list[Labelled]:
    """For the prompt: the training queries with the shortest relevant documents, each with one that is not relevant."""
    from explorer.supervision.rerank import Labelled

    collection = build.collection
    texts = {doc_id: doc.content for doc_id, doc in collection.documents.items()}
    queries = collection.judged(collection.split("train"))
    if not queries:
        raise ExplorerError(
            f"{collection.name} has no judged training query to put into the prompt; choose rerank:yesno or rerank:llm"
        )
    relevant = {q.query_id: min(collection.relevant(q.query_id), key=lambda d: (len(texts[d]), d)) for q in queries}
    chosen = sorted(queries, key=lambda q: (len(texts[relevant[q.query_id]]), q.query_id))[:SHOTS]
    found = build.get("bm25").search(chosen, 20)
    examples = []
    for query in chosen:
        examples.append(Labelled(query.text, texts[relevant[query.query_id]], True))
        others = [d for d in found.rankings[query.query_id].doc_ids if d not in collection.relevant(query.query_id)]
        examples += [
            Labelled(query.text, texts[d], False) for d in sorted(others, key=lambda d: (len(texts[d]), d))[:1]
        ]
    return examples


def _blind(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rationale import BlindRationale

    return BlindRationale(build.cosines("dense:minilm"), _reader(build))


RETRIEVERS: dict[str, Callable[[Retrievers, str, str], Retriever]] = {
    "bm25": _bm25,
    "dense": _dense,
    "hybrid": _hybrid,
    "student": _student,
    "rerank": _rerank,
    "run": _run,
    "none": _none,
}
RERANKERS: dict[str, Callable[[Retrievers, str], Scorer]] = {
    "llm": _llm,
    "yesno": _yesno,
    "incontext": _incontext,
    "rationale": _blind,
    "student": _trained,
}


def students_in(spec: str) -> list[str]:
    """Ids of the runs whose students a spec uses, however deep."""
    return re.findall(r"student:([^@()+]*)", spec)


def _split_outside_brackets(text: str) -> list[str]:
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "+" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part for part in parts if part]
