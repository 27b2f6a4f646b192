"""Flips and Data in a real browser; nothing leaves the origin, the console stays clean."""

import browser
import pytest
from browser import choose, columns, open_data

pytestmark = [pytest.mark.browser, browser.needed]


def test_the_check_up_lists_findings_with_what_follows_and_what_to_do(app, page, tmp_path):
    hostile = "<img src=x onerror=alert(1)>"
    (tmp_path / "faq.csv").write_text(
        f"question,answer,context\nwho?,nobody,{hostile} caf\u00c3\u00a9\nwhere?,here,it is here\n"
    )
    page.goto(app(tmp_path / "faq.csv").url)
    columns(page)
    open_data(page)
    page.wait_for_selector(".ex-check .ex-empty:has-text('Press Check')")
    page.click("#check")
    page.wait_for_selector(".ex-finding")
    codes = page.locator(".ex-finding-head b").all_inner_texts()
    assert {"damaged characters", "answers found in no document"} <= set(codes)
    assert "read the source in its own encoding" in page.inner_text(".ex-check")


def test_a_report_is_written_from_the_page_and_can_be_downloaded(shown, page):
    page.goto(shown("harbour").url)
    columns(page)
    open_data(page)
    choose(page, "report-split", "nowhere")
    page.click("#write-report")
    page.wait_for_selector("#report-said:has-text('unknown split')")
    choose(page, "report-split", "test")
    page.click("#write-report")
    page.wait_for_selector("#report-file a")
    with page.expect_download() as waiting:
        page.click("#report-file a")
    text = waiting.value.path().read_text(encoding="utf-8")
    assert "bm25" in text and "Clearest wins" in text


def test_the_worst_regression_is_found_by_keyboard_and_opened_in_compare(shown, page):
    page.goto(shown("harbour").url)
    page.wait_for_selector(".ex-row")
    assert page.inner_text(".ex-flips .ex-verdict strong").endswith(("dense:minilm", "is shown"))
    assert page.locator(".ex-row[aria-selected=true]").get_attribute("data-place") == "0"
    page.focus(".ex-rows")
    page.keyboard.press("End")
    page.wait_for_selector(".ex-row[data-place='26'][aria-selected=true]")
    worst = page.inner_text(".ex-row[aria-selected=true] .ex-question")
    assert page.inner_text(".ex-row[aria-selected=true] .ex-change b").startswith("−")
    page.keyboard.press("Enter")
    page.wait_for_function("text => document.querySelector('.ex-query h2')?.textContent === text", arg=worst)
    page.wait_for_selector(".ex-baseline .ex-card")


def test_flips_are_filtered_by_class_by_bar_and_by_words(shown, page):
    page.goto(shown("harbour").url)
    page.wait_for_selector(".ex-row")
    chip = page.locator(".ex-chip:not([disabled])").first
    count = int(chip.locator("b").inner_text())
    chip.click()
    page.wait_for_function("n => document.querySelectorAll('.ex-row').length === n", arg=min(count, 27))
    chip.click()
    bar = page.locator(".ex-bin:not([disabled])").first
    count = int(bar.locator(".ex-bin-count").inner_text())
    bar.click()
    page.wait_for_function("n => document.querySelectorAll('.ex-row').length === n", arg=count)
    bar.click()
    page.fill(".ex-search", "no such words")
    page.wait_for_selector(".ex-rows .ex-empty:has-text('No query passes these filters')")
