"""Scores of a teacher that come with the data: FlagEmbedding's pos_scores and neg_scores, read, taught from, written."""

import json

import pytest

from explorer.collections import beir, open_collection
from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.exporting import export
from explorer.workbench.lessons import teach
from explorer.workbench.plans import Plan
from explorer.workbench.specs import Retrievers
from explorer.workbench.teachers import Teacher
from explorer.workbench.teaching import candidates_of, quality, scores_for
from explorer.workbench.teaching_board import board

ROW = {
    "query": "who?",
    "pos": ["Ada."],
    "neg": ["A fish.", "", "A pike."],
    "pos_scores": [9.5],
    "neg_scores": [1, 7, -2.5],
}


def written(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_scores_keep_to_their_texts_where_empty_ones_are_left_out(tmp_path):
    """A score moved to its neighbour would teach the opposite."""
    found = open_collection(written(tmp_path / "t.jsonl", ROW))
    texts = {doc_id: doc.text for doc_id, doc in found.documents.items()}
    assert {texts[d]: score for d, score in found.queries["q1"].scores.items()} == {
        "Ada.": 9.5,
        "A fish.": 1,
        "A pike.": -2.5,
    }


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"neg_scores": [1, 2]},
            "t.jsonl line 1 has 3 texts in neg and 2 scores in neg_scores; expected one score for each",
        ),
        ({"pos_scores": ["high"]}, "line 1 has the score 'high'; expected a number"),
        ({"pos_scores": [float("nan")]}, "line 1 has the score nan; expected a number"),
    ],
)
def test_scores_that_do_not_fit_their_texts_are_refused(tmp_path, wrong, sentence):
    with pytest.raises(ExplorerError, match=sentence):
        open_collection(written(tmp_path / "t.jsonl", {**ROW, **wrong}))


def test_a_teacher_that_scored_only_part_of_the_candidates_says_how_many_it_left(tmp_path, workspace):
    rows = [ROW, {"query": "what?", "pos": ["A bell."], "neg": ["A fish."], "pos_scores": [2], "neg_scores": [1]}]
    bench = Workbench(open_collection(written(tmp_path / "t.jsonl", *rows)), workspace)
    told = bench.teach("given", split="all", k=16)
    documents = len(bench.collection.documents)
    assert told["unscored"] == 2 * documents - 3 - 2 == told["queries"] * documents - told["scores"]
    assert bench.teach("gold", split="all", k=16)["unscored"] == 0, "nobody judges every document"


def test_scores_survive_a_beir_folder(tmp_path):
    before = open_collection(written(tmp_path / "t.jsonl", ROW))
    beir.save(before, tmp_path / "saved")
    assert open_collection(str(tmp_path / "saved")).queries == before.queries


@pytest.fixture
def taught(tmp_path, models):
    rows = [
        {
            "query": f"Who keeps light {n}?",
            "pos": [f"Ada keeps light {n}."],
            "neg": [f"Light {n} is old.", f"A pike, {n}."],
        }
        | {"pos_scores": [3.0 + n], "neg_scores": [1.5, -2.0], "split": split}
        for n, split in enumerate(["train"] * 6 + ["dev"] * 2 + ["test"] * 2)
    ]
    del rows[0]["pos_scores"], rows[0]["neg_scores"]
    collection = open_collection(written(tmp_path / "train.jsonl", *rows))
    return Retrievers(collection, models)


def test_given_scores_are_a_teacher_of_all_they_cover_found_by_the_baseline_or_not(taught):
    """What the baseline missed was scored all the same; what nobody scored stays unscored."""
    teacher = Teacher("given")
    run = taught.get("dense:minilm").search(taught.collection.split("train"), 2)
    scores = scores_for(taught, teacher, candidates_of(taught, run, teacher))
    assert scores.left_out == {"the collection gives no scores": 1}
    assert sorted(scores.by_query["q2"].values.values()) == [-2.0, 1.5, 4.0]
    assert quality(taught.collection, scores.run(), scores)["AP"] == 1.0


def test_a_fusion_standardises_given_scores_and_the_board_shows_them(taught, shared_workspace):
    candidates = {"q2": tuple(taught.collection.queries["q2"].scores)}
    mixed = scores_for(taught, Teacher("fusion:given=1"), candidates).by_query["q2"].values
    assert sum(mixed.values()) == pytest.approx(0) and max(mixed.values()) < 1.5
    bench = Workbench(taught.collection, shared_workspace)
    shown = board(bench, "dense:minilm", taught.collection.split("test")).voices
    assert set(shown) == {"given", "gold"} and shown["given"].origin == "comes with the collection"


@pytest.mark.parametrize(
    ("row", "listed"), [(ROW, True), ({"query": "who?", "pos": ["Ada."], "neg": ["A pike."]}, False)]
)
def test_the_distill_page_offers_given_scores_where_the_collection_brings_some(tmp_path, workspace, row, listed):
    import gradio as gr

    from explorer.app.distill_form import build

    bench = Workbench(open_collection(written(tmp_path / "t.jsonl", row)), workspace)
    with gr.Blocks():
        form = build(bench, gr.HTML(), read_only=False)
    assert (("given", "given") in form.chosen["teacher"].choices) is listed


def test_a_student_of_given_scores_is_exported_with_the_scores_it_was_given(taught, workspace, tmp_path):
    """The round trip: read, taught, written in FlagEmbedding's layout, read again."""
    bench = Workbench(taught.collection, workspace)
    plan = Plan.make(taught.collection.source, "uae", "adapter", teacher="given", tau_u=1.0, epochs=1)
    run = workspace.run("g1")
    run.create(plan.record())
    result = bench.distill(plan, run, run.emit, lambda: False)
    assert (result["examples"], result["dropped"]) == (5, {"the collection gives no scores": 1})
    (path,) = export(workspace, "g1", "jsonl", tmp_path / "out.jsonl", lambda *_: None)
    before = {q.text: by_text(taught.collection, q) for q in taught.collection.split("train") if q.scores}
    again = open_collection(str(path))
    assert {q.text: by_text(again, q) for q in again.queries.values()} == before


def by_text(collection, query):
    return {collection.documents[d].text: score for d, score in query.scores.items()}


def test_teach_writes_given_scores_with_their_provenance(taught, tmp_path):
    (result,) = teach(taught, ["given"], split="test", out=tmp_path / "given.parquet")
    assert (result["queries"], result["scores"], result["left_out"]) == (2, 6, {})


@pytest.mark.shared
def test_published_scores_of_flagembedding_are_read(shared_data):
    found = open_collection(str(shared_data / "flagembedding_format" / "embedder_msmarco.jsonl"))
    assert (len(found.queries), sum(len(query.scores) for query in found.queries.values())) == (10, 260)
