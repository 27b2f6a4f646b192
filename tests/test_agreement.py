import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.evaluation.agreement import Agreement, agreement, krippendorff_alpha

keys = st.tuples(st.sampled_from(["q1", "q2", "q3"]), st.sampled_from(["a", "b", "c", "d"]))
labels = st.dictionaries(keys, st.integers(-1, 4), max_size=12)


def labelled(*grades):
    """Grades of documents d0, d1, … for one query; None: not labelled."""
    return {("q", f"d{n}"): grade for n, grade in enumerate(grades) if grade is not None}


def test_cohens_kappa_of_the_textbook_table():
    """35 of 50 agree (0.7); by chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5; (0.7 - 0.5) / (1 - 0.5)."""
    a = labelled(*[1] * 20, *[1] * 5, *[0] * 10, *[0] * 15)
    b = labelled(*[1] * 20, *[0] * 5, *[1] * 10, *[0] * 15)
    assert (agreement(a, b).n, agreement(a, b).cohen) == (50, pytest.approx(0.4))


def test_quadratic_weights_are_distances_of_grades_even_where_a_grade_is_never_used():
    """Observed (1-3)² + (0-1)² = 5; by chance 60/4 = 15. Counted by place among the grades used it would be 0.692."""
    assert agreement(labelled(0, 1, 3, 0), labelled(0, 3, 3, 1)).weighted == pytest.approx(2 / 3)


def test_krippendorffs_alpha_of_two_sources_worked_by_hand():
    """Five 0 and three 1: observed 2/8, expected 2 x 5 x 3 / (8 x 7)."""
    assert agreement(labelled(0, 0, 1, 1), labelled(0, 0, 1, 0)).krippendorff == pytest.approx(8 / 15)


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_four_sources_with_gaps_is_that_of_krippendorffs_own_example(level, expected):
    """Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section D."""
    sources = [
        labelled(1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
        labelled(1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
        labelled(None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
        labelled(1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
    ]
    assert krippendorff_alpha(sources, level) == pytest.approx(expected, abs=5e-4)


def test_labels_are_joined_by_query_and_document_not_by_position():
    a = {("q1", "d"): 1, ("q2", "d"): 0}
    b = {("q2", "d"): 0, ("q1", "d"): 1}
    assert agreement(a, b) == Agreement(2, 1.0, 1.0, 1.0)


def test_a_pair_only_one_source_labelled_counts_nowhere():
    """Taken as grade 0, what nobody looked at would become disagreement."""
    both = agreement(labelled(1, 0), labelled(1, 0))
    assert agreement(labelled(1, 0, 3, None), labelled(1, 0, None, 2)) == both == Agreement(2, 1.0, 1.0, 1.0)


def test_a_source_that_always_says_the_same_agrees_as_chance_does():
    assert agreement(labelled(1, 1), labelled(1, 0)) == Agreement(2, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [
        (labelled(), labelled(), 0),
        (labelled(1, None), labelled(None, 1), 0),
        (labelled(1), labelled(0), 1),
        (labelled(1, 1, 1, 0), labelled(1, 1, 1), 3),
    ],
)
def test_agreement_without_two_pairs_or_two_grades_is_undefined_not_zero(a, b, n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert agreement(a, b) == Agreement(n, None, None, None)


def test_alpha_of_no_sources_or_one_is_undefined():
    assert krippendorff_alpha([]) is None
    assert krippendorff_alpha([labelled(1, 0, 2)]) is None


@given(labels, labels)
def test_agreement_is_symmetric_never_nan_and_warns_of_nothing(a, b):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, turned = agreement(a, b), agreement(b, a)
    for one, other in zip(
        (found.cohen, found.weighted, found.krippendorff),
        (turned.cohen, turned.weighted, turned.krippendorff),
        strict=True,
    ):
        assert (one is None) == (other is None)
        assert one is None or (math.isclose(one, other, abs_tol=1e-12) and one <= 1.0)
