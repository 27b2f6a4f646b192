"""Why a student gains or not: what its teacher does to the evidence, and how much of its scores is noise."""

from __future__ import annotations

import functools
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from explorer.benches.table import TEACHERS
from explorer.collections import Collection
from explorer.evaluation.failures import Case, classes
from explorer.records import ExplorerError, Progress, Query, Ranking, TeacherScores
from explorer.supervision.locate import content_words
from explorer.supervision.prompts import DEFAULT_PROMPT
from explorer.training.negatives import answer_pattern
from explorer.workbench import Workbench
from explorer.workbench.answering import answerable
from explorer.workbench.teachers import CANDIDATES, Teacher
from explorer.workbench.teaching import scores_for

BASE = "dense:minilm"
PROMPTS = (DEFAULT_PROMPT, "context")  # between which a utility's noise is seen
# the classes that another order of the same candidates changes
FAILURES = ("lexical echo above gold", "near-duplicate above gold")


def reasons(
    bench: Workbench, systems: Sequence[str], progress: Progress, *, k: int | None = None, tested: int = 0
) -> dict[str, Any]:
    """The baseline's k candidates of every test query as the baseline, each teacher and ``systems`` order them.

    Per order: how many queries have a relevant document first, classes of failure, and the mean rank of the relevant
    candidates, those that contain a reference answer apart from those that only lead to it (the earlier steps of a
    chain); queries of whose evidence no document contains it, such as those answered by yes or no, are left out of
    these ranks. ``rank`` is from 1; a candidate that a system does not find stands at k + 1. ``utility``: standard
    deviations in nats per answer token, medians over queries: among a query's candidates, and of one candidate
    between prompts.
    """
    collection, depth = bench.collection, k or CANDIDATES
    queries = answerable(collection.judged(collection.split("test"))[: tested or None])
    if not queries:
        raise ExplorerError(
            f"{collection.name} has no judged test query with a reference answer: no teacher to explain"
        )
    found = bench.search(BASE, queries, depth)
    candidates = {query_id: ranking.doc_ids for query_id, ranking in found.rankings.items()}
    orders: dict[str, Mapping[str, Ranking]] = {BASE: found.rankings}
    for spec in TEACHERS:
        scores = scores_for(bench.retrievers, Teacher(spec, bench.reader, base=BASE), candidates, progress)
        orders[spec] = scores.run().rankings
    orders |= {spec: bench.search(spec, queries, depth).rankings for spec in systems}
    scored = [query for query in queries if all(query.query_id in order for order in orders.values())]
    twice = scores_for(bench.retrievers, Teacher("utility", bench.reader, PROMPTS, base=BASE), candidates, progress)
    return {
        "queries": len(scored),
        "candidates": depth,
        "rows": [
            {"system": spec, **_order(collection, scored, found.rankings, order)} for spec, order in orders.items()
        ],
        "utility": _noise(twice),
    }


def _order(
    collection: Collection, queries: Sequence[Query], before: Mapping[str, Ranking], after: Mapping[str, Ranking]
) -> dict[str, Any]:
    documents = collection.documents
    words = functools.cache(lambda doc_id: content_words(documents[doc_id].content))
    counts: Counter[str] = Counter()
    ranks: dict[bool, list[int]] = {True: [], False: []}
    first = 0
    for query in queries:
        own, grades = after[query.query_id], collection.qrels[query.query_id]
        case = Case(content_words(query.text), before[query.query_id], own, grades, words, query.hops)
        counts.update(classes(case))
        first += case.best == 1
        says = {doc_id: _says(documents[doc_id].content, query.answers) for doc_id in case.relevant}
        if any(says.values()):
            for doc_id in case.relevant & set(before[query.query_id].doc_ids):
                ranks[says[doc_id]].append(own.ranks.get(doc_id, len(before[query.query_id]) + 1))
    return {
        "right_first": first,
        "failures": {name: counts[name] for name in FAILURES},
        "with_answer": _told(ranks[True]),
        "without_answer": _told(ranks[False]),
    }


def _told(ranks: Sequence[int]) -> dict[str, Any]:
    return {"documents": len(ranks), "rank": statistics.fmean(ranks) if ranks else None}


def _says(text: str, answers: Iterable[str]) -> bool:
    """Whether the text contains a reference answer, word for word. Yes, no and the shortest answers are never said."""
    return any(pattern.search(text) for answer in answers if (pattern := answer_pattern(answer)))


def _noise(scores: TeacherScores) -> dict[str, float]:
    measured = [one for one in scores.by_query.values() if len(one.values) > 1]
    return {
        "among_candidates": statistics.median(statistics.stdev(one.values.values()) for one in measured),
        "between_prompts": statistics.median(statistics.fmean(one.spread.values()) for one in measured),
    }
