"""Nothing trained on is evaluated, and "better" is said only of what was shown."""

import pytest

from explorer.collections import Parts, assemble
from explorer.collections.collection import Judgement
from explorer.evaluation.significance import difference
from explorer.records import Document, ExplorerError, Query
from explorer.workbench.guards import divide, verdict

MILL = "The tide mill at Sallow was built by Ada Oake in 1743 and has ground the barley of the whole coast ever since."


def collection(texts, judged):
    """``judged``: query_id -> (document, split); every document is a group of its own."""
    documents = [Document(doc_id, text, group=doc_id) for doc_id, text in texts.items()]
    queries = [Query(query_id, f"question {query_id}?", ("x",)) for query_id in judged]
    judgements = [Judgement(query_id, doc_id, 1, split) for query_id, (doc_id, split) in judged.items()]
    return assemble("small", Parts(documents, queries, judgements))


SPREAD = {"t1": ("a", "train"), "t2": ("b", "train"), "d": ("c", "dev"), "e": ("e", "test")}
TEXTS = {"a": MILL, "b": "A pike lies in the reeds.", "c": "The quay is of stone.", "e": "The ferry leaves at noon."}


def ids(data):
    return [query.query_id for query in data.train]


def test_without_overlap_every_training_query_is_used():
    data = divide(collection(TEXTS, SPREAD), "train")
    assert ids(data) == ["t1", "t2"] and data.dropped == {} and data.kept == {}


def test_a_shared_document_stops_the_run_and_says_what_to_do():
    leaking = collection(TEXTS, {**SPREAD, "t3": ("e", "train")})
    with pytest.raises(ExplorerError, match=r"1 training queries of small overlap .* e\.g\. t3.*--overlap drop"):
        divide(leaking, "train")


def test_a_near_duplicate_of_an_evaluated_text_stops_the_run():
    twins = collection({**TEXTS, "e": MILL + " Indeed."}, SPREAD)
    with pytest.raises(ExplorerError, match="near-duplicates of dev's or test's"):
        divide(twins, "train")


def test_overlapping_queries_can_be_dropped_or_kept_and_are_counted():
    twins = collection({**TEXTS, "e": MILL + " Indeed."}, {**SPREAD, "t3": ("c", "train")})
    reasons = {
        "shares a document group with dev or test": 1,
        "its relevant documents are near-duplicates of dev's or test's": 1,
    }
    dropped, kept = divide(twins, "train", "drop"), divide(twins, "train", "keep")
    assert ids(dropped) == ["t2"] and dropped.dropped == reasons and dropped.kept == {}
    assert ids(kept) == ["t1", "t2", "t3"] and kept.kept == reasons and kept.dropped == {}


def test_split_all_frees_the_test_queries_for_training():
    assert ids(divide(collection(TEXTS, SPREAD), "all")) == ["t1", "t2", "e"]


def test_nothing_left_to_train_on_is_one_sentence():
    leaking = collection(TEXTS, {"t1": ("e", "train"), "d": ("c", "dev"), "e": ("e", "test")})
    with pytest.raises(
        ExplorerError, match="small has no query to train on in split 'train'; splits: train 1, dev 1, test 1"
    ):
        divide(leaking, "train", "drop")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.2, "better"),
        (-0.2, -0.01, "worse"),
        (-0.01, 0.2, "no difference shown"),
        (0.0, 0.2, "no difference shown"),
    ],
)
def test_better_is_said_only_when_the_interval_lies_above_zero(low, high, said):
    assert verdict((low, high), 6) == said


def test_of_five_queries_nothing_is_said():
    """Even if all five gained, chance gives as much once in sixteen times."""
    gains = difference(dict.fromkeys("abcde", 0.0), dict.fromkeys("abcde", 0.5))
    assert gains.ci95[0] > 0 and gains.p == 0.0625
    assert verdict(gains.ci95, gains.queries) == "no difference shown"


def test_a_training_query_that_stands_in_the_guard_stops_the_run_or_is_dropped():
    own = collection(TEXTS, SPREAD)
    other = collection({"x": "A heron.", "y": MILL + " So it is."}, {"t2": ("x", "test"), "z": ("y", "test")})
    guard = (other, other.split("test"))
    with pytest.raises(ExplorerError, match=r"2 training queries of small overlap .*2: stands in the guard"):
        divide(own, "train", "stop", guard)
    with pytest.raises(ExplorerError, match="no query to train on .* 2 left out: stands in the guard"):
        divide(own, "train", "drop", guard)
    with pytest.raises(ExplorerError, match="small holds 1 of the queries to train on, .* another guard"):
        divide(own, "train", "keep", guard)
    elsewhere = collection({"x": "A heron.", "y": "A rook."}, {"u": ("x", "test"), "z": ("y", "test")})
    assert ids(divide(own, "train", "stop", (elsewhere, elsewhere.split("test")))) == ["t1", "t2"]
