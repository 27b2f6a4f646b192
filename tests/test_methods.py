"""The table of methods: what can be counted by hand."""

import pytest

from explorer.benches.table import MEASURES, _ceiling, _named, _teach_command, _train
from explorer.collections import Collection
from explorer.evaluation.measures import per_query
from explorer.records import Document, ExplorerError, Query, silent
from explorer.workbench import Workbench
from explorer.workbench.plans import Plan

TEXTS = {
    "echo": "Who keeps the lamp of the tower, asked the children: who keeps the lamp?",
    "lamp": "The lamp is kept by Ada Lund.",
    "tower": "Ada Lund has lived there since 1901.",
    "reeds": "Herons nest in reeds.",
}


def test_a_perfect_order_has_the_relevant_documents_first_by_grade(workspace):
    documents = {doc_id: Document(doc_id, text) for doc_id, text in TEXTS.items()}
    queries = {"q": Query("q", "Who keeps the lamp of the tower?")}
    grades = {"q": {"tower": 2, "lamp": 1, "echo": 0}}
    bench = Workbench(Collection("small", documents, queries, grades, {"q": "test"}), workspace)
    asked = list(queries.values())
    found = bench.search("bm25", asked, 16)
    before = per_query(found, grades, MEASURES)
    assert found.rankings["q"].doc_ids[0] == "echo" and before["AP"]["q"] < 1

    row = _ceiling(bench, found, asked, before, silent)

    assert (row["system"], row["kind"]) == ("perfect order", "ceiling")
    assert row["measures"] == pytest.approx({"nDCG@10": 1.0, "AP": 1.0, "R@1": 0.5})
    assert row["change"]["AP"]["delta"] == pytest.approx(1 - before["AP"]["q"])


def test_a_teachers_command_asks_for_the_same_candidates_of_the_same_queries(bench):
    plain = ["explorer", "teach", "harbour", "--teacher", "utility", "--split", "test"]
    assert _teach_command(bench, "utility", None, 0).split() == plain
    assert _teach_command(bench, "utility", 16, 0).split() == plain
    assert _teach_command(bench, "utility", 10, 60).split() == [*plain, "-k", "10", "--limit", "60"]
    other = Workbench(bench.collection, bench.workspace, scoped=False)
    assert _teach_command(other, "utility", None, 0).split() == [*plain, "--scope", "none"]


def test_a_run_of_another_plan_is_not_told_as_this_tables(bench):
    """Its command would be printed beside figures it does not give."""
    made = bench.workspace.run("t-uae-adapter")
    made.create(Plan.make("harbour", student="adapter", epochs=2, limit=20).record())
    made.set_state("finished")
    with pytest.raises(
        ExplorerError, match=r"'t-uae-adapter' was made by another plan \(explorer distill .*--limit 20"
    ):
        _train(bench, Plan.make("harbour", student="adapter", epochs=2), "t-uae-adapter")


def test_a_run_of_the_table_is_trained_once(bench):
    plan = Plan.make("harbour", student="adapter", epochs=2)
    assert _train(bench, plan, "t-uae-adapter") == ""
    run = bench.workspace.existing_run("t-uae-adapter")
    events = len(run.events())
    assert run.state["state"] == "finished" and run.result["gate"]["queries"] == 27
    assert _train(bench, plan, "t-uae-adapter") == "" and len(run.events()) == events


def test_a_table_of_everything_searched_as_one_says_so():
    assert _named("qasper:papers/train.json") == "qasper:train.json"
    assert _named("qasper:papers/train.json", scoped=False) == "qasper:train.json --scope none"
