"""What every teacher says of the same candidates: recorded ones, those ``explorer teach`` wrote, and those there at once."""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.collections import bundled
from explorer.records import ExplorerError, Query, Ranking, Run, Scores, TeacherScores
from explorer.supervision.prompts import DEFAULT_PROMPT
from explorer.workbench import Workbench
from explorer.workbench.scorefile import load_scores
from explorer.workbench.teachers import CANDIDATES, Teacher
from explorer.workbench.teaching import compute, given_scores, unmixed

AT_ONCE = ("rationale:given", "rationale:answer")  # no reader, and seconds for a whole split
BUNDLED, TAUGHT, SCORED = "comes with the collection", "written by explorer teach", "scored at once, without a reader"
ORDER = ("utility", "rationale", "given", "fusion", "gold")  # how kinds follow one another on the board
CHUNK = 25  # queries between two looks at whether somebody pressed Stop
GOLD = "gold"


@dataclass(frozen=True)
class Voice:
    """One teacher, unmixed. ``name`` is its spec and what is unusual about it; ``origin`` where its scores are from."""

    name: str
    spec: str
    origin: str
    told: TeacherScores

    def of(self, query_id: str) -> Scores:
        return self.told.by_query.get(query_id) or Scores(query_id, {})


@dataclass(frozen=True)
class Board:
    """``baseline``: the first ``depth`` documents of each query. ``candidates``: query_id -> those and whatever a teacher
    scored, by doc_id descending: equal scores keep this order. ``stale``: files about earlier texts of the documents."""

    base: str
    depth: int
    queries: Sequence[Query]
    baseline: Run
    candidates: Mapping[str, tuple[str, ...]]
    voices: Mapping[str, Voice]
    stale: tuple[str, ...] = ()


def board(bench: Workbench, base: str, queries: Sequence[Query]) -> Board:
    """Every teacher known of ``queries`` over the candidates of ``base``; ``bench.progress`` is told chunk by chunk."""
    voices, stale = recorded(bench)
    depth = max([CANDIDATES, *(len(one.values) for voice in voices.values() for one in voice.told.by_query.values())])
    rankings: dict[str, Ranking] = {}
    for done, chunk in _chunks(queries):
        bench.progress("finding candidates", done, len(queries))
        rankings |= bench.search(base, chunk, depth).rankings
    candidates = {
        query_id: tuple(sorted({*ranking.doc_ids, *_scored(voices, query_id)}, reverse=True))
        for query_id, ranking in rankings.items()
    }
    voices |= {voice.name: voice for voice in _at_once(bench, base, voices, candidates, queries)}
    heard = [voice for voice in voices.values() if any(voice.of(q.query_id).values for q in queries)]
    heard.sort(key=lambda voice: ORDER.index(Teacher(voice.spec).kind))
    known = {voice.name: voice for voice in [*heard, _gold(bench, candidates)]}
    return Board(base, depth, queries, Run(base, rankings), candidates, known, stale)


def recorded(bench: Workbench) -> tuple[dict[str, Voice], tuple[str, ...]]:
    """(teachers by name whose scores are on disk for these very documents, files about earlier texts of them).

    What ``explorer teach`` wrote stands before what comes with the collection, a file of its own before a fusion's parts.
    """
    collection = bench.collection
    fingerprint = collection.fingerprint
    found = list(_given(bench))
    stale = []
    for path, origin in _files(bench):
        scores, about = _loaded(path, path.stat().st_mtime_ns) or (None, {})
        if scores is None:
            continue
        if about["collection_fingerprint"] == fingerprint:
            found += _voices(scores, about, origin)
        elif about.get("collection") == collection.source:
            stale.append(path.name)
    voices: dict[str, Voice] = {}
    for voice in sorted(found, key=lambda one: (one.origin == TAUGHT, one.told.unit != "")):
        voices[voice.name] = _joined(voices[voice.name], voice) if voice.name in voices else voice
    return voices, tuple(stale)


def _given(bench: Workbench) -> Iterator[Voice]:
    """Scores that came with the queries, such as FlagEmbedding's."""
    documents = bench.collection.documents
    tasks = [
        (bench.collection.queries[q], [documents[d] for d in doc_ids])
        for q, doc_ids in given_scores(bench.collection).items()
    ]
    if tasks:
        yield Voice("given", "given", BUNDLED, compute(bench.retrievers, Teacher("given"), tasks, bench.progress))


def stamp(bench: Workbench) -> str:
    """Changes whenever a file of scores comes, changes or goes."""
    return ",".join(f"{path.name}@{path.stat().st_mtime_ns}" for path, _ in _files(bench))


def _files(bench: Workbench) -> list[tuple[Path, str]]:
    folder = bundled().get(bench.collection.source)
    given = sorted((folder / "teachers").glob("*.parquet")) if folder else []
    taught = sorted(bench.workspace.teachers.glob("*.parquet"))
    return [*((path, BUNDLED) for path in given), *((path, TAUGHT) for path in taught)]


@functools.lru_cache(maxsize=64)
def _loaded(path: Path, changed: int) -> tuple[TeacherScores, dict[str, Any]] | None:
    """None for a file that holds no teacher scores. ``changed`` (ns) makes a rewritten file another one."""
    try:
        return load_scores(path)
    except (ExplorerError, OSError, ValueError):  # ValueError: pyarrow's, of a file that is no parquet
        return None


def _voices(scores: TeacherScores, about: Mapping[str, Any], origin: str) -> Iterator[Voice]:
    """The teacher of a file; of a fusion its parts, too, which have no unit of their own."""
    try:
        teacher = Teacher(scores.teacher)
    except ExplorerError:
        return  # written by a version that knew other teachers
    if teacher.by_definition:
        return  # judgements are read from the collection
    if teacher.kind == "fusion":
        for spec in teacher.weights:
            parts = {q: Scores(q, one.parts.get(spec, {})) for q, one in scores.by_query.items()}
            if not spec.startswith(GOLD):
                yield Voice(_name(spec, about), spec, origin, TeacherScores(spec, "", parts))
    own = unmixed(scores) if teacher.kind == "rationale" else scores
    yield Voice(_name(teacher.spec, about), teacher.spec, origin, own)


def _name(spec: str, about: Mapping[str, Any]) -> str:
    """The spec, and in brackets what was not as usual: who read, in how many prompts, under whose cosines."""
    teacher = Teacher(spec)
    usual = Teacher()
    prompts = about.get("prompts") or [DEFAULT_PROMPT]
    odd = []
    if teacher.asks_reader and about.get("reader", usual.reader) != usual.reader:
        odd.append(about["reader"])
    if teacher.asks_reader and prompts != [DEFAULT_PROMPT]:
        odd.append(f"{len(prompts)} prompts" if len(prompts) > 1 else f"prompt {prompts[0]}")
    if teacher.kind == "rationale" and about.get("base", usual.base) != usual.base:
        odd.append(about["base"])
    return f"{spec} ({', '.join(odd)})" if odd else spec


def _joined(before: Voice, later: Voice) -> Voice:
    """Both files of one teacher, such as those of two splits; of a query in both, the later one counts."""
    by_query = {**before.told.by_query, **later.told.by_query}
    rationales = {**before.told.rationales, **later.told.rationales}
    return Voice(later.name, later.spec, later.origin, TeacherScores(later.spec, later.told.unit, by_query, rationales))


def _scored(voices: Mapping[str, Voice], query_id: str) -> set[str]:
    return {doc_id for voice in voices.values() for doc_id in voice.of(query_id).values}


def _chunks(queries: Sequence[Query]) -> Iterator[tuple[int, Sequence[Query]]]:
    return ((start, queries[start : start + CHUNK]) for start in range(0, len(queries), CHUNK))


def _at_once(
    bench: Workbench,
    base: str,
    voices: Mapping[str, Voice],
    candidates: Mapping[str, Sequence[str]],
    queries: Sequence[Query],
) -> Iterator[Voice]:
    documents = bench.collection.documents
    for spec in AT_ONCE:
        known = voices[spec].told.by_query if spec in voices else {}
        asked = [q for q in queries if q.answers and q.query_id not in known and (q.rationale or spec != AT_ONCE[0])]
        found = TeacherScores(spec, "cosine", {})
        for done, chunk in _chunks(asked):
            bench.progress(f"scoring {spec}", done, len(asked))
            tasks = [(query, [documents[d] for d in candidates[query.query_id]]) for query in chunk]
            scores = compute(bench.retrievers, Teacher(spec, base=base), tasks, bench.progress)
            rationales = {**found.rationales, **scores.rationales}
            found = TeacherScores(spec, scores.unit, {**found.by_query, **scores.by_query}, rationales)
        fresh = Voice(spec, spec, SCORED, found)
        if asked:
            yield _joined(fresh, voices[spec]) if spec in voices else fresh


def _gold(bench: Workbench, candidates: Mapping[str, Sequence[str]]) -> Voice:
    """Grades of the candidates; what nobody judged stays unscored."""
    by_query = {}
    for query_id, doc_ids in candidates.items():
        grades = bench.collection.qrels.get(query_id, {})
        by_query[query_id] = Scores(query_id, {d: float(grades[d]) for d in doc_ids if d in grades})
    return Voice(GOLD, GOLD, "judgements of the collection", TeacherScores(GOLD, "grade", by_query))


def agreements(of: Board) -> list[dict[str, Any]]:
    """One row per pair of orders, the baseline among them: {"a", "b", "same", "tau", "queries"}.

    ``same``: share of queries on which both name the same first document; where one of the two is gold, whether the
    other's first document is relevant. ``tau``: mean Kendall tau-b over the candidates both scored, of the queries
    where neither gives all of them one score. None: no such query.
    """
    orders: dict[str, dict[str, Mapping[str, float]]] = {
        of.base: {q: ranking.scores for q, ranking in of.baseline.rankings.items()}
    }
    for name, voice in of.voices.items():
        orders[name] = {q: voice.of(q).values for q in of.baseline.rankings}
    firsts = {name: {q: _first(q, values) for q, values in rows.items()} for name, rows in orders.items()}
    rows = []
    for a, b in itertools.combinations(orders, 2):
        shared = [q for q in of.baseline.rankings if orders[a][q] and orders[b][q]]
        same = [_same(firsts[a][q], firsts[b][q], orders[b][q] if b == GOLD else None) for q in shared]
        taus = [tau for q in shared if not math.isnan(tau := _tau(orders[a][q], orders[b][q]))]
        rows.append({"a": a, "b": b, "same": _mean(same), "tau": _mean(taus), "queries": len(shared)})
    return rows


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def _first(query_id: str, values: Mapping[str, float]) -> str | None:
    ranking = Ranking.from_scores(query_id, values, 1)
    return ranking.docs[0].doc_id if ranking.docs else None


def _same(a: str | None, b: str | None, grades: Mapping[str, float] | None) -> bool:
    """Many documents can share the highest grade: with gold, "the same" is "a relevant one"."""
    return grades.get(a or "", 0.0) > 0 if grades is not None else a == b


def _tau(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Kendall 1945; NaN where fewer than two documents are shared or one side gives them all the same score."""
    from scipy.stats import kendalltau

    both = [doc_id for doc_id in a if doc_id in b]
    if len(both) < 2:
        return math.nan
    ours, theirs = [a[d] for d in both], [b[d] for d in both]
    return float(kendalltau(ours, theirs).statistic)
