"""Scorers made of encoders: a trained cross-encoder, and a bi-encoder that scores what another retriever found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer import cores
from explorer.records import Document, Query, Scores
from explorer.retrieval.dense import DenseIndex
from explorer.retrieval.encoder import Encoder

BATCH = 32


class CosineScorer:
    """The cosine of query and document; documents are looked up in an index of the same encoder."""

    unit = "cosine"

    def __init__(self, name: str, index: DenseIndex, query_encoder: Encoder) -> None:
        self.name = name
        self._index = index
        self._encoder = query_encoder

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        if not documents:
            return Scores(query.query_id, {})
        (row,) = self.cosines([query.text], [documents])
        return Scores(query.query_id, {doc.doc_id: value for doc, value in zip(documents, row, strict=True)})

    def cosines(self, texts: Sequence[str], documents: Sequence[Sequence[Document]]) -> list[list[float]]:
        """The cosine of each text, as a query, with each of its documents."""
        vectors = self._encoder.queries(texts) if texts else np.empty((0, 0))
        return [
            (self._index.vectors_of([doc.doc_id for doc in docs]) @ vector).tolist() if docs else []
            for vector, docs in zip(vectors, documents, strict=True)
        ]


class CrossScorer:
    """A cross-encoder's logit, plus ``prior`` times the baseline's cosine for a student that learned the difference."""

    unit = "logit"

    def __init__(self, name: str, model: Any, prior: float, base: CosineScorer) -> None:
        self.name = name
        self._model = model
        self._prior = prior
        self._base = base

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        import torch

        if not documents:
            return Scores(query.query_id, {})
        cores.settle()
        pairs = [(query.text, doc.content) for doc in documents]
        logits = self._model.predict(
            pairs, batch_size=BATCH, activation_fn=torch.nn.Identity(), show_progress_bar=False
        )
        cosines = self._base.score(query, documents).values if self._prior else {}
        values = {
            doc.doc_id: float(logit) + self._prior * cosines.get(doc.doc_id, 0.0)
            for doc, logit in zip(documents, logits, strict=True)
        }
        return Scores(query.query_id, values)
