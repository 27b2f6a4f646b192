"""Compare: baseline, teacher and student on one query."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any

import gradio as gr

from explorer import views
from explorer.app.hosts import renderer
from explorer.records import ExplorerError
from explorer.supervision.gold import NOT_JUDGED
from explorer.supervision.rationale import NOT_GIVEN
from explorer.supervision.utility import NO_ANSWER
from explorer.workbench import Workbench
from explorer.workbench.teachers import FUSION

BASELINES = ("dense:minilm", "bm25", "hybrid:bm25+dense:minilm")
OTHER = "bm25"  # beside the baseline while there is no student
TEACHER = "utility"
TEACHERS = (TEACHER, "rationale:answer", "rationale:extractive", FUSION, "gold", "gold:judge", "gold:task")
SCORE, NO_READER = "Score with the reader", "Needs no reader"
EMPTY = {  # why the teacher's column is empty: what to do about it
    views.NOT_SCORED: f"Nobody has scored these documents yet. Press “{SCORE}”.",
    NO_ANSWER: "This teacher needs a reference answer. Type one above, then score.",
    NOT_JUDGED: "Nobody has judged these documents for this query: choose another teacher.",
    NOT_GIVEN: "The collection gives no rationale for this query: choose another teacher.",
}
UTILITY_EMPTY = (
    "Utility needs a reference answer: how much likelier does a document make it? Type one above, then score."
)


@dataclass(frozen=True)
class ComparePage:
    student: gr.Dropdown
    draw: Callable[..., Any]
    inputs: list[Any]
    outputs: list[Any]


def systems(bench: Workbench) -> list[str]:
    """Students first, newest on top, then the systems that need no training."""
    trained = [f"student:{run.run_id}" for run in bench.workspace.all_runs() if run.student.exists()]
    return [*trained, *BASELINES]


def choose_system(bench: Workbench) -> gr.Dropdown:
    """The newest student where there is one, else another system to stand beside the baseline."""
    known = systems(bench)
    value = known[0] if known[0].startswith("student:") else OTHER
    return gr.Dropdown(choices=known, value=value)


def _query_choices(bench: Workbench) -> list[tuple[str, str]]:
    """Held-out queries first: what is shown was not trained on."""
    order = {"test": 0, "dev": 1, "train": 2}
    splits = bench.collection.splits
    queries = sorted(bench.collection.queries.values(), key=lambda q: order.get(splits.get(q.query_id, ""), 3))
    return [(f"{query.text}  ({splits.get(query.query_id, 'no split')})", query.query_id) for query in queries]


def build(bench: Workbench) -> ComparePage:
    choices = _query_choices(bench)
    with gr.Row(equal_height=True, elem_id="choose"):
        first = views.telling_query(bench, BASELINES[0], TEACHER) or (choices[0][1] if choices else None)
        query = gr.Dropdown(
            choices, value=first, label="Query of the collection", elem_id="query", scale=6, min_width=420
        )
        previous = gr.Button("← Previous", elem_id="previous", scale=1, min_width=110)
        following = gr.Button("Next →", elem_id="next", scale=1, min_width=110)
        score = gr.Button(SCORE, elem_id="score", scale=2, min_width=200)
        stop = gr.Button("Stop", elem_id="stop-score", scale=1, min_width=80, visible=False)
    with gr.Row(equal_height=True):
        text = gr.Textbox(
            label="Or ask your own",
            placeholder="A question, then Enter",
            elem_id="text",
            scale=6,
            max_lines=1,
            min_width=180,
        )
        answer = gr.Textbox(
            label="Its answer", placeholder="if you know it", elem_id="answer", scale=4, max_lines=1, min_width=130
        )
        spec: dict[str, Any] = {"allow_custom_value": True}  # specs in the order of the columns they fill
        baseline = gr.Dropdown(
            list(BASELINES), value=BASELINES[0], label="Baseline", elem_id="baseline", scale=5, min_width=150, **spec
        )
        teacher = gr.Dropdown(
            list(TEACHERS), value=TEACHER, label="Teacher", elem_id="teacher", scale=6, min_width=190, **spec
        )
        student = gr.Dropdown(
            [OTHER], value=OTHER, label="Student or system", elem_id="student", scale=6, min_width=190, **spec
        )
        depth = gr.Slider(5, 50, 10, step=1, label="Documents", elem_id="depth", scale=5, min_width=150)
    columns = renderer("compare.js", "mountCompare", {"message": "Searching …"}, "columns")
    inputs = [query, text, answer, baseline, teacher, student, depth]

    def draw(*values: Any) -> dict[str, Any]:
        return _view(bench, *values)

    def step(by: int) -> Callable[[str], Any]:
        ids = [query_id for _, query_id in choices]
        return lambda now: (gr.Dropdown(value=ids[(ids.index(now) + by) % len(ids)] if now in ids else ids[0]), "", "")

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    for button, by in ((previous, -1), (following, 1)):
        if choices:
            button.click(step(by), query, [query, text, answer], **quiet).then(draw, inputs, columns, **quiet)
    query.input(lambda: ("", ""), None, [text, answer], **quiet).then(draw, inputs, columns, **quiet)
    # another system may have to be loaded and its documents encoded: that is the one draw that can take long
    shown: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}
    for field in (baseline, teacher, student, depth):
        field.input(draw, inputs, columns, trigger_mode="always_last", **shown)
    teacher.input(_score_button, teacher, score, **quiet)
    for box in (text, answer):
        box.submit(draw, inputs, columns, **quiet)
    scoring = score.click(_scorer(bench), inputs, [columns, score, stop], **quiet)
    stop.click(
        lambda name: (_score_button(name), gr.Button(visible=False)),
        teacher,
        [score, stop],
        cancels=[scoring],
        **quiet,
    )
    return ComparePage(student, draw, inputs, [columns])


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
    text: str,
    answer: str,
    a: str,
    teacher: str | None,
    b: str,
    k: float,
    *,
    live: bool = False,
) -> dict[str, Any]:
    """What the renderer draws; a problem the user can fix is drawn in its place."""
    name = (teacher or "").strip()
    try:
        query = bench.query(text.strip() or query_id or "", answer=answer)
        view = views.compare(bench, query, list(dict.fromkeys([a.strip(), b.strip()])), int(k), teacher=name, live=live)
    except ExplorerError as error:
        return {"message": str(error), "error": True}
    labels = {
        "baseline": "baseline",
        "teacher": "teacher",
        "system": "student" if b.startswith("student:") else "other system",
    }
    for column in view["columns"]:
        column["label"] = labels[column["role"]]
        if why := column.get("empty"):
            column["empty"] = UTILITY_EMPTY if (name, why) == (TEACHER, NO_ANSWER) else EMPTY.get(why, why)
    return view


class _Stopped(Exception):
    pass


def _scorer(bench: Workbench) -> Callable[..., Iterator[Any]]:
    """Scores what is shown with the reader, telling how far it is; Stop ends it and keeps what was read."""

    def run(*values: Any) -> Iterator[Any]:
        stopped, news = threading.Event(), Queue[Any]()

        def progress(stage: str, done: int, total: int) -> None:
            if stopped.is_set():
                raise _Stopped
            news.put(f"{stage} {done} of {total}" if total > 1 else stage)

        def work() -> None:
            try:
                news.put(_view(bench.reporting(progress), *values, live=True))
            except _Stopped:
                news.put(None)
            except Exception as error:
                news.put({"message": f"scoring failed: {error}", "error": True})
                raise

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield gr.skip(), gr.Button("loading the reader …", interactive=False), gr.Button(visible=True)
        try:
            while thread.is_alive() or not news.empty():
                try:
                    item = news.get(timeout=0.2)
                except Empty:
                    continue
                if isinstance(item, str):
                    yield gr.skip(), gr.Button(item), gr.skip()
                elif item is not None:
                    yield item, gr.Button(SCORE, interactive=True), gr.Button(visible=False)
        finally:
            stopped.set()

    return run
