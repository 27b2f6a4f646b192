"""The page: masthead and tabs. It places things; handlers call the workbench once and draw what comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable

import gradio as gr

from explorer.app import (
    answers_page,
    compare_page,
    data_page,
    distill_page,
    flips_page,
    label_page,
    map_page,
    teachers_page,
)
from explorer.app.hosts import renderer
from explorer.app.pages import Page
from explorer.app.selection import Selection
from explorer.views.terms import TERMS
from explorer.workbench import Workbench


def theme() -> gr.themes.Base:
    font = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
    return gr.themes.Base(primary_hue="sky", neutral_hue="slate", font=font, font_mono=mono, radius_size="md").set(
        button_primary_background_fill="#0b6e99",
        button_primary_background_fill_hover="#095a7e",
        button_primary_background_fill_dark="#0b6e99",
        button_primary_text_color="#ffffff",
        color_accent="#0b6e99",
        slider_color="#0b6e99",
        slider_color_dark="#62bde6",
        checkbox_background_color_selected="#0b6e99",
        checkbox_border_color_selected="#0b6e99",
        button_secondary_background_fill="#eef2f5",
        button_secondary_background_fill_hover="#dfe5ea",
        # the dark grounds and lines of static/explorer.css
        body_background_fill_dark="#0e141a",
        block_background_fill_dark="#151d25",
        input_background_fill_dark="#1d2731",
        border_color_primary_dark="#2c3945",
        button_secondary_background_fill_dark="#2c3945",
        button_secondary_background_fill_hover_dark="#3a4957",
    )


def build(bench: Workbench, write: data_page.WriteReport, *, read_only: bool) -> tuple[gr.Blocks, threading.Event]:
    """The page, and what tells that something was drawn on it."""
    with gr.Blocks(title=f"Explorer · {bench.collection.name}", analytics_enabled=False) as page:
        collection = bench.collection
        with gr.Row(elem_id="masthead"):
            gr.HTML(
                {"name": collection.name, "documents": len(collection.documents), "queries": len(collection.queries)},
                html_template="<h1>Explorer</h1><p><bdi></bdi><span></span></p>",
                js_on_load=(
                    "const v = props.value; element.querySelector('bdi').textContent = v.name; "
                    "element.querySelector('span').textContent = "
                    "`: ${v.documents.toLocaleString()} documents, ${v.queries.toLocaleString()} queries`;"
                ),
                apply_default_css=False,
            )
            renderer("teach.js", "mountTeach", {"terms": TERMS}, "teach")
        with gr.Tabs() as tabs:
            opened, pages = {}, {}
            for name, title, make in _pages(bench, write, read_only=read_only):
                with gr.Tab(title, id=name, elem_id=f"tab-{name}") as opened[name]:
                    pages[name] = make()
        selection = Selection(bench, pages, tabs)
        selection.wire(page, opened)
    return page, selection.drawn


def _pages(
    bench: Workbench, write: data_page.WriteReport, *, read_only: bool
) -> list[tuple[str, str, Callable[[], Page]]]:
    """Name, title and maker of every page, in the order of their tabs; the first is the landing page."""
    return [
        ("flips", "Flips", lambda: flips_page.build(bench)),
        ("compare", "Compare", lambda: compare_page.build(bench)),
        ("teachers", "Teachers", lambda: teachers_page.build(bench)),
        ("distill", "Distill", lambda: distill_page.build(bench, write, read_only=read_only)),
        ("answers", "Answers & cost", lambda: answers_page.build(bench)),
        ("label", "Label", lambda: label_page.build(bench, read_only=read_only)),
        ("map", "Map", lambda: map_page.build(bench)),
        ("data", "Data", lambda: data_page.build(bench, write, read_only=read_only)),
    ]
