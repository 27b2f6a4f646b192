"""Flips: the landing page. Which queries changed between two systems, and why they fail."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explorer import views
from explorer.app.compare_page import BASELINES, other_system, systems
from explorer.app.hosts import packed, renderer
from explorer.app.pages import SHOWN, Jump, Page
from explorer.app.telling import Drawing, Turns
from explorer.views import maps
from explorer.workbench import Workbench

MEASURES = ("nDCG@10", "AP", "R@1", "R@10", "RR", "P@1")
FORGET = "document.addEventListener('explorer-drop-within', () => { props.value = ''; trigger('input'); });"
STOPPED = "Stopped. Choose other systems, or another split, to compare again."
NOTHING = "Nothing is judged here yet, so no query can be said to have flipped. Ask your own on Compare."


def build(bench: Workbench) -> Page:
    measured = [name for name in ("test", "dev", "train") if bench.collection.judged(bench.collection.split(name))]
    with gr.Row(equal_height=True, elem_id="choose-flips"):
        spec: dict[str, Any] = {"allow_custom_value": True}
        a = gr.Dropdown(list(BASELINES), value=BASELINES[0], label="Before", elem_id="flips-a", scale=3, **spec)
        b = gr.Dropdown(systems(bench), value=other_system(bench), label="After", elem_id="flips-b", scale=3, **spec)
        measure = gr.Dropdown(
            list(MEASURES), value=MEASURES[0], label="Measure", elem_id="flips-measure", scale=2, **spec
        )
        split = gr.Dropdown(
            [*measured, "all"], value=measured[0] if measured else "all", label="Split", elem_id="flips-split", scale=2
        )
        stop = gr.Button("Stop", elem_id="flips-stop", scale=1, min_width=80, visible=False)
    within = gr.HTML("", html_template="<i></i>", js_on_load=FORGET, visible="hidden", elem_id="flips-within")
    listed = renderer("flips.js", "mountFlips", {"message": "Comparing …"}, "flips")
    inputs: list[Any] = [a, b, measure, split, within]

    view = _view if measured else lambda *_: {"message": NOTHING}
    draw = Drawing(bench, view, "comparing", Turns(stop), STOPPED).steps
    outputs = [listed, stop]
    for field in inputs[:-1]:
        field.input(draw, inputs, outputs, trigger_mode="always_last", **SHOWN)
    return Page(
        fields={"a": a, "b": b, "measure": measure, "split": split, "within": within},
        draw=draw,
        inputs=inputs,
        outputs=outputs,
        refresh={"b": lambda: {"choices": systems(bench)}},
        jumps=[Jump(listed.submit, "compare", _opened)],
    )


def _view(bench: Workbench, a: str, b: str, measure: str, split: str, within: str | None) -> Any:
    view = views.flips(bench, a.strip(), b.strip(), split, measure.strip())
    return packed({**view, "within": maps.parted(bench, within or "")})


def _opened(event: gr.EventData) -> dict[str, Any]:
    return {"query": event.query_id, "text": "", "answer": ""}
