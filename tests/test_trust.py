"""Documents are hostile: on every page and in the report nothing of them runs, and their characters are shown."""

import browser
import hostile
import httpx
import pytest
from browser import choose, columns, open_data, open_distill, settled


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    return hostile.write_collection(tmp_path_factory.mktemp("nasty") / hostile.FOLDER)


@pytest.fixture(scope="module")
def nasty_app(shared_workspace, nasty):
    started = browser.App(shared_workspace, nasty)
    yield started
    started.stop()


@pytest.fixture
def wary(page):
    """A page that also fails the test when a dialog opens."""
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    yield page
    assert dialogs == []


def untouched(page):
    assert page.evaluate("window.__owned") is None
    assert page.title() != "owned"


def test_the_set_is_large_and_its_texts_differ():
    assert len(set(hostile.TEXTS.values())) == len(hostile.TEXTS) >= 60


@pytest.mark.browser
@browser.needed
def test_hostile_texts_pass_through_every_page(nasty_app, wary):
    wary.goto(nasty_app.url)
    wary.wait_for_selector("[role=tab]")
    assert hostile.whole(hostile.FOLDER) == wary.text_content("#masthead bdi")
    for name in wary.locator("[role=tab]").all_inner_texts():
        wary.click(f"[role=tab]:text-is('{name}')")
        settled(wary)
        untouched(wary)


@pytest.mark.browser
@browser.needed
def test_hostile_texts_are_shown_character_by_character(nasty_app, wary):
    """Titles, texts, the query, its rationale: what is in the file stands on the page."""
    for query, names in hostile.pages():
        wary.goto(f"{nasty_app.url}?tab=compare&query={query}&teacher=rationale:given&b=bm25")
        group = f"group-{query.removeprefix('page-')}"
        wary.wait_for_function(
            "start => document.querySelector('.ex-query h2')?.textContent.startsWith(start)", arg=group
        )
        settled(wary)
        cards = wary.evaluate(
            """() => [...document.querySelectorAll('.ex-baseline .ex-card')].map((card) => [
              card.dataset.doc, card.querySelector('.ex-title').textContent, card.querySelector('.ex-text').textContent])"""
        )
        by_id = {doc: texts for doc, *texts in cards}
        for name in names:
            title, text = by_id[hostile.whole(hostile.doc_id(name))]
            whole = hostile.whole(hostile.TEXTS[name])
            assert whole[:300] in title, name
            assert text == whole, name
        told = hostile.whole(hostile.TEXTS[names[0]])[:300]
        assert wary.text_content(".ex-rationale-text") == told.replace("\n\n", ""), "paragraphs are elements"
        untouched(wary)


@pytest.mark.browser
@browser.needed
def test_a_hostile_link_restores_nothing_that_runs(nasty_app, wary):
    """A link is text from strangers as well: whatever it asks for ends as a value of a field, or as a sentence."""
    for name in ("image", "leave-attribute", "template-literal", "md-link", "mustache"):
        text = hostile.TEXTS[name]
        for tab in ("flips", "compare"):
            values = dict.fromkeys(("query", "text", "answer", "a", "teacher", "b", "k", "split", "measure"), text)
            wary.goto(str(httpx.URL(nasty_app.url, params={"tab": tab, **values})))
            wary.wait_for_selector(f"#tab-{tab}-button[aria-selected=true], [role=tab][aria-selected=true]")
            settled(wary)
            untouched(wary)
            assert wary.locator("[data-testid=toast-body]").count() == 0, "Gradio's own messages are HTML"


@pytest.mark.browser
@browser.needed
def test_hostile_texts_pass_through_the_check_up_and_the_report_of_the_page(nasty_app, wary):
    wary.goto(nasty_app.url)
    columns(wary)
    open_data(wary)
    wary.click("#check")
    wary.wait_for_selector(".ex-finding")
    wary.click("#write-report")
    wary.wait_for_selector("#report-file a")
    untouched(wary)


@pytest.mark.browser
@browser.needed
def test_what_a_visitor_types_is_shown_as_text(nasty_app, wary):
    """Names of systems, of runs and of teachers come back in sentences: as text, wherever they are shown."""
    wary.goto(nasty_app.url)
    columns(wary)
    settled(wary)
    image = hostile.TEXTS["image"]
    for field in ("baseline", "teacher", "student"):
        choose(wary, field, image)
        wary.wait_for_selector("#columns .ex-error")
        assert image in wary.text_content("#columns .ex-error")
        choose(wary, field, {"teacher": "gold"}.get(field, "bm25"))
        wary.wait_for_selector(".ex-baseline .ex-card")
    open_distill(wary)
    wary.fill("#run-name input, #run-name textarea", image)
    wary.wait_for_selector("#said:has-text('cannot name a run')")
    assert image in wary.text_content("#said")
    untouched(wary)


@pytest.mark.browser
@browser.needed
def test_a_report_of_hostile_texts_opened_from_disk_runs_nothing(explorer, nasty, tmp_path):
    from playwright.sync_api import sync_playwright

    out = tmp_path / "report.html"
    done = explorer("report", nasty, "-a", "bm25", "-b", "dense:minilm", "-o", out)
    assert done.returncode == 0, done.stderr
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.CHROMIUM, args=browser.FLAGS)
        page = chromium.new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.goto(out.as_uri())
        page.wait_for_timeout(1000)
        untouched(page)
        told = page.text_content("body")
        assert asked == [out.as_uri()] and said == []
        shown = [name for name, text in hostile.TEXTS.items() if hostile.whole(text)[:300] in told]
        missing = set(hostile.TEXTS) - set(shown)
        # a parser of HTML takes neither NUL nor a bare CR: they are shown as what stands for them
        assert missing <= {"null-bytes", "carriage-returns", "script-case", "image-slashes"}, missing
        chromium.close()


@pytest.fixture(scope="module")
def harbour_app(shared_workspace):
    started = browser.App(shared_workspace, "harbour")
    yield started
    started.stop()


@pytest.mark.browser
@browser.needed
def test_markup_that_slipped_through_would_not_run(harbour_app):
    """The second line: were a text ever written as HTML, its handlers and scripts are refused by the policy."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.CHROMIUM, args=browser.FLAGS)
        page = chromium.new_page()
        page.goto(harbour_app.url)
        page.wait_for_selector("[role=tab]")
        refused = []
        page.on("console", lambda message: refused.append(message.text))
        gone = []
        page.on("requestfinished", lambda request: gone.append(request.url))
        for text in {**hostile.ELEMENTS, "meta": ""}.values():  # a policy has no word for <meta http-equiv=refresh>
            page.evaluate(
                "text => { document.body.append(Object.assign(document.createElement('div'), {innerHTML: text})) }",
                text,
            )
        page.evaluate(
            "() => { document.body.append(Object.assign(document.createElement('script'), {text: 'window.__owned=1'})) }"
        )
        page.wait_for_timeout(1000)
        untouched(page)
        assert any("Content Security Policy" in text for text in refused)
        assert [url for url in gone if "evil.invalid" in url] == []
        chromium.close()


@pytest.mark.browser
@browser.needed
def test_two_visitors_never_see_each_others_selection(harbour_app, page):
    first, second = page, page.context.browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    second.set_default_timeout(60_000)
    browser.heed(second)
    for one in (first, second):
        one.goto(harbour_app.url)
        columns(one)
        settled(one)
    before = second.inner_text(".ex-query h2"), second.locator(".ex-column h3").all_inner_texts(), second.url
    first.fill("#text textarea, #text input", "What does only the first one ask?")
    first.keyboard.press("Enter")
    first.wait_for_selector(".ex-query h2:has-text('only the first one')")
    choose(first, "student", "hybrid:bm25+dense:minilm")
    first.wait_for_selector(".ex-system h3:has-text('hybrid')")
    assert (second.inner_text(".ex-query h2"), second.locator(".ex-column h3").all_inner_texts(), second.url) == before
    second.click("[role=tab]:has-text('Flips')")
    settled(second)
    second.click("[role=tab]:has-text('Compare')")
    settled(second)
    assert second.inner_text(".ex-query h2") == before[0]
    assert "hybrid" not in second.text_content(".ex-compare")
    second.click("#next")
    second.wait_for_function("text => document.querySelector('.ex-query h2').textContent !== text", arg=before[0])
    assert first.inner_text(".ex-query h2") == "What does only the first one ask?"
    assert first.input_value("#student input") == "hybrid:bm25+dense:minilm"
    second.context.close()
