"""A bi-encoder and FAISS: exact below a limit of documents, HNSW above; what is shown is always re-scored exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from explorer.records import Document, Progress, Query, Ranking, Run, silent
from explorer.retrieval.encoder import Encoder
from explorer.workspace import VectorCache

EXACT_LIMIT = 200_000
OVERFETCH = 32  # FAISS breaks ties in no fixed order: look further than k, then order by our own rule
NO_ROWS = np.empty(0, dtype=np.int64)


class DenseIndex:
    """The documents of a collection under one encoder; retrievers that differ in their query side share it.

    ``vectors``: (documents, dim) float32, unit norm, in the order of ``doc_ids``. ``cut``: documents of which the
    encoder reads only the beginning.
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
        self.exact = len(documents) < exact_limit
        texts = [doc.content for doc in documents.values()]
        self.vectors = encoder.documents(texts, cache, progress)
        counts = encoder.token_counts(texts, cache)
        self.cut = frozenset(self.doc_ids[row] for row in np.flatnonzero(counts > encoder.limit))
        self._groups = _rows_by_group(documents)

    def vectors_of(self, doc_ids: Sequence[str]) -> np.ndarray:
        """(len(doc_ids), dim) float32."""
        return self.vectors[[self._row[doc_id] for doc_id in doc_ids]]

    def in_group(self, group: str) -> np.ndarray:
        """Row numbers of a group's documents."""
        return self._groups.get(group, NO_ROWS)

    def nearest(self, vectors: np.ndarray, k: int) -> list[np.ndarray]:
        """Row numbers of at least the k nearest documents of each query vector."""
        wanted = min(k + OVERFETCH, len(self.doc_ids))
        _, rows = self._faiss.search(np.ascontiguousarray(vectors), wanted)
        return [found[found >= 0] for found in rows]

    @cached_property
    def _row(self) -> dict[str, int]:
        return {doc_id: row for row, doc_id in enumerate(self.doc_ids)}

    @cached_property
    def _faiss(self) -> Any:
        import faiss

        dim = self.vectors.shape[1]
        index = faiss.IndexFlatIP(dim) if self.exact else faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
        index.add(self.vectors)
        return index


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


def _rows_by_group(documents: Mapping[str, Document]) -> dict[str, np.ndarray]:
    groups: dict[str, list[int]] = {}
    for row, doc in enumerate(documents.values()):
        groups.setdefault(doc.group, []).append(row)
    return {group: np.array(rows) for group, rows in groups.items()}
