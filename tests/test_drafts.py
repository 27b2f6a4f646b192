"""The Distill form before anything starts: times, problems told at their field, overlap, runs that are there."""

import json

import pytest
from trained import OVERLAPPING

from explorer.records import ExplorerError
from explorer.views.presets import duration
from explorer.views.runs import runs_table
from explorer.workbench import Workbench
from explorer.workbench.drafts import Draft, overlap_of
from explorer.workbench.estimates import estimate
from explorer.workbench.plans import Plan


def test_the_time_is_guessed_from_a_table_until_a_run_was_made_here(bench):
    plan = Plan.make("harbour", student="adapter")
    assert "another machine" in estimate(bench, plan).source
    run = bench.workspace.run("slow")
    run.create(plan.record())
    result = {"seconds": 10.24, "steps": 10, "examples": 50, "dev": {"nDCG@10": [0.5, 0.6]}, "gate": None}
    (run.path / "result.json").write_text(json.dumps(result))  # 10 steps of 32 queries with 16 candidates: 2 s per 1000
    found = estimate(bench, plan)
    assert found.source == "slow on this collection"
    assert found.likely == pytest.approx(8 + 2 * 50 * 16 * 40 / 1000)
    assert found.reading == 0, "the demo brings its scores along"
    assert estimate(bench, Plan.make("harbour", "radio")).reading == pytest.approx(0.08 * 50 * 50)
    assert estimate(bench, Plan.make("harbour", student="adapter", budget=5.0)).likely == 13


def test_times_are_told_roughly():
    assert [duration(seconds) for seconds in (2, 31, 200, 9000)] == ["5 s", "30 s", "3 min", "2.5 h"]


@pytest.mark.parametrize(
    ("field", "draft", "said"),
    [
        ("name", Draft(name="a b"), "cannot name a run"),
        ("name", Draft(name="taken"), "'taken' exists already"),
        ("teacher", Draft(teacher="oracle"), "unknown teacher 'oracle'"),
        ("teacher", Draft(method="gold", student="full", teacher="utility"), "learns from labels"),
        ("guard", Draft(guard="harbour"), "cannot guard itself"),
        ("guard", Draft(guard="nowhere"), "neither a bundled collection"),
        ("form", Draft(limit=-1), "limit is -1"),
    ],
)
def test_a_problem_is_told_at_the_field_it_is_about(bench, field, draft, said):
    bench.workspace.run("taken").create(Plan.make("harbour").record())
    problems = draft.problems(bench)
    assert list(problems) == [field] and said in problems[field]


def test_the_check_up_names_the_training_queries_it_would_refuse(beir_folder, workspace):
    bench = Workbench.open(str(beir_folder(*OVERLAPPING)), workspace)
    assert overlap_of(bench).queries == ("q2",) and overlap_of(bench).training == 3
    assert list(Draft().problems(bench)) == ["overlap"]
    assert Draft(overlap="drop").problems(bench) == Draft(overlap="keep").problems(bench) == {}


def test_bundled_runs_are_listed_after_ones_own_and_cannot_be_deleted(workspace):
    bench = Workbench.open("clauses", workspace)
    workspace.run("mine").create(Plan.make("harbour").record())
    rows = runs_table(bench)
    assert rows[0]["run"] == "mine" and not rows[0]["here"]
    assert {row["state"] for row in rows[1:]} == {"bundled"} and not any(row["deletable"] for row in rows[1:])
    assert all(row["verdict"] for row in rows[1:])
    with pytest.raises(ExplorerError, match="comes with Explorer"):
        workspace.existing_run(rows[1]["run"]).delete()
