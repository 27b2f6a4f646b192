"""Specs become retrievers: the same string means the same in the app, a notebook, the command line and a saved run."""

from __future__ import annotations

import copy
import dataclasses
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from explorer.collections import Collection, trec
from explorer.records import ExplorerError, Query, Retriever, Run
from explorer.training.students import student_kind
from explorer.workbench.fence import OPEN, Fence
from explorer.workbench.loading import Models
from explorer.workbench.scorers import RERANKERS, run_and_blend, student_encoder, trained

if TYPE_CHECKING:
    from explorer.retrieval.dense import DenseIndex, DenseRetriever
    from explorer.retrieval.encoder import Encoder
    from explorer.supervision.rationale import Similarity

NO_RUNS: Mapping[str, Run] = MappingProxyType({})
EXAMPLES = (
    "bm25, dense:minilm, hybrid:bm25+dense:minilm, student:RUN, student:RUN@0.5, rerank:llm(dense:minilm), run:FILE, "
    "vectors:DOCUMENTS+QUERIES, none"
)


class Retrievers:
    """Retrievers of one collection by spec, each built once. ``reader`` is whom rerankers ask.

    ``fence``: what files and models a spec may name. ``runs``: rankings held in memory, retrievers by their names.
    """

    def __init__(
        self,
        collection: Collection,
        models: Models,
        reader: str = "smollm2",
        fence: Fence = OPEN,
        runs: Mapping[str, Run] = NO_RUNS,
    ) -> None:
        self.collection = collection
        self.models = models
        self.reader = reader
        self.fence = fence
        self.runs = runs
        self._built: dict[tuple[Any, ...], Retriever] = {}
        self._listening: dict[tuple[Any, ...], Retriever] = {}
        self._indexes: dict[str, DenseIndex] = {}
        self._locks: dict[str, threading.Lock] = {}

    def get(self, spec: str) -> Retriever:
        key = (spec, self.reader if "rerank:" in spec else "", *self.versions(spec))
        built = self._listening if self._tells(spec) else self._built
        if key not in built:
            kind, rest = self.kind(spec)
            if kind not in RETRIEVERS:
                own = "".join(f"{name}, " for name in self.runs)
                raise ExplorerError(f"unknown retriever {spec!r}; write one of {own}{EXAMPLES}")
            built[key] = RETRIEVERS[kind](self, spec, rest)
        return built[key]

    def kind(self, spec: str) -> tuple[str, str]:
        """(what kind of retriever a spec names, what follows); a run in memory goes by its bare name, too."""
        kind, _, rest = f"run:{spec}".partition(":") if spec in self.runs else spec.partition(":")
        return kind, rest

    def _tells(self, spec: str) -> bool:
        """Whether it tells somebody how far its searches are: then it is theirs alone, and cheap to build."""
        kinds = [self.models.workspace.existing_run(run_id).plan["student"] for run_id in students_in(spec)]
        return "rerank:" in spec or any(student_kind(kind).reranks for kind in kinds)

    def versions(self, spec: str) -> list[int]:
        """A run that is resumed, or made anew under its old name, has another student under the same spec."""
        runs = [self.models.workspace.existing_run(run_id) for run_id in students_in(spec)]
        return [run.version for run in runs]

    def index(self, encoder: Encoder) -> DenseIndex:
        """The collection's documents under ``encoder``, built once however many retrievers search in it."""
        from explorer.retrieval.dense import DenseIndex

        if encoder.key not in self._indexes:
            with self._locks.setdefault(encoder.key, threading.Lock()):  # two visitors, one encoding
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

    def using(self, models: Models) -> Retrievers:
        """The same retrievers, telling ``models``' listener how far they are built and how far rerankers are."""
        other = copy.copy(self)
        other.models = models
        other._listening = {}
        return other

    def unfenced(self) -> Retrievers:
        """The same retrievers for what a student is made of: whoever trained it chose its base."""
        other = copy.copy(self)
        other.fence = OPEN
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
    encoder = build.models.encoder(build.fence.model(rest))
    return DenseRetriever(spec, build.index(encoder), encoder)


def _student(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import RerankRetriever
    from explorer.retrieval.dense import DenseRetriever

    plan = build.models.workspace.existing_run(run_and_blend(rest)[0]).plan
    if student_kind(plan["student"]).reranks:
        first = build.unfenced().get(plan["base"])
        depth = plan["settings"]["depth"]
        return RerankRetriever(
            spec, first, trained(build, rest), build.collection.documents, build.models.progress, depth
        )
    return DenseRetriever(spec, *student_encoder(build, rest))


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
    first = build.get(match[3])  # may be refused, and a scorer may be a language model to load
    scorer = RERANKERS[match[1]](build, match[2] or "")
    return RerankRetriever(spec, first, scorer, build.collection.documents, build.models.progress)


def _run(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import RecordedRetriever

    run = build.runs[rest] if rest in build.runs else trec.run(build.fence.file(rest))
    run = trec.as_known(run, build.collection.documents, build.collection.queries)
    return RecordedRetriever(run, build.collection.documents)


def _vectors(build: Retrievers, spec: str, rest: str) -> Retriever:
    """vectors:DOCUMENTS+QUERIES, or one .safetensors file with a tensor of each."""
    from explorer.retrieval.vectors import VectorRetriever, load_vectors

    documents, _, queries = rest.partition("+")
    if not documents or not (queries or documents.endswith(".safetensors")):
        raise ExplorerError(
            f"{spec!r} needs two files; write vectors:DOCUMENTS.npy+QUERIES.npy, or vectors:FILE.safetensors"
        )
    sides = {
        "documents": (documents, build.collection.documents),
        "queries": (queries or documents, build.collection.queries),
    }
    loaded = {name: load_vectors(build.fence.file(file), list(ids), name) for name, (file, ids) in sides.items()}
    return VectorRetriever(spec, build.collection.documents, loaded["documents"], loaded["queries"])


def _none(build: Retrievers, spec: str, rest: str) -> Retriever:
    from explorer.retrieval.combined import NoRetriever

    return NoRetriever()


RETRIEVERS: dict[str, Callable[[Retrievers, str, str], Retriever]] = {
    "bm25": _bm25,
    "dense": _dense,
    "hybrid": _hybrid,
    "student": _student,
    "rerank": _rerank,
    "run": _run,
    "vectors": _vectors,
    "none": _none,
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
