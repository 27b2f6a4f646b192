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
from explorer.workbench import Workbench

BASELINES = ("dense:minilm", "bm25", "hybrid:bm25+dense:minilm")
OTHER = "bm25"  # beside the baseline while there is no student
TEACHER = "utility"
SCORE = "Score with the reader"


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
            label="Or ask your own", placeholder="Type a question, press Enter", elem_id="text", scale=3, max_lines=1
        )
        answer = gr.Textbox(
            label="Its answer, if you know it",
            placeholder="lets the teacher score",
            elem_id="answer",
            scale=2,
            max_lines=1,
            min_width=200,
        )
        baseline = gr.Dropdown(
            list(BASELINES),
            value=BASELINES[0],
            label="Baseline",
            elem_id="baseline",
            allow_custom_value=True,
            scale=2,
            min_width=200,
        )
        student = gr.Dropdown(
            [OTHER],
            value=OTHER,
            label="Student, or other system",
            elem_id="student",
            allow_custom_value=True,
            scale=2,
            min_width=200,
        )
        depth = gr.Slider(5, 50, 10, step=1, label="Documents", elem_id="depth", scale=2, min_width=180)
    columns = renderer("compare.js", "mountCompare", {"message": "Searching …"}, "columns")
    inputs = [query, text, answer, baseline, student, depth]

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
    for field in (baseline, student, depth):
        field.input(draw, inputs, columns, trigger_mode="always_last", **shown)
    for box in (text, answer):
        box.submit(draw, inputs, columns, **quiet)
    scoring = score.click(_scorer(bench), inputs, [columns, score, stop], **quiet)
    stop.click(
        lambda: (gr.Button(SCORE, interactive=True), gr.Button(visible=False)),
        None,
        [score, stop],
        cancels=[scoring],
        **quiet,
    )
    return ComparePage(student, draw, inputs, [columns])


def _view(
    bench: Workbench, query_id: str | None, text: str, answer: str, a: str, b: str, k: float, *, live: bool = False
) -> dict[str, Any]:
    """What the renderer draws; a problem the user can fix is drawn in its place."""
    try:
        query = bench.query(text.strip() or query_id or "", answer=answer)
        view = views.compare(
            bench, query, list(dict.fromkeys([a.strip(), b.strip()])), int(k), teacher=TEACHER, live=live
        )
    except ExplorerError as error:
        return {"message": str(error), "error": True}
    labels = {
        "baseline": "baseline",
        "teacher": "teacher",
        "system": "student" if b.startswith("student:") else "other system",
    }
    for column in view["columns"]:
        column["label"] = labels[column["role"]]
        if column["role"] == "teacher" and column.get("empty") == "not scored yet":
            column["empty"] = "Nobody has scored these documents yet. Press “Score with the reader”."
        elif column["role"] == "teacher" and column.get("empty"):
            column["empty"] = (
                "Utility needs a reference answer: how much likelier does a document make it? Type one above, then score."
            )
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
