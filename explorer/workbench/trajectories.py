"""How the ranking of one query moved: over the steps of a run, and between a student and its base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explorer.evaluation.measures import means, per_query
from explorer.records import ExplorerError, Progress, Query, Ranking
from explorer.training.students import load_student, read_weights, student_kind
from explorer.training.trail import DEPTH, orders_at, steps_in, student_at
from explorer.workbench.loading import Models, encoder_name
from explorer.workbench.plans import DEV_MEASURE
from explorer.workbench.specs import Retrievers
from explorer.workspace import RunFolder

ENCODING = 60.0  # documents per second a small encoder takes in on two cores, below what FACTS.md measured idle
LOADING = 2.0  # seconds until another student is ready
BLENDS = (0.0, 0.25, 0.5, 0.75, 1.0)
AMONG = {
    "matrix": "the whole collection, searched with the student of every step",
    "recorded": "the baseline's first 100 documents and the judged ones, as training itself ranked them",
    "encoded": "the baseline's first 100 documents and the judged ones, encoded with the student of every step",
    "ends": "the whole collection, before and after: this run kept nothing in between for this query",
    "blend": "the whole collection, searched with every blend",
}


@dataclass(frozen=True)
class Moment:
    """``at``: a step, or the weight of the student in a blend. ``value``: the dev measure there, None: not measured."""

    at: float
    ranking: Ranking
    value: float | None
    kept: bool = False


@dataclass(frozen=True)
class Trajectory:
    """``source``: a key of AMONG, what the ranks count among."""

    source: str
    moments: tuple[Moment, ...]


def source_of(retrievers: Retrievers, run: RunFolder, query: Query) -> str:
    """Where the steps of a run can be read from for this query, without reading them."""
    plan, steps = run.plan, steps_in(run.path)
    kind = student_kind(plan["student"])
    if kind.queries_fixed and steps:
        return "matrix"
    own = plan["collection"] == retrievers.collection.source
    if own and steps and query.query_id in orders_at(run.path, steps[0]):
        return "recorded"
    return "encoded" if kind.low_rank and steps else "ends"


def seconds_for(retrievers: Retrievers, run: RunFolder, source: str) -> float:
    """About how long ``trail`` or ``blend`` will take on two cores; 0 for what is there at once."""
    kind, documents = student_kind(run.plan["student"]), len(retrievers.collection.documents)
    if source in ("matrix", "recorded"):
        return 0.0
    if source == "encoded":
        return len(steps_in(run.path)) * (LOADING + min(DEPTH, documents) / ENCODING)
    anew = 0.0 if kind.documents_fixed else documents / ENCODING
    return (LOADING + anew) * (len(BLENDS) - 1 if source == "blend" else 1)


def trail(retrievers: Retrievers, run: RunFolder, query: Query, progress: Progress) -> Trajectory:
    """The rankings of ``query`` at every step a run remembers, the base's first."""
    source = source_of(retrievers, run, query)
    if source == "ends" and not run.student.exists():
        raise ExplorerError(
            f"the run {run.run_id!r} has no student yet: there is nothing to look at before its first step"
        )
    values = {event["step"]: event for event in run.events() if event["event"] == "dev"}
    best = max((step for step, event in values.items() if event["best"]), default=0)
    find = {"matrix": _by_matrix, "recorded": _recorded, "encoded": _encoded, "ends": _ends}[source]
    moments = [
        Moment(step, ranking, values[step]["value"] if step in values else None, step == best)
        for step, ranking in find(retrievers, run, query, progress)
    ]
    return Trajectory(source, tuple(moments))


Found = Iterator[tuple[int, Ranking]]


def _recorded(retrievers: Retrievers, run: RunFolder, query: Query, progress: Progress) -> Found:
    for step in steps_in(run.path):
        order = orders_at(run.path, step).get(query.query_id, [])
        known = [doc_id for doc_id in order if doc_id in retrievers.collection.documents]
        yield step, Ranking.from_scores(query.query_id, {doc_id: -place for place, doc_id in enumerate(known)})


def _by_matrix(retrievers: Retrievers, run: RunFolder, query: Query, progress: Progress) -> Found:
    """An adapter is one matrix behind the base: it is exchanged, everything else stays loaded."""
    import torch

    from explorer.retrieval.dense import DenseRetriever
    from explorer.retrieval.encoder import Encoder
    from explorer.training.students import head_of, with_head

    name, kind = encoder_name(run.plan["base"]), student_kind("adapter")
    base = retrievers.unfenced().dense(name)
    model = with_head(retrievers.models.encoder(name).model)
    student = DenseRetriever(f"student:{run.run_id}", base.index, Encoder(model, run.run_id))
    for step in steps_in(run.path):
        with torch.no_grad():
            head_of(model).weight.copy_(read_weights(student_at(run.path, step), kind)["weight"])
        yield step, student.search([query], DEPTH).rankings[query.query_id]


def _encoded(retrievers: Retrievers, run: RunFolder, query: Query, progress: Progress) -> Found:
    """Low-rank students: the documents that may matter are encoded with every one of them."""
    from explorer.retrieval.dense import DenseIndex, DenseRetriever
    from explorer.retrieval.encoder import Encoder
    from explorer.workspace import VectorCache

    name, kind = encoder_name(run.plan["base"]), student_kind(run.plan["student"])
    base = retrievers.unfenced().dense(name)
    documents = retrievers.collection.documents
    near = base.search([query], DEPTH).rankings[query.query_id].doc_ids
    pool = {d: documents[d] for d in dict.fromkeys([*near, *retrievers.collection.relevant(query.query_id)])}
    nothing = VectorCache(retrievers.models.workspace.vectors().folder, keep=False)
    steps = steps_in(run.path)
    for number, step in enumerate(steps):
        progress("rank at every step", number, len(steps))
        model = load_student(kind, student_at(run.path, step), retrievers.models.trainable(name))
        encoder = Encoder(model.to(dtype=base.query_encoder.model.dtype), f"{run.path}\0{step}")
        student = DenseRetriever(run.run_id, DenseIndex(pool, encoder, nothing), encoder)
        yield step, student.search([query], DEPTH).rankings[query.query_id]


def _ends(retrievers: Retrievers, run: RunFolder, query: Query, progress: Progress) -> Found:
    other = retrievers.unfenced().with_query(query)
    best = max((event["step"] for event in run.events() if event["event"] == "dev" and event["best"]), default=0)
    for step, spec in ((0, run.plan["base"]), (best, f"student:{run.run_id}")):
        progress(f"search with {spec}", 0, 1)
        if step or spec == run.plan["base"]:  # where nothing beat the base, the student equals it
            yield step, other.get(spec).search([query], DEPTH).rankings[query.query_id]


def blend(retrievers: Retrievers, run: RunFolder, query: Query, progress: Progress) -> Trajectory:
    """``student:RUN@alpha`` from its base to itself: the rankings of ``query``, and the measure on judged dev queries.

    Models of its own are loaded and forgotten: blends are looked at once.
    """
    collection = retrievers.collection
    fresh = Retrievers(collection, Models(retrievers.models.workspace, retrievers.models.device, progress))
    judged = collection.judged(collection.split("dev"))
    qrels = {one.query_id: collection.qrels[one.query_id] for one in judged}
    asked = [*(one for one in judged if one.query_id != query.query_id), query]
    moments = []
    for number, alpha in enumerate(BLENDS):
        progress("search with every blend", number, len(BLENDS))
        found = fresh.with_query(query).get(_blended(run, alpha)).search(asked, DEPTH)
        value = means(per_query(found, qrels, (DEV_MEASURE,)))[DEV_MEASURE] if qrels else None
        moments.append(Moment(alpha, found.rankings[query.query_id], value))
    return Trajectory("blend", tuple(moments))


def _blended(run: RunFolder, alpha: float) -> str:
    return str(run.plan["base"]) if alpha == 0 else f"student:{run.run_id}" + (f"@{alpha:g}" if alpha < 1 else "")
