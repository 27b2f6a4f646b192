"""Collections and runs from what is in memory: they join by id as those of files do, or say why they cannot."""

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.collections import assemble, beir, frames, open_collection
from explorer.collections.collection import Judgement
from explorer.records import Document, ExplorerError, Query
from explorer.workbench.opening import in_memory, open_workbench

DOCS = {"1": "The ferry takes an hour.", "2": "The museum opens at nine.", "3": "Tickets cost five crowns."}
ASKED = {"1": "How long does the ferry take?", "2": "When does the museum open?"}
FOUND = {"1": {"3": 2.0, "1": 1.0}, "2": {"2": 3.0}}


def test_frames_of_other_tools_are_recognised_by_their_columns():
    """PyTerrier, ranx and ir_datasets each name the same things differently."""
    documents = pandas.DataFrame({"docno": [1, 2], "text": ["A", "B"], "title": ["T", None]})
    queries = pandas.DataFrame({"qid": ["7"], "query": ["who?"], "answers": [["me", "I"]], "split": ["validation"]})
    qrels = pandas.DataFrame({"q_id": ["7"], "doc_id": [2], "relevance": [1.0]})
    parts = frames.parts(documents, queries, qrels)
    assert list(parts.documents) == [Document("1", "A", "T", "1"), Document("2", "B", "", "2")]
    assert list(parts.queries) == [Query("7", "who?", ("me", "I"))]
    assert list(parts.judgements) == [Judgement("7", "2", 1)]
    assert parts.splits == {"7": "dev"}


def test_ids_that_pandas_made_floats_or_an_index_still_join():
    """One missing cell makes a column of whole numbers floats: 1 would become 1.0 and join nothing."""
    documents = pandas.DataFrame({"text": ["A", "B"]}, index=pandas.Index([1.0, 2.0], name="doc_id"))
    judged = pandas.DataFrame({"query_id": [1, None], "doc_id": [2.0, 1.0], "grade": [1, 1]}).iloc[:1]
    whole = assemble("frames", frames.parts(documents, {"1": "?"}, judged))
    assert whole.qrels == {"1": {"2": 1}} and whole.notes == ()


def test_dicts_and_files_are_frames_too(tmp_path):
    (tmp_path / "judged.qrels").write_text("1 0 2 1\n")
    whole = assemble("frames", frames.parts(DOCS, {"1": {"query": "?", "answers": ["yes"]}}, tmp_path / "judged.qrels"))
    assert whole.queries["1"] == Query("1", "?", ("yes",))
    assert whole.qrels == {"1": {"2": 1}} and len(whole.documents) == 3


def test_a_table_of_questions_answers_and_contexts_is_a_collection():
    table = pandas.DataFrame({"question": ["Who?", "Who?"], "answer": ["I", "I"], "context": ["It is I.", "It rains."]})
    whole = assemble("frames", frames.parts(table))
    assert [query.text for query in whole.queries.values()] == ["Who?"]
    assert len(whole.documents) == 2


@pytest.mark.parametrize("column, expected", [("score", ("b", "a")), ("rank", ("a", "b"))])
def test_the_score_orders_a_run_and_the_rank_where_there_is_none(column, expected):
    found = pandas.DataFrame({"qid": [1, 1], "docno": ["a", "b"], column: [1, 2]})
    assert frames.run("mine", found).rankings["1"].doc_ids == expected


@pytest.mark.parametrize(
    "given, sentence",
    [
        (
            {"documents": pandas.DataFrame({"id": [1], "txet": ["A"]})},
            "has the columns id, txet; expected .* rename 'txet' to 'text'",
        ),
        ({"documents": pandas.DataFrame({"text": []})}, "documents holds no rows; expected at least one"),
        ({"documents": 5}, "documents is a int; expected a pandas DataFrame, a dict"),
        ({"documents": {"doc_id": ["1"]}}, "a dict of columns needs pandas.DataFrame around it"),
        ({"queries": pandas.DataFrame({"qid": [1], "wording": ["?"]})}, "has the columns qid, wording; expected query"),
        (
            {"qrels": pandas.DataFrame({"qid": [1], "docno": [1], "relevence": [1]})},
            "expected query_id, doc_id, grade: rename 'relevence' to 'relevance'",
        ),
        ({"qrels": {"1": {"1": "often"}}}, "qrels has 'often' where a number was expected"),
        ({"qrels": {"1": {"1": 0.5}}}, "expected a whole number such as 0, 1 or 2"),
        ({"runs": {"mine": {}}}, "the run 'mine' holds no rows"),
        (
            {"runs": {"mine": {"q1": {"1": 1.0}}}},
            "joins no query of the collection: its ids are 'q1', those of the collection '1', '2'",
        ),
        ({"runs": {"mine": {"1": {"d1": 1.0}}}}, "joins no document of the collection"),
        ({"runs": {"mine": {"1": {"1": float("nan")}}}}, "has None where a number was expected"),
        ({"runs": {"bm25": FOUND}}, "'bm25' cannot name a run"),
        ({"spec": "harbour"}, "open a collection by its name .* or give documents="),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_sentence(given, sentence, workspace):
    with pytest.raises(ExplorerError, match=sentence):
        open_workbench(workspace=workspace, **{"documents": DOCS, "queries": ASKED, **given})


def test_a_run_in_memory_is_a_retriever_like_any_other(workspace):
    """By its bare name, as run:NAME, within a hybrid, and where systems are asked what a sentence adds."""
    from explorer.workbench.ablating import ablate

    bench = open_workbench(documents=DOCS, queries=ASKED, runs={"mine": FOUND}, workspace=workspace)
    query = bench.query("1")
    for spec in ("mine", "run:mine"):
        assert bench.search(spec, [query]).rankings["1"].doc_ids == ("3", "1")
    assert "3" in bench.search("hybrid:mine+bm25", [query]).rankings["1"].doc_ids
    assert "recorded elsewhere" in ablate(bench, "mine", query, bench.collection.documents["1"]).refused
    assert bench.for_visitors(read_only=True, fenced=True).search("mine", [query]).rankings["1"].doc_ids == ("3", "1")
    with pytest.raises(ExplorerError, match="unknown retriever 'mien'; write one of mine, bm25"):
        bench.search("mien", [query])


def test_runs_go_with_a_collection_of_files_and_what_does_not_join_is_noted(workspace):
    runs = {"mine": {"q001": {"nowhere": 2.0, "ferry-01": 1.0}}}
    bench = open_workbench("harbour", runs=runs, workspace=workspace)
    assert [str(note) for note in bench.collection.notes] == ["run mine: ids of no document: 1 (nowhere)"]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(texts, texts, min_size=1), st.dictionaries(texts, texts, min_size=1), st.data())
def test_what_was_in_memory_is_the_same_collection_once_written(tmp_path_factory, documents, queries, data):
    """A run in another process opens it from disk: another split or grade there would be another experiment."""
    from explorer.workspace import Workspace

    grades = st.dictionaries(st.sampled_from(sorted(documents)), st.integers(0, 3), min_size=1)
    qrels = data.draw(st.dictionaries(st.sampled_from(sorted(queries)), grades, min_size=1))
    workspace = Workspace(tmp_path_factory.mktemp("memory"))
    whole = in_memory(documents, queries, qrels, workspace)
    beir.save(whole, workspace.root / "written")
    again = open_collection(str(workspace.root / "written"))
    for part in ("documents", "queries", "qrels", "splits"):
        assert getattr(again, part) == getattr(whole, part)
