"""A renderer of explorer/static as a module and a style sheet for a notebook's cell."""

from __future__ import annotations

from explorer.views import scripts


def script(mount: str, file: str) -> str:
    """The module of the renderer ``mount`` of static/``file``."""
    return f"{scripts.script(file, 'notebook.js')}export default connected({mount});\n"


def style(*files: str) -> str:
    """The app's style sheets, for a cell alone: rules nest in the cell, and widths are the cell's, not the window's."""
    rules = "".join(_read(name) for name in ("explorer.css", *files, "notebook.css"))
    return f".ex-notebook {{\n{rules.replace('@media (max-width', '@container (max-width')}}}\n"


def _read(name: str) -> str:
    return (scripts.STATIC / name).read_text(encoding="utf-8")
