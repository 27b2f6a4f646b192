import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.records import ExplorerError, Ranking, Scores, TeacherScores

scores = st.dictionaries(
    st.text(min_size=1, max_size=4), st.sampled_from([0.0, 0.5, 1.0, -1.0]) | st.floats(allow_nan=False), max_size=12
)


def test_equal_scores_are_ordered_by_doc_id_descending():
    """trec_eval's rule; another one would change measures on ties."""
    ranking = Ranking.from_scores("q", {"a": 1.0, "c": 1.0, "b": 2.0})
    assert ranking.doc_ids == ("b", "c", "a")


def test_ranks_count_from_one():
    assert Ranking.from_scores("q", {"a": 3.0, "b": 1.0}).ranks == {"a": 1, "b": 2}


@given(scores)
def test_the_order_does_not_depend_on_the_order_of_insertion(values):
    backwards = dict(reversed(values.items()))
    assert Ranking.from_scores("q", values) == Ranking.from_scores("q", backwards)


@given(scores, st.integers(0, 15))
def test_the_first_k_are_the_beginning_of_the_whole_ranking(values, k):
    assert Ranking.from_scores("q", values, k).docs == Ranking.from_scores("q", values).docs[:k]


def test_what_was_scored_stands_above_the_rest_of_a_list():
    """A relevant document below a teacher's candidates still counts, as it does for the baseline it is compared with."""
    found = Ranking.from_scores("q", {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6})
    scores = {"a": -2.0, "b": -1.0, "elsewhere": -1.5}
    assert found.lifted(scores).doc_ids == ("b", "elsewhere", "a", "c", "d")
    assert found.lifted(scores, 4).doc_ids == ("b", "elsewhere", "a", "c")
    assert found.lifted({}).doc_ids == found.doc_ids


def test_a_nan_score_is_refused_with_the_document_named():
    """NaN compares false with everything: sorting would silently give any order."""
    with pytest.raises(ExplorerError, match="'q1' has NaN as score of 1 documents \\(first: 'b'\\)"):
        Ranking.from_scores("q1", {"a": 1.0, "b": float("nan")})


def test_a_query_left_out_by_the_teacher_is_counted_and_not_ranked():
    teacher = TeacherScores(
        "utility", "nats", {"q1": Scores("q1", {"a": 1.0}), "q2": Scores("q2", {}, left_out="no answer")}
    )
    assert teacher.left_out == {"no answer": 1}
    assert list(teacher.run().rankings) == ["q1"]
