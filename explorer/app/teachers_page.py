"""Teachers: what they say of one query, of a whole split mixed live, and whether they are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from explorer import views
from explorer.app.compare_page import BASELINES
from explorer.app.hosts import renderer
from explorer.app.pages import QUIET, SHOWN, Jump, Page
from explorer.app.query_box import query_box
from explorer.app.telling import SLOW, Done, Drawing, Step, Turns
from explorer.records import ExplorerError
from explorer.workbench import Workbench

NO_QUERIES = "This collection has no queries. Ask your own on Compare: a teacher scores its documents there."
NOTHING = "Nothing is judged here yet, so no teacher can be measured. Label documents on Label, or open a collection with qrels."
UNMEASURED = "Nothing is measured with this baseline yet."
STOPPED = "Stopped. Choose another baseline or split to measure again."


def build(bench: Workbench) -> Page:
    measured = [name for name in ("test", "dev", "train") if bench.collection.judged(bench.collection.split(name))]
    with gr.Row(equal_height=True, elem_id="choose-teachers"):
        query = query_box(bench, "teachers-query")
        baseline = gr.Dropdown(
            list(BASELINES),
            value=BASELINES[0],
            label="Baseline",
            elem_id="teachers-a",
            scale=3,
            min_width=170,
            allow_custom_value=True,
        )
        splits = [*measured, "all"]
        split = gr.Dropdown(splits, value=splits[0], label="Split", elem_id="teachers-split", scale=2, min_width=110)
        stop = gr.Button("Stop", elem_id="stop-teachers", scale=1, min_width=80, visible=False)
    lesson = renderer("lesson.js", "mountLesson", {"message": "Looking up the query …"}, "lesson")
    mixing = renderer("teachers.js", "mountTeachers", {}, "teachers-mixing")
    standing = renderer("standing.js", "mountStanding", {}, "standing")
    wanted = gr.State("")  # what the split's part shows: it is sent once, however often the query changes

    def view(bench: Workbench, query_id: str | None, base: str, of: str) -> tuple[Any, ...]:
        return _lesson(bench, query_id, base), views.teachers_key(bench, base.strip(), of) if measured else ""

    draw = Drawing(bench, view, "looking it up", Turns(stop), STOPPED, SLOW, beside=[""])
    inputs, outputs = [query, baseline, split], [lesson, wanted, stop]
    query.input(draw.promptly, inputs, [*outputs, draw.late], trigger_mode="always_last", **QUIET)
    draw.late.change(draw.steps, inputs, outputs, trigger_mode="multiple", **QUIET)
    for field in (baseline, split):
        field.input(draw.steps, inputs, outputs, trigger_mode="always_last", **SHOWN)
    if measured:
        wanted.change(
            _measurer(bench, Turns(stop)),  # not those of the query: it is measured on while another one is looked at
            [wanted, baseline, split],
            [mixing, standing, stop],
            trigger_mode="multiple",
            **QUIET,
        )
    else:
        mixing.value = {"message": NOTHING}
    return Page(
        fields={"query": query, "a": baseline, "split": split},
        draw=draw.steps,
        inputs=inputs,
        outputs=outputs,
        jumps=[Jump(standing.submit, "compare", _chosen(bench))],
    )


def _lesson(bench: Workbench, query_id: str | None, base: str) -> dict[str, Any]:
    if not query_id:
        return {"message": NO_QUERIES}
    try:
        view: dict[str, Any] = views.lesson(bench, query_id, base.strip())
    except ExplorerError as error:
        return {"message": str(error), "error": True}
    return view


def _chosen(bench: Workbench) -> Callable[[gr.EventData], dict[str, Any]]:
    """What came from the browser, checked: it may be anything. A live mix has no teacher of Compare's to go with it."""

    def chosen(event: gr.EventData) -> dict[str, Any]:
        if event.query_id not in bench.collection.queries:
            return {}
        teacher = {"teacher": event.teacher} if event.teacher and isinstance(event.teacher, str) else {}
        return {"query": event.query_id, "text": "", "answer": "", **teacher}

    return chosen


def _measurer(bench: Workbench, turns: Turns) -> Callable[..., Iterator[Any]]:
    """Scores and measures the split, telling how far it is; Stop, or another choice, ends it."""

    def run(request: gr.Request, wanted: str, base: str, split: str) -> Iterator[Any]:
        if not wanted:  # another baseline is waited for, or that was stopped
            turns.end(request)
            yield {"message": UNMEASURED}, {}, gr.skip()
            return
        yield {"message": "Measuring the split …"}, {}, gr.Button(visible=True)
        for news in turns.telling(
            request, bench, lambda bench: views.teachers(bench, base.strip(), split), "measuring", wanted
        ):
            if isinstance(news, Step):
                yield {"message": f"Measuring the split … {news}"}, {}, gr.Button(visible=True)
            elif isinstance(news, Done):
                board = {"mixing": news.value, "standing": {}} if "error" in news.value else news.value
                yield board["mixing"], board["standing"], gr.Button(visible=False)
            elif news.pressed:
                yield {"message": STOPPED}, {}, gr.Button(visible=False)

    return run
