"""How the nearest documents are found: exactly, or in cells of compressed vectors where there are many of them.

Cells: k-means divides the vectors, a query looks into the nearest cells (``probes``) at codes of one bit per dimension
(RaBitQ, Gao and Long 2024), and what looks nearest is scored exactly from the vectors themselves, by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from explorer.files import atomic_folder, content_hash, read_json, sha256, write_json
from explorer.records import Progress
from explorer.retrieval.rows import Rows

EXACT_LIMIT = 200_000  # documents from which an exact search of one query takes longer than encoding it
OVERFETCH = 32  # FAISS breaks ties in no fixed order: look further than k, then order by our own rule
SETTINGS = {"per_root": 2, "training": 64, "rounds": 8, "query_bits": 4, "probes": 96}
CODED = (300, 4)  # documents taken by their codes, at least, and times k: codes err, their order is loose
ADDED = 65_536  # vectors compressed at a time: what building holds of them in memory


class Index(Protocol):
    def nearest(self, vectors: np.ndarray, k: int) -> list[np.ndarray]:
        """Row numbers of at least the k nearest of each (dim,) query vector, in no order that counts."""


class Exact:
    """Compares with every vector of (documents, dim)."""

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = vectors

    def nearest(self, vectors: np.ndarray, k: int) -> list[np.ndarray]:
        import faiss

        wanted = min(k + OVERFETCH, len(self._vectors))
        _, rows = faiss.knn(np.ascontiguousarray(vectors), self._vectors, wanted, metric=faiss.METRIC_INNER_PRODUCT)
        return list(rows)


class Cells:
    """An inverted file of FAISS over ``count`` vectors."""

    def __init__(self, index: Any, count: int) -> None:
        self._index = index
        self._count = count

    def nearest(self, vectors: np.ndarray, k: int) -> list[np.ndarray]:
        least, times = CODED
        _, rows = self._index.search(np.ascontiguousarray(vectors), min(max(least, times * k), self._count))
        return [found[found >= 0] for found in rows]


def kind_for(documents: int, exact_limit: int = EXACT_LIMIT) -> str:
    return "exact" if documents < exact_limit else "cells"


def exact(vectors: np.ndarray, _folder: Path, _keep: bool, _progress: Progress) -> Exact:
    return Exact(vectors)


def cells(rows: Rows, folder: Path, keep: bool, progress: Progress) -> Cells:
    """Built once, then read from ``folder``, memory-mapped; built again where the file was damaged."""
    place = folder / f"{content_hash(rows.name, json.dumps(SETTINGS))}.cells"
    index = _read(place)
    if index is None:
        index = _built(rows, progress)
        if keep:
            _write(index, place)
            index = _read(place)
    return Cells(index, len(rows))


KINDS: dict[str, Callable[[Any, Path, bool, Progress], Index]] = {"exact": exact, "cells": cells}


def _read(place: Path) -> Any:
    import faiss

    try:
        if sha256(place / "index.faiss") == read_json(place / "index.json")["sha256"]:
            return faiss.read_index(str(place / "index.faiss"), faiss.IO_FLAG_MMAP)
    except (OSError, ValueError, KeyError, RuntimeError):  # not there, damaged, or of a FAISS that wrote it otherwise
        pass
    return None


def _write(index: Any, place: Path) -> None:
    import faiss

    with atomic_folder(place) as part:
        faiss.write_index(index, str(part / "index.faiss"))
        write_json(part / "index.json", {"sha256": sha256(part / "index.faiss"), **SETTINGS})


def _built(rows: Rows, progress: Progress) -> Any:
    """Never more than a sample and ADDED vectors are in memory beside the codes."""
    import faiss

    count, dim = rows.shape
    progress("divide documents into cells", 0, 1)
    index, number = _empty(dim, count)
    sample = np.random.default_rng(0).choice(count, min(count, SETTINGS["training"] * number), replace=False)
    index.train(rows[np.sort(sample)])
    for start in range(0, count, ADDED):
        progress("compress vectors", start, count)
        index.add(rows[np.arange(start, min(start + ADDED, count))])
    faiss.extract_index_ivf(index).nprobe = min(SETTINGS["probes"], number)
    progress("compress vectors", count, count)
    return index


def _empty(dim: int, count: int) -> tuple[Any, int]:
    """(an index without vectors, how many cells it has)."""
    import faiss

    number = max(1, round(SETTINGS["per_root"] * count**0.5))
    # the nearest of unit vectors have the largest cosine; codes of one bit want dimensions alike: a random rotation
    index = faiss.index_factory(dim, f"RR{dim},IVF{number},RaBitQ", faiss.METRIC_L2)
    inner: Any = faiss.downcast_index(faiss.extract_index_ivf(index))
    inner.qb = SETTINGS["query_bits"]
    inner.cp.niter, inner.cp.min_points_per_centroid = SETTINGS["rounds"], 1
    return index, number
