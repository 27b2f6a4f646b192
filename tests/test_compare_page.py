"""Compare with more than three columns: chain of evidence, ribbons, percentiles, cut-off; a link shows it all again."""

import shutil

import browser
import numpy as np
import pytest
from browser import choose, settled
from hypothesis import given
from hypothesis import strategies as st

from explorer import views
from explorer.collections import open_collection
from explorer.models import find_model
from explorer.workbench import Workbench
from explorer.workbench.background import background, percentile

LINK = "?tab=compare&query=g-q37&a=bm25&b=hybrid:bm25%2Bdense:minilm&more=dense:minilm&teacher=rationale:given&k=14"


@pytest.fixture(scope="module")
def meridian(shared_workspace):
    return Workbench(open_collection("meridian"), shared_workspace)


@pytest.fixture
def new_model(tmp_path):
    """A model nobody has named yet, by its files: documents have to be encoded with it."""
    folder = tmp_path / "model"
    shutil.copytree(find_model("minilm", None).path, folder)
    (folder / "note.txt").write_text(str(tmp_path))
    return folder


@given(st.lists(st.integers(0, 20), min_size=1), st.integers(-1, 21))
def test_a_percentile_is_the_share_below_with_half_of_the_equals(scores, value):
    below, equal = sum(s < value for s in scores), sum(s == value for s in scores)
    assert percentile(np.sort(scores), value) == pytest.approx(100 * (below + equal / 2) / len(scores))


def test_a_system_is_measured_against_its_own_scores(meridian):
    dense, lexical = background(meridian, "dense:minilm"), background(meridian, "bm25")
    assert len(dense) == 32 * 50 and dense.max() <= 1.001 and lexical.max() > 2, "they count in different units"
    assert percentile(dense, float(np.median(dense))) == pytest.approx(50, abs=1)
    assert background(meridian, "rerank:llm(dense:minilm)") is None, "each score would cost a reading"


def test_hops_and_evidence_are_told_for_every_column(meridian):
    query = next(q for q in meridian.collection.split("test") if len(q.hops) == 2)
    view = views.compare(meridian, query, ["dense:minilm", "bm25"], 100)
    assert [hop["doc_id"] for hop in view["hops"]] == list(query.hops)
    for hop in view["hops"]:
        ranks = [{d["doc_id"]: d["rank"] for d in column["documents"]} for column in view["columns"]]
        assert hop["ranks"] == [of.get(hop["doc_id"]) for of in ranks]
    shown = {d["doc_id"]: d for column in view["columns"] for d in column["documents"]}
    for doc_id, spans in query.evidence.items():
        if doc_id in shown:
            told = [shown[doc_id]["text"][s["start"] : s["end"]] for s in shown[doc_id]["evidence"]]
            assert told == [meridian.collection.documents[doc_id].text[s.start : s.end] for s in spans]


@pytest.mark.browser
@browser.needed
def test_a_link_shows_somebody_elses_four_columns_with_ribbons_and_evidence(shown, page):
    page.goto(shown("meridian").url + LINK)
    page.wait_for_selector(".ex-column >> nth=3")
    titles = page.locator(".ex-column h3").all_inner_texts()
    assert titles == ["bm25", "rationale:given", "hybrid:bm25+dense:minilm", "dense:minilm"]
    assert page.locator(".ex-cutoff").count() == 4
    kinds = {"up", "down", "new", "lost"}
    drawn = {kind for kind in kinds if page.locator(f".ex-ribbon-{kind}").count()}
    assert drawn == kinds
    assert page.locator(".ex-column >> nth=0").locator(".ex-percentile").count() == 14
    assert page.locator(".ex-hop").count() == 2
    page.click("text=Next evidence")
    chosen = page.locator(".ex-card[aria-pressed=true]").first
    assert chosen.locator(".ex-evidence").count() > 0
    doc = chosen.get_attribute("data-doc")
    assert page.locator(".ex-ribbon-chosen").first.get_attribute("data-doc") == doc
    page.click(".ex-compare-tools button:has-text('Ribbons')")
    assert page.locator(".ex-ribbon").count() == 0


@pytest.mark.browser
@browser.needed
def test_what_is_chosen_goes_into_the_address_and_along_to_other_pages(shown, page):
    page.goto(shown("harbour").url + "?tab=compare&b=bm25")
    page.wait_for_selector(".ex-card")
    before = page.inner_text(".ex-query h2")
    page.click("#next")
    page.wait_for_function("before => document.querySelector('.ex-query h2').textContent !== before", arg=before)
    page.wait_for_function("() => location.search.includes('query=')")
    question = page.inner_text(".ex-query h2")
    page.click("[role=tab]:has-text('Label')")
    page.wait_for_selector(f".ex-label h2:has-text({question!r})")
    page.wait_for_function("() => location.search.includes('tab=label')")
    settled(page)
    page.goto(page.url)
    page.wait_for_selector(f".ex-label h2:has-text({question!r})")


@pytest.mark.browser
@browser.needed
def test_a_link_that_names_nothing_known_shows_a_first_visit(shown, page):
    page.goto(shown("harbour").url + "?tab=nowhere&query=no-such&k=lots&more=%7C%7C")
    page.wait_for_selector(".ex-row")
    page.click("[role=tab]:has-text('Compare')")
    page.wait_for_selector(".ex-card")


@pytest.mark.browser
@browser.needed
@pytest.mark.parametrize(
    ("tab", "field", "drawn", "stop"),
    [
        ("compare", "student", "#columns", "#compare-stop"),
        ("flips", "flips-b", "#flips", "#flips-stop"),
        ("map", "map-b", "#map", "#map-stop"),
        ("teachers", "teachers-a", "#lesson", "#stop-teachers"),
        ("answers", "answers-b", "#answers", "#stop-ask"),
        ("label", "label-b", "#label", "#label-stop"),
    ],
)
def test_what_takes_long_says_how_far_it_is_and_after_a_stop_what_is_chosen_next_is_drawn(
    shown, page, new_model, tab, field, drawn, stop
):
    """Cancelled by Gradio, the next choice was lost."""
    page.goto(shown("meridian").url + LINK.replace("compare", tab))
    there = f"{drawn} :is(h2, h3, canvas, .ex-verdict, .ex-error)"  # a map needs vectors: it says so
    page.wait_for_selector(there)
    choose(page, field, f"dense:{new_model}")
    page.wait_for_selector(f"{drawn} .ex-empty:text-matches('Encode documents \\\\d+ of \\\\d+ …')")
    page.click(stop)
    page.wait_for_selector(f"{drawn} .ex-empty:has-text('Stopped. Choose')")
    choose(page, field, "dense:minilm")
    page.wait_for_selector(f"{drawn} .ex-empty", state="detached")
    page.wait_for_selector(there)


@pytest.mark.browser
@browser.needed
def test_next_goes_on_from_a_search_that_is_still_waiting(shown, page, new_model):
    """It once waited for the search before it without a word, whose query could then be drawn over the next one."""
    page.goto(shown("meridian").url + LINK)
    page.wait_for_selector("#columns .ex-card")
    before = page.input_value("#query input")
    waiting = "#columns .ex-empty:text-matches('Encode documents \\\\d+ of \\\\d+ …')"
    choose(page, "student", f"dense:{new_model}")
    page.wait_for_selector(waiting)
    page.click("#next")
    page.wait_for_function("before => document.querySelector('#query input').value !== before", arg=before)
    page.wait_for_selector(waiting)
    page.click("#compare-stop")
    page.wait_for_selector("#columns .ex-empty:has-text('Stopped. Choose')")
    choose(page, "student", "dense:minilm")
    page.wait_for_selector("#columns .ex-card")
    question = page.inner_text(".ex-query h2")
    assert question and question in page.input_value("#query input")


@pytest.mark.browser
@browser.needed
@pytest.mark.reader
def test_scoring_is_stopped_begun_again_and_left_for_the_next_query(shown, page):
    """What was scored of a query once could be drawn while another one was chosen; a press after Stop was lost."""
    page.goto(shown("meridian").url + LINK.replace("rationale:given", "utility").replace("k=14", "k=30"))
    page.wait_for_selector("#columns .ex-card")
    asked = page.inner_text(".ex-query h2")
    page.click("#score")
    page.wait_for_selector("#score:text-matches('read \\\\d+ of \\\\d+')")
    page.click("#stop-score")
    page.wait_for_selector("#score:not([disabled]):has-text('Score with the reader')")
    page.click("#score")
    page.wait_for_selector("#score:text-matches('read \\\\d+ of \\\\d+')")
    page.click("#next")
    page.wait_for_selector(f".ex-query h2:not(:text-is({asked!r}))")
    page.wait_for_selector("#score:not([disabled]):has-text('Score with the reader')")
    page.wait_for_selector("#stop-score", state="hidden")
    settled(page)
    assert page.inner_text(".ex-query h2") in page.input_value("#query input")
