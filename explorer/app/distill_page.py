"""Distill: start a run, watch it, stop it. Runs live in subprocesses; the page reads their folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from explorer import figures, jobs, views
from explorer.app.hosts import renderer
from explorer.collections import bundled, open_collection
from explorer.records import ExplorerError
from explorer.training.students import STUDENTS
from explorer.workbench import Workbench
from explorer.workbench.plans import METHODS, Plan
from explorer.workbench.teachers import FUSION, GOLD_SOURCES, RATIONALE_SOURCES
from explorer.workspace.runs import ACTIVE

TICK = 1.0
METHOD, STUDENT = "uae", "adapter"  # seconds on the demo
TEACHER_SPECS = (
    "utility",
    "gold",
    *(f"gold:{source}" for source in GOLD_SOURCES if source != "qrels"),
    "rationale",
    *(f"rationale:{source}" for source in RATIONALE_SOURCES),
    FUSION,
)
UNNAMED = "NAME"
READ_ONLY = "This app is read-only: it offers no training."


@dataclass(frozen=True)
class DistillPage:
    run: gr.Dropdown
    use: gr.Button
    reattach: Callable[[], Any]
    attached: list[Any]


@dataclass(frozen=True)
class _Form:
    """What a run is made of. ``rest``: what seldom changes."""

    name: gr.Textbox
    method: gr.Radio
    student: gr.Radio
    teacher: gr.Dropdown
    rest: list[Any]

    @property
    def fields(self) -> list[Any]:
        """The name, and the choices in the order ``_plan`` takes them."""
        return [self.name, self.method, self.student, self.teacher, *self.rest]


def _form(bench: Workbench) -> _Form:
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
        teacher = gr.Dropdown(
            list(TEACHER_SPECS),
            value=METHODS[METHOD].teacher,
            label="Teacher",
            elem_id="taught-by",
            allow_custom_value=True,
            min_width=160,
        )
        name = gr.Textbox(
            "", label="Name of the run", placeholder="made up when empty", elem_id="run-name", max_lines=1
        )
    with gr.Accordion("More", open=False, elem_id="more"):
        with gr.Row():
            budget = gr.Number(
                0, label="Time limit in s (0: none)", minimum=0, precision=0, min_width=140, elem_id="budget"
            )
            limit = gr.Number(
                0, label="Queries at most (0: all)", minimum=0, precision=0, min_width=140, elem_id="limit"
            )
        guard = gr.Dropdown(
            ["", *(name for name in bundled() if name != bench.collection.source)],
            value="",
            label="Guard: another collection, measured before and after",
            elem_id="guard",
            allow_custom_value=True,
        )
        overlap = gr.Radio(
            [("refuse to train", "stop"), ("leave them out", "drop"), ("train on them anyway", "keep")],
            value="stop",
            label="Training queries that overlap with what is evaluated",
            elem_id="overlap",
        )
        with gr.Row():
            seed = gr.Number(42, label="Seed", precision=0, min_width=80, scale=1, elem_id="seed")
            lam = gr.Slider(0, 1, 0.5, step=0.05, label="Rationale’s weight λ", min_width=200, scale=3, elem_id="lam")
    return _Form(name, method, student, teacher, [budget, seed, guard, overlap, lam, limit])


def _plan(
    bench: Workbench,
    method: str,
    student: str,
    teacher: str | None,
    budget: float | None,
    seed: float | None,
    guard: str | None,
    overlap: str,
    lam: float | None,
    limit: float | None,
) -> Plan:
    """What the form asks for, checked; an emptied field means its default."""
    plan = Plan.make(
        bench.collection.source,
        method,
        student,
        scoped=bench.scoped,
        teacher=(teacher or "").strip(),
        guard=(guard or "").strip(),
        overlap=overlap,
        lam=0.5 if lam is None else lam,
        limit=int(limit or 0),
        budget=float(budget or 0),
        seed=42 if seed is None else int(seed),
    )
    _ = plan.asked  # refuses a teacher nobody knows
    return plan


def _preview(bench: Workbench, name: str, *choices: Any) -> tuple[str, str]:
    """(the command that does the same, or what is wrong with the form)"""
    try:
        return _plan(bench, *choices).command_line(bench.workspace.run(name.strip() or UNNAMED).run_id), ""
    except ExplorerError as error:
        return "", _sentence(error)


def build(bench: Workbench, *, read_only: bool) -> DistillPage:
    with gr.Row():
        with gr.Column(scale=3, min_width=340):
            form = _form(bench)
            with gr.Row():
                start = gr.Button("Start", variant="primary", elem_id="start", interactive=not read_only, min_width=100)
                stop = gr.Button("Cancel", elem_id="cancel", interactive=False, min_width=100)
                again = gr.Button("Resume", elem_id="resume", interactive=False, min_width=100)
            said = gr.Markdown(READ_ONLY if read_only else "", elem_id="said")
            command = gr.Textbox(
                _preview(bench, *(field.value for field in form.fields))[0],
                label="The same on the command line",
                lines=2,
                max_lines=4,
                interactive=False,
                buttons=["copy"],
                elem_id="command",
            )
        with gr.Column(scale=5, min_width=480):
            with gr.Row(elem_id="watch"):
                run = gr.Dropdown([], label="Run", elem_id="run", allow_custom_value=False, scale=3)
                use = gr.Button("Compare with this student", elem_id="use", interactive=False, scale=2)
            detail = renderer("run.js", "mountRun", {}, "run-detail")
            curve = gr.Plot(show_label=False, elem_id="curve", visible=False)
    timer = gr.Timer(TICK, active=False)
    drawn = gr.State("")  # what the curve shows already, so that an idle tick redraws nothing
    outputs = [detail, curve, timer, stop, again, use, drawn]
    attached = [run, *outputs]

    def show(run_id: str | None, before: str) -> list[Any]:
        return _show(bench, run_id, before, read_only=read_only)

    def attach(run_id: str | None = None) -> list[Any]:
        runs = [folder.run_id for folder in bench.workspace.all_runs()]
        chosen = run_id or (runs[0] if runs else None)
        return [gr.Dropdown(choices=runs, value=chosen), *show(chosen, "")]

    def preview(*values: Any) -> tuple[str, str]:
        line, problem = _preview(bench, *values)
        return line, READ_ONLY if read_only else problem

    def begin(name: str, *choices: Any) -> list[Any]:
        try:
            plan = _plan(bench, *choices)
            if plan.guard:
                open_collection(plan.guard, scoped=plan.scoped)
            folder = bench.workspace.run(name.strip() or bench.workspace.new_run_id(plan.method, plan.student))
            folder.create(plan.record())
        except ExplorerError as error:
            return [_sentence(error), *(gr.skip() for _ in attached)]
        jobs.start(folder, bench.models.device)
        return ["", *attach(folder.run_id)]

    def carry(action: Callable[[Any], None]) -> Callable[[str], list[Any]]:
        def act(run_id: str) -> list[Any]:
            try:
                action(bench.workspace.existing_run(run_id))
            except ExplorerError as error:
                return [_sentence(error), *(gr.skip() for _ in outputs)]
            return ["", *show(run_id, "")]

        return act

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    form.method.input(
        lambda method: (METHODS[method].student, METHODS[method].teacher),
        form.method,
        [form.student, form.teacher],
        **quiet,
    )
    changes = [field.change for field in form.fields]
    gr.on(changes, preview, form.fields, [command, said], trigger_mode="always_last", **quiet)
    if not read_only:
        start.click(begin, form.fields, [said, *attached], **quiet)
        stop.click(carry(jobs.cancel), run, [said, *outputs], **quiet)
        again.click(carry(lambda run: jobs.resume(run, bench.models.device)), run, [said, *outputs], **quiet)
    timer.tick(show, [run, drawn], outputs, queue=False, **quiet)
    run.input(show, [run, drawn], outputs, **quiet)
    return DistillPage(run, use, attach, attached)


def _sentence(error: ExplorerError) -> str:
    """As text: markdown of a message is not markup."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|~$" else char for char in str(error))


def _show(bench: Workbench, run_id: str | None, before: str, *, read_only: bool) -> list[Any]:
    if not run_id:
        return [
            {},
            gr.Plot(visible=False),
            gr.Timer(active=False),
            *(gr.Button(interactive=False) for _ in range(3)),
            "",
        ]
    view = views.run_detail(bench.workspace.existing_run(run_id))
    active = view["state"] in ACTIVE
    signature = f"{run_id} {len(view['curve'])} {len(view['losses'])}"
    if signature == before:
        plot = gr.skip()
    elif view["curve"]:
        plot = gr.Plot(figures.training_curve(view["curve"], view["losses"], view["measure"]), visible=True)
    else:
        plot = gr.Plot(visible=False)
    resumable = view["state"] in ("cancelled", "failed", "orphaned")
    return [
        view,
        plot,
        gr.Timer(active=active),
        gr.Button(interactive=active and not read_only),
        gr.Button(interactive=resumable and not read_only),
        gr.Button(interactive=view["trained"] and not active),
        signature,
    ]
