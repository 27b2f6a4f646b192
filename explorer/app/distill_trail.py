"""Distill, below a run: one query along its steps, between base and student, beside the examples most like it; the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from explorer import views
from explorer.app.hosts import handed_out, renderer
from explorer.app.pages import QUIET, SHOWN, Jump
from explorer.app.query_box import query_box
from explorer.app.telling import Done, Step, Turns
from explorer.records import ExplorerError, silent
from explorer.views import trails
from explorer.workbench import Workbench
from explorer.workspace.runs import ACTIVE

WriteReport = Callable[[Mapping[str, Any], Path], None]
NO_RUN = "Once a run is there, this shows how it moved the documents of one query."


@dataclass(frozen=True)
class Trail:
    query: gr.HTML
    jump: Jump


def build(bench: Workbench, run: gr.State, measured: gr.State, write: WriteReport) -> Trail:
    """``measured`` changes whenever the run has something new to look back at."""
    gr.Markdown("## What it did to one query", elem_id="trail-title")
    with gr.Row(equal_height=True, elem_id="choose-trail"):
        query = query_box(bench, "trail-query", "Query")
        follow = gr.Button("Follow it", elem_id="follow", min_width=110, visible=False)
        mix = gr.Button("Blend with the base", elem_id="mix", min_width=170)
        like = gr.Button("Training examples like it", elem_id="like", min_width=200)
        report = gr.Button("Before/after report", elem_id="write-trail-report", min_width=170)
        stop = gr.Button("Stop", elem_id="stop-trail", min_width=80, visible=False)
    said = renderer("field.js", "mountField", {}, "trail-said")
    file = gr.File(label="Report", visible=False, interactive=False, elem_id="trail-file")
    moved = renderer("scrub.js", "mountScrub", {"message": NO_RUN}, "trail")
    blended = renderer("scrub.js", "mountScrub", {}, "blend")
    kin = renderer("kin.js", "mountKin", {}, "kin")
    asked = [run, query]
    turns = Turns(stop)

    def look(run_id: str, query_id: str | None) -> list[Any]:
        view = _tried(trails.run_trail, bench, run_id, query_id)
        return [view, gr.Button(visible=bool(view.get("ask")))]

    def clear(request: gr.Request) -> list[Any]:
        turns.end(request)
        return [{}, {}, {}, gr.File(visible=False), gr.Button(visible=False)]

    def written(run_id: str) -> list[Any]:
        try:
            view = _report(bench, run_id)
        except ExplorerError as error:
            return [{"said": str(error), "tone": "problem"}, gr.File(visible=False)]
        path = handed_out() / f"{run_id}.html"
        write(view, path)
        return [{"said": f"{view['headline']}.", "tone": "found"}, gr.File(str(path), visible=True)]

    gr.on([measured.change, query.change], look, asked, [moved, follow], trigger_mode="always_last", **QUIET)
    for button, view, live, target in (
        (follow, trails.run_trail, True, moved),
        (mix, trails.run_blend, True, blended),
        (like, trails.run_kin, False, kin),
    ):
        button.click(_streamed(bench, view, turns, live), asked, [target, stop], **QUIET)
    # what was asked of another query, or of another run, would be drawn over the new one
    gr.on([run.change, query.change], clear, None, [blended, kin, said, file, stop], **QUIET)
    report.click(lambda: {"said": "Comparing …", "tone": "note"}, None, said, **QUIET).then(
        written, run, [said, file], **SHOWN
    )
    return Trail(query, Jump(blended.submit, "compare", _blend_chosen))


def _blend_chosen(event: gr.EventData) -> dict[str, Any]:
    at = float(event.at)
    return {"b": f"student:{event.run}" + (f"@{at:g}" if at < 1 else "")}


def _tried(
    view: Callable[..., dict[str, Any]], bench: Workbench, run_id: str, query_id: str | None, **more: Any
) -> Any:
    """What the renderer draws; a problem the user can fix is drawn in its place."""
    if not run_id:
        return {"message": NO_RUN}
    try:
        return view(bench, run_id, query_id or "", more.pop("progress", silent), **more)
    except ExplorerError as error:
        return {"message": str(error), "error": True}


def _report(bench: Workbench, run_id: str) -> dict[str, Any]:
    if not run_id:
        raise ExplorerError("there is no run to report on yet; start one, or choose one above")
    folder = bench.workspace.existing_run(run_id)
    if folder.state["state"] in ACTIVE:
        raise ExplorerError(f"{run_id} is still going; its report can be written when it has ended")
    gate = (folder.result or {}).get("gate") or {}
    return views.report(bench, folder.plan["base"], f"student:{run_id}", gate.get("split", "test"))


def _streamed(
    bench: Workbench, view: Callable[..., dict[str, Any]], turns: Turns, live: bool
) -> Callable[..., Iterator[Any]]:
    """Draws a view that takes long, telling how far it is; Stop ends it at its next step, and what was there without it
    is drawn again."""

    def run(request: gr.Request, run_id: str, query_id: str | None) -> Iterator[Any]:
        # never gr.skip() right after a value: the page would lose the value
        busy, idle = gr.Button(visible=True), gr.Button(visible=False)
        more = {"live": True} if live else {}

        def work(bench: Workbench) -> dict[str, Any]:
            return _tried(view, bench, run_id, query_id, progress=bench.progress, **more)

        yield {"message": "loading …"}, busy
        for news in turns.telling(request, bench, work, "this", run_id, query_id):
            if isinstance(news, Step):
                yield {"message": f"{news} …"}, busy
            elif isinstance(news, Done):
                yield news.value, idle
            elif news.pressed:
                yield _tried(view, bench, run_id, query_id) if view is trails.run_trail else {}, idle

    return run
