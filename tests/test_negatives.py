from explorer.records import Query, Ranking
from explorer.training.negatives import HOLDS_ANSWER, SAME_TEXT, TOO_CLOSE, mine

QUERY = Query("q", "Who built the mill?", ("Ada  Oake", "no"))
TEXTS = {
    "gold": "Ada Oake built the mill.",
    "copy": "Ada Oake built the mill.",
    "same": "It was built by ada oake, they say.",
    "broad": "The Adam Oaken chair.",
    "echo": "Who built the mill? There is no telling.",
    "near": "The mill of Sallow.",
    "useless": "A mill that Ada Oake never saw.",
    "far": "A pike.",
}


def mined(scores, useless=(), count=9):
    return mine(QUERY, Ranking.from_scores("q", scores), {"gold"}, set(useless), TEXTS, count)


def test_the_hardest_come_first_and_no_more_than_asked():
    found = mined({"gold": 0.6, "echo": 0.65, "near": 0.5, "far": 0.1}, count=2)
    assert found.doc_ids == ("echo", "near") and found.refused == {}


def test_a_copy_of_a_relevant_document_and_one_that_holds_the_answer_are_no_negatives():
    found = mined({"gold": 0.6, "copy": 0.6, "same": 0.5, "broad": 0.4})
    assert found.doc_ids == ("broad",)
    assert found.refused == {SAME_TEXT: 1, HOLDS_ANSWER: 1}


def test_what_scores_far_above_the_relevant_document_may_be_relevant_itself():
    found = mined({"gold": 0.3, "near": 0.45, "echo": 0.39})
    assert found.doc_ids == ("echo",) and found.refused == {TOO_CLOSE: 1}


def test_the_guard_is_silent_where_the_relevant_document_was_not_found():
    """Its score is unknown then: there is no margin to measure."""
    assert mined({"near": 0.9, "far": 0.1}).doc_ids == ("near", "far")


def test_a_document_somebody_judged_useless_is_always_a_negative():
    found = mined({"gold": 0.3, "useless": 0.9}, ["useless"])
    assert found.doc_ids == ("useless",) and found.refused == {}


def test_an_answer_such_as_no_stands_in_every_document_and_proves_nothing():
    assert mined({"gold": 0.5, "echo": 0.4}).doc_ids == ("echo",)
