"""Distill: the form and its guard, runs side by side, one query along a run; runs survive whatever ends around them."""

import itertools
import json
import os
import resource
import signal

import browser
import pytest
from browser import choose, command_shown, open_distill

from explorer.records import ExplorerError, Ranking, Run, silent
from explorer.training.trail import MOST, Trail, orders_at, steps_in
from explorer.views.presets import duration
from explorer.views.runs import run_detail, runs_table
from explorer.views.trails import run_blend, run_kin, run_trail
from explorer.workbench import Workbench
from explorer.workbench.drafts import Draft, overlap_of
from explorer.workbench.estimates import estimate
from explorer.workbench.plans import Plan
from explorer.workbench.trajectories import trail


@pytest.fixture
def bench(harbour, workspace):
    return Workbench(harbour, workspace)


def distill(bench, name, **options):
    plan = Plan.make("harbour", **options)
    run = bench.workspace.run(name)
    run.create(plan.record())
    bench.distill(plan, run, run.emit, lambda: False)
    run.set_state("finished")
    return run


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


OVERLAPPING = (
    [{"_id": f"d{n}", "text": f"paragraph {n} on herons", "metadata": {"group": f"g{n // 2}"}} for n in range(8)],
    [{"_id": f"q{n}", "text": f"what of heron {n}?", "metadata": {"answers": ["herons"]}} for n in range(8)],
    {"train": [("q0", "d0", 1), ("q1", "d2", 1), ("q2", "d4", 1)], "dev": [("q3", "d6", 1)], "test": [("q4", "d5", 1)]},
)


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


# in the browser

pages = [pytest.mark.browser, browser.needed]


def with_marks(test):
    for mark in pages:
        test = mark(test)
    return test


def name_run(page, name):
    page.fill("#run-name input, #run-name textarea", name)


def train(page, name, state="finished"):
    name_run(page, name)
    page.click("#start")
    page.wait_for_selector(f".ex-watched:has-text('{name}') .ex-state-{state}", timeout=120_000)


@with_marks
def test_a_preset_fills_the_form_and_tells_its_time(app, page):
    page.goto(app("harbour").url)
    open_distill(page)
    page.wait_for_selector("#said-time:has-text('about')")
    assert page.locator(".ex-preset").count() == 7
    assert page.locator(".ex-preset[aria-pressed=true]").get_attribute("data-pair") == "uae-adapter"
    page.focus("[data-pair=radio-reranker]")
    page.keyboard.press("Enter")
    command_shown(page, "explorer distill harbour --method radio --student reranker --run NAME")
    page.wait_for_selector("[data-pair=radio-reranker][aria-pressed=true]")
    page.wait_for_selector("#said-time:has-text('of it for the reader’s scores')")
    assert page.inner_text("#said-overlap") == "None of the 50 training queries overlaps with dev or test."


@with_marks
def test_a_problem_stands_at_its_field_and_goes_when_it_is_mended(app, page, workspace):
    workspace.run("taken").create(Plan.make("harbour").record())
    page.goto(app("harbour").url)
    open_distill(page)
    name_run(page, "taken")
    page.wait_for_selector("#said-name [role=alert]:has-text(\"'taken' exists already\")")
    page.wait_for_selector("#run-name [aria-invalid=true]")
    choose(page, "taught-by", "<b>oracle</b>")
    page.wait_for_selector("#said-teacher [role=alert]:has-text('<b>oracle</b>')")
    name_run(page, "free")
    page.wait_for_selector("#said-name [role=alert]", state="detached")
    page.click("#start")
    page.wait_for_selector("#said:has-text('unknown teacher')")
    assert [run.run_id for run in workspace.all_runs()] == ["taken"]


@with_marks
def test_overlapping_queries_are_shown_and_nothing_starts_before_one_chose(app, page, workspace, beir_folder):
    page.goto(app(beir_folder(*OVERLAPPING)).url)
    open_distill(page)
    page.wait_for_selector("#said-overlap [role=alert]:has-text('1 of 3 training queries overlap')")
    page.click("#said-overlap summary")
    assert page.inner_text("#said-overlap li") == "q2: what of heron 2?"
    page.click("#start")
    page.wait_for_selector("#said:has-text('choose what happens to the training queries')")
    assert workspace.all_runs() == []
    page.get_by_label("leave them out").check()
    page.wait_for_function("document.querySelector('#command textarea').value.includes('--overlap drop')")
    page.wait_for_selector("#said-overlap [role=alert]", state="detached")


@with_marks
def test_one_query_is_followed_along_two_runs_and_a_run_is_deleted(app, page, workspace):
    page.goto(app("harbour").url)
    open_distill(page)
    page.wait_for_selector("#trail:has-text('Once a run is there')")
    train(page, "one")
    train(page, "two")
    assert page.locator(".ex-run-name").all_inner_texts() == ["two", "one"]
    page.click(".ex-run-name:has-text('one')")
    page.wait_for_selector(".ex-run-head h2:has-text('one')")

    page.wait_for_selector("#trail .ex-scrub-chart")
    slider = page.locator("#trail input[type=range]")
    slider.press("Home")
    page.wait_for_selector("#trail .ex-scrub-now:has-text('base')")
    assert set(page.locator("#trail .ex-scrub-list .ex-move").all_inner_texts()) == {"="}
    slider.press("ArrowRight")
    page.wait_for_selector("#trail .ex-scrub-now:has-text('step')")
    slider.press("End")
    assert page.locator("#trail .ex-scrub-list .ex-move:text-matches('[↑↓]')").count() > 0, "training moved something"
    assert page.locator("#trail .ex-line-gold").count() == page.locator("#trail .ex-scrub-list .ex-gold").count() > 0
    page.click("#trail .ex-play")
    page.wait_for_selector("#trail .ex-play:has-text('Pause')")
    page.wait_for_selector("#trail .ex-scrub-now:has-text('step')")
    page.click("#trail .ex-play")
    page.wait_for_selector("#trail .ex-play:has-text('Play')")

    page.click("#like")
    page.wait_for_selector("#kin .ex-kin-item")
    page.click("#write-trail-report")
    page.wait_for_selector("#trail-file a")
    page.click("#mix")
    page.wait_for_selector("#blend .ex-scrub-chart")
    page.locator("#blend input[type=range]").press("ArrowLeft")
    page.wait_for_selector("#blend .ex-use:has-text('student:one@0.75')")

    page.click("[aria-label='Delete the run two']")
    page.keyboard.press("Escape")
    page.click("[aria-label='Delete the run two']")
    page.click(".ex-danger")
    page.wait_for_selector(".ex-run-name:has-text('two')", state="detached")
    assert [run.run_id for run in workspace.all_runs()] == ["one"]
    page.click("#blend .ex-use")
    page.wait_for_selector(".ex-column:has-text('student:one@0.75') .ex-card")


@with_marks
def test_a_run_outlives_reload_second_tab_and_killed_app_and_a_killed_run_resumes(app, page, workspace):
    first = app("harbour")
    page.goto(first.url)
    open_distill(page)
    page.get_by_label("full: the whole bi-encoder").check()
    train(page, "long", "running")
    begun = workspace.run("long")
    page.wait_for_selector(".ex-working:has-text('training: step')", timeout=120_000)
    page.reload()
    open_distill(page)
    page.wait_for_selector(".ex-watched:has-text('long') .ex-state-running")
    page.wait_for_selector(".ex-working:has-text('training: step')")
    second = page.context.new_page()
    second.goto(first.url)
    open_distill(second)
    second.wait_for_selector(".ex-working:has-text('training: step')")
    second.close()

    page.goto("about:blank")
    first.process.kill()
    first.process.wait(20)
    steps = len(begun.events())
    page.goto(app("harbour").url)
    open_distill(page)
    page.wait_for_selector(".ex-watched:has-text('long') .ex-state-running")
    page.wait_for_function(
        "Number(document.querySelector('.ex-working span')?.textContent.match(/step (\\d+)/)?.[1]) > 5"
    )
    assert len(begun.events()) > steps, "it went on while nobody watched"

    os.kill(begun.state["pid"], signal.SIGKILL)
    page.wait_for_selector(".ex-watched .ex-state-orphaned")
    page.wait_for_selector(".ex-run .ex-notice:has-text('Resume goes on from there')")
    killed_at = len(begun.events())
    page.click("#resume:not([disabled])")
    page.wait_for_selector(".ex-watched .ex-state-running", timeout=120_000)
    page.wait_for_selector(".ex-working:has-text('training: step')", timeout=120_000)
    again = [event["step"] for event in begun.events()[killed_at:] if event["event"] == "step"]
    assert again[0] > 1, "it goes on from its checkpoint"
    page.click("#cancel:not([disabled])")
    page.wait_for_selector(".ex-watched .ex-state-cancelled")
    assert begun.student.exists()


@with_marks
def test_a_full_disk_is_one_sentence_nothing_is_lost_and_resume_goes_on_once_there_is_room(app, page, workspace):
    """A limit on file size stands in for the disk: the query student of 90 MB does not fit, an adapter does."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 2**20, most[1]))
    try:
        full = app("harbour")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    page.goto(full.url)
    open_distill(page)
    train(page, "small")
    page.click("[data-pair=uae-query]")
    page.wait_for_selector("[data-pair=uae-query][aria-pressed=true]")
    train(page, "large", "failed")
    page.wait_for_selector(".ex-run [role=alert]:has-text('no space left to write')")
    assert workspace.run("small").student.exists() and not workspace.run("large").student.exists()
    assert not list(workspace.run("large").path.glob(".part-*"))
    page.goto("about:blank")
    full.stop()
    page.goto(app("harbour").url)
    open_distill(page)
    page.wait_for_selector(".ex-watched:has-text('large') .ex-state-failed")
    page.click("#resume:not([disabled])")
    page.wait_for_selector(".ex-watched:has-text('large') .ex-state-finished", timeout=120_000)
    assert workspace.run("large").student.exists()


@with_marks
def test_with_reduced_motion_nothing_plays_by_itself(app, page, bench):
    distill(bench, "r", student="adapter", epochs=3)
    page.emulate_media(reduced_motion="reduce")
    page.goto(app("harbour").url)
    open_distill(page)
    page.wait_for_selector("#trail .ex-scrub-chart")
    page.locator("#trail input[type=range]").press("Home")
    page.click("#trail .ex-play:has-text('Next')")
    now = page.inner_text("#trail .ex-scrub-now")
    page.wait_for_timeout(1500)
    assert now.startswith("step") and page.inner_text("#trail .ex-scrub-now") == now


@with_marks
def test_a_read_only_app_lists_runs_and_deletes_none(app, page, workspace):
    run = workspace.run("kept")
    run.create(Plan.make("clauses").record())
    run.set_state("cancelled")
    page.goto(app("harbour", "--read-only").url)
    open_distill(page)
    page.wait_for_selector(".ex-run-name:has-text('kept')")
    assert page.locator(".ex-run-tools button").count() == 0
    assert page.is_disabled("#resume") and page.is_disabled("#cancel")
    page.click("#like")
    page.wait_for_selector("#kin [role=alert]:has-text('kept was trained on clauses')")
