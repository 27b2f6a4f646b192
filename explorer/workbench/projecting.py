"""Documents and queries on a plane: principal axes at once, t-SNE where openTSNE is installed; two planes made comparable."""

from __future__ import annotations

import copy
import importlib.util
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.records import ExplorerError, Progress, Query, Ranking
from explorer.retrieval.dense import DenseRetriever
from explorer.training.students import student_kind
from explorer.workbench import Workbench

if TYPE_CHECKING:
    from explorer.retrieval.dense import DenseIndex

LIMIT = 20_000  # documents drawn; of a larger collection a sample, evenly spaced
KEPT = 8  # layouts remembered
RANKED = 1000  # how deep ranks are told
STEPS = 750  # of openTSNE: 250 exaggerated, then 500
TOLD_EVERY = 25
PERPLEXITY = 30
DIMENSIONS = 50  # in which neighbours are looked for
FEWEST = 10  # documents for which t-SNE has neighbours to keep
SEED = 0

Place = Callable[[np.ndarray], np.ndarray]
"""(n, dim) vectors -> (n, 2) points of the plane."""


@dataclass(frozen=True)
class Projection:
    """``points``: (documents, 2). ``place`` puts other vectors on the same plane.

    ``explained``: the share of the vectors' variance the two axes keep, in [0, 1]; None where axes mean nothing.
    """

    points: np.ndarray
    place: Place
    explained: float | None = None


@dataclass(frozen=True)
class System:
    """One system on the map. ``encoded``: whether it has vectors itself, or borrows the other system's plane.

    ``points``: (documents drawn, 2); ``query``: (2,).
    """

    spec: str
    encoded: bool
    points: np.ndarray
    query: np.ndarray
    explained: float | None


@dataclass(frozen=True)
class Plane:
    """``rows``: which documents of the collection are drawn, by their number in its order. ``still``: documents do not
    move between the two systems, only queries do."""

    rows: np.ndarray
    before: System
    after: System
    still: bool


def pca(vectors: np.ndarray) -> Projection:
    """The two axes along which (n, dim) vectors differ most. Pearson 1901."""
    from sklearn.decomposition import PCA

    if min(vectors.shape) < 2:
        raise ExplorerError(f"a map needs at least two documents of two dimensions, here are {vectors.shape}")
    model = PCA(2, svd_solver="covariance_eigh").fit(vectors)
    return Projection(model.transform(vectors), model.transform, float(np.nansum(model.explained_variance_ratio_)))


def tsne(vectors: np.ndarray, begin: np.ndarray, progress: Progress) -> Projection:
    """Neighbours stay neighbours, distances mean little. ``begin``: (n, 2) points to start from. Van der Maaten, Hinton 2008."""
    from openTSNE import TSNE
    from sklearn.decomposition import PCA

    steps = itertools.count(TOLD_EVERY, TOLD_EVERY)

    def told(_step: int, _error: float, _points: np.ndarray) -> None:  # openTSNE counts anew after exaggeration
        progress("laying documents out by t-SNE: step", next(steps), STEPS)

    progress("looking for neighbours of documents", 0, 1)
    shorter = PCA(min(DIMENSIONS, *vectors.shape), svd_solver="covariance_eigh").fit(vectors)
    model = TSNE(
        initialization=begin / max(1e-12, float(np.std(begin[:, 0]))) * 1e-4,  # small: the layout is to unfold
        perplexity=min(PERPLEXITY, (len(vectors) - 1) // 3),
        random_state=SEED,
        n_jobs=-1,
        callbacks=told,
        callbacks_every_iters=TOLD_EVERY,
    )
    embedding = model.fit(shorter.transform(vectors).astype(float))

    def place(others: np.ndarray) -> np.ndarray:
        """In the middle of their nearest documents."""
        return np.asarray(embedding.prepare_partial(shorter.transform(others).astype(float)))

    return Projection(np.asarray(embedding), place)


def aligned(projection: Projection, onto: np.ndarray) -> Projection:
    """Turned, mirrored and shifted to lie as close as possible on ``onto``, (n, 2); never stretched, so that distances
    stay what they are. Schoenemann 1966."""
    from scipy.linalg import orthogonal_procrustes

    centre, goal = projection.points.mean(axis=0), onto.mean(axis=0)
    turn, _ = orthogonal_procrustes(projection.points - centre, onto - goal)

    def moved(points: np.ndarray) -> np.ndarray:
        return (points - centre) @ turn + goal

    return replace(projection, points=moved(projection.points), place=lambda others: moved(projection.place(others)))


def has_tsne() -> bool:
    return importlib.util.find_spec("openTSNE") is not None


def drawable(bench: Workbench) -> str:
    """Which systems have a map of their own, in words."""
    students = [f"student:{run.run_id}" for run in bench.students() if not student_kind(run.plan["student"]).reranks]
    example = f", such as {students[0]}" if students else ""
    return f"choose a bi-encoder: dense:minilm, dense: with another model, or a bi-encoder student{example}"


def plane(bench: Workbench, query: Query, a: str, b: str, named: Sequence[str], method: str) -> Plane:
    """Where documents and query stand under two systems. ``named`` documents are drawn whatever the sample.

    A system without vectors stands on the plane of the other.
    """
    if method not in METHODS:
        raise ExplorerError(f"unknown projection {method!r}; choose from {', '.join(METHODS)}")
    found = {spec: one for spec in (a, b) if isinstance(one := _listening(bench, spec), DenseRetriever)}
    if not found:
        raise ExplorerError(f"neither {a} nor {b} has vectors of documents; {drawable(bench)}")
    first, second = found.get(a) or found[b], found.get(b) or found[a]
    sample = evenly(len(first.index.doc_ids))
    still = first.index is second.index
    before = _laid(method, first.index, first.index, bench.progress)
    after = before
    if not still:
        after = aligned(_laid(method, second.index, first.index, bench.progress), before.points)
    number = {doc_id: row for row, doc_id in enumerate(first.index.doc_ids)}
    more = np.setdiff1d(np.array([number[doc_id] for doc_id in named], dtype=np.int64), sample)
    rows = np.concatenate([sample, more])
    return Plane(
        rows,
        before=_system(a, a in found, first, before, query, more),
        after=_system(b, b in found, second, after, query, more),
        still=still,
    )


def _system(
    spec: str, encoded: bool, retriever: DenseRetriever, projection: Projection, query: Query, more: np.ndarray
) -> System:
    asked = _vector(retriever, query.text)
    rest = projection.place(np.concatenate([asked[None], retriever.index.vectors[more]]))
    points = np.concatenate([projection.points, rest[1:]])
    return System(spec, encoded, points, rest[0], projection.explained)


def _listening(bench: Workbench, spec: str) -> object:
    """The retriever; documents encoded for it on the way are told to this workbench's listener."""
    retrievers = copy.copy(bench.retrievers)
    retrievers.models = bench.models
    return retrievers.get(spec)


def ranked(bench: Workbench, query: Query, spec: str) -> Ranking:
    """The first RANKED documents; asked again and again while somebody points at documents."""
    retriever: Any = bench.retrievers.get(spec)
    return _ranked(retriever, query)


def cosines(bench: Workbench, query: Query, spec: str, rows: Sequence[int]) -> list[float | None]:
    """Of the query and the documents of these numbers, in [-1, 1]; None under a system without vectors."""
    retriever = bench.retrievers.get(spec)
    if not isinstance(retriever, DenseRetriever) or not rows:
        return [None] * len(rows)
    asked = _vector(retriever, query.text)
    return [round(float(cosine), 4) for cosine in retriever.index.vectors[list(rows)] @ asked]


def evenly(count: int) -> np.ndarray:
    """Row numbers of at most LIMIT documents, evenly spaced, in order."""
    return np.unique(np.linspace(0, count - 1, min(count, LIMIT)).round().astype(np.int64))


@lru_cache(maxsize=16)
def _ranked(retriever: Any, query: Query) -> Ranking:
    ranking: Ranking = retriever.search([query], RANKED).rankings[query.query_id]
    return ranking


@lru_cache(maxsize=16)
def _vector(retriever: DenseRetriever, text: str) -> np.ndarray:
    """(dim,) float32."""
    vector: np.ndarray = retriever.query_encoder.queries([text])[0]
    return vector


_LAID: dict[tuple[str, DenseIndex, DenseIndex], Projection] = {}


def _laid(method: str, index: DenseIndex, begin: DenseIndex, progress: Progress) -> Projection:
    """The sample of an index on a plane, laid out once."""
    key = (method, index, begin)
    if key not in _LAID:
        sample = evenly(len(index.doc_ids))
        laid = METHODS[method](index.vectors[sample], begin.vectors[sample], progress)
        while len(_LAID) >= KEPT:
            _LAID.pop(next(iter(_LAID)))
        _LAID[key] = laid
    return _LAID[key]


def _by_pca(vectors: np.ndarray, _begin: np.ndarray, _progress: Progress) -> Projection:
    return pca(vectors)


def _by_tsne(vectors: np.ndarray, begin: np.ndarray, progress: Progress) -> Projection:
    """Both systems begin where the first one's principal axes put the documents: what stays alike stays in place."""
    if not has_tsne():
        raise ExplorerError("t-SNE needs openTSNE; install it with: pip install 'distill-explorer[map]'")
    if len(vectors) < FEWEST:
        raise ExplorerError(f"t-SNE needs at least {FEWEST} documents, here are {len(vectors)}; choose PCA")
    return tsne(vectors, pca(begin).points, progress)


METHODS: Mapping[str, Callable[[np.ndarray, np.ndarray, Progress], Projection]] = {"PCA": _by_pca, "t-SNE": _by_tsne}
