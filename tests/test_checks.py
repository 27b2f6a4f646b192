import json

import pytest

from explorer.__main__ import launch, report
from explorer.cli import commands
from explorer.collections import Judgement, Parts, assemble, open_collection
from explorer.collections.checks import checks
from explorer.records import Document, Query
from explorer.workbench import Workbench

LONG = "The lamp burns oil. " * 90


def found(parts):
    return {
        finding.code: (finding.level, finding.count, finding.examples) for finding in checks(assemble("toy", parts))
    }


def collection(documents, queries=(), judgements=(), splits=None):
    return Parts([Document(*doc) for doc in documents], queries, [Judgement(*one) for one in judgements], splits or {})


def test_a_sound_collection_has_no_finding():
    documents = [(n, f"text {n} about {n * 3}", "", n) for n in "abc"]
    queries = [Query(f"q{n}", f"what of {n}?", (f"text {n}",)) for n in "abc"]
    judged = [(f"q{n}", n, 1, split) for n, split in zip("abc", ("train", "dev", "test"), strict=True)]
    assert found(collection(documents, queries, judged)) == {}


def test_every_kind_of_trouble_is_counted_with_examples():
    documents = [("a", "same text here"), ("b", "same text here"), ("c", "caf\u00c3\u00a9 noir"), ("d", "")]
    queries = [Query("q1", "who?", ("nobody",)), Query("q2", "who?"), Query("q3", "where?", scope="nowhere")]
    trouble = found(collection(documents, queries, [("q1", "a", 0), ("q9", "a", 1), ("q2", "z", 1)]))
    assert trouble["documents with the text of another"] == ("warning", 1, ("b",))
    assert trouble["damaged characters"] == ("warning", 1, ("c",))
    assert trouble["empty documents"] == ("warning", 1, ("d",))
    assert trouble["questions asked twice"] == ("note", 2, ("q1", "q2"))
    assert trouble["queries with no relevant document"] == ("warning", 1, ("q1",))
    assert trouble["answers found in no document"] == ("warning", 1, ("q1",))
    assert trouble["scopes without documents"] == ("error", 1, ("q3",))
    assert trouble["judged queries missing"] == ("warning", 1, ("q9",))
    assert trouble["judged documents missing from the corpus"] == ("warning", 1, ("z",))


def test_judgements_that_join_nothing_are_an_error():
    trouble = found(collection([("a", "x")], [Query("q", "?")], [("Q1", "A", 1), ("Q2", "B", 1)]))
    assert trouble["judgements that join nothing"][0] == "error"


def test_leakage_by_group_and_by_near_duplicate():
    text = "the keeper of the light at tern point walks down to the quay every morning at six to look at the tide"
    documents = [
        ("a", text, "", "g"),
        ("b", "another thing entirely said", "", "g"),
        ("c", text + " board", "", "h"),
        ("d", text + " now", "", "i"),
    ]
    queries = [Query(q, f"{q}?") for q in ("q1", "q2", "q3", "q4")]
    judged = [("q1", "a", 1, "train"), ("q2", "b", 1, "test"), ("q3", "c", 1, "test"), ("q4", "d", 1, "dev")]
    trouble = found(collection(documents, queries, judged))
    assert trouble["document groups shared between train and what is evaluated"] == ("warning", 1, ("g",))
    assert trouble["near-duplicates across splits"][1] == 2


def test_a_hundred_thousand_queries_without_judgements_are_one_note():
    queries = [Query(f"q{n}", f"what of {n}?") for n in range(100_000)]
    assert found(collection([("a", "x")], queries))["queries without judgements"][:2] == ("note", 100_000)


def test_evidence_beyond_the_encoders_limit_is_found(workspace):
    documents = [Document("a", LONG + "It was lit in 1901."), Document("b", "It was lit in 1902. " + LONG)]
    queries = [Query("q1", "when lit?", ("1901",)), Query("q2", "when lit again?", ("1902",))]
    whole = assemble("toy", Parts(documents, queries, [Judgement("q1", "a", 1), Judgement("q2", "b", 1)]))
    findings = {one["code"]: one for one in Workbench(whole, workspace).check()["findings"]}
    assert findings["documents longer than the encoder reads"]["count"] == 2
    assert findings["evidence beyond the encoder's limit"]["examples"] == ("q1",)


@pytest.fixture
def broken(tmp_path):
    (tmp_path / "corpus.jsonl").write_text('{"_id": "a", "text": "x"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "?", "metadata": {"scope": "nowhere"}}\n')
    return str(tmp_path)


def test_the_command_prints_the_contract_and_exits_with_1_on_errors(broken, capsys):
    with pytest.raises(SystemExit) as ended:
        commands(launch, report)(["check", broken, "--encoder", "none", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert said.keys() >= {"documents", "queries", "judged", "splits", "findings"}
    assert said["findings"][0].keys() >= {"level", "code", "count", "examples", "remedy", "consequence"}


def test_the_bundled_collections_have_no_error():
    from explorer.collections import bundled

    for name in bundled():
        assert [one for one in checks(open_collection(name)) if one.level == "error"] == []
