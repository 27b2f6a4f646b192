"""What the reader answers from the first passages of two systems, and where the two answers differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.evaluation.answers import normalise
from explorer.evaluation.tokens import diff, tokens
from explorer.records import ExplorerError, Query, Ranking, Run
from explorer.views.terms import taught
from explorer.workbench import FREE_TEXT, Workbench
from explorer.workbench.answering import Answers
from explorer.workbench.answering import answers as answered
from explorer.workbench.guards import refuse_training_queries

ROLES = ("before", "after")
YES_NO = frozenset({"yes", "no"})  # words that stand in most passages, whatever they say
NO_REFERENCE = (
    "The collection gives no reference answer for this query, so EM and F1 cannot be taken: nothing says what is right."
)
NO_REFERENCE_TYPED = "Without a reference answer EM and F1 cannot be taken. Type one above, then ask again."
TEACH = taught(
    "EM",
    "F1",
    "Accuracy",
    "gold",
    "states the answer",
    "tokens",
)


def answers(bench: Workbench, query: Query, a: str, b: str, k: int, *, live: bool = False) -> dict[str, Any]:
    """The first ``k`` passages of each system side by side; with ``live`` also what the reader answers from them."""
    specs = (a, b)
    runs = {spec: bench.search(spec, [query], k) for spec in specs}
    rankings = {spec: run.rankings[query.query_id] for spec, run in runs.items()}
    said = _said(bench, query, runs, k) if live else {}
    sides = [
        {
            "role": role,
            "spec": spec,
            "passages": _passages(bench, query, rankings[spec], rankings[other]),
            **_answer(query, said.get(spec)),
        }
        for role, spec, other in zip(ROLES, specs, reversed(specs), strict=True)
    ]
    return {
        "query": {"text": query.text, "answers": list(query.answers), "options": list(query.options)},
        "reader": bench.reader,
        "k": k,
        "notes": [note for note in (_reference(query), *_trained(bench, query, specs)) if note],
        "overlap": _overlap(rankings[a], rankings[b]),
        "sides": sides,
        "difference": _difference(query, said[a], said[b]) if said and not query.options else None,
        "teach": TEACH,
    }


def _said(bench: Workbench, query: Query, runs: Mapping[str, Run], k: int) -> dict[str, Answers]:
    bench.progress("loading the reader", 0, 1)
    reader = bench.models.reader(bench.reader)
    # asked all the same where nobody knows the answer: what is measured against this one is not shown
    asked = query if query.answers else dataclasses.replace(query, answers=("",))
    found = {}
    for done, (spec, run) in enumerate(runs.items(), start=1):
        bench.progress("answer", done, len(runs))
        found[spec] = answered(bench.collection, reader, run, [asked], k)
    return found


def _answer(query: Query, said: Answers | None) -> dict[str, Any]:
    """``answer`` None: not asked yet. ``measures`` is empty without a reference answer."""
    if said is None:
        return {"answer": None, "measures": []}
    known = said.values if query.answers else {}
    measures = [{"name": name, "value": values[query.query_id]} for name, values in known.items()]
    return {"answer": said.texts[query.query_id], "measures": measures}


def _passages(bench: Workbench, query: Query, ranking: Ranking, other: Ranking) -> list[dict[str, Any]]:
    grades = bench.collection.qrels.get(query.query_id, {})
    documents = [(doc, bench.collection.documents[doc.doc_id]) for doc in ranking]
    return [
        {
            "rank": scored.rank,
            "doc_id": doc.doc_id,
            "title": doc.title,
            "text": doc.text,
            "grade": grades.get(doc.doc_id),
            "other_rank": other.ranks.get(doc.doc_id),
            "states": _states(doc.content, () if query.options else query.answers),
        }
        for scored, doc in documents
    ]


def _states(text: str, references: Sequence[str]) -> bool:
    """Whether a reference answer stands in the text, word for word."""
    words = f" {normalise(text)} "
    wanted = {normalise(reference) for reference in references} - YES_NO - {""}
    return any(f" {reference} " in words for reference in wanted)


def _reference(query: Query) -> str:
    if query.answers:
        return ""
    return NO_REFERENCE_TYPED if query.query_id == FREE_TEXT else NO_REFERENCE


def _trained(bench: Workbench, query: Query, specs: Sequence[str]) -> list[str]:
    """Students that have seen this query in training: what they do with it proves nothing."""
    found = []
    for spec in dict.fromkeys(specs):
        try:
            refuse_training_queries(bench.workspace, spec, [query])
        except ExplorerError:
            found.append(f"{spec} was trained on this query: what it finds here proves nothing.")
    return found


def _overlap(first: Ranking, second: Ranking) -> str:
    """What the two contexts share, in words."""
    if not first.docs and not second.docs:
        return "Neither system found a passage: the reader answers from memory."
    if first.doc_ids == second.doc_ids:
        return "Both systems hand over the same passages in the same order, so the answers cannot differ."
    shared = len(set(first.doc_ids) & set(second.doc_ids))
    if shared == len(first) == len(second):
        return "Both systems hand over the same passages, in another order."
    return f"{shared} of {max(len(first), len(second))} passages are the same."


def _difference(query: Query, before: Answers, after: Answers) -> dict[str, Any]:
    """Tokens of both answers as one list; ``reference``: whether the word is one of a reference answer's."""
    texts = [tokens(said.texts[query.query_id]) for said in (before, after)]
    wanted = {word for reference in query.answers for word in tokens(reference)}
    words = [
        {"text": word, "kind": piece.kind, "reference": word in wanted}
        for piece in diff(*texts)
        for word in piece.tokens
    ]
    return {"tokens": words, "same": texts[0] == texts[1]}
