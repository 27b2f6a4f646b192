"""One query: what was found, how systems differ, what a teacher says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.evaluation.measures import per_query
from explorer.records import Comparison, Document, Move, Query, Ranking, Rationale, Run, Scores, Span
from explorer.views.places import place
from explorer.workbench import Workbench, moves

UNJUDGED = "–"
MEASURE_DEPTH = 10
NOT_SCORED = "not scored yet"
# what a teacher's scores count: in words, as the short unit beside each, and what lies above and below 0 where 0 parts them
UNITS: Mapping[str, tuple[str, str, tuple[str, str] | None]] = {
    "utility": (
        "nats per answer token",
        "nats",
        ("the document makes the answer more likely", "the document makes the answer less likely"),
    ),
    "gold": ("judged grade", "grade", None),
    "gold:judge": ("expected grade, 0 to 3", "of 3", None),
    "gold:task": ("1: right only with the document", "label", None),
    "given": ("score of the source", "score", None),
    "rationale": ("rationale and retriever, 0 to 1", "mixed", None),
    "fusion": (
        "standard deviations",
        "sd",
        ("above the mean of the documents shown", "below the mean of the documents shown"),
    ),
}
SOURCES = {
    "generated": "written by the reader",
    "extractive": "sentences of the documents shown, picked by the reader",
    "given": "given by the collection",
}


def grade_label(grade: int | None) -> str:
    """Unjudged is not zero."""
    return UNJUDGED if grade is None else str(grade)


def search(bench: Workbench, query: Query, spec: str, k: int) -> dict[str, Any]:
    ranking = bench.search(spec, [query], k).rankings[query.query_id]
    grades = bench.collection.qrels.get(query.query_id, {})
    encoder = getattr(bench.retrievers.get(spec), "query_encoder", None)
    return {
        "query": query.text,
        "query_id": query.query_id,
        "scope": query.scope,
        "retriever": spec,
        "prompts": encoder.prompts if encoder else {},
        "documents": _documents(bench, spec, ranking, grades),
    }


def _documents(bench: Workbench, spec: str, ranking: Ranking, grades: Mapping[str, int]) -> list[dict[str, Any]]:
    cut = bench.cut(spec)
    return [
        {
            "rank": scored.rank,
            "score": scored.score,
            **_document(bench, scored.doc_id),
            "grade": grades.get(scored.doc_id),
            "grade_label": grade_label(grades.get(scored.doc_id)),
            "cut": scored.doc_id in cut,
        }
        for scored in ranking
    ]


def _percentiles(bench: Workbench, spec: str, documents: Sequence[dict[str, Any]]) -> None:
    """Adds to every document how high its score is for this system; None where the system has no background."""
    from explorer.workbench.background import background, percentile

    usual = background(bench, spec)
    for row in documents:
        row["percentile"] = None if usual is None else percentile(usual, row["score"])


def _hops(bench: Workbench, query: Query, columns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Documents of the chain of evidence, each with its rank in every column; None: not in view."""
    ranks = [{doc["doc_id"]: doc["rank"] for doc in column["documents"]} for column in columns]
    documents = bench.collection.documents
    return [{**_document(bench, hop), "ranks": [of.get(hop) for of in ranks]} for hop in query.hops if hop in documents]


def _document(bench: Workbench, doc_id: str) -> dict[str, Any]:
    documents = bench.collection.documents
    doc = documents[doc_id]
    row = {"doc_id": doc_id, "title": doc.title, "text": doc.text, "group": doc.group}
    return {**row, "place": place(documents, doc)}


def asks_reader(teacher: str) -> bool:
    """Whether this teacher's scores cost a reading; the others are there at once."""
    from explorer.workbench.teachers import Teacher

    return Teacher(teacher).asks_reader


def _unit(teacher: str) -> dict[str, Any]:
    words, short, sides = UNITS.get(teacher) or UNITS[teacher.partition(":")[0]]
    return {"teacher": teacher, "unit": words, "short": short, "sides": list(sides) if sides else None}


def spans_within(doc: Document, spans: Sequence[Span]) -> dict[str, list[dict[str, Any]]]:
    """Spans of ``doc.content`` as spans of its title and of its text, which a page shows apart; in characters."""
    return {
        "title": _clipped(spans, 0, len(doc.title)),
        "text": _clipped(spans, len(doc.content) - len(doc.text), len(doc.content)),
    }


def _clipped(spans: Sequence[Span], start: int, end: int) -> list[dict[str, Any]]:
    """The parts of ``spans`` inside [start, end), counted from ``start``."""
    cut = [(max(span.start, start) - start, min(span.end, end) - start, span.weight) for span in spans]
    return [{"start": first, "end": last, "weight": weight} for first, last, weight in cut if first < last]


def compare(
    bench: Workbench, query: Query, specs: Sequence[str], k: int, *, teacher: str = "", live: bool = False
) -> dict[str, Any]:
    """Columns of documents side by side; the first is the baseline every other column's moves refer to."""
    live = live or bool(teacher and not asks_reader(teacher))
    comparison = bench.compare(query, specs, k, teacher=teacher, live=live)
    first = comparison.rankings[specs[0]]
    columns = [
        _column(bench, spec, comparison.rankings[spec], first if number else None, comparison)
        for number, spec in enumerate(specs)
    ]
    columns[1:1] = [
        _teacher_column(bench, name, scores, first, comparison) for name, scores in comparison.teachers.items()
    ]
    _add_measures(columns, comparison, min(MEASURE_DEPTH, k))
    gold = [d for d, grade in comparison.grades.items() if grade > 0]
    return {
        "query": {"query_id": query.query_id, "text": query.text, "answers": list(query.answers), "scope": query.scope},
        "judged": bool(comparison.grades),
        "gold": gold,
        "missing_gold": [
            {**_document(bench, d), "grade": comparison.grades[d]}
            for d in gold
            if all(d not in ranking.ranks for ranking in comparison.rankings.values())
        ],
        "columns": columns,
        "scores": _unit(teacher) if teacher else None,
        "rationale": _rationale(comparison.rationale),
        "hops": _hops(bench, query, columns),
    }


def _rationale(rationale: Rationale | None) -> dict[str, str] | None:
    """None where the teacher has none by design; an empty text where it looked for one in vain."""
    if rationale is None or rationale.source not in SOURCES:
        return None
    return {"text": rationale.text, "source": SOURCES[rationale.source]}


def _add_measures(columns: Sequence[dict[str, Any]], comparison: Comparison, depth: int) -> None:
    """Each column's nDCG at ``depth`` for this query; None where nothing is judged relevant or nothing was ranked."""
    name = f"nDCG@{depth}"
    judged = any(grade > 0 for grade in comparison.grades.values())
    query_id = comparison.query.query_id
    for column in columns:
        ranking = Ranking.from_scores(query_id, {d["doc_id"]: -d["rank"] for d in column["documents"]})
        value = None
        if judged and ranking.docs and not column.get("by_definition"):
            run = Run(column["key"], {query_id: ranking})
            value = per_query(run, {query_id: comparison.grades}, (name,))[name][query_id]
        column["measure"] = {"name": name, "value": value, "depth": depth}


def _column(
    bench: Workbench, spec: str, ranking: Ranking, first: Ranking | None, comparison: Comparison
) -> dict[str, Any]:
    found = {move.doc_id: move for move in moves(first, ranking)} if first else {}
    documents = [
        {**row, **_signals(bench, comparison, row["doc_id"]), **_move(found.get(row["doc_id"]))}
        for row in _documents(bench, spec, ranking, comparison.grades)
    ]
    _percentiles(bench, spec, documents)
    lost = [doc.doc_id for doc in first if doc.doc_id not in ranking.ranks] if first else []
    return {"key": spec, "title": spec, "role": "system" if first else "baseline", "documents": documents, "lost": lost}


def _signals(bench: Workbench, comparison: Comparison, doc_id: str) -> dict[str, Any]:
    """What the teacher says of one document: its score and what that was made of, coverage and places of the rationale."""
    scores = next(iter(comparison.teachers.values()), None)
    spans = comparison.rationale.spans.get(doc_id, ()) if comparison.rationale else ()
    parts = {name: values[doc_id] for name, values in scores.parts.items() if doc_id in values} if scores else {}
    return {
        "teacher_score": scores.values.get(doc_id) if scores else None,
        "coverage": parts.pop("coverage", None),
        "parts": parts,
        "spans": spans_within(bench.collection.documents[doc_id], spans),
        "evidence": [{"start": s.start, "end": s.end} for s in comparison.query.evidence.get(doc_id, ())],
    }


def _teacher_column(
    bench: Workbench, name: str, scores: Scores, first: Ranking, comparison: Comparison
) -> dict[str, Any]:
    """The teacher's order of the documents it scored, as deep as the baseline is shown."""
    from explorer.workbench.teachers import Teacher

    ranking = Ranking.from_scores(scores.query_id, scores.values, max(len(first), 1))
    found = {move.doc_id: move for move in moves(first, ranking)}
    documents = [
        {
            "rank": scored.rank,
            "score": scored.score,
            **_document(bench, scored.doc_id),
            "grade": comparison.grades.get(scored.doc_id),
            "grade_label": grade_label(comparison.grades.get(scored.doc_id)),
            "cut": scored.doc_id in scores.cut,
            **_signals(bench, comparison, scored.doc_id),
            **_move(found.get(scored.doc_id)),
        }
        for scored in ranking
    ]
    # whether a judge could answer is known once it was asked: it grades without a reference answer
    why = "" if scores.values else NOT_SCORED if name == "gold:judge" else scores.left_out or NOT_SCORED
    return {
        "key": name,
        "title": name,
        "role": "teacher",
        "documents": documents,
        "lost": [],
        "empty": why,
        "by_definition": Teacher(name).by_definition,
    }


def _move(move: Move | None) -> dict[str, Any]:
    """``move`` is one of "", same, up, down, new; ``from`` is the rank in the baseline."""
    if move is None or move.after is None:
        return {"move": "", "from": None, "move_label": ""}
    if move.before is None:
        return {"move": "new", "from": None, "move_label": "new"}
    step = move.before - move.after
    name = "up" if step > 0 else "down" if step < 0 else "same"
    return {"move": name, "from": move.before, "move_label": {"up": f"↑{step}", "down": f"↓{-step}", "same": "="}[name]}
