"""Widgets in JupyterLab as a reader meets them: clicks reach Python, Python moves them, and nothing bad leaves a cell blank."""

import browser
import hostile
import lab
import pytest

from explorer.files import read_json, write_json
from explorer.workbench.plans import Plan
from explorer.workspace import Workspace

pytestmark = [pytest.mark.browser, browser.needed]

OPEN = """\
import explorer as ex, pandas as pd
docs = pd.DataFrame({"doc_id": [f"d{n}" for n in range(12)], "text": [f"Ferry number {n} sails at {n}." for n in range(12)]})
asked = pd.DataFrame({"query_id": [f"q{n}" for n in range(12)], "query": [f"When does ferry {n} sail?" for n in range(12)]})
judged = [{"query_id": f"q{n}", "doc_id": f"d{n}", "grade": 1} for n in range(12)]
found = lambda turn: [{"query_id": f"q{n}", "doc_id": f"d{(n + turn * n + rank) % 12}", "rank": rank + 1} for n in range(12) for rank in range(4)]
bench = ex.open(documents=docs, queries=asked, qrels=pd.DataFrame(judged),
                runs={"mine": pd.DataFrame(found(0)), "theirs": pd.DataFrame(found(3))})
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, model_cache):
    root = tmp_path_factory.mktemp("lab")
    (root / "cache").mkdir()
    (root / "cache" / "models").symlink_to(model_cache / "models")
    return Workspace(root)


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
    flips = 'seen = []\nflips = ex.Flips(bench, "mine", "theirs", split="all")\nflips.selection.observe(lambda change: seen.append(change.new), "query_id")\nflips'
    compare = 'compare = ex.Compare(bench, systems=["mine", "theirs"], k=4, selection=flips.selection)\ncompare'
    opened(page, jupyter, "linked.ipynb", OPEN, flips, compare)
    page.click(".ex-row:has-text('When does ferry 5 sail?')")
    page.wait_for_selector(".ex-query h2:has-text('When does ferry 5 sail?')")
    page.click(".ex-system .ex-card:has-text('Ferry number 8')")
    page.wait_for_selector(".ex-system .ex-card.ex-same:has-text('Ferry number 8')")
    chosen = "print(seen, flips.selection.query_id, compare.selection.doc_id, compare.selection.system)"
    assert added(page, chosen) == "['q5'] q5 d8 theirs"

    added(page, 'flips.selection.query_id = "q3"')
    page.wait_for_selector(".ex-row[aria-selected=true]:has-text('When does ferry 3 sail?')")
    page.wait_for_selector(".ex-query h2:has-text('When does ferry 3 sail?')")
    added(page, 'flips.selection.doc_id = "d3"')
    page.wait_for_selector(".ex-baseline .ex-card.ex-same:has-text('Ferry number 3')")
    assert page.locator(".ex-static:visible").count() == 0, "the static views give way to the living"

    lab.save(page)
    lab.end_kernels(jupyter)
    lab.open_notebook(page, jupyter, "linked.ipynb")
    page.wait_for_selector(".ex-static:visible >> nth=1")
    assert page.locator(".ex-static:visible h4").all_inner_texts() == [
        "theirs is worse than mine",
        "No query is chosen yet",
    ]
