"""Distill: start a run, watch it, stop it. Runs live in subprocesses; the page reads their folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from explorer import figures, jobs, views
from explorer.app.hosts import renderer
from explorer.records import ExplorerError
from explorer.training.students import STUDENTS
from explorer.workbench import Workbench
from explorer.workbench.distilling import Plan
from explorer.workspace.runs import ACTIVE

TICK = 1.0


@dataclass(frozen=True)
class DistillPage:
    run: gr.Dropdown
    use: gr.Button
    reattach: Callable[[], Any]
    attached: list[Any]


def build(bench: Workbench, *, read_only: bool) -> DistillPage:
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            student = gr.Radio(
                [(f"{kind.name}: {kind.what}", kind.name) for kind in STUDENTS.values()],
                value="adapter",
                label="What learns",
                elem_id="student-kind",
            )
            with gr.Row():
                budget = gr.Number(0, label="Time limit in seconds, 0: none", minimum=0, precision=0, elem_id="budget")
                seed = gr.Number(42, label="Seed", precision=0, elem_id="seed")
            name = gr.Textbox(
                label="Name of the run", placeholder="made from method and time when empty", elem_id="run-name"
            )
            with gr.Row():
                start = gr.Button("Start", variant="primary", elem_id="start", interactive=not read_only)
                stop = gr.Button("Cancel", elem_id="cancel", interactive=False)
                again = gr.Button("Resume", elem_id="resume", interactive=False)
            said = gr.Markdown("This app is read-only: it offers no training." if read_only else "", elem_id="said")
        with gr.Column(scale=5, min_width=480):
            run = gr.Dropdown([], label="Run", elem_id="run", allow_custom_value=False)
            detail = renderer("run.js", "mountRun", {}, "run-detail")
            curve = gr.Plot(show_label=False, elem_id="curve", visible=False)
            use = gr.Button("Compare with this student", elem_id="use", interactive=False)
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

    def begin(kind: str, seconds: float, number: float | None, run_name: str) -> list[Any]:
        try:
            method = "uae"
            number = 42 if number is None else number
            budget = float(seconds or 0)
            plan = Plan.make(
                bench.collection.source, method, kind, scoped=bench.scoped, budget=budget, seed=int(number)
            )
            folder = bench.workspace.run(run_name.strip() or bench.workspace.new_run_id(method, kind))
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
    if not read_only:
        start.click(begin, [student, budget, seed, name], [said, *attached], **quiet)
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
