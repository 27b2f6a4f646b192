"""Label in a real browser: blind, by keyboard, stored at once, each person apart, trained on from here."""

import browser
import pytest
from browser import choose, settled
from playwright.sync_api import expect

from explorer.collections import open_collection
from explorer.workbench import Workbench
from explorer.workbench.labelling import next_query, pool

pytestmark = [pytest.mark.browser, browser.needed]
SOURCE = "harbour"


def steps(page):
    return page.locator(".ex-step").all_inner_texts()


def open_label(page, url):
    page.goto(url + "?tab=label&b=bm25")
    page.wait_for_selector(".ex-label-card")
    page.focus(".ex-label-card")


def test_keys_grade_and_undo_and_each_label_is_on_disk_before_the_next(app, page, workspace):
    open_label(page, app(SOURCE).url)
    for key in "302":
        page.keyboard.press(key)
    page.wait_for_selector(".ex-sums:has-text('3 documents of 1 query')")
    page.keyboard.press("u")
    page.wait_for_selector(".ex-sums:has-text('2 documents of 1 query')")
    assert steps(page)[:4] == ["3", "0", "\u00b7", "\u00b7"]
    grades = [label.grade for label in workspace.labels(SOURCE).history()]
    assert grades == [3, 0, 2, None]
    settled(page)
    page.reload()
    page.wait_for_selector(".ex-sums:has-text('2 documents of 1 query')")
    assert steps(page)[:4] == ["3", "0", "\u00b7", "\u00b7"]


def test_the_pool_tells_neither_system_nor_rank(shown, page):
    open_label(page, shown(SOURCE).url)
    shown = page.inner_text(".ex-label")
    assert "bm25" not in shown and "minilm" not in shown


def test_the_pool_is_both_systems_documents_in_an_order_of_its_own(workspace):
    bench = Workbench(open_collection(SOURCE), workspace)
    query = bench.collection.split("test")[0]
    found = pool(bench, query, ["dense:minilm", "bm25"])
    rankings = [bench.search(spec, [query], 10).rankings[query.query_id].doc_ids for spec in ("dense:minilm", "bm25")]
    assert set(found) == {*rankings[0], *rankings[1]}
    assert found == pool(bench, query, ["bm25", "dense:minilm"]), "who found a document does not show in its place"
    assert found != [*rankings[0]] and found[: len(rankings[0])] != [*rankings[0]]


def test_two_visitors_do_not_see_each_others_labels(app, page, workspace):
    url = app(SOURCE).url
    open_label(page, url)
    page.keyboard.press("3")
    page.wait_for_selector(".ex-sums:has-text('1 documents of 1 query')")
    other = page.context.browser.new_context().new_page()
    open_label(other, url)
    other.wait_for_selector(".ex-sums:has-text('None yet')")
    assert steps(other)[0] == "\u00b7"
    other.keyboard.press("1")
    other.wait_for_selector(".ex-sums:has-text('1 documents of 1 query')")
    assert len({label.person for label in workspace.labels(SOURCE).history()}) == 2


def test_labels_train_a_student_that_is_then_watched(app, page, workspace):
    open_label(page, app(SOURCE).url)
    train = page.locator("#label-train")
    expect(train).to_have_text("5 more queries to train")
    for left in range(4, -1, -1):
        for key in "30":
            page.keyboard.press(key)
        expect(train).to_have_text(f"{left} more queries to train" if left else "Train on the labels")
        question = page.inner_text(".ex-label h2")
        page.keyboard.press("n")
        page.wait_for_function("before => document.querySelector('.ex-label h2').textContent !== before", arg=question)
        page.focus(".ex-label-card")
    train.click()
    page.wait_for_selector(".ex-run-head:has-text('labels-adapter')")
    page.wait_for_selector(".ex-run-head:has-text('gold:labels')")
    page.wait_for_selector(".ex-state-finished, .ex-state-failed, .ex-state-cancelled", timeout=120_000)
    (run,) = workspace.all_runs()
    assert run.plan["teacher"] == "gold:labels"


def test_read_only_says_so_and_stores_nothing(app, page, workspace):
    page.goto(app(SOURCE, "--read-only").url + "?tab=label")
    page.wait_for_selector(".ex-empty:has-text('read-only')")
    assert not (workspace.root / "labels").exists()


def test_after_the_last_query_the_first_unlabelled_one_follows(harbour):
    queries = harbour.split("test")[:3]
    a, b, c = (query.query_id for query in queries)
    assert next_query(queries, {}, a) == b and next_query(queries, {}, c) == a
    assert next_query(queries, {b: {"d": 1}}, a) == c
    assert next_query(queries, {b: {"d": 1}, c: {"d": 0}}, a) is None


def test_an_unknown_system_is_one_sentence(shown, page):
    open_label(page, shown(SOURCE).url)
    choose(page, "label-b", "nonsense")
    page.wait_for_selector(".ex-label .ex-error:has-text(\"unknown retriever 'nonsense'\")")
