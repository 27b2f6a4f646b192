"""Losses as pure functions of scores, testable by hand.

All take ``scores`` (B, D), a student's scores of B queries with D documents, and ``teacher`` (B, D): the teacher's
score where d is a candidate of the query, UNSCORED for in-batch documents, MASKED for documents left out of this
query's softmax. All return the mean over queries, in nats unless said otherwise. sentence-transformers' losses take
fixed columns and know no masks; where both apply they agree (tests/test_losses.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from explorer.records import ExplorerError
from explorer.training.settings import Settings

if TYPE_CHECKING:  # whoever only names a loss need not wait for torch
    from torch import Tensor

UNSCORED = float("nan")  # an in-batch document the teacher did not score for this query: a negative
MASKED = float("-inf")  # a document that must not count as a negative of this query
GREATEST_GAIN = 30.0  # 2^grade - 1 stays finite whatever a file calls a grade


def utility_loss(scores: Tensor, teacher: Tensor, tau: float = 0.05, tau_u: float = 0.3) -> Tensor:
    """Utility-modulated InfoNCE: -sum_d p*(d) log p(d), at least the entropy of p*.

    p* is the softmax of teacher / tau_u over the candidates, p the softmax of scores / tau over all unmasked
    documents. UAE 2026, reconstructed from its abstract.
    """
    candidates = _candidates(scores, teacher)
    target = (teacher / tau_u).masked_fill(~candidates, float("-inf")).softmax(dim=1)
    return _cross_entropy(target, _log_softmax(scores / tau, teacher != MASKED))


def kl_loss(scores: Tensor, teacher: Tensor, tau: float = 0.05, tau_u: float = 0.3) -> Tensor:
    """KL(p* || p) over each query's own candidates, without in-batch documents. Hinton et al. 2015."""
    candidates = _candidates(scores, teacher)
    log_target = _log_softmax(teacher / tau_u, candidates)
    log_p = _log_softmax(scores / tau, candidates)
    gap = (log_target - log_p).masked_fill(~candidates, 0.0)
    return (log_target.exp() * gap).sum(dim=1).mean()


def list_loss(scores: Tensor, teacher: Tensor, tau: float = 1.0) -> Tensor:
    """InfoNCE over one list: the candidate the teacher scores highest against the others, no in-batch documents.

    RADIO (arXiv 2412.08519) takes tau = 1 on a cross-encoder's logits.
    """
    candidates = _candidates(scores, teacher)
    best = teacher.masked_fill(~candidates, float("-inf")).argmax(dim=1, keepdim=True)
    return -_log_softmax(scores / tau, candidates).gather(1, best).mean()


def in_batch_loss(scores: Tensor, teacher: Tensor, tau: float = 0.05) -> Tensor:
    """Each positive (teacher above 0) against all documents that are not positive (multiple negatives ranking).

    The mean over positives, then over queries. Henderson et al. 2017.
    """
    positive = _positives(scores, teacher)
    scaled = scores / tau
    rest = scaled.masked_fill(positive | (teacher == MASKED), float("-inf")).logsumexp(dim=1, keepdim=True)
    losses = (scaled.logaddexp(rest) - scaled).masked_fill(~positive, 0.0)
    return (losses.sum(dim=1) / positive.sum(dim=1)).mean()


def graded_loss(scores: Tensor, teacher: Tensor, tau: float = 0.05) -> Tensor:
    """Listwise over grades: cross-entropy with the target 2^grade - 1, normalised to 1; in-batch documents are negatives.

    ListNet's softmax (Cao et al. 2007) with the gain of nDCG as in Burges 2010: a document of grade 0 gets no mass.
    """
    positive = _positives(scores, teacher)
    gains = (2 ** teacher.clamp(max=GREATEST_GAIN) - 1).masked_fill(~positive, 0.0)
    return _cross_entropy(gains / gains.sum(dim=1, keepdim=True), _log_softmax(scores / tau, teacher != MASKED))


def triplet_loss(scores: Tensor, teacher: Tensor, margin: float = 0.2) -> Tensor:
    """max(0, margin - s(positive) + s(negative)) over all pairs of a query, in units of the score. Schroff et al. 2015."""
    positive = _positives(scores, teacher)
    negative = ~positive & (teacher != MASKED)
    pairs = positive[:, :, None] & negative[:, None, :]
    losses = (margin - scores[:, :, None] + scores[:, None, :]).relu().masked_fill(~pairs, 0.0)
    return (losses.sum(dim=(1, 2)) / pairs.sum(dim=(1, 2)).clamp(min=1)).mean()


def _candidates(scores: Tensor, teacher: Tensor) -> Tensor:
    if scores.shape != teacher.shape:
        # would broadcast and still train
        raise ValueError(
            f"scores are {tuple(scores.shape)}, teacher scores {tuple(teacher.shape)}; both must be (queries, documents)"
        )
    candidates = teacher.isfinite()
    if bool((candidates.sum(dim=1) < 2).any()):
        raise ValueError("a query has fewer than two candidates: the teacher would be constant and teach nothing")
    return candidates


def _positives(scores: Tensor, teacher: Tensor) -> Tensor:
    positive = _candidates(scores, teacher) & (teacher > 0)
    if not bool(positive.any(dim=1).all()):
        raise ValueError("a query has no positive: with nothing to pull towards the loss is undefined")
    return positive


def _log_softmax(values: Tensor, kept: Tensor) -> Tensor:
    return values.masked_fill(~kept, float("-inf")).log_softmax(dim=1)


def _cross_entropy(target: Tensor, log_p: Tensor) -> Tensor:
    """-sum target x log p; where the target is 0 nothing is added, even if log p is -inf."""
    return -(target * log_p.masked_fill(target == 0, 0.0)).sum(dim=1).mean()


Loss: TypeAlias = "Callable[[Tensor, Tensor], Tensor]"

LOSSES: Mapping[str, Callable[[Settings], Loss]] = {
    "utility": lambda s: partial(utility_loss, tau=s.tau, tau_u=s.tau_u),
    "list": lambda s: partial(list_loss, tau=s.tau),
    "graded": lambda s: partial(graded_loss, tau=s.tau),
    "in-batch": lambda s: partial(in_batch_loss, tau=s.tau),
    "triplet": lambda s: partial(triplet_loss, margin=s.margin),
    "kl": lambda s: partial(kl_loss, tau=s.tau, tau_u=s.tau_u),
}
LABEL_LOSSES = ("graded", "in-batch", "triplet")  # these need positives, so only labels can feed them


def loss_named(settings: Settings) -> Loss:
    if settings.loss not in LOSSES:
        raise ExplorerError(f"unknown loss {settings.loss!r}; choose from {', '.join(LOSSES)}")
    return LOSSES[settings.loss](settings)
