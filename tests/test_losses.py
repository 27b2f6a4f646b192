"""Every loss against a case worked by hand, its gradient, its masks, and the library's own where there is one."""

import dataclasses
import math

import pytest
import torch

from explorer.models import find_model, load_cross_encoder
from explorer.records import ExplorerError, TrainingExample, silent
from explorer.training.examples import batch_documents, batch_scores
from explorer.training.losses import (
    LOSSES,
    MASKED,
    UNSCORED,
    graded_loss,
    in_batch_loss,
    kl_loss,
    list_loss,
    loss_named,
    triplet_loss,
    utility_loss,
)
from explorer.training.modules import BiEncoderLoss, CrossEncoderLoss, chunks
from explorer.training.settings import PRESETS

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
    table = batch_scores(batch, doc_ids, texts)
    assert table[0, :4].tolist() == [1.0, 0.0, MASKED, MASKED] and math.isnan(table[0, 4])
    assert table[1, 0].item() == MASKED and math.isnan(table[1, 1])  # "a" has the text of q2's candidate "d"
    assert table[1, 2:].tolist() == pytest.approx([0.5, 0.1, 0.2])


# exp(s) = 3, 1, 1, 2 for the four documents of most cases below
FOUR = torch.tensor([[LN3, 0.0, 0.0, math.log(2)]])


def test_a_list_is_the_best_against_the_others_without_in_batch_documents():
    """RADIO: the candidate the teacher scores highest is the class. -ln 1 / (3 + 1) = ln 4: the fourth is in-batch."""
    teacher = torch.tensor([[0.2, 0.9, MASKED, UNSCORED]])
    assert list_loss(FOUR, teacher, tau=1.0).item() == pytest.approx(math.log(4))


def test_radios_list_of_seven_equals_cross_entropy_on_its_logits():
    logits = torch.tensor([[2.0, 1.0, 0.5, 0.0, -0.5, -1.0, -2.0]])
    order = torch.tensor([[7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]])
    expected = -math.log(math.exp(2) / sum(math.exp(x) for x in logits[0].tolist()))
    assert list_loss(logits, order).item() == pytest.approx(expected, abs=1e-6)


def test_in_batch_negatives_push_against_each_positive_alone():
    """Two positives (3 and 2), negatives 1 and 1: the mean of -ln 3/5 and -ln 2/4."""
    teacher = torch.tensor([[2.0, 0.0, UNSCORED, 1.0]])
    expected = (-math.log(3 / 5) - math.log(2 / 4)) / 2
    assert in_batch_loss(FOUR, teacher, tau=1.0).item() == pytest.approx(expected, abs=1e-6)


def test_grades_share_the_mass_by_their_gain():
    """Grades 2 and 1 have gains 3 and 1: -3/4 ln 3/7 - 1/4 ln 2/7, with the sum 3 + 1 + 1 + 2 below."""
    teacher = torch.tensor([[2.0, 0.0, UNSCORED, 1.0]])
    expected = -0.75 * math.log(3 / 7) - 0.25 * math.log(2 / 7)
    assert graded_loss(FOUR, teacher, tau=1.0).item() == pytest.approx(expected, abs=1e-6)


def test_a_grade_as_large_as_a_year_does_not_overflow():
    teacher = torch.tensor([[2024.0, 0.0, UNSCORED, 1.0]])
    assert graded_loss(FOUR, teacher, tau=1.0).item() == pytest.approx(-math.log(3 / 7), abs=1e-4)


def test_a_triplet_counts_what_lacks_to_the_margin():
    """Positive 0.5; negatives 0.4 and 0.1 with margin 0.2: (0.1 + 0) / 2. The masked document is no negative."""
    scores = torch.tensor([[0.5, 0.4, 0.1, 0.9]])
    teacher = torch.tensor([[1.0, 0.0, UNSCORED, MASKED]])
    assert triplet_loss(scores, teacher, margin=0.2).item() == pytest.approx(0.05, abs=1e-6)


def test_kl_is_zero_where_the_student_is_the_teacher_and_ignores_in_batch_documents():
    teacher = torch.tensor([[LN3, 0.0, MASKED, UNSCORED]])
    assert kl_loss(FOUR, teacher, tau=1.0, tau_u=1.0).item() == pytest.approx(0.0, abs=1e-6)
    flat = torch.tensor([[1.0, 1.0, MASKED, UNSCORED]])
    expected = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert kl_loss(FOUR, flat, tau=1.0, tau_u=1.0).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_every_gradient_agrees_with_finite_differences(name):
    torch.manual_seed(0)
    scores = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    teacher = torch.tensor([[2.0, 1.0, 0.0, 0.0, UNSCORED, MASKED], [0.0, 3.0, 0.0, MASKED, 1.0, 0.0]] * 2)[:3].double()
    loss = LOSSES[name](PRESETS["full"])
    assert torch.autograd.gradcheck(lambda s: loss(s, teacher), scores)


@pytest.mark.parametrize("name", ["graded", "in-batch", "triplet"])
def test_labels_without_a_positive_are_refused(name):
    with pytest.raises(ValueError, match="a query has no positive"):
        LOSSES[name](PRESETS["full"])(torch.zeros(1, 2), torch.zeros(1, 2))


def test_an_unknown_loss_names_the_choices():
    with pytest.raises(ExplorerError, match="unknown loss 'magic'; choose from utility, list, graded"):
        loss_named(dataclasses.replace(PRESETS["full"], loss="magic"))


def vectors(rows, seed):
    return torch.nn.functional.normalize(torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed)), dim=1)


class Given(torch.nn.Module):
    """Stands for an encoder in the library's losses: its features are the vectors themselves."""

    def forward(self, features):
        return features


@pytest.mark.parametrize("name", ["in-batch", "graded", "list"])
def test_with_one_positive_and_no_masks_it_is_the_librarys_multiple_negatives_ranking(name):
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    queries, documents = vectors(5, 1), vectors(5, 2)
    theirs = MultipleNegativesRankingLoss(Given(), scale=20.0)
    expected = theirs([{"sentence_embedding": queries}, {"sentence_embedding": documents}], None)
    teacher = torch.eye(5) if name == "list" else torch.full((5, 5), UNSCORED).fill_diagonal_(1.0)
    teacher[torch.isnan(teacher)] = 0.0  # every document a candidate: the losses refuse lists of one
    assert LOSSES[name](PRESETS["full"])(queries @ documents.T, teacher).item() == pytest.approx(
        expected.item(), abs=1e-5
    )


def test_the_triplet_is_the_librarys():
    from sentence_transformers.sentence_transformer.losses import TripletDistanceMetric, TripletLoss

    query, positive, negative = vectors(4, 1), vectors(4, 2), vectors(4, 3)
    features = [{"sentence_embedding": part} for part in (query, positive, negative)]
    theirs = TripletLoss(Given(), distance_metric=TripletDistanceMetric.COSINE, triplet_margin=0.5)
    scores = torch.stack([(query * positive).sum(1), (query * negative).sum(1)], dim=1)
    ours = triplet_loss(scores, torch.tensor([[1.0, 0.0]]).expand(4, 2), margin=0.5)
    assert ours.item() == pytest.approx(theirs(features, None).item(), abs=1e-5)


def features_of(encoder, texts):
    return dict(encoder.preprocess(texts))


def test_gradients_computed_chunk_by_chunk_are_the_gradients(models):
    """Gao et al. 2021: large steps without the memory; the parameters must move exactly the same."""
    queries, documents = (
        ["tide mill", "old quay"],
        ["the mill turns with the tide " * 4, "a quay of stone", "pike", "reeds"],
    )
    teacher = torch.tensor([[1.0, 0.2, 0.0, UNSCORED], [0.1, 0.9, MASKED, 0.0]])
    found = []
    for graph_tokens in (1000, 1):
        encoder = models.trainable("minilm").eval()
        module = BiEncoderLoss(encoder, None, LOSSES["utility"](PRESETS["full"]), graph_tokens)
        loss = module([features_of(encoder, queries), features_of(encoder, documents)], teacher)
        loss.backward()
        gradients = torch.cat([p.grad.flatten() for p in encoder.parameters() if p.grad is not None])
        found.append((loss.item(), gradients))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-6)
    assert found[0][1].abs().max() > 1e-3 and torch.allclose(found[0][1], found[1][1], atol=1e-5)


def test_a_reranker_learns_the_same_chunk_by_chunk(tmp_path, model_cache):
    """Seven pairs a query of up to 512 tokens kept 8 GB of graph."""
    folder = find_model("minilm", model_cache / "models", silent)
    teacher = torch.tensor([[1.0, 0.0, MASKED], [0.0, 2.0, 1.0]])
    label = torch.stack([teacher, torch.zeros(2, 3)])
    pairs = [("tide mill", text) for text in ("the mill turns " * 9, "pike", "a quay", "reeds", "the old quay")]
    found = []
    for graph_tokens in (1000, 1):
        model, _ = load_cross_encoder(folder, "cpu")
        module = CrossEncoderLoss(model.eval(), LOSSES["list"](PRESETS["reranker"]), 20.0, graph_tokens)
        loss = module([dict(model.preprocess(pairs))], label)
        loss.backward()
        found.append((loss.item(), torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-6)
    assert found[0][1].abs().max() > 1e-3 and torch.allclose(found[0][1], found[1][1], atol=1e-5)


def test_a_reranker_reads_only_real_pairs_and_adds_the_cosine():
    """Two queries with two and one more candidate: the masked place gets no logit, the prior weighs the cosine."""

    class Lengths(torch.nn.Module):
        device = torch.device("cpu")

        def forward(self, features):
            return {"scores": features["attention_mask"].sum(dim=1, keepdim=True).float()}

    pairs = {"attention_mask": torch.tensor([[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 1, 1]])}
    label = torch.tensor([[[1.0, 0.0, MASKED], [0.0, 2.0, 1.0]], [[0.5, 0.1, 0.0], [0.1, 0.2, 0.3]]])
    seen = []
    module = CrossEncoderLoss(Lengths(), lambda scores, teacher: seen.append(scores) or scores.sum(), prior=10.0)
    module([pairs], label, prompt=None, task=None)
    assert seen[0].tolist() == [[3 + 5.0, 1 + 1.0, 0.0], [2 + 1.0, 1 + 2.0, 3 + 3.0]]


def test_texts_embedded_by_length_are_the_texts_embedded_at_once(models):
    encoder = models.trainable("minilm")
    texts = [
        "tide",
        "the mill stands at the end of the quay " * 6,
        "who built it and when was it built?",
        "pike " * 40,
    ] * 6
    features = encoder.preprocess(texts)
    with torch.no_grad():
        at_once = encoder(dict(features))["sentence_embedding"]
        rows, parts = zip(*chunks(encoder, features), strict=True)
    assert len(rows) == 2 and torch.allclose(at_once[torch.cat(rows)], torch.cat(parts), atol=1e-5)
