"""Data: the check-up of the open collection; import, export, and a report of two systems to take along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from explorer import views
from explorer.app import export_part, import_part
from explorer.app.compare_page import BASELINES, OTHER, systems
from explorer.app.hosts import handed_out, renderer
from explorer.app.pages import QUIET, SHOWN, Page
from explorer.records import ExplorerError
from explorer.workbench import Workbench

WriteReport = Callable[[Mapping[str, Any], Path], None]
NO_ENCODER = "none"


def build(bench: Workbench, write: WriteReport, *, read_only: bool) -> Page:
    with gr.Row(equal_height=True, elem_id="choose-check"):
        encoder = gr.Dropdown(
            ["minilm", NO_ENCODER],
            value="minilm",
            label="Encoder whose limit and prompts are checked",
            allow_custom_value=True,
            elem_id="check-encoder",
            scale=4,
        )
        start = gr.Button("Check", variant="primary", elem_id="check", scale=1, min_width=120)
    checked = renderer("check.js", "mountCheck", {"message": ""}, "findings")
    a, b, split = _report(bench, write)
    export_part.build(bench)
    import_part.build(bench, read_only=read_only)

    def check(name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = bench.check("" if name.strip() in ("", NO_ENCODER) else name.strip())
        except ExplorerError as error:
            return {"message": str(error), "error": True}
        return found

    start.click(lambda: {"message": "Checking …"}, None, checked, **QUIET).then(check, encoder, checked, **QUIET)
    return Page(
        fields={"a": a, "b": b, "split": split},
        draw=lambda: None,  # nothing is checked or compared unasked
        inputs=[],
        outputs=[],
        refresh={"b": lambda: {"choices": systems(bench)}},
    )


def _report(bench: Workbench, write: WriteReport) -> tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown]:
    """(before, after, split)"""
    gr.Markdown(
        "#### A report to send\nOne HTML file that needs no network: verdict, clearest wins and losses, every query."
    )
    with gr.Row(equal_height=True, elem_id="choose-report"):
        spec: dict[str, Any] = {"allow_custom_value": True}
        a = gr.Dropdown(list(BASELINES), value=BASELINES[0], label="Before", elem_id="report-a", **spec)
        b = gr.Dropdown(systems(bench), value=OTHER, label="After", elem_id="report-b", **spec)
        splits = ["test", "dev", "train", "all"]
        split = gr.Dropdown(splits, value="test", label="Split", elem_id="report-split", **spec)
        make = gr.Button("Write report", elem_id="write-report", min_width=120)
    said = gr.Markdown("", elem_id="report-said")
    file = gr.File(label="Report", visible=False, interactive=False, elem_id="report-file")

    def report(first: str, second: str, of: str) -> tuple[str, gr.File]:
        try:
            view = views.report(bench, first.strip(), second.strip(), of)
        except ExplorerError as error:
            return _plain(str(error)), gr.File(visible=False)
        path = handed_out() / "report.html"
        write(view, path)
        return _plain(view["headline"] + "."), gr.File(str(path), visible=True)

    make.click(lambda: "Comparing …", None, said, **QUIET).then(report, [a, b, split], [said, file], **SHOWN)
    return a, b, split


def _plain(text: str) -> str:
    """A sentence as Markdown that shows it as it is."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]()#+-.!<>|$" else char for char in text)
