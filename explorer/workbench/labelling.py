"""Labels of people: what is to be labelled, what was said, how far teachers agree with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from explorer.collections import Collection
from explorer.evaluation.agreement import order_agreement
from explorer.files import content_hash
from explorer.records import Qrels, Query
from explorer.workspace import Workspace

if TYPE_CHECKING:
    from explorer.workbench import Workbench

DEPTH = 10  # documents of each system that join the pool
SOURCES = ("utility", "rationale:given", "rationale:extractive")  # teachers a collection may bring scores of


def labelled(collection: Collection, workspace: Workspace, person: str | None = None) -> Qrels:
    """Labels of one person, or of all (None), for queries and documents that are still there."""
    grades = workspace.labels(collection.source).grades(person)
    known = {q: {d: grade for d, grade in row.items() if d in collection.documents} for q, row in grades.items()}
    return {q: row for q, row in known.items() if row and q in collection.queries}


def pool(bench: Workbench, query: Query, specs: Sequence[str], depth: int = DEPTH) -> list[str]:
    """The first ``depth`` documents of every system, in an order that tells nothing of them and is always the same."""
    rankings = [bench.search(spec, [query], depth).rankings[query.query_id] for spec in specs]
    found = {doc.doc_id for ranking in rankings for doc in ranking}
    return sorted(found, key=lambda doc_id: content_hash(query.query_id, doc_id))


def next_query(queries: Sequence[Query], grades: Qrels, after: str) -> str | None:
    """The first query behind ``after``, in a circle, of which nothing was labelled yet; None when all were begun."""
    ids = [query.query_id for query in queries]
    start = ids.index(after) + 1 if after in ids else 0
    return next((q for q in [*ids[start:], *ids[:start]] if q != after and not grades.get(q)), None)


def agreements(bench: Workbench, grades: Qrels) -> dict[str, tuple[float | None, int]]:
    """source -> (share of pairs it orders as the labels do, pairs); sources are judgements and recorded teachers."""
    scores: dict[str, Mapping[str, Mapping[str, float]]] = {"gold": bench.collection.qrels}
    for teacher in SOURCES:
        if recorded := bench.recorded(teacher):
            scores[teacher] = {query_id: one.values for query_id, one in recorded.items()}
    return {source: order_agreement(grades, values) for source, values in scores.items() if values}
