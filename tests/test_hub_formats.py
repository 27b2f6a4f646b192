"""Data sets of the hub through ``datasets``, on local folders in the hub's layouts; ir_datasets through its registry."""

import json
from pathlib import Path

import pytest

from explorer.collections import open_collection
from explorer.records import ExplorerError


def lines(path: Path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf-cache")


def test_a_table_of_the_hub_keeps_its_splits(tmp_path):
    lines(tmp_path / "qa" / "train.jsonl", [{"question": "a?", "answer": "x", "context": "it is x"}])
    lines(tmp_path / "qa" / "validation.jsonl", [{"question": "b?", "answer": "y", "context": "it is y"}])
    found = open_collection(f"hf:{tmp_path / 'qa'}")
    assert sorted((found.queries[q].text, split) for q, split in found.splits.items()) == [
        ("a?", "train"),
        ("b?", "dev"),
    ]


def test_squads_answers_on_the_hub_are_lists_of_texts(tmp_path):
    row = {"id": "s1", "question": "a?", "answers": {"text": ["x", "x"], "answer_start": [6, 6]}, "context": "it is x"}
    lines(tmp_path / "qa" / "train.jsonl", [row])
    assert open_collection(f"hf:{tmp_path / 'qa'}").queries["s1"].answers == ("x",)


def test_beir_on_the_hub_has_configurations(tmp_path):
    root = tmp_path / "beir"
    lines(root / "corpus.jsonl", [{"_id": "d1", "title": "T", "text": "x"}, {"_id": "d2", "title": "", "text": "y"}])
    lines(root / "queries.jsonl", [{"_id": "q1", "text": "a?"}])
    lines(root / "qrels" / "test.jsonl", [{"query-id": "q1", "corpus-id": "d1", "score": 1}])
    configs = [
        ("corpus", "corpus.jsonl", "corpus"),
        ("queries", "queries.jsonl", "queries"),
        ("qrels", "qrels/test.jsonl", "test"),
    ]
    front = "".join(
        f"- config_name: {name}\n  data_files:\n  - split: {split}\n    path: {path}\n" for name, path, split in configs
    )
    (root / "README.md").write_text(f"---\nconfigs:\n{front}---\n")
    found = open_collection(f"hf:{root}")
    assert found.documents["d1"].content == "T\nx"
    assert (found.qrels, found.splits) == ({"q1": {"d1": 1}}, {"q1": "test"})


def test_a_name_that_leads_nowhere_is_one_sentence():
    with pytest.raises(ExplorerError, match="hf:nobody/nothing could not be loaded .* or give a local folder"):
        open_collection("hf:nobody/nothing")


def test_ir_datasets_by_id():
    ir_datasets = pytest.importorskip("ir_datasets")
    from ir_datasets.formats import BaseDocs, BaseQrels, BaseQueries, GenericDoc, GenericQuery, TrecQrel

    class Docs(BaseDocs):
        def docs_iter(self):
            return iter([GenericDoc("d1", "high water"), GenericDoc("d2", "low water")])

    class Queries(BaseQueries):
        def queries_iter(self):
            return iter([GenericQuery("q1", "when is it high?")])

    class Qrels(BaseQrels):
        def qrels_iter(self):
            return iter([TrecQrel("q1", "d1", 2, "0"), TrecQrel("q1", "d2", -1, "0")])

    ir_datasets.registry.register("toy-explorer/test", ir_datasets.Dataset(Docs(), Queries(), Qrels()))
    found = open_collection("irds:toy-explorer/test")
    assert found.documents["d1"].text == "high water"
    assert (found.qrels, found.splits) == ({"q1": {"d1": 2, "d2": 0}}, {"q1": "test"})


def test_an_unknown_ir_dataset_is_one_sentence():
    pytest.importorskip("ir_datasets")
    with pytest.raises(ExplorerError, match="ir_datasets knows no 'no/such'"):
        open_collection("irds:no/such")
