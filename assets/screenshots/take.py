"""Screenshots of every page, light and dark, of an app on the demo: ``make screenshots``. Needs chromium and explorer[test].

python assets/screenshots/take.py [COLLECTION]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from explorer.benches.browsing import served
from explorer.workbench import Workbench

FOLDER = Path(__file__).parent
PAGES = {  # tab -> what is there once the page is drawn
    "flips": ".ex-row",
    "compare": ".ex-card",
    "teachers": ".ex-teachers canvas, .ex-teachers svg",
    "distill": ".ex-run",
    "label": ".ex-label-card",
    "answers": "#answers .ex-column",
    "map": "#map canvas",
    "data": ".ex-check",
}
SIZE = {"width": 1440, "height": 1000}


def main(collection: str) -> None:
    bench = Workbench.open(collection)
    with served(bench, collection) as (url, _, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=SIZE)
            for tab, drawn in PAGES.items():
                shoot(page, f"{url}?tab={tab}&__theme={scheme}", drawn, FOLDER / f"{tab}-{scheme}.png")
        browser.close()


def shoot(page: Any, url: str, drawn: str, path: Path) -> None:
    """A small picture: 256 colours are enough for a page."""
    from PIL import Image

    page.goto(url)
    page.wait_for_selector(drawn, timeout=120_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "meridian")
