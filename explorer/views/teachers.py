"""What the Teachers page says: one query's candidates under every teacher, the matrix that is mixed live, who agrees."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from explorer.evaluation.measures import per_query
from explorer.records import ExplorerError, Query, Ranking, Run, Scores, TeacherScores
from explorer.views.queries import NOT_SCORED, SOURCES, UNITS, asks_reader, spans_within
from explorer.views.terms import taught
from explorer.workbench import Workbench
from explorer.workbench.guards import refuse_training_queries
from explorer.workbench.teachers import CANDIDATES, FUSION, Teacher
from explorer.workbench.teaching import unmixed
from explorer.workbench.teaching_board import GOLD, Board, Voice, agreements, board, stamp

MEASURES = ("nDCG@10", "AP", "R@1")
LAMBDA = 0.5  # RADIO's
TAU, TAU_U = 0.05, 0.3  # what training starts from
COSINE = ("cosine of question, answer and rationale with the document", "cosine", None)
TEACH = taught(
    "lambda",
    "fusion weight",
    "tau of the teacher",
    "tau",
    "target share",
    "baseline share",
    "to learn",
    "target falls on",
    "first documents",
    "spread over prompts",
    "coverage",
    "nDCG@10",
    "AP",
    "R@1",
    "change",
    "ceiling",
    "above the diagonal",
    "same first document",
    "Kendall's τ-b",
    "teacher wrong",
)


def lesson(bench: Workbench, query_id: str, base: str) -> dict[str, Any]:
    """One query: rationales beside its candidates, and what every teacher says of each."""
    if query_id not in bench.collection.queries:
        raise ExplorerError(f"{bench.collection.name} has no query {query_id!r}; choose one of the list")
    query = bench.collection.queries[query_id]
    found = board(bench, base, [query])
    return _lesson(bench, query, found.baseline, found.candidates[query_id], found.voices.values())


def lesson_of(bench: Workbench, query: Query, base: str, k: int, teacher: str, *, live: bool = False) -> dict[str, Any]:
    """What ``lesson`` says, of any query and one teacher beside gold: over the first ``k`` documents of ``base``.

    ``live`` asks the reader for what is not scored yet; ``unscored`` says why the teacher is silent, else "".
    """
    comparison = bench.compare(query, [base], k, teacher=teacher, live=live or not asks_reader(teacher))
    scores, baseline = comparison.teachers[teacher], Run(base, {query.query_id: comparison.rankings[base]})
    shown = comparison.rankings[base].doc_ids
    rationales = {query.query_id: comparison.rationale} if comparison.rationale else {}
    told = TeacherScores(teacher, "", {query.query_id: scores}, rationales)
    if Teacher(teacher).kind == "rationale":
        told = unmixed(told)
    graded = {d: float(comparison.grades[d]) for d in shown if d in comparison.grades}
    gold = TeacherScores(GOLD, "grade", {query.query_id: Scores(query.query_id, graded)})
    voices = {GOLD: Voice(GOLD, GOLD, "judgements of the collection", gold), teacher: Voice(teacher, teacher, "", told)}
    view = _lesson(bench, query, baseline, sorted({*shown, *scores.values}, reverse=True), voices.values())
    return {**view, "teacher": teacher, "unscored": "" if scores.values else scores.left_out or NOT_SCORED}


def _lesson(
    bench: Workbench, query: Query, baseline: Run, candidates: Sequence[str], voices: Iterable[Voice]
) -> dict[str, Any]:
    ranking = baseline.rankings[query.query_id]
    heard = [voice for voice in voices if voice.of(query.query_id).values]
    return {
        "query": {"query_id": query.query_id, "text": query.text, "answers": list(query.answers), "scope": query.scope},
        "base": baseline.retriever,
        "tau": TAU,
        "tau_u": TAU_U,
        "teachers": [_voice(voice) for voice in heard],
        "rationales": _rationales(heard, query.query_id),
        "documents": [_candidate(bench, heard, ranking, query.query_id, d) for d in candidates],
        "teach": TEACH,
    }


def _voice(voice: Voice) -> dict[str, Any]:
    kind = voice.spec.partition(":")[0]
    words, short, sides = COSINE if kind == "rationale" else UNITS.get(voice.spec) or UNITS[kind]
    return {
        "name": voice.name,
        "spec": voice.spec,
        "kind": kind,
        "unit": words,
        "short": short,
        "sides": list(sides) if sides else None,
        "origin": voice.origin,
    }


def _rationales(voices: Sequence[Voice], query_id: str) -> list[dict[str, str]]:
    """Texts of those teachers that have one by design; an empty text where it was looked for in vain."""
    found = []
    for voice in voices:
        rationale = voice.told.rationales.get(query_id)
        if rationale and rationale.source in SOURCES:
            found.append({"name": voice.name, "source": SOURCES[rationale.source], "text": rationale.text})
    return found


def _candidate(
    bench: Workbench, voices: Sequence[Voice], ranking: Ranking, query_id: str, doc_id: str
) -> dict[str, Any]:
    document = bench.collection.documents[doc_id]
    scores, passages = {}, {}
    for voice in voices:
        one = voice.of(query_id)
        if doc_id in one.values:
            spread = one.spread.get(doc_id)
            scores[voice.name] = {"value": one.values[doc_id], "spread": spread, "cut": doc_id in one.cut}
        if rationale := voice.told.rationales.get(query_id):
            coverage = one.parts.get("coverage", {}).get(doc_id)
            passages[voice.name] = {
                "coverage": coverage,
                "spans": spans_within(document, rationale.spans.get(doc_id, ())),
            }
    return {
        "doc_id": doc_id,
        "title": document.title,
        "text": document.text,
        "grade": bench.collection.qrels.get(query_id, {}).get(doc_id),
        "rank": ranking.ranks.get(doc_id),
        "score": ranking.scores.get(doc_id),
        "scores": scores,
        "passages": passages,
    }


def teachers(bench: Workbench, base: str, split: str) -> dict[str, Any]:
    """{"mixing", "standing"} of the judged queries of a split: the matrix to be mixed in the browser, and who is right."""
    queries = bench.collection.judged(bench.collection.split(split))
    if not queries:
        raise ExplorerError(
            f"nothing is judged in split {split!r} of {bench.collection.name}, so no teacher can be measured there"
        )
    refuse_training_queries(bench.workspace, base, queries)
    found = board(bench, base, queries)
    bench.progress("measuring", 0, 1)
    shared = {"base": base, "split": split, "key": f"{base} · {split}", "teach": TEACH}
    return {
        "mixing": {**shared, **_matrix(bench, found), "notice": notice(bench, found, split)},
        "standing": {**shared, **_standing(bench, found)},
    }


def teachers_key(bench: Workbench, base: str, split: str) -> str:
    """Changes whenever ``teachers`` would say something else of this collection."""
    return "\n".join((base, split, stamp(bench)))


def _matrix(bench: Workbench, found: Board) -> dict[str, Any]:
    """Candidates of all queries end to end; ``starts`` says where each query begins. None: unscored, unjudged, not retrieved."""
    qrels = bench.collection.qrels
    starts, ideal = [0], []
    ids: list[str] = []
    retriever: list[float | None] = []
    values: dict[str, list[float | None]] = {name: [] for name in found.voices}
    for query in found.queries:
        doc_ids = found.candidates[query.query_id]
        own = found.baseline.rankings[query.query_id].scores
        ids += doc_ids
        retriever += [own.get(d) for d in doc_ids]
        starts.append(len(ids))
        ideal.append(sorted((g for g in qrels[query.query_id].values() if g > 0), reverse=True))
        for name, voice in found.voices.items():
            told = voice.of(query.query_id).values
            values[name] += [told.get(d) for d in doc_ids]
    weights = Teacher(FUSION).weights
    return {
        "queries": [query.query_id for query in found.queries],
        "starts": starts,
        "ids": ids,
        "retriever": retriever,
        "ideal": ideal,
        "teachers": [{**_voice(voice), "values": values[name]} for name, voice in found.voices.items()],
        "measures": list(MEASURES),
        "lambda": LAMBDA,
        "weights": weights,
        "depth": found.depth,
    }


def notice(bench: Workbench, found: Board, split: str) -> dict[str, Any] | None:
    """What is lacking for these queries, and the command that fetches it; None where utility is there for all of them."""
    scored = {q for voice in found.voices.values() if voice.spec == "utility" for q in voice.told.by_query}
    lacking = [query for query in found.queries if query.query_id not in scored and query.answers]
    if not lacking:
        return None
    everything = len(lacking) == len(found.queries)
    whose = "these queries" if everything else f"{len(lacking)} of these {len(found.queries)} queries"
    at_once = [voice.name for voice in found.voices.values() if not Teacher(voice.spec).asks_reader]
    stale = (
        f" Files about earlier texts of the documents were left aside: {', '.join(found.stale)}." if found.stale else ""
    )
    command = ["explorer", "teach", bench.collection.source, "--teacher", "utility", "--split", split]
    return {
        "text": f"No reader has scored {whose} yet, so there is no utility to look at.{stale}",
        "rest": f"There at once, without a reader: {', '.join(at_once)}.",
        "command": shlex.join([*command, "-k", str(CANDIDATES), "--base", found.base]),
    }


def _standing(bench: Workbench, found: Board) -> dict[str, Any]:
    """Per query: the baseline's value, each teacher's value, its first document and whether that is a mistake."""
    qrels = {query.query_id: bench.collection.qrels[query.query_id] for query in found.queries}
    named = {name: voice for name, voice in found.voices.items() if name != GOLD}
    return {
        "measure": MEASURES[0],
        "queries": [{"query_id": query.query_id, "text": query.text} for query in found.queries],
        "baseline": list(per_query(found.baseline, qrels, MEASURES[:1])[MEASURES[0]].values()),
        "teachers": [_judged(bench, found.queries, qrels, voice) for voice in named.values()],
        "orders": [found.base, *found.voices],
        "agreement": agreements(found),
        "gold": GOLD,
    }


def _judged(
    bench: Workbench, queries: Sequence[Query], qrels: Mapping[str, Mapping[str, int]], voice: Voice
) -> dict[str, Any]:
    rankings = {q: Ranking.from_scores(q, voice.of(q).values) for q in qrels if voice.of(q).values}
    values = per_query(Run(voice.name, rankings), qrels, MEASURES[:1])[MEASURES[0]]
    firsts = {q: ranking.docs[0].doc_id for q, ranking in rankings.items()}
    ids = [query.query_id for query in queries]
    return {
        "name": voice.name,
        "spec": voice.spec,
        "values": [values[q] if q in firsts else None for q in ids],
        "firsts": [_named(bench, firsts[q]) if q in firsts else None for q in ids],
        "wrong": [q in firsts and qrels[q].get(firsts[q], 0) <= 0 for q in ids],
        "judged": [q in firsts and firsts[q] in qrels[q] for q in ids],
    }


def _named(bench: Workbench, doc_id: str) -> dict[str, str]:
    return {"doc_id": doc_id, "title": bench.collection.documents[doc_id].title}
