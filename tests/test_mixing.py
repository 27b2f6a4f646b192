import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.supervision.mixing import minmax, mix, zscore

values = st.dictionaries(st.text(min_size=1, max_size=3), st.floats(-1e6, 1e6), max_size=8)


def test_radios_mix_worked_by_hand():
    """Half of (1, 0.5, 0) and half of (0, 1, 0.5)."""
    parts = {"rationale": {"a": 3.0, "b": 2.0, "c": 1.0}, "retriever": {"a": 0.1, "b": 0.5, "c": 0.3}}
    assert mix(parts, {"rationale": 0.5, "retriever": 0.5}, minmax) == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.25})


def test_a_constant_list_is_a_half_and_moves_nothing():
    assert minmax({"a": 7.0, "b": 7.0}) == {"a": 0.5, "b": 0.5}
    mixed = mix(
        {"rationale": {"a": 7.0, "b": 7.0}, "retriever": {"a": 0.1, "b": 0.9}},
        {"rationale": 0.5, "retriever": 0.5},
        minmax,
    )
    assert mixed == pytest.approx({"a": 0.25, "b": 0.75})


def test_a_lambda_of_one_is_the_rationale_alone_and_of_zero_the_retriever():
    parts = {"rationale": {"a": 1.0, "b": 0.0}, "retriever": {"a": 0.0, "b": 1.0}}
    assert mix(parts, {"rationale": 1.0, "retriever": 0.0}, minmax) == {"a": 1.0, "b": 0.0}
    assert mix(parts, {"rationale": 0.0, "retriever": 1.0}, minmax) == {"a": 0.0, "b": 1.0}


def test_a_fusion_worked_by_hand():
    """(1, -1) weighs 3, (-1, 1) weighs 1: a is (3 - 1) / 4."""
    parts = {"utility": {"a": 9.0, "b": 5.0}, "gold": {"a": 0.0, "b": 2.0}}
    assert mix(parts, {"utility": 3.0, "gold": 1.0}) == pytest.approx({"a": 0.5, "b": -0.5})


def test_only_documents_that_every_part_scored_are_mixed():
    """A teacher that scored part of the candidates must not give the others a place."""
    mixed = mix(
        {"utility": {"a": 1.0, "b": 0.0, "c": 5.0}, "rationale": {"a": 0.1, "b": 0.2}}, {"utility": 1, "rationale": 1}
    )
    assert mixed == pytest.approx({"a": 0.0, "b": 0.0})


def test_an_empty_part_takes_no_share_of_the_weights():
    assert mix({"utility": {"a": 1.0, "b": 0.0}, "gold": {}}, {"utility": 0.5, "gold": 0.5}) == {"a": 1.0, "b": -1.0}


@given(values)
def test_scales_keep_every_document_and_stay_finite(scores):
    for scale in (minmax, zscore):
        scaled = scale(scores)
        assert scaled.keys() == scores.keys() and all(math.isfinite(value) for value in scaled.values())
    assert all(0 <= value <= 1 for value in minmax(scores).values())
