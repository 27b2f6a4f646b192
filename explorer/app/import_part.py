"""Import, on Data: a file or folder is looked at, then stored in the workspace as a collection that can be opened."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from explorer.app.gate import LARGEST_FILE
from explorer.app.hosts import renderer
from explorer.app.pages import QUIET
from explorer.app.telling import Halt, Step, Turns
from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.importing import IMPORTED, Source, look, take

RECOGNISED = "recognised"
NOTHING = "Upload a file, or name a file or folder of this machine."
STOPPED = "Stopped; nothing was stored."
ENDED = gr.Button(visible=False)


def build(bench: Workbench, *, read_only: bool) -> None:
    if read_only:
        return
    gr.Markdown(
        "#### Bring your own\nA table, a folder of texts, or any of the formats below; folders as .zip or .tar. It is looked "
        f"at first; a file to upload may have {LARGEST_FILE >> 20} MiB.",
    )
    with gr.Row(equal_height=True, elem_id="choose-import"):
        file = gr.File(label="File to upload", elem_id="import-file", height=120, scale=4, min_width=240)
        with gr.Column(scale=5, min_width=280):
            path = gr.Textbox(
                label="Or its path on this machine", placeholder="file or folder", elem_id="import-path", max_lines=1
            )
            formats = [RECOGNISED, *IMPORTED]
            kind = gr.Dropdown(formats, value=RECOGNISED, label="Format", elem_id="import-format")
        with gr.Column(scale=1, min_width=130):
            start = gr.Button("Look at it", variant="primary", elem_id="import-look")
            stop = gr.Button("Stop", elem_id="stop-import", visible=False)
    said = renderer("field.js", "mountField", {}, "import-said")
    found = renderer("check.js", "mountCheck", {}, "import-findings")
    with gr.Row(equal_height=True, elem_id="choose-take", visible=False) as offer:
        name = gr.Textbox(label="Name of the new collection", elem_id="import-name", scale=4, max_lines=1)
        store = gr.Button("Store it", elem_id="import-store", scale=1, min_width=130)
    looked = gr.State(None)  # the source whose check-up is shown: that one is stored, whatever the fields say by then
    outputs = [said, found, name, looked, offer, stop]

    turns = Turns(stop)

    def examine(request: gr.Request, upload: str | None, named: str, how: str) -> Iterator[Any]:
        yield _said("Reading …"), {}, gr.skip(), None, gr.Row(visible=False), gr.Button(visible=True)
        try:
            source = _source(bench, upload, named, how)
        except ExplorerError as error:
            yield _refused(str(error))
            return
        for news in turns.telling(request, bench, lambda bench: look(bench, source), "reading", upload, named, how):
            if isinstance(news, Step):
                yield _said(f"Reading: {news} …"), {}, gr.skip(), None, gr.Row(visible=False), gr.Button(visible=True)
            elif isinstance(news, Halt):
                yield _refused(STOPPED)
            else:
                yield _refused(news.value["message"]) if "error" in news.value else _shown(source, news.value)

    def keep(source: Source | None, chosen: str) -> list[Any]:
        try:
            if source is None:
                raise ExplorerError(NOTHING)
            folder = take(bench.workspace, source, chosen)
        except ExplorerError as error:
            return [_said(str(error), "problem"), gr.Row(visible=True)]
        command = shlex.join(["explorer", "app", folder.name])
        return [_said(f"Stored as {folder.name}. It opens with: {command}", "found"), gr.Row(visible=False)]

    start.click(examine, [file, path, kind], outputs, **QUIET)
    store.click(keep, [looked, name], [said, offer], concurrency_limit=1, **QUIET)
    gr.on([file.clear, file.upload, path.input], lambda: gr.Row(visible=False), None, offer, **QUIET)


def _source(bench: Workbench, upload: str | None, named: str, how: str) -> Source:
    """Gradio has made sure that an upload is one; what is named must lie where this visitor may look."""
    kind = "" if how == RECOGNISED else how
    if upload:
        return Source(Path(upload), kind)
    if not named.strip():
        raise ExplorerError(NOTHING)
    return Source(bench.fence.file(named.strip()), kind)


def _shown(source: Source, view: dict[str, Any]) -> list[Any]:
    what = f"{source.path.name}, read as {view['format']}. Nothing is stored yet."
    return [_said(what, "found"), view, view["name"], source, gr.Row(visible=True), ENDED]


def _refused(why: str) -> list[Any]:
    return [_said(why, "problem"), {}, gr.skip(), None, gr.Row(visible=False), ENDED]


def _said(text: str, tone: str = "note") -> dict[str, str]:
    return {"said": text, "tone": tone}
