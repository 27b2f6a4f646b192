"""Widgets in JupyterLab as a reader meets them: clicks reach Python, Python moves them, and nothing bad leaves a cell blank."""

import browser
import hostile
import lab
import pytest

from explorer.files import read_json, write_json
from explorer.workbench.plans import Plan

pytestmark = [pytest.mark.browser, browser.needed]

OPEN = """\
import explorer as ex, pandas as pd
docs = pd.DataFrame({"doc_id": [f"d{n}" for n in range(12)], "text": [f"Ferry number {n} sails at {n}." for n in range(12)]})
asked = pd.DataFrame({"query_id": [f"q{n}" for n in range(12)], "query": [f"When does ferry {n} sail?" for n in range(12)]})
judged = [{"query_id": f"q{n}", "doc_id": f"d{n}", "grade": 1} for n in range(12)]
found = lambda turn: [{"query_id": f"q{n}", "doc_id": f"d{(n + turn * n + rank) % 12}", "rank": rank + 1}
                      for n in range(12) for rank in range(4)]
bench = ex.open(documents=docs, queries=asked, qrels=pd.DataFrame(judged),
                runs={"mine": pd.DataFrame(found(0)), "theirs": pd.DataFrame(found(3))})
"""


@pytest.fixture(scope="module")
def workspace(new_workspace):
    return new_workspace()


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory, workspace):
    started = lab.Lab(tmp_path_factory.mktemp("jupyter"), workspace)
    yield started
    started.stop()


def opened(page, jupyter, name, *cells):
    """A new notebook whose cells have run, and an empty one at its end."""
    jupyter.write(name, *cells, "")
    lab.open_notebook(page, jupyter, name)
    for place in range(len(cells)):
        lab.run(page, place)


def added(page, source):
    """Runs ``source`` in the last cell and returns what it printed."""
    last = page.locator(lab.CELLS).count() - 1
    lab.write_cell(page, last, source)
    lab.run(page, last)
    return lab.output(page, last)


def test_a_click_changes_a_python_value_an_assignment_moves_the_widget_and_what_was_seen_stays(page, jupyter):
    """The first promise of a notebook's widget, and what a colleague sees who opens the file without its kernel."""
    flips = """\
seen = []
flips = ex.Flips(bench, "mine", "theirs", split="all")
flips.selection.observe(lambda change: seen.append(change.new), "query_id")
flips"""
    compare = 'compare = ex.Compare(bench, "q1", ["mine", "theirs"], 4, selection=flips.selection)\ncompare'
    opened(page, jupyter, "linked.ipynb", OPEN, flips, compare)
    page.click(".ex-row:has-text('When does ferry 5 sail?')")
    page.wait_for_selector(".ex-query h2:has-text('When does ferry 5 sail?')")
    page.click(".ex-system .ex-card:has-text('Ferry number 8')")
    page.wait_for_selector(".ex-system .ex-card.ex-same:has-text('Ferry number 8')")
    chosen = "print(seen, flips.selection.query_id, compare.selection.doc_id, compare.selection.system)"
    assert added(page, chosen) == "['q1', 'q5'] q5 d8 theirs"

    added(page, 'flips.selection.query_id = "q3"')
    page.wait_for_selector(".ex-row[aria-selected=true]:has-text('When does ferry 3 sail?')")
    page.wait_for_selector(".ex-query h2:has-text('When does ferry 3 sail?')")
    added(page, 'flips.selection.doc_id = "d3"')
    page.wait_for_selector(".ex-baseline .ex-card.ex-same:has-text('Ferry number 3')")
    assert page.locator(".ex-static:visible").count() == 0, "the static views give way to the living"

    lab.save(page, jupyter, "linked.ipynb")
    page.forgiven = ("widget model not found",)  # what JupyterLab itself says of the living ones
    jupyter.copy("linked.ipynb", "colleague.ipynb")
    lab.open_notebook(page, jupyter, "colleague.ipynb")
    page.wait_for_selector(".ex-static:visible >> nth=1")
    assert page.locator(".ex-static:visible h4").all_inner_texts() == [
        "theirs is worse than mine",
        "When does ferry 1 sail?",
    ], "as they were first drawn"


def test_a_run_is_started_watched_and_cancelled_from_a_cell_and_outlives_the_kernel(page, jupyter, workspace):
    """A training that blocks the kernel, or dies with it, makes a notebook useless for minutes."""
    plan = 'ex.TrainingMonitor(bench=ex.open("harbour"), name="watched", method="gold", student="adapter", epochs=2000, patience=2000)'
    opened(page, jupyter, "training.ipynb", f"import explorer as ex\nmonitor = {plan}\nmonitor")
    page.wait_for_selector(".ex-run:has-text('Ready to train adapter by gold')")
    page.click(".ex-monitor .ex-start")
    page.wait_for_selector(".ex-working:has-text('training: step')", timeout=180_000)
    assert added(page, "print(monitor.state, 6 * 7)") == "running 42", "the kernel is free"

    lab.restart_kernel(page)
    added(page, 'import explorer as ex\nagain = ex.TrainingMonitor("watched")\nagain')
    attached = lab.cell(page, 1)
    attached.locator(".ex-state-running").wait_for()
    attached.locator(".ex-training").wait_for()
    attached.locator("button:has-text('Cancel')").click()
    attached.locator(".ex-state-cancelled").wait_for(timeout=120_000)
    assert "the best student so far is kept" in attached.locator(".ex-notice").inner_text()
    assert attached.locator(".ex-monitor .ex-tools button").all_inner_texts() == ["Resume"]
    assert workspace.run("watched").student.exists()


def test_what_cannot_be_shown_is_a_sentence_in_the_widgets_frame(page, jupyter, workspace):
    """A blank cell, or a traceback of ours, leaves a reader without a next step."""
    dead = workspace.run("dead")
    dead.create(Plan.make("harbour").record())
    write_json(dead.path / "state.json", {**read_json(dead.path / "state.json"), "state": "running", "pid": 2**22 + 1})
    (jupyter.folder / "notebooks" / "others.run").write_text("zz Q0 d1 1 1.0 x\n")
    shown = """\
compare = ex.Compare(bench, "q1", ["mine"], 4)
display(compare, ex.Flips(bench, "mine", "run:others.run", split="all"), ex.Flips(bench, "mine", "theirs", measure="nDGC"),
        ex.Compare(bench, "q1", ["nothing"]), ex.TrainingMonitor("dead"), ex.TrainingMonitor("nowhere"))
compare.show(doc_id="d99")"""
    opened(page, jupyter, "problems.ipynb", OPEN, shown)
    cells = page.locator(".ex-cell")
    page.wait_for_function("() => document.querySelectorAll('.ex-cell .ex-host > *').length === 6")
    page.wait_for_selector(".ex-state-orphaned")
    said = [text.strip() for text in cells.all_inner_texts()]
    assert said[0].splitlines()[0].endswith("has no document 'd99'")
    assert "others.run ranks no document of this collection for any of the 12 queries of split 'all'" in said[1]
    assert "nDGC" in said[2]
    assert said[3].startswith("unknown retriever 'nothing'; write one of mine, theirs, bm25")
    assert "The process of this run is gone" in said[4] and "Resume" in said[4]
    assert "nowhere" in said[5]
    empty = "documents holds no rows; expected at least one"
    assert added(page, "ex.open(documents=pd.DataFrame(), queries=asked)") == empty
    unjoined = added(page, 'ex.open(documents=docs, queries=asked, runs={"mine": {"zz": {"d1": 1.0}}})')
    assert unjoined.startswith("the run 'mine' joins no query of the collection: its ids are 'zz'")

    many = """\
flips = ex.Flips(bench, "mine", "theirs", split="all")
first = flips.view["queries"][0]
flips.view = {**flips.view, "queries": [{**first, "query_id": f"q{n}", "text": f"Question {n}?"} for n in range(50_000)]}
flips"""
    added(page, many)
    page.wait_for_selector(".ex-flips .ex-note:has-text('50,000 of 50,000 queries')")
    rows = page.locator(".ex-flips .ex-rows")
    rows.focus()
    rows.press("End")
    page.wait_for_selector(".ex-row[aria-selected=true]:has-text('Question 49999?')")
    assert page.locator(".ex-row").count() < 40, "only what is in view is drawn"


def test_hostile_texts_are_shown_and_run_nothing(page, jupyter, tmp_path):
    """A notebook is opened with all rights of its reader."""
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    folder = hostile.write_collection(tmp_path / "nasty")
    pages = hostile.pages()
    widgets = f"""\
import explorer as ex
folder = {str(folder)!r}
groups = {{}}
for document in ex.open(folder).collection.documents.values():
    groups.setdefault(document.group.replace("group", "page"), {{}})[document.doc_id] = 1.0
bench = ex.open(folder, runs={{"all": groups}})
display(ex.Flips(bench, "bm25", "none"), ex.Map(bench, "page-0", "bm25", "none"), ex.Utility(bench, "page-0", "gold", base="bm25"))
display(*[ex.Compare(bench, f"page-{{n}}", ["all"]) for n in range({len(pages)})])"""
    opened(page, jupyter, "nasty.ipynb", widgets)
    page.wait_for_selector(f".ex-compare >> nth={len(pages) - 1}")
    page.wait_for_selector(".ex-row")
    page.wait_for_selector(".ex-lesson")
    cards = page.evaluate(
        """() => [...document.querySelectorAll('.ex-compare .ex-card')].map((card) => [
          card.dataset.doc, card.querySelector('.ex-title').textContent, card.querySelector('.ex-text').textContent])"""
    )
    by_id = {doc: texts for doc, *texts in cards}
    for name, text in hostile.TEXTS.items():
        whole = hostile.whole(text)
        title, shown = by_id[hostile.whole(hostile.doc_id(name))]
        assert whole[:300] in title and shown == whole, name
    assert page.evaluate("window.__owned") is None and page.title() != "owned" and dialogs == []
