"""Answers & cost: what the page says, and the page in a real browser."""

import browser
import pytest
from browser import choose

from explorer.collections import Parts, assemble
from explorer.collections.collection import Judgement
from explorer.records import Document, ExplorerError, Query
from explorer.views import answers, priced_costs
from explorer.workbench import Workbench
from explorer.workbench.costing import Cost, costs

MILL = Document("mill", "The tide mill at Sallow was built by Ada Oake.", "Sallow")
PIKE = Document("pike", "A pike is a fish with many teeth.")
ASKED = Query("q", "Who built the tide mill?", ("Ada Oake",))
CHOICE = Query("c", "Who built the tide mill?", ("Ada Oake",), options=("Tom Reed", "Ada Oake"))
YES = Query("y", "Is the pike a fish with teeth?", ("a",))
SILENT = Query("s", "Who mends the nets?")


@pytest.fixture
def bench(workspace):
    queries = [ASKED, CHOICE, YES, SILENT]
    judged = [Judgement("q", "mill", 2, "test"), Judgement("q", "pike", 0, "test")]
    return Workbench(assemble("small", Parts([MILL, PIKE], queries, judged)), workspace)


def test_passages_tell_ranks_grades_and_where_the_answer_stands(bench):
    view = answers(bench, ASKED, "dense:minilm", "bm25", 2)
    before, after = view["sides"]
    told = [(p["rank"], p["doc_id"], p["grade"], p["other_rank"], p["states"]) for p in before["passages"]]
    assert told == [(1, "mill", 2, 1, True), (2, "pike", 0, None, False)]
    assert [p["doc_id"] for p in after["passages"]] == ["mill"], "bm25 finds no word of the query in the other"
    assert view["overlap"] == "1 of 2 passages are the same."
    assert before["answer"] is None and before["measures"] == [] and view["difference"] is None


def test_an_answer_of_articles_alone_stands_nowhere(bench):
    """It is empty in normal form, and an empty text is in every text."""
    assert [p["states"] for p in answers(bench, YES, "dense:minilm", "bm25", 2)["sides"][0]["passages"]] == [False] * 2


@pytest.mark.reader
def test_answers_are_measured_and_compared_token_by_token(bench):
    view = answers(bench, ASKED, "none", "bm25", 1, live=True)
    before, after = view["sides"]
    f1 = {side["role"]: {one["name"]: one["value"] for one in side["measures"]}["F1"] for side in view["sides"]}
    assert f1["after"] > 0.4 > f1["before"]
    words = view["difference"]["tokens"]
    assert {word["text"] for word in words if word["reference"]} == {"ada", "oake"}
    assert "oake" in [word["text"] for word in words if word["kind"] == "added"]
    assert before["passages"] == [] and "Ada" in after["answer"]


@pytest.mark.reader
def test_without_a_reference_the_answers_are_shown_unmeasured_and_the_page_says_why(bench):
    view = answers(bench, SILENT, "bm25", "dense:minilm", 1, live=True)
    assert all(side["answer"] and side["measures"] == [] for side in view["sides"])
    assert view["notes"][0].startswith("The collection gives no reference answer for this query, so EM and F1 cannot")
    typed = answers(bench, bench.query("Who mends the nets?"), "bm25", "bm25", 1)
    assert "Type one above" in typed["notes"][0]


@pytest.mark.reader
def test_an_option_is_chosen_by_likelihood_and_not_compared_word_by_word(bench):
    view = answers(bench, CHOICE, "bm25", "dense:minilm", 1, live=True)
    assert [side["answer"] for side in view["sides"]] == ["Ada Oake", "Ada Oake"]
    assert view["sides"][0]["measures"] == [{"name": "Accuracy", "value": 1.0}] and view["difference"] is None


def test_a_student_that_was_trained_on_the_query_is_named(shared_workspace):
    bench = Workbench.open("clauses", shared_workspace)
    trained = next(q for q in bench.collection.queries.values() if bench.collection.splits[q.query_id] == "train")
    held_out = bench.collection.split("test")[0]
    notes = [answers(bench, q, "bm25", "student:clauses-gold-adapter", 1)["notes"] for q in (trained, held_out)]
    assert notes == [["student:clauses-gold-adapter was trained on this query: what it finds here proves nothing."], []]


def test_costs_are_worked_out_from_the_median():
    """36 ms: 100,000 queries an hour; at 2 an hour, 1,000 of them cost 0.02."""
    measured = {
        "systems": ["bm25", "dense:minilm"],
        "queries": 5,
        "cores": 2,
        "threads": 1,
        "latencies": {"bm25": [36.0, 40.0], "dense:minilm": [72.0, 80.0], "rerank:llm(bm25)": [3600.0, 3700.0]},
    }
    rows = priced_costs(measured, " 2,0 ")["rows"]
    assert [(row["role"], row["ratio"], row["per_hour"]) for row in rows] == [
        ("before", 100.0, 100_000.0),
        ("after", 50.0, 50_000.0),
        ("LLM re-ranking", 1.0, 1000.0),
    ]
    assert [row["per_thousand"] for row in rows] == pytest.approx([0.02, 0.04, 2.0])
    assert {row["per_thousand"] for row in priced_costs(measured)["rows"]} == {None}
    for wrong in ("much", "-1", "nan", "inf"):
        assert "is not a price" in priced_costs(measured, wrong)["note"]


@pytest.mark.reader
def test_both_systems_and_the_reranker_are_timed_and_each_search_is_told(bench):
    told = []
    listening = bench.reporting(lambda stage, done, total: told.append((stage, done, total)))
    found = costs(listening, "none", "bm25", 2)
    assert [cost.spec for cost in found] == ["none", "bm25", "rerank:llm(none)"]
    assert [news for news in told if news[0] == "time bm25:"] == [("time bm25:", n, 4) for n in (1, 2, 3, 4)]
    assert all(0 < cost.p50 <= cost.p95 for cost in found)
    assert Cost("x", 10.0, 10.0).queries_per_hour == 360_000


def test_a_measurement_ends_where_its_listener_stops_it(bench):
    class Enough(Exception):
        pass

    def stop(stage, done, total):
        if stage == "time bm25:" and done == 2:
            raise Enough

    with pytest.raises(Enough):
        costs(bench.reporting(stop), "bm25", "none", 3)


def test_a_count_that_cannot_be_timed_is_refused(bench):
    with pytest.raises(ExplorerError, match="choose from 1 to 100"):
        costs(bench, "bm25", "bm25", 0)


in_browser = [pytest.mark.browser, browser.needed]


def open_answers(page, url, query=""):
    page.goto(f"{url}?tab=answers{query}")
    page.wait_for_selector("#answers .ex-an-passage")
    page.wait_for_selector(".ex-an-sentences")


class TestPage:
    pytestmark = in_browser

    @pytest.mark.reader
    def test_a_free_text_query_is_answered_from_both_contexts(self, shown, page):
        open_answers(page, shown("harbour").url)
        assert page.locator(".ex-an-unasked").count() == 2
        page.fill("#answers-text textarea, #answers-text input", "How long is the crossing to Ostrey?")
        page.keyboard.press("Enter")
        page.wait_for_selector("#answers h2:has-text('How long is the crossing to Ostrey?')")
        page.click("#ask")
        page.wait_for_selector(".ex-an-answer >> nth=1")
        assert page.locator(".ex-an-measure").count() == 0, "nobody knows what is right"
        assert "Without a reference answer EM and F1 cannot be taken" in page.inner_text(".ex-an-note")
        page.fill("#answers-answer textarea, #answers-answer input", "twenty-two minutes")
        page.keyboard.press("Enter")
        page.wait_for_selector(".ex-an-unasked >> nth=1")
        page.click("#ask")
        page.wait_for_selector(".ex-an-measure >> nth=3")
        assert page.locator(".ex-an-measure b").all_inner_texts() == ["EM", "F1", "EM", "F1"]
        assert page.locator(".ex-an-diff").count() == 1
        page.wait_for_selector("#stop-ask", state="hidden")
        page.click("[role=tab]:has-text('Flips')")
        page.wait_for_selector(".ex-row")
        page.click("[role=tab]:has-text('Answers')")
        page.wait_for_timeout(1500)
        assert page.locator(".ex-an-answer").count() == 2, "what was answered is still there"

    def test_another_document_is_taken_apart_by_keyboard(self, shown, page):
        open_answers(page, shown("harbour").url)
        chips = page.locator("#sentences .ex-chip")
        assert chips.nth(0).get_attribute("aria-pressed") == "true"
        other = chips.nth(1).get_attribute("data-doc")
        chips.nth(1).focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#sentences .ex-chip[data-doc='{other}'][aria-pressed=true]")
        assert page.evaluate("document.activeElement.dataset.doc") == other, "the keyboard stays where it was"
        values = page.locator(".ex-an-effect .ex-value").all_inner_texts()
        assert values and all(value[0] in "+−≈" for value in values)

    def test_a_system_that_cannot_be_asked_says_why_and_the_other_is_shown(self, shown, page):
        open_answers(page, shown("harbour").url)
        choose(page, "answers-b", "hybrid:bm25+dense:minilm")
        page.wait_for_selector(".ex-an-system:has-text('it adds up ranks')")
        assert page.locator(".ex-an-effect .ex-value").count() > 1
        choose(page, "answers-b", "student:gone")
        page.wait_for_selector("#answers .ex-error[role=alert]:has-text(\"there is no run 'gone'\")")
        choose(page, "answers-b", "bm25")
        page.wait_for_selector(".ex-an-sentences")

    @pytest.mark.reader
    def test_costs_are_measured_live_priced_and_can_be_stopped(self, shown, page):
        open_answers(page, shown("harbour").url)
        page.fill("#cost-queries input", "50")
        page.click("#measure")
        page.wait_for_selector("#costs .ex-working:has-text('time rerank:llm(dense:minilm): ')")
        page.click("#stop-measure")
        page.wait_for_selector("#costs .ex-empty:has-text('Nothing is measured yet')")
        page.wait_for_selector("#measure:not([disabled]):has-text('Measure now')")
        page.fill("#cost-queries input", "1")
        page.click("#measure")
        page.wait_for_selector(".ex-an-costs tbody tr >> nth=2")
        slowest = page.locator(".ex-an-costs tbody tr").nth(2).inner_text()
        assert "rerank:llm(dense:minilm)" in slowest and "the slowest" in slowest
        assert "Warm: models loaded" in page.inner_text("#costs")
        assert page.locator(".ex-an-costs th:has-text('1,000 queries cost')").count() == 0
        page.fill("#cost-price textarea, #cost-price input", "1.5")
        page.wait_for_selector(".ex-an-costs th:has-text('1,000 queries cost')")
        page.fill("#cost-price textarea, #cost-price input", "a lot")
        page.wait_for_selector("#costs [role=alert]:has-text('“a lot” is not a price')")

    def test_hostile_documents_are_shown_and_not_executed(self, app, page, beir_folder):
        hostile = "<img src=x onerror=alert(1)> ${alert(2)} {{alert(3)}} <script>alert(4)</script> \u202e mill"
        documents = [{"_id": f"d{n}", "title": hostile, "text": f"{hostile} stands. {hostile} fell."} for n in range(3)]
        told = {"answers": [hostile], "evidence": {"d1": [[0, 20]]}}
        folder = beir_folder(documents, [{"_id": "q1", "text": hostile, "metadata": told}], {"test": [("q1", "d1", 1)]})
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        open_answers(page, app(folder).url)
        assert page.text_content("#answers h2") == hostile
        assert hostile in page.text_content(".ex-an-title >> nth=0")
        assert page.text_content(".ex-an-sentence >> nth=0") == hostile
        assert hostile in page.text_content("#sentences .ex-chip >> nth=0")
        page.wait_for_timeout(500)
        assert dialogs == [] and page.locator(".ex-an img, .ex-an script").count() == 0

    def test_a_link_restores_the_query_and_both_systems(self, shown, page):
        open_answers(page, shown("harbour").url, "&text=Where+do+herons+stand%3F&b=hybrid%3Abm25%2Bdense%3Aminilm")
        assert page.inner_text("#answers h2") == "Where do herons stand?"
        assert page.locator("#answers h3").all_inner_texts() == ["dense:minilm", "hybrid:bm25+dense:minilm"]
