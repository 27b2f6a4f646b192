"""Three methods and their fusion on one collection: every teacher, every student, and what the answers gain."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from explorer import jobs
from explorer.evaluation.measures import means, per_query
from explorer.evaluation.significance import difference
from explorer.records import ExplorerError, Progress, Query, Ranking, Run
from explorer.workbench import Workbench
from explorer.workbench.answering import answerable, answers
from explorer.workbench.evaluating import evaluate
from explorer.workbench.guards import verdict
from explorer.workbench.plans import METHODS, Plan
from explorer.workbench.teachers import CANDIDATES, Teacher
from explorer.workbench.teaching import candidates_of, scores_for

MEASURES = ("nDCG@10", "AP", "R@1")
STUDENTS = (  # method, student: each method with the student it is meant for, and one whole bi-encoder for comparison
    ("gold", "full"),
    ("radio", "reranker"),
    ("radio", "full"),
    ("uae", "query"),
    ("uae", "lora"),
    ("uae", "full"),
    ("fusion", "full"),
)
TEACHERS = ("utility", "rationale:answer", "rationale", METHODS["fusion"].teacher)
ALPHAS = ("1", "0.7", "0.5")
Values = Mapping[str, Mapping[str, float]]


def methods(
    bench: Workbench,
    source: str,
    progress: Progress,
    *,
    base: str = "dense:minilm",
    limit: int = 0,
    k: int | None = None,
    tested: int = 0,
    overlap: str = "stop",
    guards: Sequence[str] = (),
    students: Sequence[str] = (),
    name: str = "",
) -> dict[str, Any]:
    """Rows of the table for one collection, each student trained if its run is not there yet.

    ``students`` such as "uae-query" restrict the table; runs are named NAME-METHOD-STUDENT, NAME by default the
    collection's. Everything is measured on the test split (its first ``tested`` queries), against ``base``; a perfect
    order shows the room there is.
    """
    collection = bench.collection
    prefix = name or collection.name.partition(".")[0]
    wanted = [pair for pair in STUDENTS if not students or "-".join(pair) in students]
    runs, trained = {}, []
    for method, student in wanted:
        run_id = f"{prefix}-{method}-{student}"
        plan = _plan(bench, source, method, student, base, limit, k, overlap)
        if isinstance(plan, str):
            trained.append({"system": run_id, "kind": "student", "method": method, "student": student, "note": plan})
            continue
        note = _train(bench, plan, run_id)
        if note:
            trained.append({"system": run_id, "kind": "student", "method": method, "student": student, "note": note})
        else:
            runs[f"student:{run_id}"] = (plan, run_id)
    queries = collection.judged(collection.split("test"))[: tested or None]
    answer = bool(answerable(queries))
    specs = [base, "bm25", *runs]
    narrow = bench.retrievers.only(queries)
    found = evaluate(narrow.collection, narrow, specs, "test", MEASURES, answer=answer, progress=progress)
    rows = [
        _row(spec, "baseline" if spec in (base, "bm25") else "student", found.values, base) for spec in found.values
    ]
    order, before = found.runs[base], found.values[base]
    ceiling = _ceiling(bench, order, queries, before, progress)
    teachers = [
        _teacher(bench, spec, order, k or CANDIDATES, queries, before, progress)
        | {"command": _teach_command(bench, spec, k, tested)}
        for spec in TEACHERS
    ]
    by_spec = {row["system"]: row for row in teachers}
    for row in rows:
        if row["system"] in runs:
            plan, run_id = runs[row["system"]]
            result = bench.workspace.existing_run(run_id).result or {}
            row |= {"method": plan.method, "student": plan.student, "seconds": result.get("seconds")}
            row |= {"examples": result.get("examples"), "command": plan.command_line(run_id)}
            row["gap_closed"] = _gap(row, rows[0], by_spec.get(plan.teacher))
    forgetting = [_forgetting(bench, guard, base, list(runs), progress) for guard in guards]
    return {
        "collection": _named(source, bench.scoped),
        "split": "test",
        "queries": len(queries),
        "answered": len(answerable(queries)),
        "documents": len(collection.documents),
        "trained_on": limit or len(collection.split("train")),
        "rows": [*rows[:2], ceiling, *teachers, *rows[2:], *trained],
        "guards": forgetting,
    }


def _named(source: str, scoped: bool = True) -> str:
    """A collection's spec without the folders of its path: what it is called does not depend on where it lies."""
    kind, colon, path = source.rpartition(":")
    return f"{kind}{colon}{path.rsplit('/', 1)[-1]}{'' if scoped else ' --scope none'}"


def _plan(
    bench: Workbench, source: str, method: str, student: str, base: str, limit: int, k: int | None, overlap: str
) -> Plan | str:
    """The plan of one run, or why there can be none."""
    if method != "gold" and not answerable(bench.collection.split("train")):
        return "no reference answers to teach from"
    return Plan.make(source, method, student, base, candidates=k, overlap=overlap, limit=limit, scoped=bench.scoped)


def _train(bench: Workbench, plan: Plan, run_id: str) -> str:
    """Trains the run unless it is finished; returns why it could not, else ""."""
    run = bench.workspace.run(run_id)
    again = run.exists()
    if not again:
        run.create(plan.record())
    elif Plan.from_record(run.plan) != plan:
        raise ExplorerError(
            f"the run {run_id!r} was made by another plan ({Plan.from_record(run.plan).command_line(run_id)}); delete it "
            "with explorer runs delete, or choose other names for the runs with --run"
        )
    elif run.state["state"] == "finished":
        return ""
    try:
        result = jobs.carry_out(run, partial(bench.distill, plan, run), resume=again)
    except ExplorerError as error:
        return str(error)
    if result["stopped"] == "cancelled":
        raise KeyboardInterrupt
    return ""


def _ceiling(
    bench: Workbench, found: Run, queries: Sequence[Query], before: Values, progress: Progress
) -> dict[str, Any]:
    """No retriever ranks better: the relevant documents first, by grade, then what the baseline ``found``.

    What the reader answers from it is measured, not a bound: a distracting document can happen to help.
    """
    qrels = bench.collection.qrels
    orders = {
        q: ranking.lifted({doc_id: float(grade) for doc_id, grade in qrels[q].items() if grade > 0})
        for q, ranking in found.rankings.items()
    }
    values = _values(bench, Run("perfect order", orders), queries, progress)
    return {"system": "perfect order", "kind": "ceiling", **_measured(values, before)}


def _teacher(
    bench: Workbench, spec: str, found: Run, k: int, queries: Sequence[Query], before: Values, progress: Progress
) -> dict[str, Any]:
    """The teacher's own order of the first ``k`` the baseline ``found``, as far as it scored them; the rest below."""
    row: dict[str, Any] = {"system": spec, "kind": "teacher"}
    if not answerable(queries):
        return {**row, "note": "no reference answers to score by"}
    teacher = Teacher(spec, bench.reader, base=found.retriever)
    candidates = Run(found.retriever, {q: Ranking(q, ranking.docs[:k]) for q, ranking in found.rankings.items()})
    scores = scores_for(bench.retrievers, teacher, candidates_of(bench.retrievers, candidates, teacher), progress)
    own = {q: one.values for q, one in scores.by_query.items() if one.values}
    run = Run(spec, {q: ranking.lifted(own.get(q, {})) for q, ranking in found.rankings.items()})
    return {**row, "scored": len(own), **_measured(_values(bench, run, queries, progress), before)}


def _values(bench: Workbench, run: Run, queries: Sequence[Query], progress: Progress) -> Values:
    """The table's measures of a ranking, with those of the answers read from it where there are reference answers."""
    measured = per_query(run, {query.query_id: bench.collection.qrels[query.query_id] for query in queries}, MEASURES)
    if not answerable(queries):
        return measured
    reader = bench.models.reader(bench.reader)
    return {**measured, **answers(bench.collection, reader, run, queries, progress=progress).values}


def _teach_command(bench: Workbench, spec: str, k: int | None, tested: int) -> str:
    """The command that prints this teacher's quality over the same candidates of the same queries."""
    words = ["explorer", "teach", bench.collection.source, "--teacher", spec, "--split", "test"]
    words += ["-k", str(k)] if k not in (None, CANDIDATES) else []
    words += ["--limit", str(tested)] if tested else []
    return shlex.join(words if bench.scoped else [*words, "--scope", "none"])


def _row(spec: str, kind: str, values: Mapping[str, Values], base: str) -> dict[str, Any]:
    return {"system": spec, "kind": kind, **_measured(values[spec], None if spec == base else values[base])}


def _measured(values: Values, before: Values | None) -> dict[str, Any]:
    """Means, and what they differ from the baseline by, with interval, p and verdict."""
    row: dict[str, Any] = {"measures": means(values)}
    if before is not None:
        row["change"] = {}
        for measure, of_query in values.items():
            shared = {q: before[measure][q] for q in of_query if q in before[measure]}
            one = difference(shared, {q: of_query[q] for q in shared})
            row["change"][measure] = {
                "delta": one.delta,
                "ci95": list(one.ci95),
                "p": one.p,
                "verdict": verdict(one.ci95, one.queries),
            }
    return row


def _gap(row: Mapping[str, Any], base: Mapping[str, Any], teacher: Mapping[str, Any] | None) -> float | None:
    """(student - base) / (teacher - base) in AP; None where the teacher is not shown to be better than the base."""
    if not teacher or teacher.get("change", {}).get("AP", {}).get("verdict") != "better":
        return None
    before = base["measures"]["AP"]
    return (row["measures"]["AP"] - before) / (teacher["measures"]["AP"] - before)


def _forgetting(bench: Workbench, guard: str, base: str, students: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Students on a collection they were not trained on, whole and blended with their base.

    A student that kept its base has nothing to forget: it is named, not measured.
    """
    other = Workbench.open(guard, bench.workspace, scoped=bench.scoped, device=bench.models.device, progress=progress)
    other.models = bench.models
    kept = [student for student in students if _kept_its_base(bench, student)]
    specs = [base, *(f"{student}@{alpha}" for student in students if student not in kept for alpha in ALPHAS)]
    found = evaluate(other.collection, other.retrievers, specs, "test", ("nDCG@10",), progress=progress)
    rows = [_row(spec, "guard", found.values, base) for spec in specs]
    return {"collection": _named(guard), "queries": found.report["queries"], "rows": rows, "kept_base": kept}


def _kept_its_base(bench: Workbench, student: str) -> bool:
    result = bench.workspace.existing_run(student.removeprefix("student:")).result or {}
    return result.get("best_step") == 0
