"""What a query costs on this machine, measured live, and in money where an hour of the machine has a price."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

from explorer.evaluation.latency import WARM_UP
from explorer.views.terms import taught
from explorer.workbench import Workbench
from explorer.workbench.costing import Cost, K, costs, timed_queries

TEACH = taught(
    "latency p50",
    "latency p95",
    "against the slowest",
    "queries per hour",
    "1,000 queries cost",
)


def measure_costs(bench: Workbench, a: str, b: str, count: int) -> dict[str, Any]:
    """Latencies measured now, as a page can keep them: what was measured, and p50 and p95 in ms by system."""
    import torch

    found = costs(bench, a, b, count)
    return {
        "systems": [a, b],
        "queries": len(timed_queries(bench, count)),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "latencies": {cost.spec: [cost.p50, cost.p95] for cost in found},
    }


def priced_costs(measured: Mapping[str, Any], price: str = "") -> dict[str, Any]:
    """The table of what was measured, the slowest system last; ``price`` is that of one machine hour, "": not given."""
    hour = _number(price)
    rows = sorted((Cost(spec, *times) for spec, times in measured["latencies"].items()), key=lambda cost: cost.p50)
    slowest = rows[-1].p50
    return {
        "rows": [
            {
                "spec": cost.spec,
                "role": _role(cost.spec, measured["systems"]),
                "p50": cost.p50,
                "p95": cost.p95,
                "ratio": slowest / cost.p50,
                "share": cost.p50 / slowest,
                "per_hour": cost.queries_per_hour,
                "per_thousand": None if hour is None else cost.per_thousand(hour),
            }
            for cost in rows
        ],
        "what": _what(measured),
        "note": f"“{price.strip()}” is not a price; write a number, such as 1.20."
        if price.strip() and hour is None
        else "",
        "teach": TEACH,
    }


def _number(price: str) -> float | None:
    """A price as people type it; None for anything else."""
    try:
        value = float(price.strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _role(spec: str, systems: list[str]) -> str:
    if spec not in systems:
        return "LLM re-ranking"
    return "before" if spec == systems[0] else "after"


def _what(measured: Mapping[str, Any]) -> str:
    queries, cores, threads = measured["queries"], measured["cores"], measured["threads"]
    return (
        f"Warm: models loaded, documents indexed, up to {WARM_UP} queries searched before the clock starts; nothing "
        f"is read from a cache of answers. Searches for {K} documents, one query at a time, over {queries} "
        f"{'query' if queries == 1 else 'queries'}, on {cores} CPU cores ({threads} used by torch), beside whatever else "
        "the machine does."
    )
