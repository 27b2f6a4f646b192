"""A bi-encoder and an index of its vectors; what is shown is always scored exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

import numpy as np

from explorer.records import Document, Progress, Query, Ranking, Run, silent
from explorer.retrieval.encoder import Encoder
from explorer.retrieval.indexes import EXACT_LIMIT, KINDS, Index, kind_for
from explorer.retrieval.rows import Rows
from explorer.workspace import VectorCache
from explorer.workspace.caches import SHARD

NO_ROWS = np.empty(0, dtype=np.int64)


class DenseIndex:
    """The documents of a collection under one encoder; retrievers that differ in their query side share it.

    ``vectors``: (documents, dim) float32, unit norm, in the order of ``doc_ids``; many documents' stay on disk.
    ``cut``: documents of which the encoder reads only the beginning.
    """

    def __init__(
        self,
        documents: Mapping[str, Document],
        encoder: Encoder,
        cache: VectorCache,
        progress: Progress = silent,
        exact_limit: int = EXACT_LIMIT,
    ) -> None:
        self.doc_ids = list(documents)
        self.kind = kind_for(len(documents), exact_limit)
        self._cache, self._progress = cache, progress
        rows, counts, self._groups = _encoded(documents, encoder, cache, progress)
        self.vectors = np.asarray(rows) if self.kind == "exact" else rows
        self.cut = frozenset(self.doc_ids[row] for row in np.flatnonzero(counts > encoder.limit))

    def vectors_of(self, doc_ids: Sequence[str]) -> np.ndarray:
        """(len(doc_ids), dim) float32."""
        return self.vectors[[self._row[doc_id] for doc_id in doc_ids]]

    def in_group(self, group: str) -> np.ndarray:
        """Row numbers of a group's documents."""
        return self._groups.get(group, NO_ROWS)

    def nearest(self, vectors: np.ndarray, k: int) -> list[np.ndarray]:
        """Row numbers of at least the k nearest documents of each query vector."""
        return self._index.nearest(vectors, k)

    @cached_property
    def _row(self) -> dict[str, int]:
        return {doc_id: row for row, doc_id in enumerate(self.doc_ids)}

    @cached_property
    def _index(self) -> Index:
        return KINDS[self.kind](self.vectors, self._cache.folder, self._cache.keep, self._progress)


class DenseRetriever:
    """Scores are cosines, rounded to 6 decimals so that float32 noise does not decide ties."""

    def __init__(self, spec: str, index: DenseIndex, query_encoder: Encoder) -> None:
        self.spec = spec
        self.index = index
        self.query_encoder = query_encoder

    def search(self, queries: Sequence[Query], k: int) -> Run:
        vectors = self.query_encoder.queries([query.text for query in queries]) if queries else np.empty((0, 0))
        unscoped = [number for number, query in enumerate(queries) if not query.scope]
        rows = dict(zip(unscoped, self.index.nearest(vectors[unscoped], k), strict=True)) if unscoped else {}
        rankings = {}
        for number, query in enumerate(queries):
            near = self.index.in_group(query.scope) if query.scope else rows[number]
            rankings[query.query_id] = self._ranking(query, near, vectors[number], k)
        return Run(self.spec, rankings)

    def _ranking(self, query: Query, rows: np.ndarray, vector: np.ndarray, k: int) -> Ranking:
        cosines = np.round((self.index.vectors[rows] @ vector).astype(np.float64), 6)
        scores = {self.index.doc_ids[row]: float(score) for row, score in zip(rows, cosines, strict=True)}
        return Ranking.from_scores(query.query_id, scores, k)


def _encoded(
    documents: Mapping[str, Document], encoder: Encoder, cache: VectorCache, progress: Progress
) -> tuple[Rows, np.ndarray, dict[str, np.ndarray]]:
    """(vectors, token counts, row numbers by group) from one pass over the texts, which may lie on disk, too."""
    parts: list[Rows] = []
    counts: list[np.ndarray] = []
    groups: dict[str, list[int]] = {}
    for start, docs in _shards(documents):
        texts = [doc.content for doc in docs]
        parts.append(encoder.documents(texts, cache, _offset(progress, start, len(documents))))
        counts.append(encoder.token_counts(texts, cache))
        for row, doc in enumerate(docs, start):
            groups.setdefault(doc.group, []).append(row)
    return Rows.joined(parts), np.concatenate(counts), {group: np.array(rows) for group, rows in groups.items()}


def _shards(documents: Mapping[str, Document]) -> Iterator[tuple[int, list[Document]]]:
    """(number of the first, SHARD documents or what is left of them)."""
    coming = iter(documents.values())
    for start in range(0, len(documents), SHARD):
        yield start, list(islice(coming, SHARD))


def _offset(progress: Progress, start: int, total: int) -> Progress:
    return lambda stage, done, _total: progress(stage, start + done, total)
