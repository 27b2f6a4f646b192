"""Vectors made elsewhere: documents and queries of one collection, searched as they come, without any encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer.records import Document, ExplorerError, Query, Ranking, Run

ENDINGS = (".npy", ".safetensors", ".parquet")


class VectorRetriever:
    """Ranks by inner product of unit vectors. ``documents`` and ``queries`` map ids to rows of (n, dim) float32."""

    def __init__(
        self,
        spec: str,
        documents: Mapping[str, Document],
        doc_vectors: Mapping[str, np.ndarray],
        query_vectors: Mapping[str, np.ndarray],
    ) -> None:
        self.spec = spec
        self._queries = query_vectors
        missing = [doc_id for doc_id in documents if doc_id not in doc_vectors]
        if missing:
            raise ExplorerError(
                f"{spec} has no vector for {len(missing)} of {len(documents)} documents (first: {missing[0]!r}); "
                "give one row per document, under its id or in the order of the corpus"
            )
        self._ids = np.array(list(documents), dtype=object)
        self._matrix = _unit(np.stack([doc_vectors[doc_id] for doc_id in documents]))
        self._groups = np.array([doc.group for doc in documents.values()], dtype=object)

    def search(self, queries: Sequence[Query], k: int) -> Run:
        rankings = {}
        for query in queries:
            if query.query_id not in self._queries:
                raise ExplorerError(
                    f"{self.spec} has no vector for the query {query.query_id!r}; only queries of the file can be asked"
                )
            vector = _unit(self._queries[query.query_id][None])[0]
            if vector.shape[0] != self._matrix.shape[1]:
                raise ExplorerError(
                    f"{self.spec} has queries of {vector.shape[0]} dimensions and documents of {self._matrix.shape[1]}; "
                    "take both from one model"
                )
            rows = np.flatnonzero(self._groups == query.scope) if query.scope else np.arange(len(self._ids))
            scores = np.round(self._matrix[rows] @ vector, 6)
            values = dict(zip(self._ids[rows].tolist(), scores.tolist(), strict=True))
            rankings[query.query_id] = Ranking.from_scores(query.query_id, values, k)
        return Run(self.spec, rankings)


def load_vectors(path: Path, ids: Sequence[str], name: str) -> dict[str, np.ndarray]:
    """id -> vector. ``ids`` are the ids in file order, for formats that hold none; ``name`` is documents or queries.

    .npy: one row per id. .safetensors: a tensor ``name``, its rows in the order of ids. .parquet: columns id and vector.
    """
    if path.suffix not in ENDINGS:
        raise ExplorerError(f"{path} holds no vectors Explorer reads; expected a file ending in {', '.join(ENDINGS)}")
    if not path.exists():
        raise ExplorerError(f"{path} does not exist; check the path")
    try:
        if path.suffix == ".parquet":
            return _parquet(path)
        rows = _npy(path) if path.suffix == ".npy" else _safetensors(path, name)
    except (ValueError, OSError, KeyError) as error:
        raise ExplorerError(f"{path} cannot be read as vectors ({error}); write it again") from error
    if rows.ndim != 2 or len(rows) != len(ids):
        raise ExplorerError(f"{path} holds {name} of shape {tuple(rows.shape)}; expected ({len(ids)}, dimensions)")
    return dict(zip(ids, rows.astype(np.float32), strict=True))


def _npy(path: Path) -> np.ndarray:
    rows: np.ndarray = np.load(path, allow_pickle=False)  # a pickle runs code
    return rows


def _safetensors(path: Path, name: str) -> np.ndarray:
    from safetensors.numpy import load_file

    tensors = load_file(path)
    if name not in tensors:
        raise KeyError(f"it has the tensors {', '.join(tensors)}, not {name!r}")
    return tensors[name]


def _parquet(path: Path) -> dict[str, np.ndarray]:
    from pyarrow import parquet

    table = parquet.read_table(path)
    if not {"id", "vector"} <= set(table.column_names):
        raise ExplorerError(f"{path} has the columns {', '.join(table.column_names)}; expected id and vector")
    ids, rows = table["id"].to_pylist(), table["vector"].to_pylist()
    return {str(key): np.asarray(row, dtype=np.float32) for key, row in zip(ids, rows, strict=True)}


def _unit(rows: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.maximum(norms, 1e-12)
    return unit
