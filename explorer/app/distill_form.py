"""The form of the Distill page: presets, fields, what is wrong with each, the time it will take, the command."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from explorer.app.hosts import renderer
from explorer.app.pages import QUIET
from explorer.collections import bundled
from explorer.training.students import STUDENTS
from explorer.views import presets
from explorer.workbench import Workbench
from explorer.workbench.drafts import Draft, overlap_of
from explorer.workbench.plans import METHODS
from explorer.workbench.teachers import FUSION, GOLD_SOURCES, RATIONALE_SOURCES

METHOD, STUDENT = "uae", "adapter"  # seconds on the demo
TEACHER_SPECS = (
    "utility",
    "gold",
    *(f"gold:{source}" for source in GOLD_SOURCES if source != "qrels"),
    "rationale",
    *(f"rationale:{source}" for source in RATIONALE_SOURCES),
    FUSION,
)
READ_ONLY = "This app is read-only: it offers no training."
FIELDS = {"name": "run-name", "teacher": "taught-by", "guard": "guard", "overlap": "overlap"}
"""Field of a draft -> the element it is typed into."""


@dataclass(frozen=True)
class Form:
    """``chosen``: field of a draft -> its component. ``told``: what ``drafted`` fills, ``said`` among it."""

    chosen: dict[str, Any]
    told: list[Any]
    presets: gr.HTML
    start: gr.Button
    stop: gr.Button
    again: gr.Button
    said: gr.Markdown

    @property
    def fields(self) -> list[Any]:
        """In the order ``Draft.of`` takes them."""
        return [self.chosen[field.name] for field in dataclasses.fields(Draft)]


def cards() -> gr.HTML:
    return renderer("presets.js", "mountPresets", {}, "presets")


def build(bench: Workbench, shown: gr.HTML, *, read_only: bool) -> Form:
    """The fields under one another; ``shown`` are the cards above them."""
    notes = {}
    method = gr.Radio(
        [(f"{name}: {way.what}", name) for name, way in METHODS.items()], value=METHOD, label="Method", elem_id="method"
    )
    student = gr.Radio(
        [(f"{kind.name}: {kind.what}", kind.name) for kind in STUDENTS.values()],
        value=STUDENT,
        label="What learns",
        elem_id="student-kind",
    )
    with gr.Row():
        with gr.Column(min_width=160):
            teacher = gr.Dropdown(
                [*TEACHER_SPECS, *(["given"] if bench.collection.brings_scores else [])],
                value=METHODS[METHOD].teacher,
                label="Teacher",
                elem_id="taught-by",
                allow_custom_value=True,
            )
            notes["teacher"] = _note("teacher")
        with gr.Column(min_width=160):
            name = gr.Textbox(
                "", label="Name of the run", placeholder="made up when empty", elem_id="run-name", max_lines=1
            )
            notes["name"] = _note("name")
    overlap = gr.Radio(
        [("refuse to train", "stop"), ("leave them out", "drop"), ("train on them anyway", "keep")],
        value="stop",
        label="Training queries that overlap with what is evaluated",
        elem_id="overlap",
        visible=bool(overlap_of(bench).queries),  # nothing to choose where nothing overlaps
    )
    notes["overlap"] = _note("overlap")
    time = _note("time")
    with gr.Row():
        start = gr.Button("Start", variant="primary", elem_id="start", interactive=not read_only, min_width=100)
        stop = gr.Button("Cancel", elem_id="cancel", interactive=False, min_width=100)
        again = gr.Button("Resume", elem_id="resume", interactive=False, min_width=100)
    said = gr.Markdown(READ_ONLY if read_only else "", elem_id="said")
    rest = _rest(bench)
    notes["guard"] = rest.pop("note")
    command = gr.Textbox(
        "",
        label="The same on the command line",
        lines=2,
        max_lines=4,
        interactive=False,
        buttons=["copy"],
        elem_id="command",
    )
    chosen = {"name": name, "method": method, "student": student, "teacher": teacher, "overlap": overlap, **rest}
    told = [shown, command, time, *(notes[field] for field in FIELDS), said]
    return Form(chosen, told, shown, start, stop, again, said)


def _note(field: str) -> gr.HTML:
    return renderer("field.js", "mountField", {}, f"said-{field}")


def _rest(bench: Workbench) -> dict[str, Any]:
    """What seldom changes, by its name in a draft, and the note of the guard."""
    with gr.Accordion("More: guard, limits, seed", open=False, elem_id="more"):
        guard = gr.Dropdown(
            ["", *(name for name in bundled() if name != bench.collection.source)],
            value="",
            label="Guard: another collection, measured before and after",
            elem_id="guard",
            allow_custom_value=True,
        )
        note = _note("guard")
        with gr.Row():
            number: dict[str, Any] = {"precision": 0, "min_width": 140}
            budget = gr.Number(0, label="Time limit in s (0: none)", minimum=0, elem_id="budget", **number)
            limit = gr.Number(0, label="Queries at most (0: all)", minimum=0, elem_id="limit", **number)
        with gr.Row():
            seed = gr.Number(42, label="Seed", precision=0, min_width=80, scale=1, elem_id="seed")
            lam = gr.Slider(0, 1, 0.5, step=0.05, label="Rationale’s weight λ", min_width=200, scale=3, elem_id="lam")
    return {"guard": guard, "note": note, "budget": budget, "limit": limit, "seed": seed, "lam": lam}


def wire(form: Form, draft: Any) -> None:
    """``draft`` takes the fields and fills ``told`` whenever one changes; a method and a preset bring the others along."""
    method, student, teacher = (form.chosen[name] for name in ("method", "student", "teacher"))
    method.input(lambda name: (METHODS[name].student, METHODS[name].teacher), method, [student, teacher], **QUIET)
    form.presets.submit(_chosen, None, [method, student, teacher], **QUIET)
    changes = [field.change for field in form.fields]
    gr.on(changes, draft, form.fields, form.told, trigger_mode="always_last", **QUIET)


def _chosen(event: gr.EventData) -> tuple[Any, ...]:
    """What came from the browser, checked: it may be anything."""
    if event.method not in METHODS or event.student not in STUDENTS:
        return gr.skip(), gr.skip(), gr.skip()
    return event.method, event.student, METHODS[event.method].teacher


def drafted(bench: Workbench, values: list[Any], *, read_only: bool) -> list[Any]:
    """What the page tells of the values of the form."""
    view = presets.draft(bench, Draft.of(*values))
    problems = view["problems"]
    notes = {field: {"said": problems.get(field, ""), "tone": "problem", "of": of} for field, of in FIELDS.items()}
    found = view["overlap"]
    tone = "found" if not found["bad"] else "problem" if "overlap" in problems else "note"
    said = ". ".join(part[0].upper() + part[1:] for part in (found["said"], problems.get("overlap", "")) if part)
    notes["overlap"] = {"said": f"{said}.", "tone": tone, "of": "overlap", "items": _listed(found["queries"])}
    current = view["current"]
    time = {"said": f"{current['time']}: {current['why']}." if current["time"] else "", "tone": "note", "of": "start"}
    first = READ_ONLY if read_only else next(iter(problems.values()), "")
    return [view, view["command"], time, *(notes[field] for field in FIELDS), markdown(first)]


def _listed(queries: list[Mapping[str, str]]) -> list[str]:
    most = 50
    told = [f"{row['query_id']}: {row['text']}" for row in queries[:most]]
    return told + ([f"and {len(queries) - most} more"] if len(queries) > most else [])


def markdown(text: str) -> str:
    """As text: markdown of a message is not markup."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|~$" else char for char in text)
