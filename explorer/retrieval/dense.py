"""A bi-encoder and FAISS: exact below a limit of documents, HNSW above; what is shown is always re-scored exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.records import Document, Progress, Query, Ranking, Run, silent
from explorer.retrieval.encoder import Encoder
from explorer.workspace import VectorCache

EXACT_LIMIT = 200_000
OVERFETCH = 32  # FAISS breaks ties in no fixed order: look further than k, then order by our own rule


class DenseRetriever:
    """Scores are cosines, rounded to 6 decimals so that float32 noise does not decide ties."""

    def __init__(
        self,
        spec: str,
        documents: Mapping[str, Document],
        cache: VectorCache,
        *,
        query_encoder: Encoder,
        document_encoder: Encoder,
        progress: Progress = silent,
        exact_limit: int = EXACT_LIMIT,
    ) -> None:
        self.spec = spec
        self.exact_limit = exact_limit
        self.query_encoder = query_encoder
        self.doc_ids = list(documents)
        texts = [doc.content for doc in documents.values()]
        self.vectors = document_encoder.documents(texts, cache, progress)
        counts = document_encoder.token_counts(texts, cache)
        self.cut = frozenset(self.doc_ids[row] for row in np.flatnonzero(counts > document_encoder.limit))
        self._scopes = _rows_by_group(documents)
        self._index: Any = None

    def search(self, queries: Sequence[Query], k: int) -> Run:
        vectors = self.query_encoder.queries([query.text for query in queries]) if queries else np.empty((0, 0))
        unscoped = [number for number, query in enumerate(queries) if not query.scope]
        rows = dict(zip(unscoped, self._nearest(vectors[unscoped], k), strict=True)) if unscoped else {}
        rankings = {}
        for number, query in enumerate(queries):
            near = self._scopes.get(query.scope, _NO_ROWS) if query.scope else rows[number]
            rankings[query.query_id] = self._ranking(query, near, vectors[number], k)
        return Run(self.spec, rankings)

    def _ranking(self, query: Query, rows: np.ndarray, vector: np.ndarray, k: int) -> Ranking:
        cosines = np.round((self.vectors[rows] @ vector).astype(np.float64), 6)
        scores = {self.doc_ids[row]: float(score) for row, score in zip(rows, cosines, strict=True)}
        return Ranking.from_scores(query.query_id, scores, k)

    def _nearest(self, vectors: np.ndarray, k: int) -> list[np.ndarray]:
        """Row numbers of at least the k nearest documents of each query."""
        wanted = min(k + OVERFETCH, len(self.doc_ids))
        _, rows = self._build().search(np.ascontiguousarray(vectors), wanted)
        return [found[found >= 0] for found in rows]

    def _build(self) -> Any:
        if self._index is None:
            import faiss

            dim = self.vectors.shape[1]
            exact = len(self.doc_ids) < self.exact_limit
            self._index = faiss.IndexFlatIP(dim) if exact else faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
            self._index.add(self.vectors)
        return self._index


_NO_ROWS = np.empty(0, dtype=np.int64)


def _rows_by_group(documents: Mapping[str, Document]) -> dict[str, np.ndarray]:
    groups: dict[str, list[int]] = {}
    for row, doc in enumerate(documents.values()):
        groups.setdefault(doc.group, []).append(row)
    return {group: np.array(rows) for group, rows in groups.items()}
