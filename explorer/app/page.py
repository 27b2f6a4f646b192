"""The page: masthead and tabs. It places things; handlers call the workbench once and draw what comes back."""

from __future__ import annotations

from typing import Any

import gradio as gr

from explorer.app import compare_page, distill_page
from explorer.workbench import Workbench


def theme() -> gr.themes.Base:
    font = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]
    return gr.themes.Base(primary_hue="sky", neutral_hue="slate", font=font, font_mono=mono, radius_size="md").set(
        button_primary_background_fill="#0b6e99",
        button_primary_background_fill_hover="#095a7e",
        button_primary_text_color="#ffffff",
    )


def build(bench: Workbench, *, read_only: bool) -> gr.Blocks:
    with gr.Blocks(title=f"Explorer · {bench.collection.name}", analytics_enabled=False) as page:
        collection = bench.collection
        with gr.Row(elem_id="masthead"):
            gr.HTML(
                {"name": collection.name, "documents": len(collection.documents), "queries": len(collection.queries)},
                html_template="<h1>Explorer</h1><p></p>",
                js_on_load=(
                    "const v = props.value; element.querySelector('p').textContent = "
                    "`${v.name}: ${v.documents.toLocaleString()} documents, ${v.queries.toLocaleString()} queries`;"
                ),
                apply_default_css=False,
            )
        with gr.Tabs() as tabs:
            with gr.Tab("Compare", id="compare", elem_id="tab-compare"):
                compare = compare_page.build(bench)
            with gr.Tab("Distill", id="distill", elem_id="tab-distill"):
                distill = distill_page.build(bench, read_only=read_only)

        def use_student(run_id: str) -> tuple[Any, Any]:
            return gr.Dropdown(value=f"student:{run_id}", choices=compare_page.systems(bench)), gr.Tabs(
                selected="compare"
            )

        distill.use.click(use_student, distill.run, [compare.student, tabs], api_visibility="private").then(
            compare.draw, compare.inputs, compare.outputs, api_visibility="private", show_progress="hidden"
        )
        # runs come and go between two visits
        page.load(
            lambda: compare_page.choose_system(bench),
            None,
            compare.student,
            api_visibility="private",
            show_progress="hidden",
        ).then(compare.draw, compare.inputs, compare.outputs, api_visibility="private", show_progress="hidden")
        page.load(distill.reattach, None, distill.attached, api_visibility="private", show_progress="hidden")
    return page
