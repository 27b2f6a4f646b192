"""Teachers by spec: what they score, alone or mixed; recorded scores where they exist, computed where they do not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from explorer.collections import Collection, bundled
from explorer.evaluation.answers import exact_match, token_f1
from explorer.evaluation.measures import means, per_query
from explorer.records import Document, Progress, Query, Run, Scores, TeacherScores, silent
from explorer.supervision.mixing import minmax, mix, zscore
from explorer.supervision.utility import UTILITY_UNIT
from explorer.workbench.labelling import labelled
from explorer.workbench.scorefile import load_scores
from explorer.workbench.specs import Retrievers
from explorer.workbench.teachers import Teacher

QUALITY = ("nDCG@10", "AP")

Task = tuple[Query, Sequence[Document]]


def scores_for(
    retrievers: Retrievers,
    teacher: Teacher,
    candidates: Mapping[str, Sequence[str]],
    progress: Progress = silent,
) -> TeacherScores:
    """The teacher's scores of ``candidates`` (query_id -> doc_ids), mixed as its spec says."""
    if teacher.kind == "fusion":
        return _fused(retrievers, teacher, candidates, progress)
    scores = _pure(retrievers, teacher, candidates, progress)
    return _with_retriever(retrievers, teacher, scores) if teacher.kind == "rationale" else scores


def scores_for_query(
    retrievers: Retrievers, teacher: Teacher, query: Query, doc_ids: Sequence[str], progress: Progress = silent
) -> TeacherScores:
    """The same for one query, which need not be of the collection."""
    other = retrievers.with_query(query)
    return scores_for(other, teacher, {query.query_id: doc_ids}, progress)


def _pure(
    retrievers: Retrievers, teacher: Teacher, candidates: Mapping[str, Sequence[str]], progress: Progress
) -> TeacherScores:
    """One teacher, unmixed; the reader is loaded only for what is not recorded."""
    collection = retrievers.collection
    recorded = recorded_scores(collection, teacher)
    known = recorded.by_query if recorded else {}
    queries = [collection.queries[query_id] for query_id in candidates]
    lacking = {q.query_id: _lacking(teacher, known.get(q.query_id), candidates[q.query_id]) for q in queries}
    tasks = [(q, [collection.documents[d] for d in lacking[q.query_id]]) for q in queries if lacking[q.query_id]]
    fresh = compute(retrievers, teacher, tasks, progress) if tasks else TeacherScores(teacher.spec, "", {})
    found = {**known, **{q: _joined(known.get(q), one) for q, one in fresh.by_query.items()}}
    by_query = {q.query_id: _only(found[q.query_id], candidates[q.query_id]) for q in queries}
    source = fresh if tasks else recorded
    assert source is not None or not queries
    rationales = {**(recorded.rationales if recorded else {}), **fresh.rationales}
    unit, name = (source.unit, source.teacher) if source else (UTILITY_UNIT, teacher.spec)
    return TeacherScores(name, unit, by_query, {q: r for q, r in rationales.items() if q in by_query})


def compute(retrievers: Retrievers, teacher: Teacher, tasks: Sequence[Task], progress: Progress) -> TeacherScores:
    """Scores of one unmixed teacher, whatever is recorded."""
    scores: TeacherScores = TEACHERS[teacher.kind](retrievers, teacher).score_all(tasks, progress)
    return scores


def _lacking(teacher: Teacher, known: Scores | None, doc_ids: Sequence[str]) -> Sequence[str]:
    """The documents to score although some may be known: another machine's rounding puts a neighbour into the list.

    A utility is a document's own; other teachers see all candidates of a query together.
    """
    if known is None:
        return doc_ids
    missing = [] if known.left_out else [d for d in doc_ids if d not in known.values]
    return missing if teacher.kind == "utility" or not missing else doc_ids


def _joined(known: Scores | None, fresh: Scores) -> Scores:
    """Both, the fresh ones first to be believed."""
    if known is None or fresh.left_out:
        return fresh
    names = known.parts.keys() | fresh.parts.keys()
    return dataclasses.replace(
        fresh,
        values={**known.values, **fresh.values},
        spread={**known.spread, **fresh.spread},
        cut=known.cut | fresh.cut,
        parts={name: {**known.parts.get(name, {}), **fresh.parts.get(name, {})} for name in names},
    )


def _only(scores: Scores, doc_ids: Sequence[str]) -> Scores:
    """What is known of ``doc_ids``; a document the teacher did not score stays absent."""
    wanted = frozenset(doc_ids)

    def kept(values: Mapping[str, float]) -> dict[str, float]:
        return {d: values[d] for d in doc_ids if d in values}

    parts = {name: kept(values) for name, values in scores.parts.items()}
    return dataclasses.replace(
        scores, values=kept(scores.values), spread=kept(scores.spread), cut=scores.cut & wanted, parts=parts
    )


def _with_retriever(retrievers: Retrievers, teacher: Teacher, scores: TeacherScores) -> TeacherScores:
    """RADIO's mix: lambda * minmax(rationale) + (1 - lambda) * minmax(retriever)."""
    queries = [retrievers.collection.queries[q] for q, one in scores.by_query.items() if one.values]
    depth = max((len(one.values) for one in scores.by_query.values()), default=1)
    run = retrievers.get(teacher.base).search(queries, depth)
    weights = {"rationale": teacher.lam, "retriever": 1 - teacher.lam}

    def mixed(one: Scores) -> Scores:
        if not one.values:
            return one
        own = run.rankings[one.query_id].scores
        floor = min(own.values(), default=0.0)
        parts = {"rationale": one.values, "retriever": {d: own.get(d, floor) for d in one.values}}
        return dataclasses.replace(one, values=mix(parts, weights, minmax), parts={**one.parts, **parts})

    by_query = {query_id: mixed(one) for query_id, one in scores.by_query.items()}
    return dataclasses.replace(scores, unit="mixed score from 0 to 1", by_query=by_query)


def _fused(
    retrievers: Retrievers, teacher: Teacher, candidates: Mapping[str, Sequence[str]], progress: Progress
) -> TeacherScores:
    """Standardised per query and mixed by weights; gold joins where the query is judged.

    A query that a part cannot score at all is left out, except by gold: most queries of most corpora are unjudged.
    """
    parts = {name: _pure(retrievers, teacher.alone(name), candidates, progress) for name in teacher.weights}

    def mixed(query_id: str) -> Scores:
        ones = {name: scores.by_query[query_id] for name, scores in parts.items()}
        for name, one in ones.items():
            if one.left_out and not name.startswith("gold"):
                return Scores(query_id, {}, left_out=one.left_out)
        values = {
            # a label is drawn here: within a mix, an unjudged candidate counts as grade 0
            name: {d: one.values.get(d, 0.0) for d in candidates[query_id]} if name.startswith("gold") else one.values
            for name, one in ones.items()
            if not one.left_out
        }
        cut = frozenset[str]().union(*(one.cut for one in ones.values()))
        unread = max(one.unread for one in ones.values())
        return Scores(query_id, mix(values, teacher.weights, zscore), cut=cut, parts=values, unread=unread)

    rationales = {q: r for scores in parts.values() for q, r in scores.rationales.items()}
    return TeacherScores(teacher.spec, "standard deviations", {q: mixed(q) for q in candidates}, rationales)


def _gold(retrievers: Retrievers, teacher: Teacher) -> Any:
    from explorer.supervision.gold import JudgedTeacher, JudgeTeacher, TaskTeacher

    source = teacher.spec.partition(":")[2] or "qrels"
    if source == "qrels":
        return JudgedTeacher(retrievers.collection.qrels)
    if source == "labels":
        return JudgedTeacher(labelled(retrievers.collection, retrievers.models.workspace), "gold:labels")
    reader = retrievers.models.reader(teacher.reader)
    if source == "judge":
        return JudgeTeacher(reader)
    return TaskTeacher(reader, {"EM": exact_match, "F1": token_f1})


def _utility(retrievers: Retrievers, teacher: Teacher) -> Any:
    from explorer.supervision.utility import UtilityTeacher

    return UtilityTeacher(retrievers.models.reader(teacher.reader), teacher.prompts)


def _rationale(retrievers: Retrievers, teacher: Teacher) -> Any:
    from explorer.supervision.rationale import RationaleTeacher

    models = retrievers.models
    source = teacher.spec.partition(":")[2]
    if not source:
        source = "generated" if models.writes_well(teacher.reader) else "extractive"
    reader = models.reader(teacher.reader) if source in ("generated", "extractive") else None
    return RationaleTeacher(source, retrievers.cosines(teacher.base), reader)


def _given(retrievers: Retrievers, teacher: Teacher) -> Any:
    from explorer.supervision.given import GivenTeacher

    return GivenTeacher()


def _mixed_only(retrievers: Retrievers, teacher: Teacher) -> Any:
    raise ValueError("a fusion is mixed of other teachers' scores")


TEACHERS: Mapping[str, Callable[[Retrievers, Teacher], Any]] = {
    "gold": _gold,
    "utility": _utility,
    "rationale": _rationale,
    "given": _given,
    "fusion": _mixed_only,
}


def recorded_scores(collection: Collection, teacher: Teacher) -> TeacherScores | None:
    """What a bundled collection brings along for this teacher, reader and prompts, if its documents are unchanged.

    Unmixed: a rationale's cosines, to be mixed with the retriever's score under whatever lambda is asked for.
    """
    folder = bundled().get(collection.source)
    path = folder / "teachers" / f"{teacher.spec.replace(':', '-')}.parquet" if folder else None
    if path is None or not path.exists():
        return None
    scores, about = load_scores(path)
    if (about["prompts"], about["collection_fingerprint"]) != (list(teacher.prompts), collection.fingerprint):
        return None
    if teacher.asks_reader and about["reader"] != teacher.reader:
        return None
    if teacher.kind != "rationale":
        return scores
    return unmixed(scores) if about["base"] == teacher.base else None


def unmixed(scores: TeacherScores) -> TeacherScores:
    """A rationale's own cosines, which its mix with the retriever's score keeps as a part."""

    def own(one: Scores) -> Scores:
        rest = {name: values for name, values in one.parts.items() if name not in ("rationale", "retriever")}
        return dataclasses.replace(one, values=one.parts.get("rationale", {}), parts=rest)

    return dataclasses.replace(scores, unit="cosine", by_query={q: own(one) for q, one in scores.by_query.items()})


def candidates_of(retrievers: Retrievers, run: Run, teacher: Teacher) -> dict[str, tuple[str, ...]]:
    """The documents a teacher is to score: what the baseline found, and what is judged or scored if that is part of it."""
    collection = retrievers.collection
    known: list[Mapping[str, Iterable[str]]] = [collection.qrels] if teacher.uses_judgements else []
    known += [labelled(collection, retrievers.models.workspace)] if "gold:labels" in teacher.sources else []
    known += [given_scores(collection)] if "given" in teacher.sources else []
    return {
        q: tuple(dict.fromkeys([*ranking.doc_ids, *(d for of_query in known for d in of_query.get(q, ()))]))
        for q, ranking in run.rankings.items()
    }


def given_scores(collection: Collection) -> dict[str, list[str]]:
    """query_id -> documents the collection gives a teacher's score of, where it gives any."""
    scored = {q: [d for d in query.scores if d in collection.documents] for q, query in collection.queries.items()}
    return {q: doc_ids for q, doc_ids in scored.items() if doc_ids}


OMISSIONS = {  # what a teacher passed over within queries it did score, as a sentence after its number
    "unscored": "candidates got no score",
    "unread": "reference answers exceed the reader's window",
    "cut": "documents were cut to fit the reader",
}


def omissions(scores: TeacherScores, candidates: Mapping[str, Sequence[str]], teacher: Teacher) -> dict[str, int]:
    """How many, by the names of OMISSIONS. People never judge every candidate: theirs do not count as unscored."""
    by_query = {query_id: one for query_id, one in scores.by_query.items() if not one.left_out}
    partial = not teacher.sources <= {"gold", "gold:qrels", "gold:labels"}
    return {
        "unscored": sum(d not in one.values for q, one in by_query.items() for d in candidates[q]) if partial else 0,
        "unread": sum(one.unread for one in by_query.values()),
        "cut": sum(len(one.cut) for one in by_query.values()),
    }


def quality(collection: Collection, run: Run, scores: TeacherScores) -> dict[str, float]:
    """Measures of a ranking over the judged queries the teacher scored: a student can hardly beat its teacher."""
    scored = [query_id for query_id, one in scores.by_query.items() if one.values]
    judged = {q: collection.qrels[q] for q in scored if collection.relevant(q)}
    return means(per_query(run, judged, QUALITY))
