"""What a training run is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from explorer.records import Run


@dataclass(frozen=True)
class Settings:
    """How a student is trained. ``budget`` in seconds of wall-clock time, 0: none. ``patience`` in dev measurements."""

    epochs: int
    learning_rate: float
    batch: int = 16
    loss: str = "utility"
    tau: float = 0.05
    tau_u: float = 0.3
    margin: float = 0.2  # of the triplet loss, in cosine
    rank: int = 16  # of a lora student
    depth: int = 20  # documents of the baseline that a reranker sees
    warmup: float = 0.1
    weight_decay: float = 0.01
    measures_per_epoch: int = 1  # a small dev set is noisy: the more often it is asked, the likelier luck is chosen
    patience: int = 2
    seed: int = 42
    budget: float = 0.0


PRESETS: Mapping[str, Settings] = {
    "adapter": Settings(epochs=40, learning_rate=1e-3, batch=32, patience=6),
    "query": Settings(epochs=4, learning_rate=1e-4),
    "lora": Settings(epochs=4, learning_rate=5e-4),
    "full": Settings(epochs=3, learning_rate=3e-5),
    "reranker": Settings(epochs=2, learning_rate=6e-5, batch=8, tau=1.0),  # RADIO's rate and epochs
}


@dataclass(frozen=True)
class DevSet:
    """Held-out queries watched during training: each ranks its own candidates. ``measure`` maps a run to [0, 1]."""

    queries: Mapping[str, str]
    candidates: Mapping[str, Sequence[str]]
    measure: Callable[[Run], float]

    @property
    def doc_ids(self) -> list[str]:
        return list(dict.fromkeys(doc_id for ids in self.candidates.values() for doc_id in ids))


@dataclass(frozen=True)
class Texts:
    """Query and document texts by id, and the base encoder's unit vectors of both, for the sides that stay fixed."""

    queries: Mapping[str, str]
    documents: Mapping[str, str]
    query_vectors: Mapping[str, np.ndarray]
    document_vectors: Mapping[str, np.ndarray]

    def cosine(self, query_id: str, doc_id: str) -> float:
        """What the base says."""
        return float(self.query_vectors[query_id] @ self.document_vectors[doc_id])


class Learner(Protocol):
    """A student in training: what the Trainer needs of it, how it ranks, how it is saved."""

    model: Any
    module: Any  # torch module: (features, label) -> loss, the newest kept as ``last``
    resumes: bool
    small: bool  # what it saves takes some MB at most
    rates: Mapping[str, float]  # pattern of parameter names -> a learning rate of their own

    def collate(self, rows: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        """Numbers of examples become the features and the label ``module`` wants."""
        ...

    def rank(self, dev: DevSet) -> Run: ...

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Kept:
    """What a run that is resumed has already: the dev measure of its best student, and the step it comes from."""

    value: float
    step: int


@dataclass(frozen=True)
class Outcome:
    """``before`` and ``after``: dev measure of base and best student. ``step`` 0: nothing beat the base."""

    before: float
    after: float
    step: int
    steps: int
    seconds: float
    stopped: str
