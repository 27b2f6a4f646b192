"""The list of queries stays on the server: a page weighs the same with ten queries and with ten thousand."""

import httpx
import pytest
from browser import App, needed, settled

from explorer.benches.browsing import write_many
from explorer.collections import Collection
from explorer.records import Document, Query
from explorer.workbench.query_list import QueryList

SPLITS = {"q1": "train", "q2": "test", "q3": "dev", "q4": "test"}
TEXTS = {"q1": "Where is the oak?", "q2": "Who cut the oak?", "q3": "Who rang?", "q4": "Where is the mill?"}


@pytest.fixture
def queries():
    asked = {q: Query(q, text) for q, text in TEXTS.items()}
    return QueryList(Collection("small", {"d": Document("d", "x")}, asked, {}, SPLITS))


def test_held_out_queries_come_first_and_next_walks_round(queries):
    assert queries.ids == ["q2", "q4", "q3", "q1"]
    assert [queries.step(now, 1) for now in ("q2", "q1", "nothing known")] == ["q4", "q2", "q2"]
    assert queries.step("q2", -1) == "q1"


def test_every_word_must_be_found_and_the_current_query_is_always_listed(queries):
    found = queries.find("OAK where", "q3")
    assert [row["query_id"] for row in found["rows"]] == ["q3", "q1"]
    assert (found["count"], found["of"], found["now"]["text"]) == (1, 4, "Who rang?")
    assert [row["query_id"] for row in queries.find("q4")["rows"]] == ["q4"], "an id is found, too"


def test_without_words_the_neighbours_of_the_current_query_are_listed(queries):
    assert [row["query_id"] for row in queries.find("", "q3", most=2)["rows"]] == ["q4", "q3"]
    assert [row["query_id"] for row in queries.find("", "q1", most=3)["rows"]] == ["q4", "q3", "q1"]


@pytest.fixture(scope="module")
def many(tmp_path_factory, shared_workspace):
    folder = tmp_path_factory.mktemp("many")
    write_many(folder)
    started = App(shared_workspace, folder)
    yield started, folder
    started.stop()


@pytest.mark.browser
@needed
def test_among_ten_thousand_queries_one_is_found_walked_from_and_linked_to(many, page):
    app, folder = many
    assert len(httpx.get(app.url).content) < 1_000_000, "each query as a choice weighed megabytes"
    runs = f"a=run:{folder}/a.run&b=run:{folder}/b.run"
    page.goto(f"{app.url}?tab=flips&split=test&{runs}")
    page.click("#flips-stop")
    page.wait_for_selector("#flips .ex-empty:has-text('Stopped')")
    page.wait_for_selector("#flips-stop", state="hidden")
    page.click("[role=tab]:has-text('Compare')")
    page.wait_for_selector(".ex-card")
    page.fill("#query input", "ferry 7774")
    page.keyboard.press("Enter")  # before the server has answered: the first match of what was typed is meant
    page.wait_for_selector(".ex-query h2:has-text('where is ferry 7774?')")
    page.click("#next")
    page.wait_for_selector(".ex-query h2:has-text('where is salt 7775?')")
    page.wait_for_function("() => document.querySelector('#query input').value.includes('salt 7775')")
    page.wait_for_function("() => location.search.includes('query=q7775')")
    settled(page)
    page.goto(page.url)
    page.wait_for_selector(".ex-query h2:has-text('where is salt 7775?')")
    page.click("#query input")
    page.wait_for_selector(".ex-query-option[aria-selected=true]:has-text('salt 7775')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ex-query h2:has-text('where is harbour 7776?')")
    page.click("[role=tab]:has-text('Flips')")
    page.wait_for_selector(".ex-row")
    assert "of 10,000 queries" in page.inner_text(".ex-flips .ex-tools .ex-note")
    settled(page)
