"""Export, on Data: what ``explorer export`` and ``explorer labels`` write, as one file to save."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from explorer.app.hosts import handed_out, renderer
from explorer.app.pages import QUIET
from explorer.app.telling import Halt, Step, Turns
from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.downloads import KINDS, download

STOPPED = {"said": "Stopped; nothing was written.", "tone": "note"}
WHOSE = "labels of several people are exported on the command line: explorer labels; log in to export yours here"


def build(bench: Workbench) -> None:
    gr.Markdown(
        "#### Take it along\nA student for sentence-transformers, runs and qrels for trec_eval, values, examples, labels.",
    )
    with gr.Row(equal_height=True, elem_id="choose-export"):
        kinds = [(title, kind) for kind, title in KINDS.items()]
        kind = gr.Dropdown(kinds, value=kinds[0][1], label="What", elem_id="export-kind", scale=4)
        run = gr.Dropdown(
            _runs(bench), label="Of the run", elem_id="export-run", scale=4, allow_custom_value=True, info=None
        )
        make = gr.Button("Export", elem_id="export", scale=1, min_width=120)
        stop = gr.Button("Stop", elem_id="stop-export", scale=1, min_width=80, visible=False)
    said = renderer("field.js", "mountField", {}, "export-said")
    file = gr.File(label="Export", visible=False, interactive=False, elem_id="export-file")
    run.focus(lambda: gr.Dropdown(choices=_runs(bench)), None, run, **QUIET)  # students come while a page is open
    kind.input(lambda what: gr.Dropdown(interactive=what != "labels"), kind, run, **QUIET)

    turns = Turns(stop)

    def export(what: str, run_id: str | None, request: gr.Request) -> Iterator[Any]:
        def work(bench: Workbench) -> str:
            return str(download(bench, what, run_id or "", handed_out(), _whose(bench, what, request)))

        none, busy, idle = gr.File(visible=False), gr.Button(visible=True), gr.Button(visible=False)
        yield {"said": "Exporting …", "tone": "note"}, none, busy
        for news in turns.telling(request, bench, work, "exporting", what, run_id):
            if isinstance(news, Step):
                yield {"said": f"{news} …", "tone": "note"}, none, busy
            elif isinstance(news, Halt):
                yield STOPPED, none, idle
            elif isinstance(news.value, str):
                yield {}, gr.File(news.value, visible=True), idle
            else:
                yield {"said": news.value["message"], "tone": "problem"}, none, idle

    make.click(export, [kind, run], [said, file, stop], **QUIET)


def _runs(bench: Workbench) -> list[str]:
    return [run.run_id for run in bench.students()]


def _whose(bench: Workbench, kind: str, request: gr.Request) -> str | None:
    """Whose labels a visitor takes along: on one's own machine everybody's, else one's own."""
    if kind != "labels" or bench.fence.inside is None:
        return None
    if not request.username:
        raise ExplorerError(WHOSE)
    return str(request.username)
