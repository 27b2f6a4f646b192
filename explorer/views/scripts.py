"""The renderers of explorer/static, each with the files it needs: the same for the app, a notebook and a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
FIRST = "dom.js"  # the one way text reaches the page
NEEDS: Mapping[str, tuple[str, ...]] = {
    "answers.js": ("answers_part.js",),
    "compare.js": ("marks.js", "compare_card.js", "ribbons.js"),
    "costs.js": ("answers_part.js",),
    "lesson.js": ("marks.js",),
    "map.js": (
        "map_glyphs.js",
        "map_points.js",
        "map_canvas.js",
        "map_choice.js",
        "map_list.js",
        "map_pointing.js",
        "map_around.js",
    ),
    "monitor.js": ("run.js", "training.js"),
    "notebook_map.js": ("map_told.js", "map.js"),
    "sentences.js": ("answers_part.js",),
    "teachers.js": ("mixing.js", "curve.js"),
}


def script(*names: str) -> str:
    """The text of these files behind everything they need, each file once."""
    files = dict.fromkeys([FIRST, *(file for name in names for file in _with_needs(name))])
    return "".join((STATIC / file).read_text(encoding="utf-8") for file in files)


def _with_needs(name: str) -> Iterator[str]:
    for needed in NEEDS.get(name, ()):
        yield from _with_needs(needed)
    yield name
