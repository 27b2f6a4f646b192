"""Renderers of explorer/static as Gradio components, and errors as something a page can show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

STATIC = Path(__file__).parents[1] / "static"


def renderer(name: str, function: str, value: Any, elem_id: str) -> gr.HTML:
    """The renderer ``function`` of static/``name``. The template is constant: text arrives through ``value`` only."""
    script = "".join((STATIC / file).read_text(encoding="utf-8") for file in ("dom.js", name))
    mount = f"""
    {function}(element.querySelector('.ex-host'), {{
      get: () => props.value,
      onChange: (draw) => {{ watch('value', draw); return () => {{}}; }},
      emit: () => {{}},
    }});
    """
    return gr.HTML(
        value,
        html_template="<div class='ex-host'></div>",
        js_on_load=script + mount,
        apply_default_css=False,
        elem_id=elem_id,
    )
