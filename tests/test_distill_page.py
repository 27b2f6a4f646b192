"""Distill: the form and its guard, runs side by side, one query along a run; runs survive whatever ends around them."""

import os
import resource
import signal

import browser
import pytest
from browser import choose, command_shown, open_distill, teach_query_encoder_with_labels
from trained import OVERLAPPING, distill, lasting

from explorer.workbench.plans import Plan

pytestmark = [pytest.mark.browser, browser.needed]


def name_run(page, name):
    page.fill("#run-name input, #run-name textarea", name)


def train(page, name, state="finished"):
    name_run(page, name)
    page.click("#start")
    page.wait_for_selector(f".ex-watched:has-text('{name}') .ex-state-{state}", timeout=120_000)


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


def test_one_query_is_followed_along_two_runs_and_a_run_is_deleted(app, page, workspace, bench):
    page.goto(app("harbour").url)
    open_distill(page)
    page.wait_for_selector("#trail:has-text('Once a run is there')")
    train(page, "one")
    page.wait_for_selector("#trail .ex-scrub-chart")  # nobody has to choose the run that is watched already
    distill(bench, "two", student="adapter", epochs=1)
    page.wait_for_selector(".ex-run-name:has-text('two')")
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


def test_a_run_outlives_reload_second_tab_and_killed_app_and_a_killed_run_resumes(app, page, workspace, beir_folder):
    collection = beir_folder(*lasting())
    first = app(collection)
    page.goto(first.url)
    open_distill(page)
    teach_query_encoder_with_labels(page)
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
    page.goto(app(collection).url)
    open_distill(page)
    page.wait_for_selector(".ex-watched:has-text('long') .ex-state-running")
    page.wait_for_function(
        "Number(document.querySelector('.ex-working span')?.textContent.match(/step (\\d+)/)?.[1]) > 100",
        timeout=240_000,
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
    assert again[0] > 100, "it goes on from its checkpoint"
    page.click("#cancel:not([disabled])")
    page.wait_for_selector(".ex-watched .ex-state-cancelled")
    assert begun.student.exists()


def test_a_full_disk_is_one_sentence_nothing_is_lost_and_resume_goes_on_once_there_is_room(app, page, workspace, bench):
    """A limit on file size stands in for the disk: the query student of 90 MB does not fit."""
    distill(bench, "small", student="adapter", epochs=1)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 2**20, most[1]))
    try:
        full = app("harbour")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    page.goto(full.url)
    open_distill(page)
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
