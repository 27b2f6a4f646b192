"""A bi-encoder as retrieval sees it: texts in, unit vectors out, prompts applied and shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer import cores
from explorer.models.description import SIDES, Description
from explorer.records import ExplorerError, Progress, silent
from explorer.retrieval.rows import Rows
from explorer.workspace import VectorCache

BATCH = 32  # on two cores larger batches are slower: they leave the cache …
FLOAT32_BATCH = 8  # … and in float32 those of more than this already do
KEPT = 50_000  # vectors of queries in memory


class Encoder:
    """``model`` is a SentenceTransformer; ``key`` changes whenever its vectors would."""

    def __init__(self, model: Any, key: str) -> None:
        self._model = model
        self.key = key
        self._kept: dict[str, np.ndarray] = {}

    @property
    def model(self) -> Any:
        return self._model

    @property
    def prompts(self) -> Mapping[str, str]:
        """What the model wants written before a query and before a document; "" where nothing."""
        return {side: self.model.prompts.get(side) or "" for side in SIDES}

    @property
    def limit(self) -> int:
        """Tokens the model reads; what lies beyond is cut."""
        return int(self.model.max_seq_length or self.model.tokenizer.model_max_length)

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """(len(texts), dim) float32, unit norm; the same for a query whatever stands beside it.

        Queries of a split are kept: every measure and every other page asks for them again. One that comes alone is encoded
        each time, and takes as long as it takes.
        """
        if len(texts) < 2:
            return self._encoded(texts)
        kept = self._kept if len(self._kept) + len(texts) <= KEPT else dict(self._kept)
        if missing := [text for text in dict.fromkeys(texts) if text not in kept]:
            kept.update(zip(missing, self._together(missing), strict=True))
        return np.stack([kept[text] for text in texts])

    def _together(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of queries that are kept."""
        return self._encoded(texts)

    def _encoded(self, texts: Sequence[str]) -> np.ndarray:
        """In bfloat16 the rounding depends on the batch by thousandths of a cosine, enough to swap neighbours: there each
        query is encoded alone."""
        import torch

        cores.settle()
        batch = BATCH if self.model.dtype == torch.float32 else 1
        return self._unit(self.model.encode_query(list(texts), batch_size=batch, show_progress_bar=False))

    def documents(self, texts: Sequence[str], cache: VectorCache, progress: Progress = silent) -> Rows:
        """(len(texts), dim) float32, unit norm; encoded once, then they lie in ``cache``."""
        key = f"document\0{self.prompts['document']}\0{self.key}"

        def encode(shard: Sequence[str]) -> np.ndarray:
            cores.settle()
            # longest first: little padding, and memory is claimed once
            order = sorted(range(len(shard)), key=lambda row: -len(shard[row]))
            parts, batch = [], self._batch
            for start in range(0, len(shard), 4 * batch):
                progress("encode documents", done + start, len(texts))
                chunk = [shard[row] for row in order[start : start + 4 * batch]]
                vectors = self.model.encode_document(chunk, batch_size=batch, show_progress_bar=False)
                parts.append(self._unit(vectors))
            return np.concatenate(parts)[np.argsort(order)]

        done = 0

        def report(so_far: int, total: int) -> None:
            nonlocal done
            done = so_far
            progress("encode documents", so_far, total)

        found = list(cache.shards(key, texts, encode, report))
        return Rows([rows for _, rows in found], [name for name, _ in found])

    def token_counts(self, texts: Sequence[str], cache: VectorCache) -> np.ndarray:
        """(len(texts),) int32 tokens of each document with its prompt, before any cut."""

        def count(shard: Sequence[str]) -> np.ndarray:
            prompt = self.prompts["document"]
            tokens = self.model.tokenizer([prompt + text for text in shard], truncation=False, verbose=False)[
                "input_ids"
            ]
            return np.array([len(ids) for ids in tokens], dtype=np.int32)

        return cache.matrix(f"tokens\0{self.prompts['document']}\0{self.key}", texts, count, lambda _done, _total: None)

    @property
    def _batch(self) -> int:
        """Documents at a time."""
        import torch

        single = self.model.dtype == torch.float32 and self.model.device.type == "cpu"
        return FLOAT32_BATCH if single else BATCH

    def _unit(self, vectors: Any) -> np.ndarray:
        array = np.asarray(vectors, dtype=np.float32)
        norms = np.linalg.norm(array, axis=1, keepdims=True)
        if not np.isfinite(norms).all():
            raise ExplorerError(
                "the encoder gave NaN instead of a vector; its weights are damaged: load another checkpoint"
            )
        return array / np.maximum(norms, 1e-12)


class DeferredEncoder(Encoder):
    """One whose model is loaded when there is something to encode. What was encoded before needs none, not even a search
    for the queries of a split: their vectors lie in ``cache``, too."""

    def __init__(self, load: Callable[[], Any], key: str, described: Description, cache: VectorCache) -> None:
        super().__init__(None, key)
        self._load, self._described, self._cache = load, described, cache
        self._loading = threading.Lock()

    @property
    def model(self) -> Any:
        with self._loading:
            if self._model is None:
                self._model = self._load()
            return self._model

    @property
    def prompts(self) -> Mapping[str, str]:
        return self._described.prompts

    @property
    def limit(self) -> int:
        return self._described.limit

    def _together(self, texts: Sequence[str]) -> np.ndarray:
        key = f"query\0{self.prompts['query']}\0{self.key}"
        found: np.ndarray = self._cache.matrix(key, texts, self._encoded, lambda _done, _total: None)
        return found
