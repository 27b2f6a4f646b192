"""How long a run will take: from earlier runs of this workspace, else from a table of measured ones. A guess, told as one."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.records import ExplorerError
from explorer.training.examples import NEGATIVE_RANKS
from explorer.workbench import Workbench
from explorer.workbench.plans import Plan
from explorer.workspace import RunFolder

# seconds of training per 1000 pairs of query and document: quartiles over 64 finished runs on nine collections, of 47 to
# 441 examples, on two processor cores in November 2026
MEASURED = {
    "adapter": (0.2, 0.3, 0.4),
    "query": (2.4, 3.0, 3.6),
    "lora": (30, 48, 70),
    "full": (21, 36, 74),
    "reranker": (43, 103, 128),
}
READING = 0.08  # seconds per pair that a small reader has to score: 13 pairs a second, the same machine
ENCODING = 1 / 60  # seconds per document that is encoded anew to measure the student at the end
BEGINNING = 8.0  # seconds to load models and to measure the baseline
RECENT = 5  # earlier runs whose median counts


@dataclass(frozen=True)
class Estimate:
    """Seconds: a low, a likely and a high guess. ``reading``: the part of it that the reader needs for its scores.

    ``source``: what the guess was made from.
    """

    low: float
    likely: float
    high: float
    reading: float
    source: str


def estimate(bench: Workbench, plan: Plan) -> Estimate:
    """Of a plan for the open collection, whatever its epochs: training may end before them."""
    queries = len(bench.collection.split(plan.split))
    queries = min(queries, plan.limit or queries)
    pairs = queries * _listed(plan) * plan.settings.epochs
    (low, likely, high), source = _rates(bench, plan)
    reading = READING * _unread(bench, plan, queries)
    fixed = BEGINNING + reading
    if plan.student in ("lora", "full"):
        fixed += ENCODING * len(bench.collection.documents)
    seconds = [rate * pairs / 1000 for rate in (low, likely, high)]
    if plan.settings.budget:
        seconds = [min(one, plan.settings.budget) for one in seconds]
    return Estimate(fixed + seconds[0], fixed + seconds[1], fixed + seconds[2], reading, source)


def _listed(plan: Plan) -> int:
    """Documents per training query."""
    return len(NEGATIVE_RANKS) + 1 if plan.settings.loss == "list" else plan.candidates


def _rates(bench: Workbench, plan: Plan) -> tuple[tuple[float, float, float], str]:
    """(low, likely, high) seconds per 1000 pairs, and where they come from."""
    earlier = [(run, rate) for run in bench.workspace.all_runs() if (rate := _rate(run, plan.student)) is not None]
    here = [(run, rate) for run, rate in earlier if run.plan["collection"] == plan.collection]
    for found, where in ((here, "on this collection"), (earlier, "on other collections")):
        if found:
            newest = found[:RECENT]
            rates = [rate for _, rate in newest]
            names = newest[0][0].run_id if len(newest) == 1 else f"{len(newest)} earlier runs"
            return (min(rates) * 0.8, statistics.median(rates), max(rates) * 1.25), f"{names} {where}"
    return MEASURED[plan.student], "runs on another machine with two processor cores"


def _rate(run: RunFolder, student: str) -> float | None:
    """Seconds per 1000 pairs of a run that trained such a student to its end."""
    record, result = run.plan, run.result
    if record["student"] != student or not result or not result["steps"] or "gate" not in result:
        return None
    plan = Plan.from_record(record)
    pairs = result["steps"] * min(plan.settings.batch, result["examples"]) * _listed(plan)
    return float(1000 * result["seconds"] / pairs)


def _unread(bench: Workbench, plan: Plan, queries: int) -> int:
    """Pairs that no recorded scores cover; those in the reader's own cache are counted, too: only reading tells."""
    unread = 0
    for spec in plan.asked.sources:
        teacher = plan.asked.alone(spec)
        if teacher.asks_reader:
            covered = _covered([len(one.values) or plan.candidates for one in bench.recorded(spec).values()], plan)
            unread += max(0, queries - covered) * plan.candidates
    return unread


def _covered(scored: Sequence[int], plan: Plan) -> int:
    """Queries whose candidates are all among the recorded ones."""
    return sum(number >= plan.candidates for number in scored)


def told(bench: Workbench, plan: Plan) -> Estimate | None:
    """None where nothing can be guessed: a reader or a teacher that cannot be asked."""
    try:
        return estimate(bench, plan)
    except ExplorerError:
        return None
