"""Why a teacher helps or not: counted by hand, and once with the real teachers."""

import dataclasses

import pytest

from explorer.benches.reasons import _noise, _order, reasons
from explorer.collections import Collection
from explorer.records import Document, ExplorerError, Query, Ranking, Scores, TeacherScores
from explorer.workbench import Workbench

TEXTS = {
    "bridge": "The mill was built by Ada Lund.",
    "answer": "Ada Lund was born in Vik.",
    "echo": "Where was the builder of the mill born?",
    "other": "Herons nest in reeds.",
}
QUERY = Query("q", "Where was the builder of the mill born?", answers=("Vik",), hops=("bridge", "answer"))


def order(*doc_ids):
    return {"q": Ranking.from_scores("q", {doc_id: -float(n) for n, doc_id in enumerate(doc_ids)})}


@pytest.fixture
def chain():
    documents = {doc_id: Document(doc_id, text) for doc_id, text in TEXTS.items()}
    return Collection("chain", documents, {"q": QUERY}, {"q": {"bridge": 1, "answer": 1}}, {"q": "test"})


def test_evidence_that_says_the_answer_stands_apart_from_what_only_leads_to_it(chain):
    before = order("bridge", "echo", "answer", "other")
    assert _order(chain, [QUERY], before, before) == {
        "right_first": 1,
        "failures": {"lexical echo above gold": 0, "near-duplicate above gold": 0},
        "with_answer": {"documents": 1, "rank": 3},
        "without_answer": {"documents": 1, "rank": 1},
    }
    assert _order(chain, [QUERY], before, order("echo", "answer", "other", "bridge")) == {
        "right_first": 0,
        "failures": {"lexical echo above gold": 1, "near-duplicate above gold": 0},
        "with_answer": {"documents": 1, "rank": 2},
        "without_answer": {"documents": 1, "rank": 4},
    }


def test_evidence_that_a_system_does_not_find_stands_below_all_candidates(chain):
    found = _order(chain, [QUERY], order("bridge", "answer", "echo"), order("echo", "answer"))
    assert found["without_answer"] == {"documents": 1, "rank": 4}


def test_where_no_evidence_contains_the_answer_none_is_said_to_lead_to_it(chain):
    """Yes and no stand nowhere: both documents of a comparison are the answer together."""
    found = _order(chain, [dataclasses.replace(QUERY, answers=("yes",))], order("bridge"), order("bridge"))
    nothing = {"documents": 0, "rank": None}
    assert found["right_first"] == 1 and found["with_answer"] == found["without_answer"] == nothing


def test_noise_is_the_deviation_between_prompts_beside_the_deviation_between_candidates():
    scores = {
        "q1": Scores("q1", {"a": 0.0, "b": 2.0}, {"a": 0.1, "b": 0.3}),
        "q2": Scores("q2", {"a": 1.0}, {"a": 9.0}),
    }
    noise = _noise(TeacherScores("utility", "nats", scores))
    assert noise == {"among_candidates": pytest.approx(2**0.5), "between_prompts": pytest.approx(0.2)}


@pytest.mark.reader
def test_the_teachers_of_a_collection_are_told_beside_its_baseline(bench):
    found = reasons(bench, ["bm25"], lambda *_: None, k=5, tested=3)
    assert [row["system"] for row in found["rows"]][:2] == ["dense:minilm", "utility"]
    assert found["rows"][-1]["system"] == "bm25" and found["queries"] == 3 and found["candidates"] == 5
    shares = {tuple(row[name]["documents"] for name in ("with_answer", "without_answer")) for row in found["rows"]}
    assert len(shares) == 1, "every order is of the same evidence"
    assert found["utility"]["among_candidates"] > 0 and found["utility"]["between_prompts"] > 0


def test_a_collection_without_answers_has_no_teacher_to_explain(chain, workspace):
    bare = dataclasses.replace(chain, queries={"q": dataclasses.replace(QUERY, answers=())})
    with pytest.raises(ExplorerError, match="chain has no judged test query with a reference answer"):
        reasons(Workbench(bare, workspace), [], lambda *_: None)
