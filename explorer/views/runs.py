"""Runs: what was planned, how far they are, what came of them."""

from __future__ import annotations

from typing import Any

from explorer.workspace import RunFolder


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


def run_detail(run: RunFolder) -> dict[str, Any]:
    from explorer.workbench.distilling import DEV_MEASURE
    from explorer.workbench.plans import Plan

    events = run.events()
    stages = [event for event in events if event["event"] in ("stage", "step")]
    return {
        **run_summary(run),
        "command": Plan.from_record(run.plan).command_line(run.run_id),
        "path": str(run.path),
        "curve": [event for event in events if event["event"] == "dev"],
        "losses": [event for event in events if event["event"] == "step"],
        "examples": next((event for event in reversed(events) if event["event"] == "examples"), None),
        "measure": DEV_MEASURE,
        "now": stages[-1] if stages else None,
        "result": run.result,
        "trained": (run.student).exists(),
    }
