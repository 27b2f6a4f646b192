"""Teacher scores as a parquet file: one row per query and candidate, provenance and rationales in its metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import explorer
from explorer.collections import Collection
from explorer.files import atomic_file
from explorer.records import ExplorerError, Rationale, Scores, Span, TeacherScores
from explorer.workbench.teachers import Teacher


def save_scores(scores: TeacherScores, teacher: Teacher, collection: Collection, path: Path) -> None:
    """``teacher`` says who was asked, in which prompts, mixed with whose scores: kept as provenance."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "query_id": q,
            "doc_id": d,
            "score": value,
            "spread": s.spread.get(d),
            "cut": d in s.cut,
            "parts": json.dumps({name: values[d] for name, values in s.parts.items() if d in values}),
        }
        for q, s in scores.by_query.items()
        for d, value in s.values.items()
    ]
    kinds = [("query_id", pa.string()), ("doc_id", pa.string()), ("score", pa.float64()), ("spread", pa.float64())]
    about = {
        "teacher": scores.teacher,
        "unit": scores.unit,
        "reader": teacher.reader,
        "prompts": list(teacher.prompts),
        "base": teacher.base,
        "lambda": teacher.lam,
        "collection": collection.source,
        "collection_fingerprint": collection.fingerprint,
        "rationales": {q: _rationale_row(r) for q, r in scores.rationales.items()},
        "left_out": {q: s.left_out for q, s in scores.by_query.items() if s.left_out},
        "explorer": explorer.__version__,
    }
    kinds += [("cut", pa.bool_()), ("parts", pa.string())]
    schema = pa.schema(kinds, metadata={"explorer": json.dumps(about)})
    with atomic_file(path) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), part)


def load_scores(path: Path) -> tuple[TeacherScores, dict[str, Any]]:
    """(scores, provenance) as ``save_scores`` wrote them."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    about = json.loads((table.schema.metadata or {}).get(b"explorer", b"{}"))
    if "teacher" not in about:
        raise ExplorerError(f"{path} holds no teacher scores; write them with: explorer teach")
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["query_id"], []).append(row)
    by_query = {query_id: _scores(query_id, of_query) for query_id, of_query in rows.items()}
    by_query |= {q: Scores(q, {}, left_out=reason) for q, reason in about["left_out"].items()}
    rationales = {q: _rationale(q, row) for q, row in about.get("rationales", {}).items()}
    return TeacherScores(about["teacher"], about["unit"], by_query, rationales), about


def _scores(query_id: str, rows: list[dict[str, Any]]) -> Scores:
    parts: dict[str, dict[str, float]] = {}
    for row in rows:
        for name, value in json.loads(row.get("parts") or "{}").items():
            parts.setdefault(name, {})[row["doc_id"]] = value
    return Scores(
        query_id,
        {row["doc_id"]: row["score"] for row in rows},
        {row["doc_id"]: row["spread"] for row in rows if row["spread"] is not None},
        frozenset(row["doc_id"] for row in rows if row["cut"]),
        parts=parts,
    )


def _rationale_row(rationale: Rationale) -> dict[str, Any]:
    spans = {doc_id: [[s.start, s.end, s.weight] for s in places] for doc_id, places in rationale.spans.items()}
    return {"text": rationale.text, "source": rationale.source, "spans": spans}


def _rationale(query_id: str, row: dict[str, Any]) -> Rationale:
    spans = {doc_id: tuple(Span(*place) for place in places) for doc_id, places in row["spans"].items()}
    return Rationale(query_id, row["text"], row["source"], spans)
