"""Every number of the app is explained in one sentence with its source, to eyes, keyboard and screen reader alike."""

import re

import browser
import pytest

from explorer.evaluation.failures import CLASSES
from explorer.views import terms
from explorer.views.scripts import STATIC

SCRIPTS = [path for path in sorted(STATIC.glob("*.js")) if path.name not in ("teach.js", "dom.js")]
# term(make(...), "name") and term(make(...), "name", view.teach)
CALL = re.compile(r"\), '((?:[^'\\]|\\.)+)'(?:, [\w.]+)?\)")


def named():
    """Terms that calls of ``term`` name; a quotation mark inside is written as JavaScript writes it."""
    return {name.replace("\\'", "'") for path in SCRIPTS for name in CALL.findall(path.read_text())}


def test_every_term_that_a_renderer_names_is_explained():
    assert len(named()) > 30 and named() - set(terms.TERMS) == set()


def test_every_explained_term_is_shown_somewhere():
    text = "".join(path.read_text() for path in SCRIPTS).replace("\\'", "’")
    from_views = {*CLASSES, *terms.MEASURES, "EM", "F1", "Accuracy"}  # names that come with what is drawn
    literal = {name for name in terms.SHOWN if f"'{name.replace(chr(39), '’')}'" in text}
    assert set(terms.SHOWN) - literal - from_views == set()


@pytest.mark.parametrize(("name", "source"), [("Cohen's κ", "cli/learn.py"), ("gap closed", "benches/results.py")])
def test_terms_of_the_command_line_are_those_it_prints(name, source):
    assert name in terms.PRINTED and name in (STATIC.parent / source).read_text()


def test_a_sentence_is_one_sentence_and_names_its_source():
    for name, (sentence, source) in terms.TERMS.items():
        assert 20 < len(sentence) < 180 and not sentence.endswith(".") and source, name


@pytest.mark.parametrize(
    ("measure", "family"), [("nDCG@10", "nDCG@k"), ("R@1", "R@k"), ("AP@10", "AP"), ("RR", "RR"), ("P@1", "P@k")]
)
def test_a_measure_is_explained_at_any_depth(measure, family):
    assert terms.family(measure) == family
    assert terms.taught(measure) == {measure: terms.MEASURES[family][0]}


@pytest.mark.browser
@browser.needed
def test_a_number_is_explained_by_keyboard_and_the_choice_is_remembered(shown, page):
    page.emulate_media(reduced_motion="reduce")
    page.goto(shown("harbour").url)
    page.wait_for_selector(".ex-row")
    page.focus(".ex-teach-toggle")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ex-teach-toggle[aria-pressed=true]")
    page.focus(".ex-fact[data-term=p]")
    panel = page.locator(".ex-teach-panel")
    assert panel.inner_text().split("\n") == [
        "p",
        "how often chance alone would give a change this large: randomisation test, two-sided",
        "Source: Fisher 1935; Smucker, Allan & Carterette 2007",
    ]
    assert page.get_attribute(".ex-fact[data-term=p]", "aria-describedby") == "ex-teach-panel"
    assert panel.evaluate("node => getComputedStyle(node).animationDuration") == "1e-05s", "nothing moves"
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    page.reload()
    page.wait_for_selector(".ex-row [data-taught]")
    browser.columns(page)
    page.wait_for_selector(".ex-card [data-taught]")
    page.focus(".ex-measure[data-taught]")
    assert "share of the best order" in panel.inner_text()
    page.focus(".ex-card")
    panel.wait_for(state="hidden")
    page.keyboard.press("?")  # what lies inside the card, one after another
    assert panel.inner_text().startswith("percentile\nscore ")
    page.keyboard.press("?")
    assert panel.inner_text().startswith("grade\n")
    page.click(".ex-teach-toggle")
    assert page.locator("[data-taught]").count() == 0
    assert page.get_attribute(".ex-percentile", "title").startswith("score "), "tooltips are back"
    browser.settled(page)
