"""Systems side by side over a split: measures per query first, then what their differences are worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.collections import Collection
from explorer.evaluation.latency import latency_ms
from explorer.evaluation.measures import DEFAULT_MEASURES, PerQuery, means, per_query
from explorer.evaluation.significance import difference
from explorer.records import ExplorerError, Progress, Run, silent
from explorer.workbench.answering import CONTEXT, Answers, answerable, answers
from explorer.workbench.guards import refuse_run_of_other_queries, refuse_training_queries
from explorer.workbench.specs import Retrievers

DEPTH = 1000  # documents per query that measures see, as in TREC
LATENCY_K = 10
LATENCY_QUERIES = 50


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """``report`` is what ``evaluate --json`` prints; the rest is what it was computed from.

    ``values``: system -> measure -> query_id -> value; ``answers``: system -> what the reader said. ``unjudged`` and
    ``unanswered``: queries of the split without a relevant document, and without a reference answer where answers
    were asked for; measures say nothing of them.
    """

    report: dict[str, Any]
    values: dict[str, PerQuery]
    runs: dict[str, Run]
    answers: dict[str, Answers]
    unjudged: int
    unanswered: int


def evaluate(
    collection: Collection,
    retrievers: Retrievers,
    specs: Sequence[str],
    split: str = "test",
    measures: Sequence[str] = DEFAULT_MEASURES,
    *,
    latency: bool = False,
    answer: bool = False,
    context: int = CONTEXT,
    progress: Progress = silent,
) -> Evaluation:
    """The first spec is the baseline of all comparisons. Rankings are measured on judged queries; with ``answer`` the
    reader also answers every query that has a reference answer from the first ``context`` documents."""
    everything = collection.split(split)
    judged = collection.judged(everything)
    asked = answerable(everything) if answer else []
    if not judged and not asked:
        raise ExplorerError(
            f"{collection.name} has no judged query in split {split!r}; name another split: train, dev, test or all"
        )
    wanted = {query.query_id for query in [*judged, *asked]}
    queries = [query for query in everything if query.query_id in wanted]
    qrels = {query.query_id: collection.qrels[query.query_id] for query in judged}
    values: dict[str, dict[str, Mapping[str, float]]] = {}
    runs: dict[str, Run] = {}
    said: dict[str, Answers] = {}
    systems: dict[str, Any] = {}
    for done, spec in enumerate(dict.fromkeys(specs)):
        progress("evaluate", done, len(specs))
        refuse_training_queries(retrievers.models.workspace, spec, queries)
        retriever = retrievers.get(spec)
        runs[spec] = retriever.search(queries, DEPTH)
        if retrievers.kind(spec)[0] == "run":
            refuse_run_of_other_queries(spec, runs[spec], split)
        values[spec] = dict(per_query(runs[spec], qrels, tuple(dict.fromkeys(measures)))) if judged else {}
        systems[spec] = {"measures": means(values[spec])}
        if latency:
            systems[spec]["latency_ms"] = latency_ms(retriever, queries[:LATENCY_QUERIES], LATENCY_K, progress)
        if answer:
            reader = retrievers.models.reader(retrievers.reader)
            said[spec] = answers(collection, reader, runs[spec], asked, context, progress)
            values[spec] |= said[spec].values
            systems[spec]["answers"] = means(said[spec].values)
    report = {
        "collection": collection.source,
        "split": split,
        "queries": len(queries),
        "systems": systems,
        "comparisons": _comparisons(values),
    }
    unanswered = len(everything) - len(asked) if answer else 0
    return Evaluation(report, dict(values), runs, said, len(everything) - len(judged), unanswered)


def _comparisons(values: Mapping[str, PerQuery]) -> list[dict[str, Any]]:
    a, *others = values
    rows = []
    for b in others:
        for measure in values[a]:
            found = dataclasses.asdict(difference(values[a][measure], values[b][measure]))
            rows.append({"a": a, "b": b, "measure": measure, **found, "ci95": list(found["ci95"])})
    return rows
