"""Every page to people who cannot see it or use a mouse: axe-core finds no serious violation."""

import browser
import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, browser.needed]
SEVERE = ("serious", "critical")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_violation(shown, page, theme):
    page.goto(shown("harbour").url + f"?__theme={theme}")
    page.wait_for_selector(".ex-row")
    page.click(".ex-teach-toggle")  # what the layer adds has to be reachable as well
    found = {}
    for tab in page.locator("[role=tab]").all_inner_texts():
        page.click(f"[role=tab]:has-text('{tab}')")
        page.wait_for_timeout(2500)  # drawn, and what fades in has done so
        told = Axe().run(page).response["violations"]
        found[tab] = [
            f"{rule['id']}: {node['html'][:160]}"
            for rule in told
            if rule["impact"] in SEVERE
            for node in rule["nodes"][:3]
        ]
    assert {tab: rules for tab, rules in found.items() if rules} == {}
