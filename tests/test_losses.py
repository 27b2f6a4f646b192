"""The loss against a case worked by hand, its gradient, and its masks."""

import math

import pytest
import torch

from explorer.records import TrainingExample
from explorer.training.examples import batch_documents, batch_utilities
from explorer.training.losses import MASKED, UNSCORED, embed_by_length, utility_loss

LN3 = math.log(3)


def test_two_candidates_and_one_negative_worked_by_hand():
    """tau_u 1: p* = (3/4, 1/4). tau 1: exp(s) = (3, 1, 1), p = (3/5, 1/5). L = -3/4 ln 3/5 - 1/4 ln 1/5 = 0.785480..."""
    scores = torch.tensor([[LN3, 0.0, 0.0]])
    utilities = torch.tensor([[LN3, 0.0, UNSCORED]])
    expected = -0.75 * math.log(3 / 5) - 0.25 * math.log(1 / 5)
    assert utility_loss(scores, utilities, tau=1.0, tau_u=1.0).item() == pytest.approx(expected, abs=1e-6)


def test_a_masked_document_does_not_enter_the_softmax():
    scores = torch.tensor([[LN3, 0.0, 50.0]])
    masked = torch.tensor([[LN3, 0.0, MASKED]])
    expected = -0.75 * math.log(3 / 4) - 0.25 * math.log(1 / 4)
    assert utility_loss(scores, masked, tau=1.0, tau_u=1.0).item() == pytest.approx(expected, abs=1e-6)


def test_temperatures_divide():
    scores, utilities = torch.tensor([[0.05 * LN3, 0.0]]), torch.tensor([[0.3 * LN3, 0.0]])
    expected = -0.75 * math.log(3 / 4) - 0.25 * math.log(1 / 4)
    assert utility_loss(scores, utilities, tau=0.05, tau_u=0.3).item() == pytest.approx(expected, abs=1e-6)


def test_the_gradient_is_the_student_minus_the_teacher():
    """d L / d s = (p - p*) / tau; negatives are pushed by p alone."""
    scores = torch.tensor([[LN3, 0.0, 0.0]], requires_grad=True)
    utility_loss(scores, torch.tensor([[LN3, 0.0, UNSCORED]]), tau=0.5, tau_u=1.0).backward()
    weights = [9 / 11, 1 / 11, 1 / 11]  # exp(s / 0.5) = (9, 1, 1)
    expected = [(weights[0] - 0.75) / 0.5, (weights[1] - 0.25) / 0.5, weights[2] / 0.5]
    assert scores.grad[0].tolist() == pytest.approx(expected, abs=1e-6)


def test_the_gradient_agrees_with_finite_differences():
    torch.manual_seed(0)
    scores = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    utilities = torch.randn(3, 6, dtype=torch.float64)
    utilities[0, 4], utilities[1, 5] = UNSCORED, MASKED
    assert torch.autograd.gradcheck(lambda s: utility_loss(s, utilities, 0.2, 0.3), scores)


def test_the_mean_over_queries_is_the_mean_of_single_queries():
    torch.manual_seed(1)
    scores, utilities = torch.randn(4, 5), torch.randn(4, 5)
    single = [utility_loss(scores[i : i + 1], utilities[i : i + 1]).item() for i in range(4)]
    assert utility_loss(scores, utilities).item() == pytest.approx(sum(single) / 4, abs=1e-5)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match="both must be"):
        utility_loss(torch.zeros(2, 3), torch.zeros(1, 3))


def test_a_single_candidate_is_refused_because_it_teaches_nothing():
    with pytest.raises(ValueError, match="fewer than two candidates"):
        utility_loss(torch.zeros(1, 2), torch.tensor([[1.0, UNSCORED]]))


def test_in_batch_documents_are_masked_when_relevant_or_same_text():
    """A false negative would push the student away from the right document."""
    batch = [
        TrainingExample("q1", ("a", "b"), (1.0, 0.0), frozenset({"c"})),
        TrainingExample("q2", ("c", "d", "e"), (0.5, 0.1, 0.2)),
    ]
    texts = {"a": "tide", "b": "mill", "c": "quay", "d": "tide", "e": "pike"}
    doc_ids = batch_documents(batch)
    assert doc_ids == ["a", "b", "c", "d", "e"]
    table = batch_utilities(batch, doc_ids, texts)
    assert table[0, :4].tolist() == [1.0, 0.0, MASKED, MASKED] and math.isnan(table[0, 4])
    assert table[1, 0].item() == MASKED and math.isnan(table[1, 1])  # "a" has the text of q2's candidate "d"
    assert table[1, 2:].tolist() == pytest.approx([0.5, 0.1, 0.2])


def test_texts_embedded_by_length_are_the_texts_embedded_at_once(models):
    encoder = models.trainable("minilm")
    texts = ["tide", "the mill stands at the end of the quay " * 6, "who built it and when was it built?", "pike " * 40]
    features = encoder.preprocess(texts)
    with torch.no_grad():
        at_once = encoder(dict(features))["sentence_embedding"]
        by_length = embed_by_length(encoder, features, chunk=2)
    assert torch.allclose(at_once, by_length, atol=1e-5)
