"""From a collection to a student: candidates, teacher scores, examples, training, before and after."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import explorer
from explorer.collections import Collection
from explorer.evaluation.measures import means, per_query
from explorer.files import content_hash, write_json
from explorer.models import fast_dtype, pick_device
from explorer.records import ExplorerError, Progress, Query, Run, Scores, TeacherScores, TrainingExample
from explorer.retrieval.dense import DenseRetriever
from explorer.training.examples import examples_from
from explorer.training.settings import PRESETS, DevSet, Kept, Outcome, Settings, Texts
from explorer.training.students import student_kind
from explorer.training.train import train
from explorer.workbench.loading import Models, check_reader, encoder_name
from explorer.workbench.specs import Retrievers
from explorer.workbench.teaching import CANDIDATES, Teacher, scores_for
from explorer.workspace import RunFolder

METHODS: Mapping[str, str] = {"uae": "utility"}  # method -> its teacher
DEV_MEASURE = "nDCG@10"
DEV_DEPTH = 100  # documents of the baseline each unscoped dev query ranks during training


@dataclass(frozen=True)
class Plan:
    """Everything that decides what a run learns; saved as plan.json."""

    collection: str
    method: str
    student: str
    base: str
    reader: str
    candidates: int
    split: str
    scoped: bool
    settings: Settings

    @classmethod
    def make(
        cls,
        collection: str,
        method: str = "uae",
        student: str = "query",
        base: str = "dense:minilm",
        reader: str = "smollm2",
        candidates: int = CANDIDATES,
        split: str = "train",
        scoped: bool = True,
        **settings: Any,
    ) -> Plan:
        """Checks the choices and fills in the student's preset; ``settings`` given as None keep it."""
        if method not in METHODS:
            raise ExplorerError(f"unknown method {method!r}; choose from {', '.join(METHODS)}")
        if split not in ("train", "all"):
            raise ExplorerError(f"a student is trained on the split train or all, not on {split!r}")
        kind = student_kind(student)
        encoder_name(base)
        check_reader(reader)
        chosen = {name: value for name, value in settings.items() if value is not None}
        if candidates < 2:
            raise ExplorerError(f"{candidates} candidates per query teach nothing; give at least 2")
        preset = dataclasses.replace(PRESETS[kind.name], **chosen)
        return cls(collection, method, kind.name, base, reader, candidates, split, scoped, preset)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Plan:
        names = {field.name for field in dataclasses.fields(cls)}
        return cls(**{**{k: v for k, v in record.items() if k in names}, "settings": Settings(**record["settings"])})

    def record(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "explorer": explorer.__version__}

    def command(self, run_id: str) -> list[str]:
        """The arguments of ``explorer`` that do the same."""
        preset = PRESETS[self.student]
        options = {"--method": self.method, "--student": self.student, "--base": self.base, "--reader": self.reader}
        words = ["distill", self.collection, *(word for pair in options.items() for word in pair), "--run", run_id]
        words += ["-k", str(self.candidates), "--split", self.split, *([] if self.scoped else ["--scope", "none"])]
        for name in ("epochs", "learning_rate", "seed"):
            if (value := getattr(self.settings, name)) != getattr(preset, name):
                words += [f"--{name.replace('_', '-')}", str(value)]
        return words + (["--budget", f"{self.settings.budget:g}s"] if self.settings.budget else [])

    def command_line(self, run_id: str) -> str:
        return shlex.join(["explorer", *self.command(run_id)])


@dataclass(frozen=True)
class Data:
    """What a plan trains on: train queries that touch nothing evaluated, dev queries, and what was set aside."""

    train: Sequence[Query]
    dev: Sequence[Query]
    dropped: Mapping[str, int]


def divide(collection: Collection, split: str) -> Data:
    """Train queries share no document group with dev or test; with split "all" only dev stays out."""
    dev = collection.split("dev")
    held_out = dev if split == "all" else [*dev, *collection.split("test")]
    used = frozenset().union(*(collection.groups_of(query) for query in held_out)) if held_out else frozenset()
    ids = {query.query_id for query in held_out}
    pool = [query for query in collection.split(split) if query.query_id not in ids]
    train_queries = [query for query in pool if not collection.groups_of(query) & used]
    shared = len(pool) - len(train_queries)
    if not train_queries:
        raise ExplorerError(
            f"{collection.name} has no query to train on in split {split!r}; splits: {_counts(collection)}"
        )
    if not dev:
        raise ExplorerError(f"{collection.name} has no dev query to tell when to stop; splits: {_counts(collection)}")
    return Data(train_queries, dev, {"shares a document group with dev or test": shared} if shared else {})


def _counts(collection: Collection) -> str:
    return ", ".join(f"{name} {len(collection.split(name))}" for name in ("train", "dev", "test"))


def distill(
    plan: Plan,
    collection: Collection,
    models: Models,
    retrievers: Retrievers,
    run: RunFolder,
    emit: Callable[[dict[str, Any]], None],
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
    data = divide(collection, plan.split)
    base = retrievers.dense(encoder_name(plan.base))
    examples, learnt = _examples(plan, collection, data, base.search(data.train, plan.candidates), models, progress)
    emit({"event": "examples", **learnt})
    write_json(run.path / "trained.json", {"queries": sorted({query_mark(query) for query in data.train})})
    dev = _dev_set(plan, collection, data.dev, base.search(data.dev, DEV_DEPTH), models, progress)

    progress("load student", 0, 1)
    kind = student_kind(plan.student)
    half = not kind.queries_fixed and fast_dtype(pick_device(models.device)) == "bfloat16"
    student = models.trainable(encoder_name(plan.base))
    texts = _texts(collection, data.train, base)
    kept = _kept(run) if resume else None
    outcome = train(student, kind, plan.settings, examples, texts, dev.queries, run.path, emit, stop, kept, half)
    result = _result(plan, run, outcome, dev.measure, learnt)
    write_json(run.path / "result.json", result)
    return result


def _examples(
    plan: Plan, collection: Collection, data: Data, found: Run, models: Models, progress: Progress
) -> tuple[list[TrainingExample], dict[str, Any]]:
    """(training examples, what a watcher is told of them: counts, and the teacher's own quality beside the baseline's)."""
    teacher = Teacher(METHODS[plan.method], plan.reader)
    scores = scores_for(collection, teacher, _candidates(found), models, progress)
    examples, dropped = examples_from(scores, collection.qrels)
    return examples, {
        "examples": len(examples),
        "dropped": {**data.dropped, **dropped},
        "cut": sum(len(one.cut) for one in scores.by_query.values()),
        "teacher": _quality(scores.run(), scores, collection),
        "baseline": _quality(found, scores, collection),
    }


def _texts(collection: Collection, queries: Sequence[Query], base: DenseRetriever) -> Texts:
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


def _candidates(run: Run) -> dict[str, tuple[str, ...]]:
    return {query_id: ranking.doc_ids for query_id, ranking in run.rankings.items()}


def _quality(run: Run, scores: TeacherScores, collection: Collection) -> dict[str, float]:
    """Measures of a ranking over the judged queries the teacher scored: a student can hardly beat its teacher."""
    scored = [query_id for query_id, one in scores.by_query.items() if not one.left_out]
    judged = {q: collection.qrels[q] for q in scored if collection.relevant(q)}
    return means(per_query(run, judged, (DEV_MEASURE, "AP")))


@dataclass(frozen=True)
class _Dev:
    measure: str
    queries: DevSet


def _dev_set(
    plan: Plan, collection: Collection, queries: Sequence[Query], run: Run, models: Models, progress: Progress
) -> _Dev:
    """Judged dev queries rank the baseline's candidates and all judged documents. Without judgements the teacher's
    best candidate stands in for gold, and the measure says so."""
    judged = collection.judged(queries)
    name = DEV_MEASURE
    if judged:
        qrels = {query.query_id: collection.qrels[query.query_id] for query in judged}
    else:
        name = f"{DEV_MEASURE} (teacher's best as gold)"
        wanted = {q: ids[: plan.candidates] for q, ids in _candidates(run).items()}
        teacher = Teacher(METHODS[plan.method], plan.reader)
        scores = scores_for(collection, teacher, wanted, models, progress)
        qrels = {q: {_best(s): 1} for q, s in scores.by_query.items() if s.values}
        judged = [query for query in queries if query.query_id in qrels]
    if not judged:
        raise ExplorerError("no dev query has judgements or an answer to score; nothing can tell when to stop training")
    found = _candidates(run)
    pools = {q: tuple(dict.fromkeys([*found[q], *qrels[q]])) for q in qrels}

    def measure(ranked: Run) -> float:
        return means(per_query(ranked, qrels, (DEV_MEASURE,)))[DEV_MEASURE]

    return _Dev(name, DevSet({query.query_id: query.text for query in judged}, pools, measure))


def _best(scores: Scores) -> str:
    return max(scores.values, key=lambda doc_id: (scores.values[doc_id], doc_id))


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


def query_mark(query: Query) -> str:
    """What a run remembers of a query it was trained on, so that evaluation can refuse it.

    Id and text: ids repeat between collections, and QASPER asks the same words of many papers.
    """
    return content_hash(query.query_id, query.text)[:16]
