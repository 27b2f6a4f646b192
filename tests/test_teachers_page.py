"""Teachers: the arithmetic of the browser against Python's, and the page as people use it."""

import json
import math
import statistics
from pathlib import Path

import browser
import pytest
from browser import choose

import explorer
from explorer import views
from explorer.records import Scores, TeacherScores
from explorer.workbench import Workbench
from explorer.workbench.scorefile import save_scores
from explorer.workbench.teachers import Teacher
from explorer.workbench.teaching_board import AT_ONCE, recorded

pytestmark = [pytest.mark.browser, browser.needed]

STATIC = Path(explorer.__file__).parent / "static"
MEASURES = ("nDCG@10", "AP", "R@1")
HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{constructor}}"


def row(page, name):
    """The three means of one order, as numbers."""
    cells = page.locator(".ex-measures tr", has=page.locator("th span", has_text=name)).first.locator("td")
    return [float(cells.nth(n).get_attribute("data-value")) for n in range(3)]


def press(page, slider, key, times=1):
    page.focus(f"[data-slider='{slider}']")
    for _ in range(times):
        page.keyboard.press(key)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def open_teachers(page, url):
    page.goto(url + "?tab=teachers")
    page.wait_for_selector(".ex-measures")
    page.wait_for_selector(".ex-lesson-row")


def test_sliders_rank_and_measure_the_whole_split_again(shown, page):
    open_teachers(page, shown("harbour").url)
    page.wait_for_selector(".ex-point")
    press(page, "lambda", "End")
    assert row(page, "RADIO’s mix") == row(page, "rationale:answer")
    press(page, "lambda", "Home")
    assert row(page, "RADIO’s mix")[0] == pytest.approx(row(page, "dense:minilm")[0])
    before = row(page, "Fusion")
    press(page, "weight-rationale", "Home")
    assert row(page, "Fusion") == row(page, "utility") != before
    press(page, "weight-utility", "Home")
    assert page.inner_text(".ex-spec") == "Every weight is 0: there is nothing to mix."
    press(page, "weight-gold", "End")
    assert (
        row(page, "Fusion") == row(page, "ceiling") if False else row(page, "Fusion")[0] == max(row(page, "gold")[0], 0)
    )
    assert page.inner_text(".ex-spec") == "--teacher fusion:gold=1"


def test_a_mix_is_held_against_the_baseline_while_its_slider_moves(shown, page):
    open_teachers(page, shown("harbour").url)
    page.wait_for_selector(".ex-scatter option[value='Fusion']", state="attached")
    page.select_option(".ex-scatter .ex-pick", "Fusion")
    places = "[...document.querySelectorAll('.ex-point')].map((dot) => dot.getAttribute('cy')).sort().join()"
    before = page.evaluate(places)
    ranks = page.locator(".ex-other-ranks").all_inner_texts()
    press(page, "weight-utility", "Home")
    assert page.evaluate(places) != before
    assert page.locator(".ex-other-ranks").all_inner_texts() != ranks
    page.wait_for_selector(".ex-wrong h3:has-text('Where Fusion is worse than dense:minilm')")


def test_the_target_is_the_softmax_of_utility_and_flattens_with_its_temperature(shown, page, shared_workspace):
    open_teachers(page, shown("harbour").url)
    text = page.inner_text(".ex-lesson h2")
    bench = Workbench.open("harbour", shared_workspace)
    query_id = next(q.query_id for q in bench.collection.queries.values() if q.text == text)
    utilities = bench.recorded("utility")[query_id].values

    def shares():
        drawn = page.locator(".ex-share-target").evaluate_all(
            "(all) => all.map((n) => [n.dataset.doc, n.dataset.share])"
        )
        return {doc_id: float(share) for doc_id, share in drawn if share != "undefined"}

    weights = {d: math.exp(utilities[d] / 0.3) for d in shares()}
    assert shares() == pytest.approx({d: w / sum(weights.values()) for d, w in weights.items()}, abs=1e-6)
    highest = max(shares().values())
    press(page, "tau_u", "End")
    assert max(shares().values()) < highest and sum(shares().values()) == pytest.approx(1)
    before = page.inner_text("[data-fact='to learn']")
    press(page, "tau", "End")
    assert page.inner_text("[data-fact='to learn']") != before


def test_a_point_and_a_mistake_lead_to_compare_by_keyboard(shown, page):
    open_teachers(page, shown("harbour").url)
    page.wait_for_selector(".ex-point")
    page.focus(".ex-point[tabindex='0']")
    page.keyboard.press("End")
    worst = page.inner_text(".ex-point-said span")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "text => document.querySelector('.ex-compare .ex-query h2')?.textContent === text",
        arg=worst,
    )
    page.wait_for_selector(".ex-teacher .ex-card")
    page.click("[role=tab]:has-text('Teachers')")
    mistake = page.locator(".ex-wrong-row").first
    text = mistake.locator(".ex-question").inner_text()
    mistake.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("text => document.querySelector('.ex-compare .ex-query h2')?.textContent === text", arg=text)


@pytest.fixture
def own_data(beir_folder):
    """Six documents, three queries with answers, and nothing recorded."""
    documents = [
        {"_id": f"d{n}", "title": f"{HOSTILE} {n}", "text": f"Oak number {n} was planted in 19{n}0 by the river."}
        for n in range(1, 7)
    ]
    queries = [
        {"_id": f"q{n}", "text": f"When was oak number {n} planted?", "metadata": {"answers": [f"19{n}0"]}}
        for n in range(1, 4)
    ]
    return beir_folder(documents, queries, {"test": [(f"q{n}", f"d{n}", 1) for n in range(1, 4)]})


def taught(bench, path, spread=None):
    """A file as ``explorer teach`` writes it: d1 helps most, whatever is asked."""
    values = {f"d{n}": 1.0 / n for n in range(1, 7)}
    by_query = {q: Scores(q, values, dict.fromkeys(values, spread) if spread else {}) for q in bench.collection.queries}
    teacher = Teacher("utility", prompts=("passage", "context") if spread else Teacher().prompts)
    save_scores(TeacherScores("utility", "nats per answer token", by_query), teacher, bench.collection, path)


def test_own_data_is_told_what_to_run_and_what_was_run_is_shown(app, page, own_data, workspace):
    open_teachers(page, app(own_data).url)
    command = page.inner_text(".ex-notice-box code")
    assert command == f"explorer teach {own_data} --teacher utility --split test -k 16 --base dense:minilm"
    assert row(page, "rationale:answer") and page.locator(".ex-measures th span", has_text="utility").count() == 0
    assert page.locator(".ex-lesson img").count() == 0 and HOSTILE in page.inner_text(".ex-lesson-list")
    workspace.teachers.mkdir(parents=True)
    taught(Workbench.open(str(own_data), workspace), workspace.teachers / "small-test-utility.parquet", spread=0.25)
    page.click("[role=tab]:has-text('Compare')")
    page.wait_for_selector(".ex-column")
    page.click("[role=tab]:has-text('Teachers')")
    page.wait_for_selector(".ex-measures th span:has-text('utility (2 prompts)')")
    page.select_option(".ex-candidates .ex-pick", "utility (2 prompts)")
    assert page.locator(".ex-whisker").count() == 6
    assert "+1.00 ±0.25 nats" in page.inner_text(".ex-lesson-row >> nth=0")


def test_scores_of_documents_that_have_changed_are_left_aside_and_named(own_data, workspace, models):
    bench = Workbench.open(str(own_data), workspace)
    bench.models = models
    workspace.teachers.mkdir(parents=True)
    taught(bench, workspace.teachers / "small-test-utility.parquet")
    assert set(recorded(bench)[0]) == {"utility"} and recorded(bench)[1] == ()
    lines = (own_data / "corpus.jsonl").read_text().splitlines()
    changed = {**json.loads(lines[0]), "text": "It was felled."}
    (own_data / "corpus.jsonl").write_text("\n".join([json.dumps(changed), *lines[1:]]))
    other = Workbench.open(str(own_data), workspace)
    other.models = models
    assert recorded(other) == ({}, ("small-test-utility.parquet",))
    found = views.teachers(other, "dense:minilm", "test")["mixing"]
    assert "small-test-utility.parquet" in found["notice"]["text"]
    assert [one["name"] for one in found["teachers"]] == [AT_ONCE[1], "gold"]


def test_agreement_and_mistakes_worked_by_hand(own_data, workspace, models):
    """The teacher puts d1 first everywhere: right for q1, wrong for q2 and q3."""
    bench = Workbench.open(str(own_data), workspace)
    bench.models = models
    workspace.teachers.mkdir(parents=True)
    taught(bench, workspace.teachers / "small-test-utility.parquet")
    standing = views.teachers(bench, "dense:minilm", "test")["standing"]
    utility = standing["teachers"][0]
    assert utility["wrong"] == [False, True, True] and utility["judged"] == [True, False, False]
    assert utility["values"] == pytest.approx([1.0, 1 / math.log2(3), 0.5])
    pairs = {(one["a"], one["b"]): one for one in standing["agreement"]}
    assert pairs["utility", "gold"]["same"] == pytest.approx(1 / 3)
    assert pairs["utility", "gold"]["tau"] is None  # one judged document has no order


def test_what_the_browser_shows_is_what_evaluate_prints(models, shared_workspace):
    """The baseline's mean on this page and on Flips must not be two numbers."""
    bench = Workbench.open("harbour", shared_workspace)
    bench.models = models
    standing = views.teachers(bench, "bm25", "test")["standing"]
    told = bench.evaluate(["bm25"], split="test", measures=["nDCG@10"]).report["systems"]["bm25"]["measures"]
    assert statistics.fmean(standing["baseline"]) == pytest.approx(told["nDCG@10"])


def test_a_wrong_baseline_is_told_in_place_and_another_split_is_measured(shown, page):
    open_teachers(page, shown("harbour").url)
    choose(page, "teachers-a", "nonsense")
    page.wait_for_selector("#teachers-mixing [role=alert]:has-text('unknown retriever')")
    choose(page, "teachers-a", "bm25")
    page.wait_for_selector(".ex-measures th span:has-text('bm25')")
    choose(page, "teachers-split", "all")
    page.wait_for_selector(".ex-teachers h2:has-text('All 92 judged queries of all')")
