"""A renderer of explorer/static as a module and a style sheet for a notebook's cell."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"


def script(mount: str, *files: str) -> str:
    """The module of the renderer ``mount``, which stands in the last of ``files``; the others are what it needs."""
    texts = [_read(name) for name in ("dom.js", *files, "notebook.js")]
    return "".join([*texts, f"export default connected({mount});\n"])


def style(*files: str) -> str:
    """The app's style sheets, for a cell alone: rules nest in the cell, and widths are the cell's, not the window's."""
    rules = "".join(_read(name) for name in ("explorer.css", *files, "notebook.css"))
    return f".ex-notebook {{\n{rules.replace('@media (max-width', '@container (max-width')}}}\n"


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
