"""Six widgets on meridian in JupyterLab: figures as JSON, and screenshots in both themes. Needs chromium and explorer[test].

python tests/notebook_figures.py
"""

import io
import json
import statistics
import sys
import tempfile
from pathlib import Path

import browser
import lab
from PIL import Image
from playwright.sync_api import sync_playwright

from explorer.workspace import Workspace

SHOTS = Path(__file__).parents[1] / "assets" / "screenshots"
ROUNDS = 3
TALL = 640
A, B = "dense:minilm", "student:meridian-uae-lora"
OPEN = 'import explorer as ex\nbench = ex.open("meridian")\nquery = bench.collection.split("test")[0].query_id'
CELLS = {  # widget -> (source, what is there once it is drawn)
    "Flips": (f'flips = ex.Flips(bench, "{A}", "{B}")\nflips', ".ex-row"),
    "Compare": (f'ex.Compare(bench, query, ["{A}", "{B}"], k=4, teacher="utility")', ".ex-card"),
    "Rationale": ("ex.Rationale(bench, query, k=3)", ".ex-card"),
    "Utility": ("ex.Utility(bench, query, k=6)", ".ex-lesson canvas, .ex-lesson svg, .ex-lesson li"),
    "TrainingMonitor": ('ex.TrainingMonitor("meridian-uae-lora", bench)', ".ex-training"),
    "Map": (f'ex.Map(bench, query, "{A}", "{B}")', "canvas"),
}
MANY = """\
first = flips.view["queries"][0]
flips.view = {**flips.view, "queries": [{**first, "query_id": f"q{n}", "text": f"Question {n}?"} for n in range(50_000)]}"""
FRAMES = """() => new Promise((resolve) => {
  const list = document.querySelector('.ex-flips .ex-rows');
  const [times, step] = [[], (list.scrollHeight - list.clientHeight) / 200];
  let last = performance.now();
  const next = (now) => {
    times.push(now - last);
    last = now;
    list.scrollTop += step;
    times.length < 200 ? requestAnimationFrame(next) : resolve(times.sort((a, b) => a - b));
  };
  requestAnimationFrame(next);
})"""


def main():
    folder = Path(tempfile.mkdtemp(prefix="explorer-notebook-"))
    jupyter = lab.Lab(folder, Workspace())
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser.CHROMIUM, args=browser.FLAGS)
            page = chromium.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(300_000)
            sys.stdout.write(json.dumps(measured(page, jupyter), indent=2) + "\n")
            for theme in ("light", "dark"):
                shoot(page, theme)
            chromium.close()
    finally:
        jupyter.stop()


def measured(page, jupyter):
    jupyter.write("six.ipynb", OPEN, *[source for source, _ in CELLS.values()], "")
    lab.open_notebook(page, jupyter, "six.ipynb")
    lab.run(page, 0)
    drawn = {name: [] for name in CELLS}
    for _ in range(ROUNDS):
        for place, (name, (_, there)) in enumerate(CELLS.items(), start=1):
            drawn[name].append(drawing(page, place, there))
    lab.save(page, jupyter, "six.ipynb")
    size = (jupyter.folder / "notebooks" / "six.ipynb").stat().st_size
    lab.write_cell(page, 7, MANY)
    lab.run(page, 7)
    page.wait_for_selector(".ex-note:has-text('50,000 of 50,000')")
    frames = page.evaluate(FRAMES)
    lab.run(page, 1)
    page.wait_for_selector(".ex-row")
    return {
        "saved notebook of six widgets, kB": round(size / 1000),
        "ms from run to drawn, first": {name: times[0] for name, times in drawn.items()},
        "ms from run to drawn, median": {name: round(statistics.median(times)) for name, times in drawn.items()},
        "ms per frame scrolling 50,000 rows": {"p50": round(frames[100], 1), "p95": round(frames[189], 1)},
    }


def drawing(page, place, there):
    """ms from Ctrl+Enter to the widget drawn; what the run before drew is cleared first."""
    one = lab.cell(page, place)
    one.scroll_into_view_if_needed()
    one.locator(".cm-content").click()
    page.evaluate(
        """([cells, place]) => document.querySelectorAll(cells)[place].querySelectorAll('.ex-cell').forEach((old) => old.remove())""",
        [lab.CELLS, place],
    )
    begun = page.evaluate("performance.now()")
    page.keyboard.press("Control+Enter")
    return page.evaluate(
        """([cells, place, there, begun]) => new Promise((resolve) => {
          const look = () => {
            if (document.querySelectorAll(cells)[place].querySelector(there)) resolve(Math.round(performance.now() - begun));
            else requestAnimationFrame(look);
          };
          look();
        })""",
        [lab.CELLS, place, there, begun],
    )


def shoot(page, theme):
    """The six widgets in three rows of two, each from its top, in 128 colours."""
    page.set_viewport_size({"width": 1280, "height": 2000})
    page.click(".lm-MenuBar-item:has-text('Settings')")
    page.hover(".lm-Menu-item:has-text('Theme')")
    page.click(f".lm-Menu-item:has-text('JupyterLab {theme.title()}')")
    light = "true" if theme == "light" else "false"
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
    parts = [part(page, place) for place in range(1, len(CELLS) + 1)]
    wide = max(one.width for one in parts)
    whole = Image.new("RGB", (2 * wide, 3 * TALL), parts[0].getpixel((0, 0)))
    for number, one in enumerate(parts):
        whole.paste(one, (number % 2 * wide, number // 2 * TALL))
    whole.quantize(128, dither=Image.Dither.NONE).save(SHOTS / f"notebook-{theme}.png", optimize=True)


def part(page, place):
    """The first TALL pixels of what a cell shows."""
    shown = lab.cell(page, place).locator(".jp-OutputArea-output").last
    shown.scroll_into_view_if_needed()
    page.evaluate("shown => shown.scrollIntoView({block: 'start'})", shown.element_handle())
    page.wait_for_timeout(700)
    box = shown.bounding_box()
    clip = {**box, "height": min(box["height"], TALL)}
    return Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")


if __name__ == "__main__":
    main()
