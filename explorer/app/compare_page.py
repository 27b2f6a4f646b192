"""Compare: baseline, teacher and student on one query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from explorer import views
from explorer.app.hosts import packed, renderer
from explorer.app.pages import QUIET, SHOWN, Page
from explorer.app.query_box import query_box
from explorer.app.telling import SLOW, Drawing, Halt, Step, Turns
from explorer.records import ExplorerError
from explorer.supervision.given import NO_SCORES
from explorer.supervision.gold import NOT_JUDGED
from explorer.supervision.rationale import NOT_GIVEN
from explorer.supervision.utility import NO_ANSWER
from explorer.workbench import Workbench
from explorer.workbench.teachers import FUSION

BASELINES = ("dense:minilm", "bm25", "hybrid:bm25+dense:minilm")
OTHER = "bm25"  # beside the baseline while there is no student
TEACHER = "utility"
TEACHERS = (TEACHER, "rationale:answer", "rationale:extractive", FUSION, "gold", "gold:judge", "gold:task")
STOPPED = "Stopped. Choose other systems, or another query, to search again."
SCORE, NO_READER = "Score with the reader", "Needs no reader"
EMPTY = {  # why the teacher's column is empty: what to do about it
    views.NOT_SCORED: f"Nobody has scored these documents yet. Press “{SCORE}”.",
    NO_ANSWER: "This teacher needs a reference answer. Type one above, then score.",
    NOT_JUDGED: "Nobody has judged these documents for this query: choose another teacher.",
    NO_SCORES: "The collection gives no scores of these documents: choose another teacher.",
    NOT_GIVEN: "The collection gives no rationale for this query: choose another teacher.",
}
UTILITY_EMPTY = (
    "Utility needs a reference answer: how much likelier does a document make it? Type one above, then score."
)


def systems(bench: Workbench) -> list[str]:
    """Students first, newest on top, then those that come with the collection and the systems that need no training."""
    trained = [f"student:{run.run_id}" for run in bench.students()]
    return [*trained, *BASELINES]


def other_system(bench: Workbench) -> str:
    """What a first visit sees beside the baseline: the newest student where there is one."""
    first = systems(bench)[0]
    return first if first.startswith("student:") else OTHER


def teachers(bench: Workbench) -> list[str]:
    """All that can be asked; ``given`` only where the collection brings scores along."""
    return [*TEACHERS, *(["given"] if bench.collection.brings_scores else [])]


def build(bench: Workbench) -> Page:
    with gr.Row(equal_height=True, elem_id="choose"):
        query = query_box(bench, "query", min_width=380)
        previous = gr.Button("← Previous", elem_id="previous", scale=1, min_width=110)
        following = gr.Button("Next →", elem_id="next", scale=1, min_width=110)
        text = gr.Textbox(
            label="Or ask your own",
            placeholder="A question, then Enter",
            elem_id="text",
            scale=5,
            max_lines=1,
            min_width=230,
        )
        answer = gr.Textbox(
            label="Its answer", placeholder="if you know it", elem_id="answer", scale=3, max_lines=1, min_width=150
        )
    with gr.Row(equal_height=True, elem_id="choose-systems"):
        spec: dict[str, Any] = {"allow_custom_value": True}  # specs in the order of the columns they fill
        baseline = gr.Dropdown(
            list(BASELINES), value=BASELINES[0], label="Baseline", elem_id="baseline", scale=6, min_width=170, **spec
        )
        teacher = gr.Dropdown(
            teachers(bench), value=TEACHER, label="Teacher", elem_id="teacher", scale=6, min_width=170, **spec
        )
        student = gr.Dropdown(
            [OTHER], value=OTHER, label="Student or system", elem_id="student", scale=6, min_width=170, **spec
        )
        more = gr.Dropdown(
            systems(bench),
            value=[],
            multiselect=True,
            label="More systems",
            elem_id="more-systems",
            scale=6,
            min_width=170,
            **spec,
        )
        depth = gr.Slider(5, 100, 10, step=1, label="Documents", elem_id="depth", scale=5, min_width=180)
        score = gr.Button(SCORE, elem_id="score", scale=3, min_width=210)
        stop = gr.Button("Stop", elem_id="stop-score", scale=1, min_width=80, visible=False)
        give_up = gr.Button("Stop", elem_id="compare-stop", scale=1, min_width=80, visible=False)
    columns = renderer("compare.js", "mountCompare", {"message": "Searching …"}, "columns")
    inputs = [query, text, answer, baseline, teacher, student, depth, more]

    turns = Turns(give_up, stop)
    # a system may have to be loaded and its documents encoded: that can take long
    draw = Drawing(bench, lambda *values: packed(_view(*values)), "searching", turns, STOPPED, SLOW)
    outputs = [columns, give_up]

    def step(by: int) -> Callable[..., tuple[Any, ...]]:
        def move(request: gr.Request, now: str | None, _text: str, _answer: str, *rest: Any) -> tuple[Any, ...]:
            there = bench.query_list.step(now, by) if by else now
            return there, "", "", *draw.promptly(request, there, "", "", *rest)

        return move

    moved = [query, text, answer, *outputs, draw.late]
    for button, by in ((previous, -1), (following, 1)):
        if bench.query_list.ids:
            button.click(step(by), inputs, moved, trigger_mode="always_last", **QUIET)
    query.input(step(0), inputs, moved, trigger_mode="always_last", **QUIET)
    draw.late.change(draw.steps, inputs, outputs, trigger_mode="multiple", **QUIET)
    for field in (baseline, teacher, student, depth, more):
        field.input(draw.steps, inputs, outputs, trigger_mode="always_last", **SHOWN)
    for box in (text, answer):  # a question of one's own is encoded, and may be the first that needs the model
        box.submit(draw.steps, inputs, outputs, trigger_mode="always_last", **SHOWN)
    teacher.input(_score_button, teacher, score, **QUIET)
    score.click(_scorer(bench, turns), inputs, [columns, score, stop], **QUIET)
    fields = {
        "query": query,
        "text": text,
        "answer": answer,
        "a": baseline,
        "teacher": teacher,
        "b": student,
        "k": depth,
        "more": more,
    }
    return Page(
        fields=fields,
        draw=draw.steps,
        inputs=inputs,
        outputs=outputs,
        refresh={name: lambda: {"choices": systems(bench)} for name in ("b", "more")},
    )


def _score_button(teacher: str | None) -> gr.Button:
    """Says so where there is nothing to press: such a teacher's scores are drawn at once."""
    try:
        needed = bool(teacher) and views.asks_reader(str(teacher).strip())
    except ExplorerError:
        needed = True  # the problem is drawn in place of the columns
    return gr.Button(SCORE if needed else NO_READER, interactive=needed)


def _view(
    bench: Workbench,
    query_id: str | None,
    text: str | None,
    answer: str | None,
    a: str,
    teacher: str | None,
    b: str,
    k: float,
    more: Sequence[str] | None = None,
    *,
    live: bool = False,
) -> dict[str, Any]:
    """What the renderer draws; a problem the user can fix is drawn in its place. Fields of a tab nobody has opened yet
    are None."""
    name = (teacher or "").strip()
    try:
        query = bench.query((text or "").strip() or query_id or "", answer=answer or "")
        specs = list(dict.fromkeys(spec.strip() for spec in (a, b, *(more or ()))))
        view = views.compare(bench, query, specs, int(k), teacher=name, live=live)
    except ExplorerError as error:
        return {"message": str(error), "error": True}
    for column in view["columns"]:
        student = column["key"].startswith("student:")
        column["label"] = column["role"] if column["role"] != "system" else "student" if student else "other system"
        if why := column.get("empty"):
            column["empty"] = UTILITY_EMPTY if (name, why) == (TEACHER, NO_ANSWER) else EMPTY.get(why, why)
    return view


def _scorer(bench: Workbench, turns: Turns) -> Callable[..., Iterator[Any]]:
    """Scores what is shown with the reader, telling how far it is; Stop, or another choice, ends it and keeps what was
    read."""

    def run(request: gr.Request, *values: Any) -> Iterator[Any]:
        yield gr.skip(), gr.Button("loading the reader …", interactive=False), gr.Button(visible=True)
        for news in turns.telling(request, bench, lambda bench: _view(bench, *values, live=True), "scoring", *values):
            if isinstance(news, Step):
                yield gr.skip(), gr.Button(str(news), interactive=False), gr.Button(visible=True)
            elif isinstance(news, Halt):
                _query, _text, _answer, _baseline, teacher, *_ = news.instead or values
                yield gr.skip(), _score_button(teacher), gr.Button(visible=False)
            else:
                yield packed(news.value), gr.Button(SCORE, interactive=True), gr.Button(visible=False)

    return run
