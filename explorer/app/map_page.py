"""Map: where documents and the query stand under two systems; a choice of documents filters Flips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from explorer.app.compare_page import BASELINES, other_system, systems
from explorer.app.hosts import renderer
from explorer.app.pages import QUIET, Jump, Page
from explorer.app.query_box import query_box
from explorer.app.telling import Drawing, Turns
from explorer.records import ExplorerError
from explorer.views import maps
from explorer.workbench import Workbench

GO, NOWHERE = (
    "Show the queries whose gold lies here on Flips",
    "Choose documents that are gold to see their queries on Flips",
)
NO_QUERY = "Choose a query, or ask your own: the map shows where its documents stand."
STOPPED = "Stopped. Choose other systems, or another projection."


def build(bench: Workbench) -> Page:
    with gr.Row(equal_height=True, elem_id="choose-map-query"):
        query = query_box(bench, "map-query")
        text = gr.Textbox(
            label="Or ask your own", placeholder="A question, then Enter", elem_id="map-text", scale=4, max_lines=1
        )
    with gr.Row(equal_height=True, elem_id="choose-map"):
        spec: dict[str, Any] = {"allow_custom_value": True, "scale": 5, "min_width": 150}
        a = gr.Dropdown(list(BASELINES), value=BASELINES[0], label="Before", elem_id="map-a", **spec)
        b = gr.Dropdown(systems(bench), value=other_system(bench), label="After", elem_id="map-b", **spec)
        depth = gr.Slider(5, 100, 10, step=1, label="Documents ringed", elem_id="map-depth", scale=4, min_width=200)
        known = maps.projections()
        method = gr.Radio(
            known,
            value=known[0],
            label="Projection",
            info=None if len(known) > 1 else maps.NO_TSNE,
            elem_id="map-method",
            scale=4,
            min_width=200,
        )
        stop = gr.Button("Stop", elem_id="map-stop", scale=1, min_width=80, visible=False)
    drawn = renderer("map.js", "mountMap", {"message": "Projecting …"}, "map")
    told = renderer("map_told.js", "mountTold", {}, "map-told")
    within = gr.State("")
    go = gr.Button(NOWHERE, elem_id="map-go", variant="primary", interactive=False)
    inputs = [query, text, a, b, depth]
    draw = Drawing(bench, _view, "drawing the map", Turns(stop), STOPPED).steps
    redrawn = {"trigger_mode": "always_last", **QUIET}
    anew = draw, [*inputs, method], [drawn, stop]
    for field in (a, b, depth, method):
        field.input(*anew, **redrawn)
    text.submit(*anew, **redrawn)
    query.input(lambda: "", None, text, **QUIET).then(*anew, **QUIET)
    drawn.submit(_teller(bench), inputs, [told, within, go], trigger_mode="multiple", **QUIET)
    return Page(
        fields={"query": query, "text": text, "a": a, "b": b, "k": depth},
        draw=draw,
        inputs=[*inputs, method],
        outputs=[drawn, stop],
        jumps=[Jump(go.click, "flips", lambda event, ids: {"within": ids}, [within])],
        refresh={"b": lambda: {"choices": systems(bench)}},
    )


def _view(
    bench: Workbench, query_id: str | None, text: str | None, a: str, b: str, k: float, method: str = maps.FIRST
) -> dict[str, Any]:
    asked = (text or "").strip() or query_id
    if not asked:
        return {"message": NO_QUERY}
    try:
        query = bench.query(asked)
        return maps.document_map(bench, query, a.strip(), b.strip(), int(k), method)
    except ExplorerError as error:
        return {"message": str(error), "error": True}


def _teller(bench: Workbench) -> Callable[..., list[Any]]:
    """Answers the renderer: what stands in the documents it points at, or which queries a choice of documents leads to."""

    def tell(event: gr.EventData, query_id: str | None, text: str | None, a: str, b: str, _k: float) -> list[Any]:
        try:
            query = bench.query((text or "").strip() or query_id or "")
            if event.what == "point":
                told = maps.pointed(bench, query, a.strip(), b.strip(), _numbers(event.rows)[:1])
                return [told, gr.skip(), gr.skip()]
            found = maps.chosen(bench, query, a.strip(), b.strip(), _numbers(event.rows))
        except ExplorerError:  # what is wrong stands in place of the map already
            return [{}, "", gr.Button(NOWHERE, interactive=False)]
        return [found, found["within"], _go(found["chosen"]["queries"], found["named"])]

    return tell


def _numbers(rows: Any) -> list[int]:
    """What came from the browser, checked: it may be anything."""
    return [row for row in rows if isinstance(row, int)] if isinstance(rows, list) else []


def _go(count: int, named: int) -> gr.Button:
    if not count:
        return gr.Button(NOWHERE, interactive=False)
    many = f"{named} of the {count:,}" if named < count else f"the {count}" if count > 1 else "the one"
    return gr.Button(GO.replace("the queries", f"{many} {'queries' if count > 1 else 'query'}"), interactive=True)
