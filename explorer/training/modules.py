"""Torch modules that feed a loss from a student, behind the interface of sentence-transformers' Trainers."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from explorer.training.losses import MASKED, Loss

CHUNK = 16  # texts that pass the encoder together
CACHED_FROM = 48  # queries per step from which gradients are cached, so that memory does not grow with the batch


class BiEncoderLoss(torch.nn.Module):
    """A loss over the cosines of a batch.

    Features that already hold a "sentence_embedding" come from a frozen encoder: documents are taken as they
    are, queries pass through ``head`` alone (what an adapter trains). ``cached``: vectors are computed without
    graph first and again, chunk by chunk, once their gradients are known (Gao et al. 2021).
    """

    def __init__(self, model: Any, head: torch.nn.Module | None, loss: Loss, *, cached: bool = False) -> None:
        super().__init__()
        self.model = model
        self.head = head
        self.loss = loss
        self.cached = cached
        self.last = float("nan")  # the newest loss, for whoever draws the curve

    def forward(self, features: Sequence[Mapping[str, Any]], teacher: Tensor) -> Tensor:
        loss = self._cached(features, teacher) if self.cached else self._of(self._vectors(features), teacher)
        self.last = float(loss.detach())
        return loss

    def _vectors(self, features: Sequence[Mapping[str, Any]]) -> tuple[Tensor, Tensor]:
        queries, documents = features
        return self._embed(queries, self.head), self._embed(documents, None)

    def _of(self, vectors: tuple[Tensor, Tensor], teacher: Tensor) -> Tensor:
        queries, documents = (torch.nn.functional.normalize(side.float(), dim=1) for side in vectors)
        # cosines and softmax in float32, whatever autocast did before
        with torch.autocast(device_type=queries.device.type, enabled=False):
            return self.loss(queries @ documents.T, teacher)

    def _embed(self, features: Mapping[str, Any], head: torch.nn.Module | None) -> Tensor:
        if "sentence_embedding" not in features:
            return torch.cat([vectors for _, vectors in chunks(self.model, features)])[_back(features)]
        vectors: Tensor = features["sentence_embedding"]
        return head(vectors) if head is not None else vectors

    def _cached(self, features: Sequence[Mapping[str, Any]], teacher: Tensor) -> Tensor:
        with torch.no_grad():
            found = self._vectors(features)
        leaves = tuple(side.detach().float().requires_grad_() for side in found)
        loss = self._of((leaves[0], leaves[1]), teacher)
        gradients = torch.autograd.grad(loss, leaves)
        result = loss.detach().requires_grad_()
        device = result.device.type
        half = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None

        def flow_back(upstream: Tensor) -> None:
            again = torch.autocast(device, half) if half else contextlib.nullcontext()
            with torch.enable_grad(), again:
                for side, gradient, head in zip(features, gradients, (self.head, None), strict=True):
                    self._backward(side, gradient * upstream, head)

        result.register_hook(flow_back)
        return result

    def _backward(self, features: Mapping[str, Any], gradient: Tensor, head: torch.nn.Module | None) -> None:
        if "sentence_embedding" in features:
            if head is not None:
                (head(features["sentence_embedding"]).float() * gradient).sum().backward()
            return
        for rows, vectors in chunks(self.model, features):
            (vectors.float() * gradient[rows]).sum().backward()


class CrossEncoderLoss(torch.nn.Module):
    """A loss over the scores of a reranker: its logit plus ``prior`` times the baseline's cosine.

    ``label`` is (2, B, K): the teacher's scores of each query's own K candidates (MASKED where it has fewer) and
    their cosines. Only the unmasked pairs are among the features, row by row.
    """

    def __init__(self, model: Any, loss: Loss, prior: float) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.prior = prior
        self.last = float("nan")

    def forward(self, features: Sequence[Mapping[str, Any]], label: Tensor, **_: Any) -> Tensor:
        teacher, cosines = label
        (pairs,) = features
        logits = torch.cat([part for _, part in chunks(self.model, pairs, "scores")])[_back(pairs)]
        table = torch.zeros_like(teacher)
        table[teacher != MASKED] = logits.float().flatten()
        with torch.autocast(device_type=table.device.type, enabled=False):
            loss = self.loss(table + self.prior * cosines, teacher)
        self.last = float(loss.detach())
        return loss


def chunks(model: Any, features: Mapping[str, Any], output: str = "sentence_embedding") -> Any:
    """(row numbers, what the model makes of them): texts of similar length pass together, so little padding is computed."""
    mask = features["attention_mask"]
    lengths = mask.sum(dim=1)
    padded_right = bool(mask[:, 0].all())
    for rows in torch.argsort(lengths, stable=True).split(CHUNK):
        width = int(lengths[rows].max())
        columns = slice(0, width) if padded_right else slice(mask.shape[1] - width, None)
        part = {name: _rows(value, rows, columns, mask.shape) for name, value in features.items()}
        yield rows, model(part)[output]


def _back(features: Mapping[str, Any]) -> Tensor:
    """Where each text's result stands after ``chunks``."""
    return torch.argsort(torch.argsort(features["attention_mask"].sum(dim=1), stable=True))


def _rows(value: Any, rows: Tensor, columns: slice, shape: torch.Size) -> Any:
    """Rows and columns of a per-token tensor; whatever else a feature holds passes as it is."""
    return value[rows][:, columns] if isinstance(value, Tensor) and value.shape == shape else value
