"""Labels of people: stored at once, taken back, merged over people, turned into judgements, examples and files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.collections import trec
from explorer.records import ExplorerError
from explorer.workbench.exporting import save_labels
from explorer.workbench.labelling import labelled
from explorer.workspace import Label, LabelFile, Workspace


def test_the_last_word_of_each_person_counts_and_people_meet_at_the_lower_median(tmp_path):
    file = LabelFile(tmp_path / "new" / "labels.jsonl")
    for grade, person in ((3, "ada"), (2, "ada"), (0, "bo"), (1, "cy"), (3, "di"), (None, "di")):
        file.add(Label("q", "d", grade, person))
    assert file.grades() == {"q": {"d": 1}}
    file.add(Label("q", "d", None, "cy"))
    assert file.grades() == {"q": {"d": 0}} and file.grades("ada") == {"q": {"d": 2}} and file.grades("di") == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from([None, 0, 1, 2, 3]))))
def test_one_persons_labels_are_the_last_of_each_pair(tmp_path_factory, said):
    file = LabelFile(tmp_path_factory.mktemp("labels") / "one.jsonl")
    for query_id, doc_id, grade in said:
        file.add(Label(query_id, doc_id, grade))
    last = {(q, d): grade for q, d, grade in said}
    told = {(q, d): grade for q, row in file.grades("").items() for d, grade in row.items()}
    assert told == {pair: grade for pair, grade in last.items() if grade is not None}


def test_a_line_cut_off_by_a_crash_costs_only_itself(tmp_path):
    file = LabelFile(tmp_path / "labels.jsonl")
    file.add(Label("q", "d", 2))
    with file.path.open("a") as out:
        out.write('{"query_id": "q", "doc')
    file.add(Label("q", "e", 3))
    assert file.grades() == {"q": {"d": 2, "e": 3}}


def test_a_grade_outside_0_to_3_is_refused_and_nothing_written(tmp_path):
    file = LabelFile(tmp_path / "labels.jsonl")
    with pytest.raises(ExplorerError, match="graded 0, 1, 2 or 3"):
        file.add(Label("q", "d", 4))
    assert not file.path.exists()


def test_labels_of_what_is_gone_are_kept_on_disk_and_left_out(tmp_path, harbour):
    workspace = Workspace(tmp_path)
    known = next(iter(harbour.queries)), next(iter(harbour.documents))
    for query_id, doc_id in (known, (known[0], "gone"), ("gone", known[1])):
        workspace.labels(harbour.source).add(Label(query_id, doc_id, 1))
    assert labelled(harbour, workspace) == {known[0]: {known[1]: 1}}
    assert len(workspace.labels(harbour.source).history()) == 3


def test_labels_become_qrels_rows_and_parquet(tmp_path, harbour):
    import pyarrow.parquet as pq

    query_id, doc_id = next(iter(harbour.queries)), next(iter(harbour.documents))
    grades = {query_id: {doc_id: 3}}
    for name in ("labels.qrels", "labels.csv", "labels.jsonl", "labels.parquet"):
        save_labels(harbour, grades, tmp_path / name)
    assert trec.read_qrels(tmp_path / "labels.qrels") == grades
    row = json.loads((tmp_path / "labels.jsonl").read_text())
    assert row["grade"] == 3 and row["document"] == harbour.documents[doc_id].content
    assert pq.read_table(tmp_path / "labels.parquet").to_pylist() == [row]
    assert (tmp_path / "labels.csv").read_text().splitlines()[0] == "query_id,query,doc_id,document,grade"
