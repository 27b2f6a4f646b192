"""The slider bench: Teachers' own renderer on a synthetic split, from the move of a slider to everything drawn again."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

QUERIES, CANDIDATES, MOVES = 500, 50, 100
STATIC = Path(__file__).parents[1] / "static"
SCRIPTS = ("dom.js", "mixing.js", "curve.js", "teachers.js")
STYLES = ("explorer.css", "teachers.css")
SLIDERS = ("lambda", "weight-utility")


def moved_sliders(browser: Any) -> dict[str, list[float]]:
    """slider -> ms from each of MOVES moves to the frame after every number and the curve are drawn anew."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_content("<div id='host'></div>")
    page.add_style_tag(content="\n".join((STATIC / name).read_text(encoding="utf-8") for name in STYLES))
    scripts = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS)
    page.add_script_tag(content=f"{scripts}\nconst view = {json.dumps(_split())};\n{_MOUNT}")
    return {slider: [page.evaluate(_MOVE, [slider, (n % 99 + 1) / 100]) for n in range(MOVES)] for slider in SLIDERS}


_MOUNT = "mountTeachers(document.getElementById('host'), {get: () => view, onChange: () => () => {}});"
_MOVE = """([name, value]) => new Promise((resolve) => {
  const slider = document.querySelector(`[data-slider="${name}"]`);
  const begun = performance.now();
  const drawn = () => requestAnimationFrame(() => resolve(performance.now() - begun));
  document.addEventListener('explorer-mixed', drawn, {once: true});
  slider.value = value;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
})"""


def _split() -> dict[str, Any]:
    """A view as ``explorer.views.teachers`` makes it: every candidate scored by utility and a rationale, one of them gold."""
    draw = random.Random(0)  # noqa: S311  figures, not secrets
    ids = [f"d{n}" for n in range(QUERIES * CANDIDATES)]
    gold = [float(n % CANDIDATES == draw.randrange(CANDIDATES)) for n in range(len(ids))]

    def teacher(name: str, values: list[float]) -> dict[str, Any]:
        told = {"unit": "", "short": "", "sides": None, "origin": "synthetic"}
        return {"name": name, "spec": name, "kind": name.partition(":")[0], **told, "values": values}

    def scores() -> list[float]:
        return [draw.random() for _ in ids]

    return {
        "base": "dense:minilm",
        "split": "test",
        "key": "synthetic",
        "queries": [f"q{n}" for n in range(QUERIES)],
        "starts": list(range(0, len(ids) + 1, CANDIDATES)),
        "ids": ids,
        "retriever": scores(),
        "ideal": [[1]] * QUERIES,
        "teachers": [
            teacher("utility", scores()),
            teacher("rationale:given", scores()),
            teacher("gold", gold),
        ],
        "measures": ["nDCG@10", "AP", "R@1"],
        "lambda": 0.5,
        "weights": {"utility": 0.7, "rationale:answer": 0.3},
        "depth": CANDIDATES,
        "notice": None,
        "teach": {},
    }
