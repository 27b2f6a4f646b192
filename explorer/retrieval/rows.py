"""Vectors of many documents that stay on disk: they come into memory when asked for, and may leave it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from explorer.files import hash_of
from explorer.workspace.caches import SHARD


class Rows:
    """Read-only (rows, dim) float32 in shards of SHARD rows, the last one shorter; ``name`` changes when a row would."""

    def __init__(self, shards: Sequence[np.ndarray], names: Sequence[str]) -> None:
        self.shards = tuple(shards)
        self.names = tuple(names)
        self.shape = (sum(map(len, shards)), shards[0].shape[1] if shards else 0)
        if any(len(shard) != SHARD for shard in shards[:-1]):
            raise ValueError(f"every shard but the last holds {SHARD} rows")  # rows would be looked up in a wrong one

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """All rows of the parts, in order."""
        return cls([one for part in parts for one in part.shards], [name for part in parts for name in part.names])

    @property
    def name(self) -> str:
        return hash_of(self.names)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (row for shard in self.shards for row in shard)

    def __getitem__(self, rows: Any) -> np.ndarray:
        """The rows of these numbers, in their order: (len(rows), dim)."""
        wanted = np.asarray(rows, dtype=np.int64)
        order = np.argsort(wanted, kind="stable")
        shards, begins = np.unique(wanted[order] // SHARD, return_index=True)
        found = np.empty((len(wanted), self.shape[1]), dtype=np.float32)
        for number, places in zip(shards, np.split(order, begins[1:]), strict=False):  # no rows are one empty split
            found[places] = self.shards[number][wanted[places] - number * SHARD]
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All of them in memory, once."""
        matrix = np.empty(self.shape, dtype=dtype or np.float32)
        for number, shard in enumerate(self.shards):
            matrix[number * SHARD : number * SHARD + len(shard)] = shard
        return matrix
