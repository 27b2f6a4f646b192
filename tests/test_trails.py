"""What is kept of a training: the order of each checkpoint, one query followed along it, the blend, the example most like it."""

import itertools
import json

import pytest
from trained import distill

from explorer.records import Ranking, Run, silent
from explorer.training.trail import MOST, Trail, orders_at, steps_in
from explorer.views.runs import run_detail
from explorer.views.trails import run_blend, run_kin, run_trail
from explorer.workbench.plans import Plan
from explorer.workbench.trajectories import trail


class Learner:
    small = False


def test_of_many_measurements_every_second_is_forgotten_and_the_first_stays(tmp_path):
    kept = Trail(tmp_path, Learner(), anew=True)
    for step in range(200):
        kept.keep(step, Run("student", {"q1": Ranking.from_scores("q1", {"d1": step, "d2": 100})}))
    steps = steps_in(tmp_path)
    assert steps[0] == 0 and len(steps) <= MOST and len({b - a for a, b in itertools.pairwise(steps)}) == 1
    assert orders_at(tmp_path, 0) == {"q1": ["d2", "d1"]} and orders_at(tmp_path, 128) == {"q1": ["d1", "d2"]}


def test_a_run_that_begins_anew_forgets_the_steps_of_its_earlier_attempt(tmp_path):
    Trail(tmp_path, Learner(), anew=True).keep(7, Run("student", {}))
    Trail(tmp_path, Learner(), anew=False).keep(8, Run("student", {}))
    assert steps_in(tmp_path) == [7, 8]
    Trail(tmp_path, Learner(), anew=True).keep(0, Run("student", {}))
    assert steps_in(tmp_path) == [0]


def test_the_scrubber_shows_what_the_base_and_the_student_that_was_kept_say(bench):
    """Otherwise a picture of the training would contradict Compare."""
    run = distill(bench, "r", student="adapter", epochs=12)
    for query in (bench.collection.split("test")[0], bench.collection.split("dev")[0]):
        moments = trail(bench.retrievers, run, query, silent).moments
        assert [moment.at for moment in moments] == steps_in(run.path) and len(moments) > 5
        base, student = (
            bench.search(spec, [query], 100).rankings[query.query_id] for spec in ("dense:minilm", "student:r")
        )
        assert moments[0].ranking.doc_ids == base.doc_ids
        assert [moment.ranking.doc_ids for moment in moments if moment.kept] == [student.doc_ids]
    assert [moment.value for moment in moments] == [event["value"] for event in run_detail(run)["curve"]]


def test_a_query_student_remembers_the_orders_of_dev_queries_and_only_the_ends_of_others(bench):
    run = distill(bench, "r", student="query", epochs=2)
    dev, test = bench.collection.split("dev")[0], bench.collection.split("test")[0]
    view = run_trail(bench, "r", dev.query_id, silent)
    assert len(view["moments"]) == 3 and "as training itself ranked them" in view["among"]
    assert "dev queries chose the student" in view["note"]
    ends = run_trail(bench, "r", test.query_id, silent)
    assert len(ends["moments"]) <= 2 and "kept nothing in between" in ends["among"]
    assert sum(path.stat().st_size for path in (run.path / "steps").rglob("*") if path.is_file()) < 1e6


def test_a_low_rank_student_is_followed_on_any_query_and_its_end_is_the_student(bench):
    distill(bench, "r", student="lora", epochs=1, limit=16, candidates=6)
    query = bench.collection.split("test")[0]
    asked = run_trail(bench, "r", query.query_id, silent)
    assert asked["ask"] and "takes about" in asked["message"]
    view = run_trail(bench, "r", query.query_id, silent, live=True)
    assert [moment["at"] for moment in view["moments"]] == [0, 1]
    kept = next(n for n, moment in enumerate(view["moments"]) if moment["kept"])
    student = bench.search("student:r", [query], 3).rankings[query.query_id].doc_ids
    drawn = sorted((doc["ranks"][kept], doc["doc_id"]) for doc in view["documents"] if (doc["ranks"][kept] or 99) <= 3)
    assert [doc_id for _, doc_id in drawn] == list(student)


def test_a_blend_leads_from_the_base_to_the_student_with_its_dev_measure(bench):
    run = distill(bench, "r", student="adapter", epochs=12)
    query = bench.collection.split("test")[0]
    assert run_blend(bench, "r", query.query_id, silent)["ask"]
    view = run_blend(bench, "r", query.query_id, silent, live=True)
    assert [moment["at"] for moment in view["moments"]] == [0, 0.25, 0.5, 0.75, 1]
    before, after = run.result["dev"]["nDCG@10"]
    assert (view["moments"][0]["value"], view["moments"][-1]["value"]) == pytest.approx((before, after), abs=0.01)
    student = bench.search("student:r@0.5", [query], 10).rankings[query.query_id].ranks
    assert {doc["doc_id"]: doc["ranks"][2] for doc in view["documents"] if (doc["ranks"][2] or 99) <= 10} == student


def test_the_training_example_most_like_a_training_query_is_itself(bench):
    run = distill(bench, "r", student="adapter", epochs=1)
    first = json.loads((run.path / "examples.jsonl").read_text().splitlines()[0])
    view = run_kin(bench, "r", first["query_id"], silent)
    assert view["examples"][0]["query_id"] == first["query_id"]
    assert view["examples"][0]["cosine"] == pytest.approx(1, abs=0.01)
    assert view["examples"][0]["best"]["score"] == max(first["scores"])


def test_what_a_resumed_run_did_twice_is_drawn_once(workspace):
    run = workspace.run("r")
    run.create(Plan.make("harbour", student="query").record())
    for step, value in ((0, 0.5), (4, 0.6), (8, 0.7), (4, 0.61), (8, 0.71)):
        run.emit({"event": "dev", "step": step, "value": value, "best": False})
    assert [(event["step"], event["value"]) for event in run_detail(run)["curve"]] == [(0, 0.5), (4, 0.61), (8, 0.71)]
