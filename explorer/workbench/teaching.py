"""Teacher scores of a collection's candidates: recorded ones where they exist, computed where they do not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import explorer
from explorer.collections import Collection, bundled
from explorer.files import atomic_file
from explorer.records import Document, ExplorerError, Progress, Query, Scores, TeacherScores, silent
from explorer.supervision.prompts import DEFAULT_PROMPT
from explorer.supervision.utility import NO_ANSWER, UTILITY_UNIT
from explorer.workbench.loading import Models

CANDIDATES = 16


@dataclass(frozen=True)
class Teacher:
    """Which teacher, which reader it asks, in which prompts."""

    name: str = "utility"
    reader: str = "smollm2"
    prompts: tuple[str, ...] = (DEFAULT_PROMPT,)

    def score_all(
        self, tasks: Sequence[tuple[Query, Sequence[Document]]], models: Models, progress: Progress = silent
    ) -> TeacherScores:
        if self.name not in TEACHERS:
            raise ExplorerError(f"unknown teacher {self.name!r}; choose from {', '.join(TEACHERS)}")
        return TEACHERS[self.name](self, models).score_all(tasks, progress)


def _utility(teacher: Teacher, models: Models) -> Any:
    from explorer.supervision.utility import UtilityTeacher

    return UtilityTeacher(models.reader(teacher.reader), teacher.prompts)


TEACHERS = {"utility": _utility}


def scores_for(
    collection: Collection,
    teacher: Teacher,
    candidates: Mapping[str, Sequence[str]],
    models: Models,
    progress: Progress = silent,
) -> TeacherScores:
    """The teacher's scores of ``candidates`` (query_id -> doc_ids); the reader is loaded only for what is not recorded."""
    recorded = recorded_scores(collection, teacher)
    known = recorded.by_query if recorded else {}
    queries = [collection.queries[query_id] for query_id in candidates]
    lacking = [query for query in queries if query.answers and not _covers(known, query.query_id, candidates)]
    tasks = [(query, [collection.documents[d] for d in candidates[query.query_id]]) for query in lacking]
    fresh = teacher.score_all(tasks, models, progress).by_query if tasks else {}
    found = {**known, **fresh}
    by_query = {
        query.query_id: _only(found[query.query_id], candidates[query.query_id])
        if query.answers
        else Scores(query.query_id, {}, left_out=NO_ANSWER)
        for query in queries
    }
    return TeacherScores(teacher.name, UTILITY_UNIT, by_query)


def _covers(known: Mapping[str, Scores], query_id: str, candidates: Mapping[str, Sequence[str]]) -> bool:
    return query_id in known and set(candidates[query_id]) <= known[query_id].values.keys()


def _only(scores: Scores, doc_ids: Sequence[str]) -> Scores:
    values = {d: scores.values[d] for d in doc_ids}
    spread = {d: scores.spread[d] for d in doc_ids if d in scores.spread}
    return Scores(scores.query_id, values, spread, scores.cut & frozenset(doc_ids))


def recorded_scores(collection: Collection, teacher: Teacher) -> TeacherScores | None:
    """What a bundled collection brings along for this teacher, reader and prompts, if its documents are unchanged."""
    folder = bundled().get(collection.source)
    path = folder / "teachers" / f"{teacher.name}.parquet" if folder else None
    if path is None or not path.exists():
        return None
    scores, about = load_scores(path)
    expected = (teacher.reader, list(teacher.prompts), collection.fingerprint)
    return scores if (about["reader"], about["prompts"], about["collection_fingerprint"]) == expected else None


def save_scores(scores: TeacherScores, teacher: Teacher, collection: Collection, path: Path) -> None:
    """One row per query and candidate, provenance in the file's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"query_id": q, "doc_id": d, "score": value, "spread": s.spread.get(d), "cut": d in s.cut}
        for q, s in scores.by_query.items()
        for d, value in s.values.items()
    ]
    kinds = [("query_id", pa.string()), ("doc_id", pa.string()), ("score", pa.float64()), ("spread", pa.float64())]
    about = {
        "teacher": scores.teacher,
        "unit": scores.unit,
        "reader": teacher.reader,
        "prompts": teacher.prompts,
        "collection": collection.source,
        "collection_fingerprint": collection.fingerprint,
        "left_out": {q: s.left_out for q, s in scores.by_query.items() if s.left_out},
        "explorer": explorer.__version__,
    }
    schema = pa.schema([*kinds, ("cut", pa.bool_())], metadata={"explorer": json.dumps(about)})
    with atomic_file(path) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), part)


def load_scores(path: Path) -> tuple[TeacherScores, dict[str, Any]]:
    """(scores, provenance) as ``save_scores`` wrote them."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    about = json.loads((table.schema.metadata or {}).get(b"explorer", b"{}"))
    if "teacher" not in about:
        raise ExplorerError(f"{path} holds no teacher scores; write them with: explorer teach")
    values: dict[str, dict[str, float]] = {}
    spread: dict[str, dict[str, float]] = {}
    cut: dict[str, set[str]] = {}
    for row in table.to_pylist():
        query_id, doc_id = row["query_id"], row["doc_id"]
        values.setdefault(query_id, {})[doc_id] = row["score"]
        if row["spread"] is not None:
            spread.setdefault(query_id, {})[doc_id] = row["spread"]
        if row["cut"]:
            cut.setdefault(query_id, set()).add(doc_id)
    by_query = {q: Scores(q, v, spread.get(q, {}), frozenset(cut.get(q, ()))) for q, v in values.items()}
    by_query |= {q: Scores(q, {}, left_out=reason) for q, reason in about["left_out"].items()}
    return TeacherScores(about["teacher"], about["unit"], by_query), about
