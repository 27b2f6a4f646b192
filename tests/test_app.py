"""The app in a real browser: two pages, one story each; nothing leaves the origin, the console stays clean."""

import socket

import browser
import pytest
from browser import choose, columns, command_shown, open_distill, teach_query_encoder_with_labels
from trained import lasting

from explorer.workbench.plans import Plan

pytestmark = [pytest.mark.browser, browser.needed]


def test_compare_shows_baseline_teacher_and_another_system_on_one_query(shown, page):
    page.goto(shown("harbour").url)
    assert columns(page) == ["baseline", "teacher", "system"]
    title = page.inner_text(".ex-query h2")
    assert page.locator(".ex-teacher .ex-score").count() > 0, "the bundled scores need no language model"
    assert page.locator(".ex-relevant").count() > 0
    first = page.locator(".ex-baseline .ex-card").first
    first.click()
    doc = first.get_attribute("data-doc")
    pressed = page.locator(".ex-card[aria-pressed=true]")
    assert {pressed.nth(n).get_attribute("data-doc") for n in range(pressed.count())} == {doc}
    page.click("#next")
    page.wait_for_function("before => document.querySelector('.ex-query h2').textContent !== before", arg=title)
    page.click("#previous")
    page.wait_for_function("before => document.querySelector('.ex-query h2').textContent === before", arg=title)


def test_a_first_visit_without_students_compares_two_systems_and_never_shows_an_error(shown, page):
    page.add_init_script(
        """window.errors = [];
        new MutationObserver(() => {
          const error = document.querySelector('.ex-error');
          if (error) errors.push(error.textContent);
        }).observe(document, {subtree: true, childList: true});"""
    )
    page.goto(shown("harbour").url)
    page.wait_for_selector("#flips .ex-verdict")
    assert page.input_value("#flips-a input") == "dense:minilm" and page.input_value("#flips-b input") == "bm25"
    assert page.evaluate("errors") == []


def test_a_free_text_query_is_searched_and_its_missing_teacher_explained(shown, page):
    page.goto(shown("harbour").url)
    columns(page)
    page.fill("#text textarea, #text input", "Where do herons stand?")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.ex-query h2').textContent === 'Where do herons stand?'")
    assert "Utility needs a reference answer" in page.inner_text(".ex-teacher .ex-empty")
    assert page.locator(".ex-baseline .ex-card").count() == 10


@pytest.mark.reader
def test_the_reader_scores_a_free_text_query_with_an_answer(shown, page):
    page.goto(shown("harbour").url)
    columns(page)
    page.fill("#text textarea, #text input", "How long is the crossing to Ostrey?")
    page.fill("#answer textarea, #answer input", "twenty-two minutes")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ex-teacher .ex-empty")
    page.click("#score")
    page.wait_for_selector(".ex-teacher .ex-card")
    assert page.locator(".ex-teacher .ex-card").first.get_attribute("data-doc") == "ferry-02"


def test_a_teacher_that_asks_no_reader_is_drawn_at_once_in_its_own_unit(shown, page):
    page.goto(shown("harbour").url)
    columns(page)
    assert "nats per answer token" in page.inner_text(".ex-teacher .ex-unit")
    assert page.inner_text(".ex-teacher .ex-value >> nth=0").endswith(" nats")
    choose(page, "teacher", "rationale:answer")
    page.wait_for_selector(".ex-teacher h3:has-text('rationale:answer')")
    assert page.locator(".ex-teacher .ex-card").count() == 10
    assert page.inner_text(".ex-teacher .ex-value >> nth=0") == "1.00 mixed"
    assert "nats" not in page.inner_text(".ex-compare")
    page.wait_for_selector("#score[disabled]:has-text('Needs no reader')")


@pytest.mark.reader
def test_a_rationale_stands_above_the_columns_and_is_marked_where_documents_say_it(shown, page):
    page.goto(shown("harbour").url)
    columns(page)
    choose(page, "teacher", "rationale:extractive")
    page.wait_for_selector(".ex-teacher .ex-empty:has-text('Nobody has scored these documents yet')")
    page.click("#score")
    page.wait_for_selector(".ex-teacher .ex-card")
    assert "picked by the reader" in page.inner_text(".ex-rationale-head")
    said = page.inner_text(".ex-rationale-text")
    whole = page.locator(".ex-baseline .ex-text .ex-mark[style*='--weight: 1']").first
    assert whole.inner_text() in said, "a sentence of the rationale is marked where it stands"
    assert page.inner_text(".ex-baseline .ex-coverage >> nth=0").startswith("covers ")


def test_a_system_that_does_not_exist_is_one_sentence_and_nothing_is_lost(shown, page):
    page.goto(shown("harbour").url)
    columns(page)
    choose(page, "student", "student:gone")
    page.wait_for_selector("#columns .ex-error")
    assert "there is no run 'gone'" in page.inner_text("#columns .ex-error")
    choose(page, "student", "bm25")
    assert columns(page) == ["baseline", "teacher", "system"]


def test_a_run_is_started_watched_and_its_student_compared(app, page):
    """The main job on the page: Start, the curve, the result, the same query with the student beside it."""
    page.goto(app("harbour").url)
    columns(page)
    open_distill(page)
    page.fill("#run-name input, #run-name textarea", "first")
    page.click("#start")
    page.wait_for_selector(".ex-state-finished")
    assert "explorer distill harbour --method uae --student adapter" in page.inner_text(".ex-command code")
    page.wait_for_selector("#curve .js-plotly-plot")
    verdict = page.inner_text(".ex-run .ex-verdict")
    assert "held out:" in verdict and "27 test queries" in verdict, "dev chose the student, it cannot judge it"
    assert any(word in verdict for word in ("better", "no difference shown", "worse"))
    assert "nDCG@10" in verdict and "→" in verdict and "95 % interval" in verdict
    assert page.inner_text(".ex-run-head .ex-role") == "method uae · teacher utility · student adapter · harbour"
    page.click("#use")
    page.wait_for_selector(".ex-column:has-text('student:first') .ex-card")
    assert page.locator(".ex-system .ex-move").count() > 0


def test_a_method_brings_its_student_and_teacher_and_the_command_that_does_the_same(shown, page):
    page.goto(shown("harbour").url)
    open_distill(page)
    command_shown(page, "explorer distill harbour --method uae --student adapter --run NAME")
    page.get_by_label("radio: a rationale re-ranks the candidates").check()
    command_shown(page, "explorer distill harbour --method radio --student reranker --run NAME")
    assert page.input_value("#taught-by input") == "rationale"
    page.get_by_label("query: the query encoder").check()
    page.fill("#run-name input, #run-name textarea", "r2")
    choose(page, "taught-by", "rationale:answer")
    command_shown(page, "explorer distill harbour --method radio --student query --run r2 --teacher rationale:answer")


def test_what_is_wrong_with_the_form_is_said_beside_it_and_nothing_starts(app, page, workspace):
    page.goto(app("harbour").url)
    open_distill(page)
    choose(page, "taught-by", "oracle")
    page.wait_for_selector("#said:has-text(\"unknown teacher 'oracle'; choose from\")")
    page.click("#start")
    choose(page, "taught-by", "utility")
    page.wait_for_selector("#said:has-text('unknown teacher')", state="detached")
    page.click("#more button")
    choose(page, "guard", "nowhere")
    command_shown(page, "explorer distill harbour --method uae --student adapter --run NAME --guard nowhere")
    page.click("#start")
    page.wait_for_selector("#said:has-text(\"'nowhere' is neither a bundled collection\")")
    assert workspace.all_runs() == []


def test_reload_reattaches_to_a_running_run_and_cancel_keeps_the_best(app, page, workspace, beir_folder):
    page.goto(app(beir_folder(*lasting())).url)
    open_distill(page)
    teach_query_encoder_with_labels(page)
    page.fill("#run-name input, #run-name textarea", "long")
    page.click("#start")
    page.wait_for_selector(".ex-working:has-text('training: step')", timeout=120_000)
    page.reload()
    open_distill(page)
    page.wait_for_selector(".ex-run-head:has-text('long')")
    page.wait_for_selector(".ex-state-running")
    page.wait_for_selector("#cancel:not([disabled])")
    page.click("#cancel")
    page.wait_for_selector(".ex-state-cancelled, .ex-state-finished")
    assert workspace.run("long").student.exists()


def test_a_name_that_is_taken_is_said_beside_the_form(app, page, workspace):
    workspace.run("taken").create(Plan.make("harbour").record())
    page.goto(app("harbour").url)
    open_distill(page)
    page.fill("#run-name input, #run-name textarea", "taken")
    page.click("#start")
    page.wait_for_selector("#said:has-text(\"the run 'taken' exists already\")")


def test_a_read_only_app_offers_no_training(app, page):
    page.goto(app("harbour", "--read-only").url)
    open_distill(page)
    page.wait_for_selector("#said:has-text('read-only')")
    assert page.is_disabled("#start")


HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{alert(3)}} <script>alert(4)</script> \u202e mill"


def test_hostile_documents_and_rationales_are_shown_and_not_executed(app, page, beir_folder):
    """Also: marks are counted in characters, though the page's strings count a duck as two."""
    documents = [{"_id": f"d{n}", "title": HOSTILE, "text": f"🦆🦆 {HOSTILE} stands"} for n in range(3)]
    told = {"answers": [HOSTILE], "rationale": HOSTILE}
    folder = beir_folder(documents, [{"_id": "q1", "text": HOSTILE, "metadata": told}], {"test": [("q1", "d1", 1)]})
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(app(folder).url)
    columns(page)
    assert page.inner_text(".ex-query h2") == HOSTILE
    assert HOSTILE in page.inner_text(".ex-baseline .ex-title >> nth=0")
    choose(page, "teacher", "rationale:given")
    page.wait_for_selector(".ex-rationale-text")
    assert page.text_content(".ex-rationale-text") == HOSTILE
    assert page.text_content(".ex-baseline .ex-title .ex-mark >> nth=0") == HOSTILE
    assert page.text_content(".ex-baseline .ex-text .ex-mark >> nth=0") == HOSTILE
    assert page.text_content(".ex-baseline .ex-text >> nth=0") == f"🦆🦆 {HOSTILE} stands"
    page.wait_for_timeout(500)
    assert dialogs == [] and page.locator(".ex-compare img, .ex-compare script").count() == 0


def test_a_port_that_is_taken_is_one_sentence(explorer):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = explorer("app", "harbour", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2 and "choose another with --port" in done.stderr
