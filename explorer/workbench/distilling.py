"""From a collection to a student: candidates, teacher scores, examples, training, and what it was worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.collections import Collection, open_collection
from explorer.evaluation.measures import means, per_query
from explorer.files import write_json
from explorer.models import fast_dtype, pick_device
from explorer.records import ExplorerError, Progress, Query, Run, Scores, TeacherScores
from explorer.retrieval.dense import DenseRetriever
from explorer.training.biencoder import BiEncoder
from explorer.training.crossencoder import CrossEncoder
from explorer.training.examples import Lesson, label_lesson, list_lesson, utility_lesson
from explorer.training.settings import DevSet, Kept, Learner, Outcome, Texts
from explorer.training.students import student_kind
from explorer.training.train import train
from explorer.workbench.evaluating import evaluate
from explorer.workbench.examplefile import save_examples
from explorer.workbench.guards import NOT_HELD_OUT, Data, divide, measured_split, query_mark, verdict
from explorer.workbench.labelling import labelled
from explorer.workbench.loading import Models, encoder_name
from explorer.workbench.plans import DEV_MEASURE, Plan
from explorer.workbench.specs import Retrievers
from explorer.workbench.teaching import candidates_of, omissions, quality, scores_for
from explorer.workspace import RunFolder

GATE_MEASURES = ("nDCG@10", "AP")
DEV_DEPTH = 100  # documents of the baseline each unscoped dev query ranks during training

Emit = Callable[[dict[str, Any]], None]


def distill(
    plan: Plan,
    collection: Collection,
    retrievers: Retrievers,
    run: RunFolder,
    emit: Emit,
    stop: Callable[[], bool],
    resume: bool = False,
) -> dict[str, Any]:
    """Carries a plan out in the folder of ``run``; returns the result, also written there."""
    import torch

    def progress(stage: str, done: int, total: int) -> None:
        emit({"event": "stage", "stage": stage, "done": done, "total": total})
        if stop():
            raise KeyboardInterrupt

    torch.manual_seed(plan.settings.seed)
    progress("open", 0, 1)
    guard = _Guard(plan, retrievers.models) if plan.guard else None  # before an hour is spent: can it be opened?
    data = divide(collection, plan.split, plan.overlap, (guard.collection, guard.queries) if guard else None)
    trained = run.result if resume else None
    if not trained or trained["stopped"] == "cancelled":
        trained = _learn(plan, retrievers, run, data, emit, stop, resume, progress)
        write_json(run.path / "result.json", trained)
    if trained["stopped"] == "cancelled":
        return trained
    # the gate first and on its own: whatever becomes of the guard, it is not lost
    result = trained if "gate" in trained else {**trained, "gate": _gate(plan, run, retrievers, progress)}
    write_json(run.path / "result.json", result)
    if guard:
        result = {**result, "guard": guard.change(plan, run, progress)}
        write_json(run.path / "result.json", result)
    emit({"event": "gate", **{name: result[name] for name in ("gate", "guard") if name in result}})
    return result


def _learn(
    plan: Plan,
    retrievers: Retrievers,
    run: RunFolder,
    data: Data,
    emit: Emit,
    stop: Callable[[], bool],
    resume: bool,
    progress: Progress,
) -> dict[str, Any]:
    """Teacher scores, examples and training; the best student is in the folder of ``run`` then."""
    train_queries = data.train[: plan.limit or None]
    base = retrievers.dense(encoder_name(plan.base))
    lesson, learnt = _lesson(plan, retrievers, data, train_queries, base, progress)
    emit({"event": "examples", **learnt})
    save_examples(lesson.examples, run)
    write_json(run.path / "trained.json", {"queries": sorted({query_mark(query) for query in train_queries})})
    dev = _dev_set(plan, retrievers, data.dev, base.search(data.dev, DEV_DEPTH), progress)

    progress("load student", 0, 1)
    texts = texts_of(retrievers.collection, [*train_queries, *data.dev], base)
    learner = _learner(plan, retrievers.models, lesson, texts)
    half = not student_kind(plan.student).queries_fixed and _half(retrievers.models)
    kept = _kept(run) if resume else None
    outcome = train(learner, len(lesson.examples), plan.settings, dev.queries, run.path, emit, stop, kept, half)
    return _result(plan, run, outcome, dev.measure, learnt)


def _half(models: Models) -> bool:
    return fast_dtype(pick_device(models.device)) == "bfloat16"


def _learner(plan: Plan, models: Models, lesson: Lesson, texts: Texts) -> Learner:
    kind = student_kind(plan.student)
    if kind.reranks:
        model, fresh = models.trainable_cross(plan.checkpoint or encoder_name(plan.base))
        return CrossEncoder(model, plan.settings, lesson.examples, texts, fresh=fresh, half=_half(models))
    return BiEncoder(models.trainable(encoder_name(plan.base)), kind, plan.settings, lesson.examples, texts)


def _lesson(
    plan: Plan,
    retrievers: Retrievers,
    data: Data,
    queries: Sequence[Query],
    base: DenseRetriever,
    progress: Progress,
) -> tuple[Lesson, dict[str, Any]]:
    """(training examples, what a watcher is told of them: counts, and the teacher's own quality beside the baseline's)."""
    collection, teacher = retrievers.collection, plan.asked
    found = base.search(queries, plan.candidates)
    candidates = candidates_of(retrievers, found, teacher)
    scores = scores_for(retrievers, teacher, candidates, progress)
    lesson = _make_lesson(plan, retrievers, scores, found)
    return lesson, {
        "examples": len(lesson.examples),
        "dropped": {**data.dropped, **lesson.dropped},
        "refused": lesson.refused,
        "overlap": data.kept,
        **omissions(scores, candidates, teacher),
        "teacher": {} if teacher.by_definition else quality(collection, scores.run(), scores),
        "baseline": quality(collection, found, scores),
        "by_definition": teacher.by_definition,
        "flattered": teacher.uses_judgements,
    }


def _make_lesson(plan: Plan, retrievers: Retrievers, scores: TeacherScores, found: Run) -> Lesson:
    collection, teacher = retrievers.collection, plan.asked
    if teacher.kind == "gold":
        texts = {doc_id: doc.content for doc_id, doc in collection.documents.items()}
        judged: dict[str, Mapping[str, int]] = dict(collection.qrels)
        if "gold:labels" in teacher.sources:
            labels = labelled(collection, retrievers.models.workspace)
            judged |= {q: {**judged.get(q, {}), **row} for q, row in labels.items()}
        return label_lesson(scores, judged, collection.queries, found, texts, plan.candidates, teacher.floor)
    make = list_lesson if plan.settings.loss == "list" else utility_lesson
    return make(scores, collection.qrels)


def texts_of(collection: Collection, queries: Sequence[Query], base: DenseRetriever) -> Texts:
    """All texts by id, and the base's vectors of both sides for students that leave one or both fixed."""
    vectors = base.query_encoder.queries([query.text for query in queries])
    return Texts(
        {query.query_id: query.text for query in queries},
        {doc_id: doc.content for doc_id, doc in collection.documents.items()},
        dict(zip([query.query_id for query in queries], vectors, strict=True)),
        dict(zip(base.index.doc_ids, base.index.vectors, strict=True)),
    )


def _kept(run: RunFolder) -> Kept | None:
    best = [event for event in run.events() if event["event"] == "dev" and event["best"]]
    return Kept(best[-1]["value"], best[-1]["step"]) if best and run.student.exists() else None


@dataclass(frozen=True)
class _Dev:
    measure: str
    queries: DevSet


def _dev_set(plan: Plan, retrievers: Retrievers, queries: Sequence[Query], run: Run, progress: Progress) -> _Dev:
    """Judged dev queries rank the baseline's candidates and all judged documents. Without judgements the teacher's
    best candidate stands in for gold, and the measure says so."""
    collection = retrievers.collection
    judged = collection.judged(queries)
    name = DEV_MEASURE
    found = {query_id: ranking.doc_ids for query_id, ranking in run.rankings.items()}
    if judged:
        qrels = {query.query_id: collection.qrels[query.query_id] for query in judged}
    else:
        name = f"{DEV_MEASURE} (teacher's best as gold)"
        wanted = {q: ids[: plan.candidates] for q, ids in found.items()}
        scores = scores_for(retrievers, plan.asked, wanted, progress)
        qrels = {q: {_best(s): 1} for q, s in scores.by_query.items() if s.values}
        judged = [query for query in queries if query.query_id in qrels]
    if not judged:
        raise ExplorerError("no dev query has judgements or an answer to score; nothing can tell when to stop training")
    pools = {q: tuple(dict.fromkeys([*found[q], *qrels[q]])) for q in qrels}

    def measure(ranked: Run) -> float:
        return means(per_query(ranked, qrels, (DEV_MEASURE,)))[DEV_MEASURE]

    return _Dev(name, DevSet({query.query_id: query.text for query in judged}, pools, measure))


def _best(scores: Scores) -> str:
    return max(scores.values, key=lambda doc_id: (scores.values[doc_id], doc_id))


class _Guard:
    """A collection from elsewhere, measured before and after: what does the student forget?"""

    def __init__(self, plan: Plan, models: Models) -> None:
        self.collection = open_collection(plan.guard, scoped=plan.scoped)
        self.split = "test" if self.collection.judged(self.collection.split("test")) else "all"
        self.queries = self.collection.judged(self.collection.split(self.split))
        if not self.queries:
            raise ExplorerError(f"the guard {plan.guard} has no judged query to measure; name another collection")
        self._retrievers = Retrievers(self.collection, models)

    def change(self, plan: Plan, run: RunFolder, progress: Progress) -> dict[str, Any]:
        return {"collection": plan.guard, **_change(plan, run, self._retrievers, self.split, progress)}


def _gate(plan: Plan, run: RunFolder, retrievers: Retrievers, progress: Progress) -> dict[str, Any] | None:
    """What changed on held-out queries; on dev queries, which chose the student, only told, never judged."""
    collection, split = retrievers.collection, measured_split(retrievers.collection, plan.split)
    if not collection.judged(collection.split(split)):
        return None
    change = _change(plan, run, retrievers, split, progress)
    return {**change, "verdict": NOT_HELD_OUT} if split == "dev" else change


def _change(plan: Plan, run: RunFolder, retrievers: Retrievers, split: str, progress: Progress) -> dict[str, Any]:
    specs = [plan.base, f"student:{run.run_id}"]
    report = evaluate(retrievers.collection, retrievers, specs, split, GATE_MEASURES, progress=progress).report
    rows = {row["measure"]: row for row in report["comparisons"]}
    names = ("mean_a", "mean_b", "delta", "ci95", "p", "wins", "ties", "losses")
    return {
        "split": split,
        "queries": report["queries"],
        "verdict": verdict(rows[DEV_MEASURE]["ci95"], report["queries"]),
        "measures": {measure: {name: row[name] for name in names} for measure, row in rows.items()},
    }


def _result(plan: Plan, run: RunFolder, outcome: Outcome, measure: str, learnt: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": run.run_id,
        "student": plan.student,
        "method": plan.method,
        "seconds": round(outcome.seconds, 2),
        "examples": learnt["examples"],
        "dropped": learnt["dropped"],
        "dev": {measure: [outcome.before, outcome.after]},
        "path": str(run.path),
        "stopped": outcome.stopped,
        "steps": outcome.steps,
        "best_step": outcome.step,
    }
