"""Distill: start a run, watch it, stop it, look back. Runs live in subprocesses; the page reads their folders."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from explorer import figures, jobs, views
from explorer.app import distill_form, distill_trail
from explorer.app.distill_form import READ_ONLY, markdown
from explorer.app.hosts import renderer
from explorer.app.pages import QUIET, Jump, Page
from explorer.files import content_hash
from explorer.records import ExplorerError
from explorer.views.runs import newest_of_interest, runs_table
from explorer.workbench import Workbench
from explorer.workbench.drafts import Draft
from explorer.workspace import RunFolder
from explorer.workspace.runs import ACTIVE, RESUMABLE

WriteReport = Callable[[Mapping[str, Any], Path], None]
TICK, IDLE = 1.0, 5.0  # seconds between two looks at the folders: while something is going on, and while nothing is


def build(bench: Workbench, write: WriteReport, *, read_only: bool) -> Page:
    cards = distill_form.cards()
    with gr.Row():
        with gr.Column(scale=3, min_width=340):
            form = distill_form.build(bench, cards, read_only=read_only)
        with gr.Column(scale=5, min_width=480):
            table = renderer("runs.js", "mountRuns", {}, "runs")
            detail = renderer("run.js", "mountRun", {}, "run-detail")
            use = gr.Button("Compare with this student", elem_id="use", interactive=False)
            curve = gr.Plot(show_label=False, elem_id="curve", visible=False)
    run = gr.State("")
    measured = gr.State("")  # changes with every dev measurement of the run that is shown
    drawn = gr.State({})  # what the page shows already, so that an idle look redraws nothing
    timer = gr.Timer(IDLE, active=False)
    trail = distill_trail.build(bench, run, measured, write)
    said = form.said
    outputs = [table, detail, curve, timer, form.stop, form.again, use, measured, drawn]
    attached = [run, *outputs]

    def look(run_id: str, before: dict[str, str]) -> list[Any]:
        return _look(bench, run_id, before, read_only=read_only)

    def attach(run_id: str) -> list[Any]:
        rows = runs_table(bench)
        chosen = run_id if any(row["run"] == run_id for row in rows) else newest_of_interest(rows) or ""
        return [chosen, *look(chosen, {})]

    def draft(*values: Any) -> list[Any]:
        return distill_form.drafted(bench, list(values), read_only=read_only)

    def draw(run_id: str, *values: Any) -> list[Any]:
        told = draft(*values)  # takes a second or more: a run that is started meanwhile is found after it
        return [*attach(run_id), *told]

    def begin(*values: Any) -> list[Any]:
        asked = Draft.of(*values)
        try:
            if problems := asked.problems(bench):
                raise ExplorerError(next(iter(problems.values())))
            plan = asked.plan(bench)
            folder = bench.workspace.run(asked.name or bench.workspace.new_run_id(plan.method, plan.student))
            folder.create(plan.record())
        except ExplorerError as error:
            return [markdown(str(error)), *(gr.skip() for _ in attached)]
        jobs.start(folder, bench.models.device)
        return ["", *attach(folder.run_id)]

    def carry(action: Callable[[Any], None]) -> Callable[[str], list[Any]]:
        def act(run_id: str) -> list[Any]:
            try:
                action(bench.workspace.existing_run(run_id))
            except ExplorerError as error:
                return [markdown(str(error)), *(gr.skip() for _ in outputs)]
            return ["", *look(run_id, {})]

        return act

    def choose(event: gr.EventData, now: str) -> list[Any]:
        try:
            asked = bench.workspace.existing_run(str(event.run))
            if event.action == "delete":
                if read_only:
                    raise ExplorerError(READ_ONLY)
                asked.delete()
                return ["", *attach("" if asked.run_id == now else now)]
        except ExplorerError as error:
            return [markdown(str(error)), *attach(now)]
        return ["", *attach(asked.run_id)]

    distill_form.wire(form, draft)
    if not read_only:
        form.start.click(begin, form.fields, [said, *attached], **QUIET)
        form.stop.click(carry(_cancel), run, [said, *outputs], **QUIET)
        form.again.click(carry(lambda one: jobs.resume(one, bench.models.device)), run, [said, *outputs], **QUIET)
    table.submit(choose, run, [said, *attached], **QUIET)
    timer.tick(look, [run, drawn], outputs, **QUIET)  # queued: what else happens, Gradio tells of no State that changed
    shown = Jump(use.click, "compare", lambda event, run_id: {"b": f"student:{run_id}"}, [run])
    return Page(
        fields={"query": trail.query},
        draw=draw,
        inputs=[run, *form.fields],
        outputs=[*attached, *form.told],
        jumps=[shown, trail.jump],
    )


def _look(bench: Workbench, run_id: str, before: Mapping[str, str], *, read_only: bool) -> list[Any]:
    """What the folders say now; what the page shows already is skipped. A run that somebody deleted is told as such."""
    rows = runs_table(bench)
    going = any(row["state"] in ACTIVE for row in rows)
    view = _detail(bench, run_id)
    running = view.get("state") == "running"  # before that its process could not be told to stop
    active, trained = view.get("state") in ACTIVE, bool(view.get("trained"))
    table = {"rows": rows, "watched": run_id, "read_only": read_only}
    curve = [run_id, view.get("curve"), len(view.get("losses", []))]
    told = {
        "table": json.dumps(table),
        "detail": json.dumps(view),
        "curve": json.dumps(curve),
        "pace": str(going),
        "measured": json.dumps([*curve[:2], view.get("state"), trained]),
    }
    marks = {name: content_hash(text) for name, text in told.items()}
    new = {name for name, mark in marks.items() if before.get(name) != mark}
    resumable = view.get("state") in RESUMABLE and not view.get("bundled")
    return [
        table if "table" in new else gr.skip(),
        {name: value for name, value in view.items() if name != "losses"} if "detail" in new else gr.skip(),
        _curve(view) if "curve" in new else gr.skip(),
        gr.Timer(TICK if going else IDLE, active=True) if "pace" in new else gr.skip(),
        gr.Button(interactive=running and not read_only),
        gr.Button(interactive=resumable and not read_only),
        gr.Button(interactive=trained and not active),
        marks["measured"] if "measured" in new else gr.skip(),
        marks,
    ]


def _cancel(run: RunFolder) -> None:
    """A run that is starting still carries the number of the process that asked for it: this one."""
    if run.state["state"] == "starting":
        raise ExplorerError(f"{run.run_id} is still starting; it can be cancelled in a moment")
    jobs.cancel(run)


def _detail(bench: Workbench, run_id: str) -> dict[str, Any]:
    if not run_id:
        return {}
    try:
        return views.run_detail(bench.workspace.existing_run(run_id))
    except ExplorerError as error:
        return {"message": str(error)}


def _curve(view: Mapping[str, Any]) -> gr.Plot:
    if not view.get("curve"):
        return gr.Plot(visible=False)
    return gr.Plot(figures.training_curve(view["curve"], view["losses"], view["measure"]), visible=True)
