"""Runs: what was planned, how far they are, what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.workbench import Workbench
from explorer.workspace import RunFolder, bundled_runs
from explorer.workspace.runs import ACTIVE

POINTS = 400  # of a loss curve, however long the run
Event = Mapping[str, Any]


def run_summary(run: RunFolder) -> dict[str, Any]:
    plan, result, state = run.plan, run.result, run.state
    dev = next(iter(result["dev"].values())) if result else None
    return {
        "run": run.run_id,
        "state": state["state"],
        "error": state.get("error", ""),
        "method": plan["method"],
        "student": plan["student"],
        "teacher": plan.get("teacher", "utility"),
        "base": plan["base"],
        "collection": plan["collection"],
        "dev": result["dev"] if result else {},
        "dev_label": f"{dev[0]:.3f} → {dev[1]:.3f}" if dev else "",
    }


def runs_table(bench: Workbench) -> list[dict[str, Any]]:
    """Every run of the workspace, the newest first, then those that come with the open collection."""
    own = bench.workspace.all_runs()
    taken = {run.run_id for run in own}
    given = [run for name, run in bundled_runs().items() if name not in taken]
    return [_row(run, bench) for run in own] + [
        _row(run, bench) for run in given if run.plan["collection"] == bench.collection.source
    ]


def _row(run: RunFolder, bench: Workbench) -> dict[str, Any]:
    row = run_summary(run)
    result = run.result or {}
    active = row["state"] in ACTIVE
    if active and (measured := [event for event in run.events() if event["event"] == "dev"]):
        values = [event["value"] for event in measured]
        row["dev_label"] = f"{values[0]:.3f} → {max(values):.3f}"
    return {
        **row,
        "state": "bundled" if run.bundled else row["state"],
        "verdict": (result.get("gate") or {}).get("verdict", ""),
        "time": 0.0 if run.bundled else run.state["time"],
        "here": row["collection"] == bench.collection.source,
        "deletable": not run.bundled and not active,
    }


def newest_of_interest(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The run a page shows unasked: the newest that is going on, else the newest."""
    going = [row["run"] for row in rows if row["state"] in ACTIVE]
    own = [row["run"] for row in rows if row["state"] != "bundled"]
    return next(iter([*going, *own]), None)


def run_detail(run: RunFolder) -> dict[str, Any]:
    from explorer.workbench.plans import DEV_MEASURE, Plan

    events = run.events()
    since = run.state["time"]  # what an earlier attempt did is past
    stages = [event for event in events if event["event"] in ("stage", "step") and event["time"] >= since]
    losses = _last_attempt([event for event in events if event["event"] == "step"])
    return {
        **run_summary(run),
        "bundled": run.bundled,
        "command": Plan.from_record(run.plan).command_line(run.run_id),
        "path": str(run.path),
        "curve": _last_attempt([event for event in events if event["event"] == "dev"]),
        "losses": losses[:: max(1, len(losses) // POINTS)],
        "examples": next((event for event in reversed(events) if event["event"] == "examples"), None),
        "measure": DEV_MEASURE,
        "now": stages[-1] if stages else None,
        "result": run.result,
        "trained": run.student.exists(),
    }


def _last_attempt(events: Sequence[Event]) -> list[Event]:
    """A run that was resumed takes some steps again: what came last counts."""
    kept: list[Event] = []
    for event in events:
        while kept and kept[-1]["step"] >= event["step"]:
            kept.pop()
        kept.append(event)
    return kept
