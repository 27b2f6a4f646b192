import csv
import json

import numpy as np
import pytest
from pyarrow import parquet
from trained import distill

from explorer.collections import open_collection, trec
from explorer.models import find_model, load_encoder
from explorer.records import ExplorerError, silent
from explorer.training.students import load_student, student_kind
from explorer.workbench import Workbench
from explorer.workbench.exporting import export

KINDS = ("adapter", "query", "lora", "full", "reranker")


@pytest.fixture(scope="module")
def runs(new_workspace):
    """One short run per kind of student; what is exported must not depend on how good it is."""
    workspace = new_workspace()
    bench = Workbench.open("harbour", workspace)
    for kind in KINDS:
        method = {"method": "gold"}
        if kind == "reranker":
            method = {"method": "radio", "teacher": "rationale:answer", "depth": 3}
        run = distill(bench, kind, student=kind, candidates=8, limit=8, epochs=1, **method)
        if json.loads((run.path / "result.json").read_text())["best_step"] == 0 and kind == "adapter":
            nudge(run.student / "adapter.safetensors")
    return workspace


def nudge(path):
    """An adapter that is the identity would hide a head that is not applied."""
    from safetensors.numpy import load_file, save_file

    weight = load_file(path)["weight"]
    save_file({"weight": weight + 0.1 * np.roll(np.eye(len(weight), dtype=np.float32), 1, axis=1)}, path)


@pytest.fixture(scope="module")
def texts():
    collection = open_collection("harbour")
    return [q.text for q in list(collection.queries.values())[:6]], [
        d.content for d in list(collection.documents.values())[:12]
    ]


@pytest.mark.parametrize("kind", KINDS[:4])
def test_plain_sentence_transformers_scores_as_the_student_does(runs, texts, tmp_path, kind):
    from sentence_transformers import SentenceTransformer

    (folder,) = export(runs, kind, "model", tmp_path / kind, silent)
    queries, documents = texts
    loaded = SentenceTransformer(str(folder), device="cpu")
    plain = (
        loaded.encode_query(queries, normalize_embeddings=True)
        @ loaded.encode_document(documents, normalize_embeddings=True).T
    )
    base = load_encoder(find_model("minilm", runs.models), "cpu", "float32")
    of_base = base.encode_document(documents, normalize_embeddings=True)
    student = load_student(student_kind(kind), runs.run(kind).student, base)
    of_student = student.encode_document(documents, normalize_embeddings=True)
    own = of_base if student_kind(kind).documents_fixed else of_student
    ours = student.encode_query(queries, normalize_embeddings=True) @ own.T
    assert np.abs(plain - ours).max() <= 1e-5


def test_a_reranker_loads_as_a_cross_encoder_and_its_card_tells_the_prior(runs, texts, tmp_path):
    from sentence_transformers import CrossEncoder

    (folder,) = export(runs, "reranker", "model", tmp_path / "reranker", silent)
    pairs = [(texts[0][0], text) for text in texts[1]]
    plain = CrossEncoder(str(folder), device="cpu").predict(pairs, activation_fn=lambda logits: logits)
    own = CrossEncoder(str(runs.run("reranker").student), device="cpu").predict(
        pairs, activation_fn=lambda logits: logits
    )
    assert np.abs(plain - own).max() <= 1e-5
    assert "this logit plus 20 times the cosine" in (folder / "README.md").read_text()


def test_the_model_card_says_how_it_was_made_and_what_was_measured(runs, tmp_path):
    (folder,) = export(runs, "full", "model", tmp_path / "full", silent)
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: sentence-transformers")
    for part in (
        "# full",
        "method: **gold**",
        "collection: `harbour`",
        "held-out queries (split test, 27 queries)",
        "95 % interval",
    ):
        assert part in card


def test_a_folder_that_holds_something_is_left_alone(runs, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ExplorerError, match="is not empty; name a new folder"):
        export(runs, "full", "model", tmp_path, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_trec_files_are_read_back_as_they_were(runs, tmp_path):
    baseline, student, qrels = export(runs, "adapter", "trec", tmp_path / "trec", silent)
    collection = open_collection("harbour")
    expected = {q.query_id: dict(collection.qrels[q.query_id]) for q in collection.judged(collection.split("test"))}
    assert trec.read_qrels(qrels) == expected
    found = Workbench.open("harbour", runs).search("dense:minilm", collection.judged(collection.split("test")), 1000)
    assert {q: r.doc_ids for q, r in trec.run(baseline).rankings.items()} == {
        q: r.doc_ids for q, r in found.rankings.items()
    }
    assert trec.run(student).rankings.keys() == expected.keys()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_values_per_query_stand_in_one_row_each(runs, tmp_path, kind):
    (path,) = export(runs, "adapter", kind, tmp_path / f"values.{kind}", silent)
    rows = list(csv.DictReader(path.open())) if kind == "csv" else parquet.read_table(path).to_pylist()
    assert len(rows) == 27
    assert {"query_id", "query", "nDCG@10 dense:minilm", "nDCG@10 student:adapter"} <= rows[0].keys()


@pytest.mark.parametrize("layout", ["flagembedding", "sentence-transformers"])
def test_training_examples_open_again_with_the_same_judgements(runs, tmp_path, layout):
    """The way back: what Explorer writes for other trainers it reads as a collection."""
    (path,) = export(runs, "full", "jsonl", tmp_path / "train.jsonl", silent, layout)
    again, own = open_collection(str(path)), open_collection("harbour")
    ids = {query.text: query_id for query_id, query in own.queries.items()}
    doc_ids = {doc.content: doc_id for doc_id, doc in own.documents.items()}
    assert len(again.queries) == 8
    for query in again.queries.values():
        relevant = {doc_ids[again.documents[d].text] for d in again.relevant(query.query_id)}
        assert relevant <= own.relevant(ids[query.text])


def test_flagembeddings_lines_have_a_score_for_each_text(runs, tmp_path):
    (path,) = export(runs, "full", "jsonl", tmp_path / "train.jsonl", silent)
    for line in map(json.loads, path.read_text().splitlines()):
        assert len(line["pos"]) == len(line["pos_scores"]) > 0
        assert len(line["neg"]) == len(line["neg_scores"]) > 0


def test_an_unknown_kind_lists_those_there_are(runs, tmp_path):
    with pytest.raises(ExplorerError, match="exported as model, trec, jsonl, csv, parquet, not as 'onnx'"):
        export(runs, "full", "onnx", tmp_path, silent)


def test_a_run_without_a_student_is_refused(runs, tmp_path):
    runs.run("empty").create({"student": "full", "collection": "harbour"})
    with pytest.raises(ExplorerError, match="'empty' has no student yet"):
        export(runs, "empty", "model", tmp_path / "x", silent)
