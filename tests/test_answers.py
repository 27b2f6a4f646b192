import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.evaluation.answers import choose, exact_match, normalise, token_f1
from explorer.records import ExplorerError

answers = st.lists(st.sampled_from(["the", "a", "red", "car", "Car", "!", "no", "é"]), max_size=6).map(" ".join)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The  Cat's,\that!", "cats hat"),
        ("a theme, an anthem", "theme anthem"),
        ("the-end", "theend"),  # SQuAD removes punctuation before articles
        ("…", "…"),  # and knows ASCII punctuation only
        ("An a THE", ""),
    ],
)
def test_the_normal_form_is_that_of_squads_evaluation(answer, expected):
    assert normalise(answer) == expected


def test_exact_match_takes_the_best_of_several_annotators():
    assert exact_match("the Eiffel tower", ["Paris", "Eiffel Tower."]) == 1.0
    assert exact_match("Eiffel", ["Paris", "Eiffel Tower."]) == 0.0


def test_token_f1_worked_by_hand():
    """red big car against red car: precision 2/3, recall 1; against "blue": 0."""
    assert token_f1("a red big car", ["blue", "the red car"]) == pytest.approx(0.8)


def test_a_repeated_word_counts_as_often_as_it_is_in_both():
    """Precision 1/3, recall 1; a set of words would have given 1."""
    assert token_f1("no no no", ["no"]) == pytest.approx(0.5)


def test_yes_and_no_are_words_like_others():
    assert (exact_match("yes.", ["Yes"]), token_f1("yes.", ["Yes"])) == (1.0, 1.0)
    assert (exact_match("No", ["Yes"]), token_f1("No", ["Yes"])) == (0.0, 0.0)


def test_two_answers_without_words_are_equal_and_one_of_them_matches_nothing():
    assert (exact_match("the", ["!"]), token_f1("the", ["!"])) == (1.0, 1.0)
    assert (exact_match("", ["car"]), token_f1("", ["car"]), token_f1("car", [""])) == (0.0, 0.0, 0.0)


@given(answers, answers)
def test_f1_is_symmetric_and_an_exact_match_has_one(prediction, reference):
    value = token_f1(prediction, [reference])
    assert value == token_f1(reference, [prediction])
    assert exact_match(prediction, [reference]) <= value <= 1.0


@given(answers, st.lists(answers, min_size=1, max_size=4))
def test_several_references_score_as_the_best_one_alone(prediction, references):
    assert token_f1(prediction, references) == max(token_f1(prediction, [one]) for one in references)
    assert exact_match(prediction, references) == max(exact_match(prediction, [one]) for one in references)


def test_no_reference_is_not_a_wrong_answer():
    """Counted as 0, unanswerable queries would lower a mean they have no part in."""
    with pytest.raises(ValueError, match="leave it out"):
        exact_match("car", [])


def test_one_string_is_not_a_sequence_of_references():
    """Read letter by letter it would silently score about 0."""
    with pytest.raises(ValueError, match="pass \\('car',\\)"):
        token_f1("car", "car")


def test_the_likeliest_option_is_chosen_and_the_first_among_equals():
    assert choose({"A": -2.0, "B": -0.5, "C": -0.5}) == "B"


def test_a_likelihood_that_is_no_number_is_refused_with_the_option_named():
    """max would return whichever option stands first."""
    with pytest.raises(ExplorerError, match="of 1 options is NaN \\(first: 'B'\\)"):
        choose({"A": -1.0, "B": float("nan")})


def test_nothing_can_be_chosen_from_no_options():
    with pytest.raises(ValueError, match="nothing to choose from"):
        choose({})
