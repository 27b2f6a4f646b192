"""Label: grade a shuffled pool of both systems' documents, blind; labels are stored at once and can be trained on."""

from __future__ import annotations

import html
import secrets
from collections.abc import Iterator
from typing import Any

import gradio as gr

from explorer import jobs, views
from explorer.app.compare_page import BASELINES, STOPPED, systems
from explorer.app.hosts import renderer
from explorer.app.pages import QUIET, SHOWN, Jump, Page
from explorer.app.query_box import query_box
from explorer.app.telling import SLOW, Drawing, Turns
from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.labelling import next_query
from explorer.workbench.plans import Plan
from explorer.workspace import Label

READ_ONLY = "This app is read-only: it stores no labels."
FEWEST = 5  # labelled queries from which training is offered


def build(bench: Workbench, *, read_only: bool) -> Page:
    if read_only:
        renderer("label.js", "mountLabel", {"message": READ_ONLY}, "label")
        return Page(fields={}, draw=lambda: None, inputs=[], outputs=[])
    with gr.Row(equal_height=True, elem_id="choose-label"):
        query = query_box(bench, "label-query", "Query")
        spec: dict[str, Any] = {"allow_custom_value": True, "min_width": 150}
        a = gr.Dropdown(list(BASELINES), value=BASELINES[0], label="One system", elem_id="label-a", scale=3, **spec)
        b = gr.Dropdown(systems(bench), value=BASELINES[1], label="The other", elem_id="label-b", scale=3, **spec)
        following = gr.Button("Next query", elem_id="label-next", scale=1, min_width=120)
        train = gr.Button("Train on the labels", elem_id="label-train", scale=1, min_width=200, interactive=False)
        stop = gr.Button("Stop", elem_id="label-stop", scale=1, min_width=80, visible=False)
    drawn = renderer("label.js", "mountLabel", {"message": ""}, "label")
    person = gr.BrowserState("", storage_key="explorer-person", secret="labels")  # noqa: S106  a name, not a key
    inputs, outputs = [query, a, b, person], [drawn, train, person, stop]

    def view(bench: Workbench, query_id: str | None, first: str, second: str, name: str) -> tuple[Any, ...]:
        return _view(bench, query_id, first, second, name), _trainable(bench), name

    drawing = Drawing(bench, view, "searching", Turns(stop), STOPPED, SLOW, beside=[gr.skip(), gr.skip()])

    def draw(
        request: gr.Request, query_id: str | None, first: str, second: str, who: str | None
    ) -> Iterator[tuple[Any, ...]]:
        yield from drawing.steps(request, query_id, first, second, _person(who, request))

    def draw_query(
        request: gr.Request, query_id: str | None, first: str, second: str, who: str | None
    ) -> tuple[Any, ...]:
        return drawing.promptly(request, query_id, first, second, _person(who, request))

    def grade(event: gr.EventData, first: str, second: str, who: str, request: gr.Request) -> tuple[Any, ...]:
        name = _person(who, request)
        try:
            _store(bench, event.query_id, event.labels, name)
        except ExplorerError as error:
            return {"message": str(error), "error": True}, gr.skip()
        return _view(bench, event.query_id, first, second, name), _trainable(bench)

    def step(now: str | None, who: str, request: gr.Request) -> Any:
        queries = [bench.collection.queries[query_id] for query_id in bench.query_list.ids]
        found = next_query(queries, bench.labels(_person(who, request)), now or "")
        return found if found else gr.skip()

    def begin() -> None:
        try:
            plan = Plan.make(bench.collection.source, "gold", "adapter", scoped=bench.scoped, teacher="gold:labels")
            folder = bench.workspace.run(bench.workspace.new_run_id("labels", plan.student))
            folder.create(plan.record())
        except ExplorerError as error:
            raise gr.Error(html.escape(str(error))) from error
        jobs.start(folder, bench.models.device)

    query.change(draw_query, inputs, [*outputs, drawing.late], trigger_mode="always_last", **SHOWN)
    drawing.late.change(draw, inputs, outputs, trigger_mode="multiple", **QUIET)
    for field in (a, b):
        field.change(draw, inputs, outputs, trigger_mode="always_last", **SHOWN)
    drawn.submit(grade, [a, b, person], [drawn, train], trigger_mode="multiple", concurrency_limit=1, **QUIET)
    following.click(step, [query, person], query, **QUIET)
    started = train.click(begin, None, None, **QUIET)
    return Page(
        fields={"query": query, "a": a, "b": b},
        draw=draw,
        inputs=inputs,
        outputs=outputs,
        jumps=[Jump(started.success, "distill", lambda event: {})],
        refresh={"b": lambda: {"choices": systems(bench)}},
    )


def _person(known: str | None, request: gr.Request) -> str:
    """Who labels: the name one logged in with, else a random one that this browser keeps."""
    return str(request.username or known or secrets.token_hex(4))


def _view(bench: Workbench, query_id: str | None, a: str, b: str, person: str) -> dict[str, Any]:
    if not query_id or query_id not in bench.collection.queries:
        return {"message": "Choose a query of the collection: labels belong to its queries."}
    try:
        query = bench.collection.queries[query_id]
        return views.labels(bench, query, list(dict.fromkeys([a.strip(), b.strip()])), person)
    except ExplorerError as error:
        return {"message": str(error), "error": True}


def _store(bench: Workbench, query_id: Any, labels: Any, person: str) -> None:
    """What came from the browser, checked: it may be anything."""
    collection = bench.collection
    for doc_id, grade in labels:
        if query_id not in collection.queries or doc_id not in collection.documents:
            raise ExplorerError(f"{collection.name} has no query {query_id!r} with a document {doc_id!r} to label")
        bench.workspace.labels(collection.source).add(Label(query_id, doc_id, grade, person))


def _trainable(bench: Workbench) -> gr.Button:
    """Training is offered once there is something to learn from."""
    useful = [row for row in bench.labels().values() if max(row.values()) > 0]
    lacking = max(0, FEWEST - len(useful))
    name = "Train on the labels" if not lacking else f"{lacking} more queries to train"
    return gr.Button(name, interactive=not lacking)
