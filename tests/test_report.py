import base64
import hashlib
import json
import re
import shutil

import pytest

from explorer import views
from explorer.collections import Judgement, Parts, assemble
from explorer.records import Document, Query, Span
from explorer.reports import page, write
from explorer.reports.parts import marked
from explorer.views.report import histogram
from explorer.workbench import Workbench

CHROMIUM = shutil.which("chromium")
NASTY = [
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "<!-- <script>",
    "${window.hacked=1} {{window.hacked=1}}",
    '"><svg onload=window.hacked=1>',
    "\u202egnp.exe \u0000 \ud800 end",
    "javascript:window.hacked=1",
    "]]>&amp;&lt;b&gt;",
]


def nasty_bench(workspace):
    documents = [Document(f"d{n}<i>", f"{text} word{n}", text, f"d{n}") for n, text in enumerate(NASTY)]
    queries = [Query(f"q{n}\"'<b>", f"word{n} {text}", (text,), rationale=text) for n, text in enumerate(NASTY)]
    judged = [Judgement(query.query_id, doc.doc_id, 1, "test") for query, doc in zip(queries, documents, strict=True)]
    return Workbench(assemble("nasty<u>", Parts(documents, queries, judged)), workspace)


@pytest.fixture
def view(workspace):
    return views.report(nasty_bench(workspace), "bm25", "dense:minilm")


def test_no_text_of_a_document_becomes_markup(view):
    html = page(view)
    body = html[html.index("<body>") : html.index('<script type="application/json"')]
    assert not re.search(r"<(script|img|svg onload|i>|b>\"|u>)", body)
    data = re.search(r'id="views">(.*?)</script>', html, re.DOTALL)[1]
    assert not set("<>&") & set(data)
    assert json.loads(data).keys() == {row["query_id"] for row in [*view["wins"], *view["losses"]]}


def test_the_policy_names_the_one_script(view):
    html = page(view)
    script = html[html.rindex("<script>") + 8 : html.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html


def test_marks_are_escaped_and_never_nested():
    assert marked("a<b c", [(0, 2), (1, 3), (4, 9)]) == "<mark>a&lt;</mark><mark>b</mark> <mark>c</mark>"


def test_the_histogram_keeps_no_change_apart():
    counts = {
        (round(one["from"], 1), round(one["to"], 1)): one["count"] for one in histogram([0, 0, 0.05, -1, 1, 0.1, 0.11])
    }
    assert {place: n for place, n in counts.items() if n} == {
        (0.0, 0.0): 2, (0.0, 0.1): 2, (0.1, 0.2): 1, (-1.0, -0.9): 1, (0.9, 1.0): 1,
    }  # fmt: skip


def test_evidence_of_the_collection_is_marked_in_the_text(workspace):
    """Evidence counts characters of the text; a title before it must not shift the marks."""
    documents = [Document("a", "Ada keeps it. A fish.", "Title", "a"), Document("b", "A fish swims.", "Other", "b")]
    query = Query("q", "who keeps the fish?", ("Ada",), evidence={"a": (Span(0, 13),)})
    bench = Workbench(assemble("toy", Parts(documents, [query], [Judgement("q", "a", 1, "test")])), workspace)
    view = views.report(bench, "bm25", "dense:minilm")
    shown = [doc for row in [*view["wins"], *view["losses"]] for doc in row["view"]["columns"][0]["documents"]]
    spans = [doc["spans"]["text"] for doc in shown if doc["doc_id"] == "a"]
    assert all(places == [{"start": 0, "end": 13, "weight": 1.0}] for places in spans)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
@pytest.mark.parametrize("script", [True, False])
def test_the_report_opens_from_disk_without_network_and_runs_nothing_of_the_texts(view, tmp_path, script):
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    write(view, path)
    assert path.stat().st_size < 5e6
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_context(offline=True, java_script_enabled=script).new_page()
        asked, said = [], []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.goto(path.as_uri())
        assert asked == [path.as_uri()]
        assert said == []
        assert view["headline"] in tab.inner_text("h1")
        if view["wins"] or view["losses"]:
            assert tab.locator(".rp-example").first.is_visible()
            assert tab.locator(".ex-card" if script else ".rp-columns li").count() > 0
        if script:
            assert tab.evaluate("window.hacked") is None
        browser.close()
