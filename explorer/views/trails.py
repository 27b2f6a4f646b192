"""One query along a run: where its documents stood at every step, between base and student, and what the run had learned
that is most like it."""

from __future__ import annotations

from typing import Any

from explorer.records import ExplorerError, Progress, Query
from explorer.training.trail import DEPTH
from explorer.views.presets import duration
from explorer.views.terms import taught
from explorer.workbench import Workbench
from explorer.workbench.kin import Kin, kin
from explorer.workbench.plans import DEV_MEASURE
from explorer.workbench.trajectories import AMONG, Trajectory, blend, seconds_for, source_of, trail
from explorer.workspace import RunFolder

TOP = 10  # a document that stood this high at some moment is drawn
MOST = 28  # documents drawn
TEXT = 240  # characters of a document
TEACH = taught(
    "rank over steps",
    "dev curve",
    "kept",
    "likeness",
    "blend alpha",
)
AGO = {
    "train": "this query is among those the student was trained on",
    "dev": "dev queries chose the student",
    "test": "",
}


def run_trail(
    bench: Workbench, run_id: str, query_id: str, progress: Progress, *, live: bool = False
) -> dict[str, Any]:
    """The trail, or with ``ask`` how long it would take: only ``live`` begins what takes long."""
    run, query = _asked(bench, run_id, query_id)
    if not run.student.exists():
        return {"message": "The first look comes with the first measurement, before step 1."}
    source = source_of(bench.retrievers, run, query)
    seconds = seconds_for(bench.retrievers, run, source)
    if seconds > 5 and not live:
        return _waiting(f"Ranks at every step are not there yet: following this query takes about {duration(seconds)}.")
    return _drawn(bench, run, query, trail(bench.retrievers, run, query, progress), "step")


def run_blend(
    bench: Workbench, run_id: str, query_id: str, progress: Progress, *, live: bool = False
) -> dict[str, Any]:
    run, query = _asked(bench, run_id, query_id)
    if not run.student.exists():
        raise ExplorerError("There is no student to blend yet.")
    if not live:
        seconds = duration(seconds_for(bench.retrievers, run, "blend"))
        return _waiting(
            f"A blend mixes the weights of student and base. Searching with five of them takes about {seconds}."
        )
    return _drawn(bench, run, query, blend(bench.retrievers, run, query, progress), "blend")


def run_kin(bench: Workbench, run_id: str, query_id: str, progress: Progress) -> dict[str, Any]:
    """Training examples most like a query, each with what the teacher held best and worst."""
    run, query = _asked(bench, run_id, query_id)
    found = kin(bench.retrievers, run, query, progress)
    return {"query": query.text, "examples": [_example(bench, one) for one in found], "teach": TEACH}


def _asked(bench: Workbench, run_id: str, query_id: str) -> tuple[RunFolder, Query]:
    return bench.workspace.existing_run(run_id), bench.query(query_id)


def _waiting(message: str) -> dict[str, Any]:
    return {"message": message, "ask": True}


def _drawn(bench: Workbench, run: RunFolder, query: Query, found: Trajectory, axis: str) -> dict[str, Any]:
    grades = bench.collection.qrels.get(query.query_id, {})
    split = bench.collection.splits.get(query.query_id, "")
    return {
        "axis": axis,
        "run": run.run_id,
        "student": run.plan["student"],
        "query": query.text,
        "note": AGO.get(split, "") if run.plan["collection"] == bench.collection.source else "",
        "among": AMONG[found.source],
        "measure": DEV_MEASURE,
        "depth": DEPTH,
        "moments": [{"at": one.at, "value": one.value, "kept": one.kept} for one in found.moments],
        "documents": [_document(bench, doc_id, found, grades.get(doc_id)) for doc_id in _shown(found, bench, query)],
        "teach": TEACH,
    }


def _shown(found: Trajectory, bench: Workbench, query: Query) -> list[str]:
    """Relevant documents, and those that were near the top at some moment, the highest first."""
    best: dict[str, int] = dict.fromkeys(sorted(bench.collection.relevant(query.query_id)), DEPTH + 1)
    relevant = set(best)
    for moment in found.moments:
        for doc in moment.ranking:
            if doc.rank <= TOP or doc.doc_id in relevant:
                best[doc.doc_id] = min(best.get(doc.doc_id, DEPTH + 1), doc.rank)
    return sorted(best, key=lambda doc_id: (doc_id not in relevant, best[doc_id], doc_id))[:MOST]


def _document(bench: Workbench, doc_id: str, found: Trajectory, grade: int | None) -> dict[str, Any]:
    document = bench.collection.documents[doc_id]
    return {
        "doc_id": doc_id,
        "title": document.title,
        "text": document.text[:TEXT],
        "grade": grade,
        "ranks": [moment.ranking.ranks.get(doc_id) for moment in found.moments],
    }


def _example(bench: Workbench, one: Kin) -> dict[str, Any]:
    scored = sorted(zip(one.example.scores, one.example.doc_ids, strict=True), reverse=True)
    return {
        "query_id": one.example.query_id,
        "text": bench.collection.queries[one.example.query_id].text,
        "cosine": one.cosine,
        "words": list(one.words),
        "candidates": len(scored),
        "best": _scored(bench, *scored[0]),
        "worst": _scored(bench, *scored[-1]),
    }


def _scored(bench: Workbench, score: float, doc_id: str) -> dict[str, Any]:
    document = bench.collection.documents.get(doc_id)
    told = {"title": document.title, "text": document.text[:TEXT]} if document else {"title": "", "text": ""}
    return {"doc_id": doc_id, "score": score, **told}
