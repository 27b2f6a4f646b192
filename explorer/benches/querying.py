"""One query at a time: how long it takes, at what quality, and while a run trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from explorer import jobs
from explorer.evaluation.latency import latency_ms
from explorer.evaluation.measures import means, per_query
from explorer.records import ExplorerError, Progress, Query
from explorer.workbench import Workbench
from explorer.workbench.plans import Plan
from explorer.workspace import RunFolder
from explorer.workspace.runs import ACTIVE

TIMED, QUERIES = 10, 25  # the slow one takes seconds for each
DEPTH, MEASURE = 20, "AP@20"
SLOW = "rerank:llm(dense:minilm)"
WAIT, LOOK = 300, 0.2  # seconds in which a run must train or end, and between two looks


def query(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Milliseconds per query at batch 1, and mean AP@20 over QUERIES: each system against the reader reranking the baseline's top 20."""
    queries = _asked(bench)
    specs = [*(systems or ["dense:minilm", *_students(bench)]), SLOW]
    times = {spec: latency_ms(bench.retrievers.get(spec), queries[:TIMED], 10, progress) for spec in specs}
    qrels = {query.query_id: bench.collection.qrels[query.query_id] for query in bench.collection.judged(queries)}
    precision = {
        spec: means(per_query(bench.search(spec, queries, DEPTH), qrels, (MEASURE,)))[MEASURE] if qrels else None
        for spec in specs
    }
    return {
        "queries": len(queries),
        "latency_ms": times,
        MEASURE: precision,
        "ratio": {spec: times[SLOW]["p50"] / times[spec]["p50"] for spec in specs[:-1]},
    }


def _asked(bench: Workbench) -> Sequence[Query]:
    return bench.collection.split("test")[:QUERIES] or list(bench.collection.queries.values())[:QUERIES]


def _students(bench: Workbench) -> list[str]:
    return [f"student:{run.run_id}" for run in bench.students()][:1]


def busy(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Milliseconds of a search at batch 1 while a full student trains on the same collection, against an idle machine."""
    spec = systems[0] if systems else "dense:minilm"
    queries = list(bench.collection.queries.values())[:100]
    retriever = bench.retrievers.get(spec)
    idle = latency_ms(retriever, queries, 10, progress)
    run = bench.workspace.run(f"bench-busy-{time.time_ns()}")
    run.create(Plan.make(bench.collection.source, method="gold", student="full", scoped=bench.scoped).record())
    jobs.start(run)
    try:
        _until(lambda: _trains(run))
        training = latency_ms(retriever, queries, 10, progress)
        still = run.state["state"]
    finally:
        if run.state["state"] in ACTIVE:
            jobs.cancel(run)
        _until(lambda: run.state["state"] not in ACTIVE)
        run.delete()
    if still != "running":
        raise ExplorerError(f"the run was {still} before the searches were timed; name a larger collection")
    return {
        "system": spec,
        "idle_ms": idle,
        "training_ms": training,
        "ratio_p95": training["p95"] / idle["p95"],
    }


def _trains(run: RunFolder) -> bool:
    if run.state["state"] not in ACTIVE:
        raise ExplorerError(f"the run did not begin to train: {run.state}")
    return any(event["event"] == "step" for event in run.events())


def _until(there: Callable[[], bool]) -> None:
    """Looks at a run's folder, as everybody does who watches one."""
    end = time.monotonic() + WAIT
    while not there():
        if time.monotonic() > end:
            raise ExplorerError(f"the run did not come that far within {WAIT} s; is the machine busy?")
        time.sleep(LOOK)
