"""Specs become retrievers: the same string means the same in the app, a notebook, the command line and a saved run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.collections import Collection, trec
from explorer.records import ExplorerError, Retriever, Scorer
from explorer.workbench.loading import Models

if TYPE_CHECKING:
    from explorer.retrieval.dense import DenseIndex, DenseRetriever
    from explorer.retrieval.encoder import Encoder

EXAMPLES = (
    "bm25, dense:minilm, hybrid:bm25+dense:minilm, student:RUN, student:RUN@0.5, rerank:llm(dense:minilm), run:FILE"
)


class Retrievers:
    """Retrievers of one collection by spec, each built once."""

    def __init__(self, collection: Collection, models: Models) -> None:
        self.collection = collection
        self.models = models
        self._built: dict[tuple[Any, ...], Retriever] = {}
        self._indexes: dict[str, DenseIndex] = {}

    def get(self, spec: str) -> Retriever:
        key = (spec, *self._versions(spec))
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
    from explorer.retrieval.dense import DenseRetriever

    run_id, at, blend = rest.partition("@")
    if at and not re.fullmatch(r"\d*\.?\d+", blend):
        raise ExplorerError(f"the blend in {spec!r} is not a number from 0 to 1; write student:{run_id}@0.5")
    run = build.models.workspace.existing_run(run_id)
    encoder, kind, base = build.models.student(run, float(blend) if at else 1.0)
    return DenseRetriever(spec, build.index(build.models.encoder(base) if kind.documents_fixed else encoder), encoder)


def _hybrid(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import HybridRetriever

    parts = _split_outside_brackets(rest)
    if len(parts) < 2:
        raise ExplorerError(f"{spec!r} names fewer than two retrievers; write hybrid:bm25+dense:minilm")
    return HybridRetriever(spec, [build.get(part) for part in parts])


def _rerank(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import RerankRetriever

    match = re.fullmatch(r"(\w+)\((.+)\)", rest)
    if not match or match[1] not in RERANKERS:
        raise ExplorerError(
            f"{spec!r} names no reranker; write rerank:SCORER(RETRIEVER) with one of {', '.join(RERANKERS)}"
        )
    scorer = RERANKERS[match[1]](build.models)
    return RerankRetriever(spec, build.get(match[2]), scorer, build.collection.documents, build.models.progress)


def _run(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import RecordedRetriever

    return RecordedRetriever(trec.run(Path(rest).expanduser()), build.collection.documents)


def _llm(models: Models) -> Scorer:
    from explorer.supervision.utility import QueryLikelihood

    return QueryLikelihood(models.reader("smollm2").reader)


RETRIEVERS: dict[str, Callable[[Retrievers, str, str], Retriever]] = {
    "bm25": _bm25,
    "dense": _dense,
    "hybrid": _hybrid,
    "student": _student,
    "rerank": _rerank,
    "run": _run,
}
RERANKERS: dict[str, Callable[[Models], Scorer]] = {"llm": _llm}


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
