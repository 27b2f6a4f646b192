"""Systems side by side over a split: measures per query first, then what their differences are worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from explorer.collections import Collection
from explorer.evaluation.latency import latency_ms
from explorer.evaluation.measures import DEFAULT_MEASURES, PerQuery, means, per_query
from explorer.evaluation.significance import difference
from explorer.files import read_json
from explorer.records import ExplorerError, Progress, Query, Run, silent
from explorer.workbench.distilling import query_mark
from explorer.workbench.specs import Retrievers, students_in
from explorer.workspace import Workspace

DEPTH = 1000  # documents per query that measures see, as in TREC
LATENCY_K = 10
LATENCY_QUERIES = 50


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """``report`` is what ``evaluate --json`` prints; ``values`` and ``runs`` are what it was computed from.

    ``unjudged``: queries of the split without a relevant document, of which measures say nothing.
    """

    report: dict[str, Any]
    values: dict[str, PerQuery]
    runs: dict[str, Run]
    unjudged: int


def evaluate(
    collection: Collection,
    retrievers: Retrievers,
    specs: Sequence[str],
    split: str = "test",
    measures: Sequence[str] = DEFAULT_MEASURES,
    latency: bool = False,
    progress: Progress = silent,
) -> Evaluation:
    """The first spec is the baseline of all comparisons. Only judged queries count."""
    queries = collection.judged(collection.split(split))
    if not queries:
        raise ExplorerError(
            f"{collection.name} has no judged query in split {split!r}; name another with --split (train, dev, test, all)"
        )
    measures = tuple(dict.fromkeys(measures))
    qrels = {query.query_id: collection.qrels[query.query_id] for query in queries}
    values: dict[str, PerQuery] = {}
    runs: dict[str, Run] = {}
    systems: dict[str, Any] = {}
    for done, spec in enumerate(dict.fromkeys(specs)):
        progress("evaluate", done, len(specs))
        refuse_training_queries(retrievers.models.workspace, spec, queries)
        retriever = retrievers.get(spec)
        runs[spec] = retriever.search(queries, DEPTH)
        values[spec] = per_query(runs[spec], qrels, measures)
        systems[spec] = {"measures": means(values[spec])}
        if latency:
            systems[spec]["latency_ms"] = latency_ms(retriever, queries[:LATENCY_QUERIES], LATENCY_K, progress)
    report = {
        "collection": collection.source,
        "split": split,
        "queries": len(queries),
        "systems": systems,
        "comparisons": _comparisons(values),
    }
    return Evaluation(report, values, runs, len(collection.split(split)) - len(queries))


def _comparisons(values: dict[str, PerQuery]) -> list[dict[str, Any]]:
    a, *others = values
    rows = []
    for b in others:
        for measure in values[a]:
            found = dataclasses.asdict(difference(values[a][measure], values[b][measure]))
            rows.append({"a": a, "b": b, "measure": measure, **found, "ci95": list(found["ci95"])})
    return rows


def refuse_training_queries(workspace: Workspace, spec: str, queries: Sequence[Query]) -> None:
    """A student is never measured on what it was trained on."""
    for run_id in students_in(spec):
        trained = workspace.existing_run(run_id).path / "trained.json"
        seen = set(read_json(trained)["queries"]) if trained.exists() else set()
        overlap = sum(query_mark(query) in seen for query in queries)
        if overlap:
            raise ExplorerError(
                f"student:{run_id} was trained on {overlap} of these {len(queries)} queries, so its measures would mean "
                "nothing; evaluate on --split test, or on another collection"
            )
