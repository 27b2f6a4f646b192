"""Losses as pure functions of scores, testable by hand; a module that feeds them from a student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

UNSCORED = float("nan")  # an in-batch document the teacher did not score for this query: a negative
MASKED = float("-inf")  # a document that must not count as a negative of this query


def utility_loss(scores: Tensor, utilities: Tensor, tau: float = 0.05, tau_u: float = 0.3) -> Tensor:
    """Utility-modulated InfoNCE, the mean over queries of -sum_d p*(d) log p(d). In nats, at least the entropy of p*.

    ``scores``: (B, D) cosines of B queries with the D documents of the batch.
    ``utilities``: (B, D) in nats per answer token where d is a candidate of the query, UNSCORED for in-batch
    negatives, MASKED for documents left out of this query's softmax.
    p* is the softmax of utilities / tau_u over the candidates, p the softmax of scores / tau over all unmasked.
    UAE 2026, reconstructed from its abstract.
    """
    if scores.shape != utilities.shape:
        # would broadcast and still train
        raise ValueError(
            f"scores are {tuple(scores.shape)}, utilities {tuple(utilities.shape)}; both must be (queries, documents)"
        )
    candidates = torch.isfinite(utilities)
    if bool((candidates.sum(dim=1) < 2).any()):
        raise ValueError("a query has fewer than two candidates: p* would be constant and teach nothing")
    target = torch.softmax((utilities / tau_u).masked_fill(~candidates, float("-inf")), dim=1)
    log_p = torch.log_softmax((scores / tau).masked_fill(utilities == MASKED, float("-inf")), dim=1)
    return -(target * log_p.masked_fill(~candidates, 0.0)).sum(dim=1).mean()


class UtilityLoss(torch.nn.Module):
    """``utility_loss`` behind the interface of sentence-transformers' Trainer.

    Features that already hold a "sentence_embedding" come from a frozen encoder: documents are taken as they
    are, queries pass through ``head`` alone (what an adapter trains).
    """

    def __init__(self, model: Any, head: torch.nn.Module | None, tau: float, tau_u: float) -> None:
        super().__init__()
        self.model = model
        self.head = head
        self.tau = tau
        self.tau_u = tau_u
        self.last = float("nan")  # the newest loss, for whoever draws the curve

    def forward(self, features: Sequence[Mapping[str, Any]], utilities: Tensor) -> Tensor:
        queries, documents = features
        query_vectors = self._embed(queries, self.head)
        document_vectors = self._embed(documents, None)
        # cosines and softmax in float32, whatever autocast did before
        with torch.autocast(device_type=query_vectors.device.type, enabled=False):
            scores = query_vectors.float() @ document_vectors.float().T
            loss = utility_loss(scores, utilities, self.tau, self.tau_u)
        self.last = float(loss.detach())
        return loss

    def _embed(self, features: Mapping[str, Any], head: torch.nn.Module | None) -> Tensor:
        if "sentence_embedding" not in features:
            vectors = embed_by_length(self.model, features)
        else:
            vectors = head(features["sentence_embedding"]) if head is not None else features["sentence_embedding"]
        return torch.nn.functional.normalize(vectors.float(), dim=1)


def embed_by_length(model: Any, features: Mapping[str, Any], chunk: int = 16) -> Tensor:
    """(texts, dim) vectors in the order given; texts of similar length pass together, so that little padding is computed."""
    mask = features["attention_mask"]
    lengths = mask.sum(dim=1)
    order = torch.argsort(lengths)
    padded_right = bool(mask[:, 0].all())
    vectors = []
    for rows in order.split(chunk):
        width = int(lengths[rows].max())
        columns = slice(0, width) if padded_right else slice(mask.shape[1] - width, None)
        part = {name: _rows(value, rows, columns, mask.shape) for name, value in features.items()}
        vectors.append(model(part)["sentence_embedding"])
    return torch.cat(vectors)[torch.argsort(order)]


def _rows(value: Any, rows: Tensor, columns: slice, shape: torch.Size) -> Any:
    """Rows and columns of a per-token tensor; whatever else a feature holds passes as it is."""
    return value[rows][:, columns] if isinstance(value, Tensor) and value.shape == shape else value
