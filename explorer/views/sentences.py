"""Leave one sentence out: which sentence of a document each system looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.records import Document, Query, Span
from explorer.views.answers import ROLES
from explorer.views.terms import taught
from explorer.workbench import Workbench
from explorer.workbench.ablating import MOST, Ablation, Effect, ablate, parts

TEACH = taught(
    "leave-one-out effect",
    "whole document",
    "rank without it",
    "evidence",
)


def sentences(bench: Workbench, query: Query, a: str, b: str, k: int, doc_id: str = "") -> dict[str, Any]:
    """What each sentence of one document adds to its score under both systems, the first document unless one is named.

    ``choices`` are the documents shown: the first ``k`` of either system.
    """
    specs = (a, b)
    ranks = {spec: bench.search(spec, [query], k).rankings[query.query_id].ranks for spec in specs}
    shown = list(dict.fromkeys(doc for spec in specs for doc in ranks[spec]))
    if not shown:
        return {"message": "Neither system found a document for this query: there is nothing to take apart."}
    doc_id = doc_id if doc_id in shown else shown[0]
    view = {
        "doc_id": doc_id,
        "choices": [
            {
                "doc_id": doc,
                "title": bench.collection.documents[doc].title or doc,
                "ranks": [ranks[spec].get(doc) for spec in specs],
            }
            for doc in shown
        ],
        "teach": TEACH,
    }
    document = bench.collection.documents[doc_id]
    if len(parts(document)) < 2:
        return {**view, "empty": "This document is a single sentence: without it nothing would be left to score."}
    found = {spec: ablate(bench, spec, query, document) for spec in specs}
    return {**view, **_taken_apart(bench, query, document, [found[spec] for spec in specs])}


def _taken_apart(bench: Workbench, query: Query, document: Document, ablations: Sequence[Ablation]) -> dict[str, Any]:
    spans = parts(document)
    evidence = _evidence(query, document)
    rows = [
        {
            "text": document.content[span.start : span.end],
            "name": _name(document, place),
            "evidence": any(one.start < span.end and span.start < one.end for one in evidence),
            "effects": [_effect(found, place) for found in ablations],
        }
        for place, span in enumerate(spans[:MOST])
    ]
    return {
        "systems": [
            {"role": role, **_system(bench, found, document)} for role, found in zip(ROLES, ablations, strict=True)
        ],
        "sentences": rows,
        "left": f"Only the first {MOST} of {len(spans)} sentences were left out in turn." if len(spans) > MOST else "",
        "headline": _headline(ablations, rows),
    }


def _evidence(query: Query, document: Document) -> list[Span]:
    """The collection's evidence in characters of ``document.content``; it is given in those of the text alone."""
    offset = len(document.content) - len(document.text)
    return [Span(one.start + offset, one.end + offset) for one in query.evidence.get(document.doc_id, ())]


def _name(document: Document, place: int) -> str:
    titled = bool(document.title.strip())
    return "title" if titled and place == 0 else str(place + (not titled))


def _system(bench: Workbench, found: Ablation, document: Document) -> dict[str, Any]:
    return {
        "spec": found.spec,
        "unit": found.unit,
        "refused": found.refused,
        "noise": found.noise,
        "score": found.whole.score if found.whole else None,
        "rank": found.whole.rank if found.whole else None,
        "full": _full_bar(found),
        "cut": not found.refused and document.doc_id in bench.cut(found.spec),
    }


def _full_bar(found: Ablation) -> float:
    """The change that fills a bar: where no sentence matters, no bar is to look as if it did."""
    if found.whole is None:
        return 0.0
    return max(abs(found.whole.score) / 10, *(abs(found.whole.score - one.score) for one in found.without))


def _effect(found: Ablation, place: int) -> dict[str, Any] | None:
    """None where the system cannot be asked. ``moved``: whether the rank is another one without the sentence."""
    if found.whole is None:
        return None
    one: Effect = found.without[place]
    moved = found.ranked and one.rank != found.whole.rank
    return {"change": found.whole.score - one.score, "score": one.score, "rank": one.rank, "moved": moved}


def _headline(ablations: Sequence[Ablation], rows: Sequence[Mapping[str, Any]]) -> str:
    """Which part each system leans on most, in words."""
    found = {
        one.spec: _most(one, [(row, row["effects"][column]["change"]) for row in rows])
        for column, one in enumerate(ablations)
        if not one.refused
    }
    if len(found) == 2 and len(set(found.values())) == 1:
        return f"Both systems lean most on {next(iter(found.values()))}."
    return " ".join(f"{spec} leans most on {part}." for spec, part in found.items())


def _most(found: Ablation, changes: Sequence[tuple[Mapping[str, Any], float]]) -> str:
    row, change = max(changes, key=lambda pair: pair[1])
    if change <= found.noise:
        return "no single sentence"
    name = "the title" if row["name"] == "title" else f"sentence {row['name']}"
    return f"{name}, which holds evidence" if row["evidence"] else name
