"""Answers & cost: what the reader makes of both contexts, which sentences count, and what a query costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gradio as gr

from explorer import views
from explorer.app.compare_page import BASELINES, STOPPED, other_system, systems
from explorer.app.hosts import renderer
from explorer.app.pages import QUIET, SHOWN, Page
from explorer.app.query_box import query_box
from explorer.app.telling import SLOW, Done, Drawing, Halt, Turns
from explorer.records import ExplorerError, Query
from explorer.workbench import Workbench

ASK, MEASURE = "Answer with the reader", "Measure now"
PASSAGES, QUERIES = 3, 5
UNMEASURED = (
    f"Nothing is measured yet. “{MEASURE}” runs real queries; the language model takes seconds for each on a processor."
)


def build(bench: Workbench) -> Page:
    fields, passages, ask, stop_asking = _choices(bench)
    answered = renderer("answers.js", "mountAnswers", {"message": "Searching …"}, "answers")
    taken_apart = renderer("sentences.js", "mountSentences", {"message": "Searching …"}, "sentences")
    gr.Markdown(
        "#### What a query costs\nBoth systems against a language model that re-ranks what the first one finds, timed on "
        "this machine.",
        elem_id="cost-title",
    )
    with gr.Row(equal_height=True, elem_id="choose-cost"):
        count = gr.Number(QUERIES, label="Queries to time", precision=0, elem_id="cost-queries", min_width=150, scale=2)
        price = gr.Textbox(
            "",
            label="Price of one machine hour",
            placeholder="any currency",
            elem_id="cost-price",
            min_width=220,
            scale=3,
        )
        measure = gr.Button(MEASURE, elem_id="measure", scale=2, min_width=130)
        stop_measuring = gr.Button("Stop", elem_id="stop-measure", scale=1, min_width=80, visible=False)
    priced = renderer("costs.js", "mountCosts", {"message": UNMEASURED}, "costs")
    shown = gr.State(None)  # [the selection whose answers are on the page, their view]
    measured = gr.State(None)
    chosen = [*fields.values(), passages]
    inputs, outputs = [*chosen, shown, measured, price], [answered, taken_apart, priced, stop_asking]

    def view(bench: Workbench, *values: Any) -> tuple[Any, ...]:
        *selection, known, latencies, hour = values
        asked = known[1] if known and known[0] == selection else _answers(bench, *selection)
        return asked, _sentences(bench, *selection), _priced(latencies, hour, selection[3:5])

    # not the turns of an answer: the page may be left and opened again while the reader writes it
    draw = Drawing(bench, view, "searching", Turns(stop_asking), STOPPED, SLOW, beside=[{"message": ""}, gr.skip()])

    def open_document(event: gr.EventData, *selection: Any) -> dict[str, Any]:
        return _sentences(bench, *selection, doc_id=event.doc_id)

    def answer(listener: Workbench, *selection: Any) -> list[Any]:
        view = _answers(listener, *selection, live=True)
        return [view, [list(selection), view] if "sides" in view else None]

    def cost(listener: Workbench, number: float | None, hour: str | None, a: str, b: str, _latencies: Any) -> list[Any]:
        try:
            found = views.measure_costs(listener, a.strip(), b.strip(), int(number or 0))
        except ExplorerError as error:
            return [{"message": str(error), "error": True}, gr.skip()]
        return [views.priced_costs(found, hour or ""), found]

    def cost_before(_number: float | None, hour: str | None, a: str, b: str, latencies: Any) -> dict[str, Any]:
        return _priced(latencies, hour, [a, b])

    # "multiple": a press right after a Stop counts; a disabled button keeps runs apart
    again: dict[str, Any] = {"trigger_mode": "multiple", **QUIET}
    asking = Turns(stop_asking)
    ask.click(_watched(bench, answer, ASK, asking), chosen, [answered, shown, ask, stop_asking], **again)
    measure.click(
        _watched(bench, cost, MEASURE, Turns(stop_measuring), cost_before),
        [count, price, fields["a"], fields["b"], measured],
        [priced, measured, measure, stop_measuring],
        **again,
    )
    price.change(
        lambda latencies, hour, a, b: _priced(latencies, hour, [a, b]),
        [measured, price, fields["a"], fields["b"]],
        priced,
        **QUIET,
    )
    taken_apart.submit(open_document, chosen, taken_apart, **QUIET)
    for name, field in [*fields.items(), ("passages", passages)]:
        event = field.submit if name in ("text", "answer") else field.input
        # an answer to what was asked before would be drawn over the new selection
        event(asking.end, None, None, **again)
        if name == "query":
            cleared = event(lambda: ("", ""), None, [fields["text"], fields["answer"]], **QUIET)
            cleared.then(draw.promptly, inputs, [*outputs, draw.late], **SHOWN)
        else:
            event(draw.steps, inputs, outputs, trigger_mode="always_last", **SHOWN)
    draw.late.change(draw.steps, inputs, outputs, trigger_mode="multiple", **QUIET)
    return Page(
        fields=fields,
        draw=draw.steps,
        inputs=inputs,
        outputs=outputs,
        refresh={"b": lambda: {"choices": systems(bench)}},
    )


def _choices(bench: Workbench) -> tuple[dict[str, Any], gr.Slider, gr.Button, gr.Button]:
    """(fields of the selection, passages, the button that asks, the one that stops)."""
    with gr.Row(equal_height=True, elem_id="choose-answers"):
        query = query_box(bench, "answers-query", min_width=320)
        ask = gr.Button(ASK, variant="primary", elem_id="ask", scale=2, min_width=210)
        stop = gr.Button("Stop", elem_id="stop-ask", scale=1, min_width=80, visible=False)
    with gr.Row(equal_height=True):
        line: dict[str, Any] = {"max_lines": 1, "min_width": 150}
        text = gr.Textbox(
            label="Or ask your own", placeholder="A question, then Enter", elem_id="answers-text", scale=5, **line
        )
        answer = gr.Textbox(label="Its answer", placeholder="if you know it", elem_id="answers-answer", scale=3, **line)
        spec: dict[str, Any] = {"allow_custom_value": True, "min_width": 150, "scale": 4}
        a = gr.Dropdown(list(BASELINES), value=BASELINES[0], label="Before", elem_id="answers-a", **spec)
        b = gr.Dropdown(systems(bench), value=other_system(bench), label="After", elem_id="answers-b", **spec)
        passages = gr.Slider(1, 10, PASSAGES, step=1, label="Passages", elem_id="answers-k", scale=3, min_width=150)
    return {"query": query, "text": text, "answer": answer, "a": a, "b": b}, passages, ask, stop


def _answers(bench: Workbench, *chosen: Any, live: bool = False) -> dict[str, Any]:
    return _drawn(bench, *chosen, draw=lambda query, a, b, k: views.answers(bench, query, a, b, k, live=live))


def _sentences(bench: Workbench, *chosen: Any, doc_id: str = "") -> dict[str, Any]:
    view = _drawn(bench, *chosen, draw=lambda query, a, b, k: views.sentences(bench, query, a, b, k, doc_id))
    return {"message": ""} if view.get("error") else view  # said once, where the answers would stand


def _drawn(
    bench: Workbench,
    query_id: str | None,
    text: str | None,
    answer: str | None,
    a: str,
    b: str,
    k: float,
    *,
    draw: Callable[[Query, str, str, int], Mapping[str, Any]],
) -> dict[str, Any]:
    """What the renderer draws of the query asked; a problem the user can fix is drawn in its place."""
    try:
        query = bench.query((text or "").strip() or query_id or "", answer=answer or "")
        return dict(draw(query, a.strip(), b.strip(), int(k)))
    except ExplorerError as error:
        return {"message": str(error), "error": True}


def _priced(measured: dict[str, Any] | None, price: str | None, specs: list[str]) -> dict[str, Any]:
    """What was measured, if it was measured of these systems."""
    if measured is None or measured["systems"] != [spec.strip() for spec in specs]:
        return {"message": UNMEASURED}
    view: dict[str, Any] = views.priced_costs(measured, price or "")
    return view


def _idle(label: str) -> list[gr.Button]:
    return [gr.Button(label, interactive=True), gr.Button(visible=False)]


def _watched(
    bench: Workbench,
    work: Callable[..., list[Any]],
    label: str,
    turns: Turns,
    before: Callable[..., Any] | None = None,
) -> Callable[..., Iterator[Any]]:
    """Runs ``work(bench, *values)`` -> [view, state], telling how far it is on its button; or in the view's place, where
    ``before(*values)`` is drawn again if it is stopped."""

    def run(request: gr.Request, *values: Any) -> Iterator[Any]:
        busy = gr.Button("working …", interactive=False), gr.Button(visible=True)
        yield {"working": ["getting ready", 0, 1]} if before else gr.skip(), gr.skip(), *busy
        for news in turns.telling(request, bench, lambda bench: work(bench, *values), "this", *values):
            if isinstance(news, Done):
                found = news.value if isinstance(news.value, list) else [news.value, gr.skip()]
                yield *found, *_idle(label)
            elif isinstance(news, Halt):
                yield before(*values) if before else gr.skip(), gr.skip(), *_idle(label)
            elif before:
                yield {"working": [news.stage, news.done, news.total]}, gr.skip(), *busy
            else:
                yield gr.skip(), gr.skip(), gr.Button(str(news), interactive=False), gr.Button(visible=True)

    return run
