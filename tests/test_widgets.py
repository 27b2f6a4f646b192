"""Widgets without a browser: what a notebook's code sees of them, and the view that stays when the kernel is gone."""

import gzip
import json
from html.parser import HTMLParser

import hostile
import pytest

from explorer.collections import open_collection
from explorer.widgets import Compare, Flips, Map, Rationale, Selection, Utility
from explorer.workbench import Workbench

A, B = "dense:minilm", "bm25"


@pytest.fixture(scope="module")
def bench(harbour, shared_workspace):
    return Workbench(harbour, shared_workspace)


def sent(widget):
    """What the browser draws: the packed view as it travels."""
    return json.loads(gzip.decompress(widget._packed))


def reader_does(widget, event, **detail):
    """What the renderer sends when a reader acts."""
    widget._handle_custom_msg({"event": event, **detail}, [])


def static_page(widget):
    return widget._repr_mimebundle_()[0]["text/html"]


def test_a_click_changes_the_selection_and_an_assignment_is_sent_to_the_browser(bench):
    flips = Flips(bench, A, B)
    seen = []
    flips.selection.observe(lambda change: seen.append(change.new), "query_id")
    query_id = sent(flips)["queries"][3]["query_id"]
    reader_does(flips, "submit", query_id=query_id)
    assert seen == [query_id]
    flips.selection.query_id = sent(flips)["queries"][0]["query_id"]
    assert flips._selected["query_id"] == sent(flips)["queries"][0]["query_id"] and flips._notice == ""


def test_widgets_that_share_a_selection_follow_each_other(bench):
    flips = Flips(bench, A, B)
    compare = Compare(bench, systems=[A, B], k=3, selection=flips.selection)
    assert "No query is chosen yet" in compare.view["message"]
    reader_does(flips, "submit", query_id=flips.view["queries"][0]["query_id"])
    assert compare.view["query"]["query_id"] == flips.selection.query_id
    doc = compare.view["columns"][1]["documents"][0]["doc_id"]
    reader_does(compare, "select", doc_id=doc, column=B)
    assert (flips.selection.doc_id, flips.selection.system) == (doc, B)
    flips.show(query=flips.view["queries"][5]["query_id"])
    assert compare.view["query"]["query_id"] == flips.view["queries"][5]["query_id"]


def test_an_unknown_id_is_one_sentence_in_the_frame_and_what_was_shown_stays(bench):
    """A blank cell, or a traceback in a log nobody reads, is what this prevents."""
    query_id = bench.collection.split("test")[0].query_id
    compare = Compare(bench, query_id, [A], 3)
    before = compare._packed
    compare.show(doc_id="nowhere")
    assert compare._notice == "harbour has no document 'nowhere'" and compare._packed == before
    compare.selection.query_id = "nobody"
    assert compare._notice.startswith("harbour has no query 'nobody'") and compare._packed == before
    flips = Flips(bench, A, B)
    flips.show(query="nobody")
    assert flips._notice.startswith("'nobody' is not among the ")
    flips.show(query=flips.view["queries"][0]["query_id"])
    assert flips._notice == ""


def test_a_problem_is_drawn_in_place_of_the_view(bench):
    assert sent(Flips(bench, A, A)) == {
        "message": f"{A} is on both sides; choose two systems that differ",
        "error": True,
    }
    assert sent(Flips(bench, "nothing", B))["error"] is True
    assert sent(Compare(bench, "a question of my own", [A], k=0))["message"] == "k is 0; ask for at least one document"
    assert "unknown projection 'UMAP'" in sent(Map(bench, "where is it?", A, B, method="UMAP"))["message"]


def test_frames_hold_what_is_shown(bench):
    flips = Flips(bench, A, B).to_frame()
    assert list(flips.columns)[:5] == ["query_id", "text", "a", "b", "delta"] and flips.delta.is_monotonic_decreasing
    query_id = bench.collection.split("test")[0].query_id
    compare = Compare(bench, query_id, [A, B], 4, "gold").to_frame()
    assert compare.groupby("system").size().to_dict() == {A: 4, B: 4, "gold": len(bench.collection.qrels[query_id])}
    assert compare.grade.isna().any(), "unjudged is missing, not 0"
    assert Flips(bench, A, A).to_frame().empty


def test_utility_shows_the_target_beside_gold_and_says_how_to_ask_the_reader(bench):
    query_id = next(q for q in bench.recorded("utility") if q in bench.collection.queries)
    utility = Utility(bench, query_id)
    frame = utility.to_frame()
    assert frame.target.sum() == pytest.approx(1) and frame.utility.dropna().is_monotonic_decreasing
    assert [one["name"] for one in sent(utility)["teachers"]][-1] == "utility"
    own = Utility(bench, "What is red?", answer="a buoy")
    assert own._notice == "utility has not scored these documents yet: .score() asks the reader."
    own.show("What is red?", answer="")
    assert own._notice == "utility says nothing of this query: no reference answer."


def test_a_rationale_is_shown_with_its_places_and_its_coverage(shared_workspace):
    bench = Workbench(open_collection("clauses"), shared_workspace)
    query_id = next(iter(bench.recorded("rationale:extractive")))
    frame = Rationale(bench, query_id, base="bm25").to_frame()
    covered = frame[frame.system == "rationale:extractive"].coverage
    assert covered.between(0, 1).all() and covered.max() > 0


def test_a_lasso_selects_the_queries_whose_gold_lies_there_and_flips_stays_among_them(bench):
    chosen = bench.collection.split("test")[0]
    map = Map(bench, chosen.query_id, A, B)
    flips = Flips(bench, A, B, selection=map.selection)
    gold = min(bench.collection.relevant(chosen.query_id))
    row = list(bench.collection.documents).index(gold)
    reader_does(map, "submit", what="choose", rows=[row])
    assert chosen.query_id in flips._selected["within"] and map.selection.doc_id == gold
    assert map.to_frame().doc_id.tolist() == [gold] and map._selected["row"] == row
    reader_does(flips, "drop")
    assert map.selection.within == ()


@pytest.mark.parametrize("rows", ["all", [1.5, None, "x"], [10**9], None])
def test_whatever_a_browser_sends_is_survived(bench, rows):
    map = Map(bench, bench.collection.split("test")[0].query_id, A, B)
    reader_does(map, "submit", what="choose", rows=rows)
    reader_does(map, "submit", what=["point"], rows=rows)
    reader_does(map, "select", doc_id={"a": 1})
    map._handle_custom_msg("no record", [])
    assert map.selection.within == () and map._notice == ""


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attributes):
        self.found |= {tag, *(name for name, value in attributes if f"{name}: {value}" != OURS)}


OURS = "style: text-align: left; vertical-align: top"
PLAIN = {"div", "class", "data-explorer", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "b", "i", "code"}


def test_static_views_escape_hostile_texts_and_stay_small(tmp_path, shared_workspace):
    """Text of a document that becomes markup would run in every notebook that shows it."""
    bench = Workbench.open(str(hostile.write_collection(tmp_path / "hostile")), shared_workspace)
    widgets = [Flips(bench, "bm25", "none"), Map(bench, "page-0", "bm25", "none")]
    widgets += [Compare(bench, query_id, ["bm25"]) for query_id, _ in hostile.pages()]
    for widget in widgets:
        page, tags = static_page(widget), Tags()
        tags.feed(page)
        assert tags.found <= PLAIN and len(page) < 60_000
        page.encode("utf-8")


def test_a_static_view_says_what_it_leaves_out(bench):
    deep = Compare(bench, bench.collection.split("test")[0].query_id, [B], k=25)
    assert "5 more ranks are left out of this static view." in static_page(deep)
    assert "Static view. Run the cell to work with it." in static_page(deep)


def test_importing_the_widgets_imports_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, explorer.widgets as w; assert 'Flips' in dir(w); print('anywidget' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_a_selection_of_one_s_own_can_be_passed_to_several(bench):
    shared = Selection(query_id=bench.collection.split("test")[0].query_id)
    assert Compare(bench, systems=[B], selection=shared).view["query"]["query_id"] == shared.query_id
