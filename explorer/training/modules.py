"""Torch modules that feed a loss from a student, behind the interface of sentence-transformers' Trainers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from explorer.training.losses import MASKED, Loss

CHUNK = 16  # texts that pass a model together, and
CHUNK_TOKENS = 4096  # tokens they may have, padding included; one long text alone may exceed it
GRAPH_TOKENS = {"cpu": 8192, "cuda": 65536}  # of a step, by device: beyond, memory would grow with the batch


@dataclass(frozen=True)
class Side:
    """Texts as a model takes them, or vectors of a frozen encoder, which ``head`` maps.

    ``output``: what of the model's results is meant, (texts, …).
    """

    model: Any
    features: Mapping[str, Any]
    head: torch.nn.Module | None = None
    output: str = "sentence_embedding"

    @property
    def fixed(self) -> bool:
        return "sentence_embedding" in self.features

    @property
    def tokens(self) -> int:
        return 0 if self.fixed else int(self.features["attention_mask"].sum())

    def values(self) -> Tensor:
        if not self.fixed:
            rows, parts = zip(*chunks(self.model, self.features, self.output), strict=True)
            return torch.cat(parts)[torch.argsort(torch.cat(rows))]
        vectors: Tensor = self.features["sentence_embedding"]
        return self.head(vectors) if self.head is not None else vectors

    def backward(self, gradient: Tensor) -> None:
        """Computes the values again, a chunk at a time, and lets ``gradient`` flow back through each."""
        if not self.fixed:
            for rows, part in chunks(self.model, self.features, self.output):
                (part.float() * gradient[rows]).sum().backward()
        elif self.head is not None:
            (self.values().float() * gradient).sum().backward()


def through(sides: Sequence[Side], loss: Callable[..., Tensor], graph_tokens: int | None = None) -> Tensor:
    """``loss`` of the sides' values, differentiable with respect to their models' parameters.

    Beyond ``graph_tokens`` (None: GRAPH_TOKENS of the device) no graph is kept: values are computed without one, and
    again chunk by chunk once their gradients are known (Gao et al. 2021). The gradients are the same; memory no longer
    grows with the batch.
    """
    tokens = sum(side.tokens for side in sides)
    if not tokens or tokens <= (graph_tokens or _graph_tokens(sides[0].model)):
        return loss(*(side.values() for side in sides))
    with torch.no_grad():
        leaves = [side.values().float() for side in sides]
    leaves = [leaf.requires_grad_() for leaf in leaves]
    value = loss(*leaves)
    gradients = torch.autograd.grad(value, leaves)
    result = value.detach().requires_grad_()
    device = result.device.type
    half = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None

    def flow_back(upstream: Tensor) -> None:
        again = torch.autocast(device, half) if half else contextlib.nullcontext()
        with torch.enable_grad(), again:
            for side, gradient in zip(sides, gradients, strict=True):
                side.backward(gradient * upstream)

    result.register_hook(flow_back)
    return result


def _graph_tokens(model: Any) -> int:
    return GRAPH_TOKENS.get(model.device.type, GRAPH_TOKENS["cpu"])


class BiEncoderLoss(torch.nn.Module):
    """A loss over the cosines of a batch.

    Features that already hold a "sentence_embedding" come from a frozen encoder: documents are taken as they
    are, queries pass through ``head`` alone (what an adapter trains).
    """

    def __init__(self, model: Any, head: torch.nn.Module | None, loss: Loss, graph_tokens: int | None = None) -> None:
        super().__init__()
        self.model = model
        self.head = head
        self.loss = loss
        self.graph_tokens = graph_tokens
        self.last = float("nan")  # the newest loss, for whoever draws the curve

    def forward(self, features: Sequence[Mapping[str, Any]], teacher: Tensor) -> Tensor:
        def of(*vectors: Tensor) -> Tensor:
            # cosines and softmax in float32, whatever autocast did before
            queries, documents = (torch.nn.functional.normalize(side.float(), dim=1) for side in vectors)
            with torch.autocast(device_type=queries.device.type, enabled=False):
                return self.loss(queries @ documents.T, teacher)

        queries, documents = features
        loss = through([Side(self.model, queries, self.head), Side(self.model, documents)], of, self.graph_tokens)
        self.last = float(loss.detach())
        return loss


class CrossEncoderLoss(torch.nn.Module):
    """A loss over the scores of a reranker: its logit plus ``prior`` times the baseline's cosine.

    ``label`` is (2, B, K): the teacher's scores of each query's own K candidates (MASKED where it has fewer) and
    their cosines. Only the unmasked pairs are among the features, row by row.
    """

    def __init__(self, model: Any, loss: Loss, prior: float, graph_tokens: int | None = None) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.prior = prior
        self.graph_tokens = graph_tokens
        self.last = float("nan")

    def forward(self, features: Sequence[Mapping[str, Any]], label: Tensor, **_: Any) -> Tensor:
        teacher, cosines = label

        def of(logits: Tensor) -> Tensor:
            table = torch.zeros_like(teacher).masked_scatter(teacher != MASKED, logits.float().flatten())
            with torch.autocast(device_type=table.device.type, enabled=False):
                return self.loss(table + self.prior * cosines, teacher)

        (pairs,) = features
        loss = through([Side(self.model, pairs, output="scores")], of, self.graph_tokens)
        self.last = float(loss.detach())
        return loss


def chunks(
    model: Any, features: Mapping[str, Any], output: str = "sentence_embedding"
) -> Iterator[tuple[Tensor, Tensor]]:
    """(row numbers, what the model makes of them): texts of similar length pass together, so little padding is computed."""
    mask = features["attention_mask"]
    lengths = mask.sum(dim=1)
    padded_right = bool(mask[:, 0].all())
    for rows in _together(lengths):
        width = int(lengths[rows].max())
        columns = slice(0, width) if padded_right else slice(mask.shape[1] - width, None)
        part = {name: _rows(value, rows, columns, mask.shape) for name, value in features.items()}
        yield rows, model(part)[output]


def _together(lengths: Tensor) -> Iterator[Tensor]:
    """Row numbers from short to long, CHUNK at most and CHUNK_TOKENS with their padding."""
    order = torch.argsort(lengths, stable=True)
    start = 0
    while start < len(order):
        end = min(start + CHUNK, len(order))
        while end > start + 1 and (end - start) * int(lengths[order[end - 1]]) > CHUNK_TOKENS:
            end -= 1
        yield order[start:end]
        start = end


def _rows(value: Any, rows: Tensor, columns: slice, shape: torch.Size) -> Any:
    """Rows and columns of a per-token tensor; whatever else a feature holds passes as it is."""
    return value[rows][:, columns] if isinstance(value, Tensor) and value.shape == shape else value
