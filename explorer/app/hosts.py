"""Renderers of explorer/static as Gradio components, and errors as something a page can show."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import orjson

from explorer.views.scripts import script


def handed_out() -> Path:
    """A new folder for a file a visitor saves; the app removes it with everything of its kind when it ends."""
    return Path(tempfile.mkdtemp(prefix="explorer-", dir=os.environ.get("GRADIO_TEMP_DIR")))


def packed(view: Mapping[str, Any]) -> str:
    """A large view as one text, which the renderer's ``get`` unpacks: Gradio walks, copies and compares a record piece by
    piece, on the server and in the page, and takes seconds for thousands of rows."""
    text = orjson.dumps(view, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()
    return text.replace("<", "\\u003c")  # a tag in it would make Gradio warn; JSON reads the same


def renderer(
    name: str,
    function: str,
    value: Any,
    elem_id: str,
    asks: Callable[[Any], Any] | None = None,
    **layout: Any,
) -> gr.HTML:
    """The renderer ``function`` of static/``name``, which may ask the server something.

    The template is constant: text arrives through ``value`` only, and through the answers of ``asks``.
    """
    ask = f"(question) => server.{asks.__name__}(question)" if asks else "undefined"
    mount = f"""
    {function}(element.querySelector('.ex-host'), {{
      get: unpacking(() => props.value),
      value: () => props.value,
      set: (value) => {{ props.value = value; trigger('input'); }},
      ask: {ask},
      label: props.label,
      onChange: (draw) => {{ watch('value', draw); return () => {{}}; }},
      emit: (name, detail) => {{ if (name === 'submit') trigger(name, detail); }},
    }});
    """
    return gr.HTML(
        value,
        html_template="<div class='ex-host'></div>",
        js_on_load=script("unpacking.js", name) + mount,
        apply_default_css=False,
        elem_id=elem_id,
        server_functions=[asks] if asks else None,
        **layout,
    )
