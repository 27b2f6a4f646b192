"""The field in which a query of the collection is chosen, the same on every page: its list stays on the server."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explorer.app.hosts import renderer
from explorer.workbench import Workbench

LONGEST = 500  # characters that are looked for


def query_box(
    bench: Workbench,
    elem_id: str,
    label: str = "Query of the collection",
    *,
    scale: int = 6,
    min_width: int = 280,
) -> gr.HTML:
    """A component whose value is a query_id, the first of the list to begin with."""

    def find_queries(asked: Any) -> dict[str, Any]:
        """What came from the browser, checked: it may be anything."""
        asked = asked if isinstance(asked, dict) else {}
        text, now = asked.get("text"), asked.get("now")
        return bench.query_list.find(
            text[:LONGEST] if isinstance(text, str) else "", now if isinstance(now, str) else None
        )

    with gr.Column(scale=scale, min_width=min_width):  # Gradio gives a component of HTML no width in its row
        return renderer(
            "query_box.js", "mountQueryBox", bench.query_list.first, elem_id, asks=find_queries, label=label
        )
