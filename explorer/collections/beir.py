"""The BEIR folder: corpus.jsonl, queries.jsonl, qrels/{train,dev,test}.tsv; ours adds ``metadata``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import lines, read
from explorer.collections.collection import Collection, Judgement, Parts
from explorer.collections.splits import SPLITS
from explorer.files import atomic_folder
from explorer.records import Document, ExplorerError, Query, Span


def recognise(path: Path) -> bool:
    return (path / "corpus.jsonl").is_file() and (path / "queries.jsonl").is_file()


def load(path: Path) -> Parts:
    if not path.is_dir():
        raise ExplorerError(f"{path} is not a folder; a BEIR collection is one with corpus.jsonl and queries.jsonl")
    asked = list(_queries(path / "queries.jsonl"))
    splits = {query.query_id: split for query, split in asked if split}
    corpus = lines.rows(path / "corpus.jsonl", document)
    return Parts(corpus, [query for query, _ in asked], _judgements(path / "qrels"), splits)


def documents(path: Path) -> Iterator[Document]:
    return (document(f"{path} line {number}", row) for number, row in read.json_lines(path))


def document(where: str, row: Mapping[str, Any]) -> Document:
    doc_id = str(read.member(row, "_id", where))
    meta = dict(row.get("metadata") or {})
    group = str(meta.pop("group", doc_id))
    return Document(doc_id, str(row.get("text", "")), str(row.get("title") or ""), group, meta)


def _queries(path: Path) -> Iterator[tuple[Query, str]]:
    """Each query and the split it names itself; only queries without judgements need to."""
    for number, row in read.json_lines(path):
        where = f"{path} line {number}"
        meta: Mapping[str, Any] = row.get("metadata") or {}
        query = Query(
            str(read.member(row, "_id", where)),
            str(read.member(row, "text", where)),
            answers=tuple(answer for value in meta.get("answers", ()) if (answer := str(value)).strip()),
            scope=str(meta.get("scope", "")),
            options=tuple(map(str, meta.get("options", ()))),
            hops=tuple(map(str, meta.get("hops", ()))),
            rationale=str(meta.get("rationale", "")),
            evidence=_evidence(meta.get("evidence") or {}, where),
            scores=_scores(meta.get("scores") or {}, where),
        )
        yield query, str(meta.get("split", ""))


def _evidence(places: Any, where: str) -> dict[str, tuple[Span, ...]]:
    """doc_id -> spans, from {doc_id: [[start, end], ...]}."""
    try:
        return {str(d): tuple(Span(int(start), int(end)) for start, end in spans) for d, spans in places.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise ExplorerError(f"{where} has malformed evidence; expected {{doc_id: [[start, end], ...]}}") from error


def _scores(given: Any, where: str) -> dict[str, float]:
    """doc_id -> a teacher's score, from {doc_id: number}."""
    try:
        scores = {str(doc_id): float(score) for doc_id, score in given.items()}
        if not all(map(math.isfinite, scores.values())):
            raise ValueError("a score that is not finite")
        return scores
    except (AttributeError, TypeError, ValueError) as error:
        raise ExplorerError(f"{where} has malformed scores; expected {{doc_id: number}}") from error


def _judgements(folder: Path) -> Iterator[Judgement]:
    for path in sorted(folder.glob("*.tsv")):
        split = path.stem if path.stem in SPLITS else ""
        for number, line in enumerate(read.text(path).splitlines(), start=1):
            fields = line.split("\t")
            if not line.strip() or (number == 1 and fields[-1].strip().lower() == "score"):
                continue
            if len(fields) != 3:
                raise ExplorerError(
                    f"{path} line {number} has {len(fields)} tab-separated fields; expected query-id, corpus-id, score"
                )
            yield Judgement(fields[0], fields[1], read.integer(fields[2].strip(), f"{path} line {number}"), split)


def save(collection: Collection, path: Path) -> None:
    """Writes the collection as a BEIR folder that any BEIR tool reads."""
    import json

    def write(file: Path, rows: Iterator[dict[str, Any]]) -> None:
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")

    with atomic_folder(path) as part:
        write(part / "corpus.jsonl", (_document_row(doc) for doc in collection.documents.values()))
        write(part / "queries.jsonl", (_query_row(query, collection) for query in collection.queries.values()))
        (part / "qrels").mkdir()
        for split in SPLITS:
            rows = [
                f"{query.query_id}\t{doc_id}\t{grade}\n"
                for query in collection.split(split)
                for doc_id, grade in collection.qrels.get(query.query_id, {}).items()
            ]
            (part / "qrels" / f"{split}.tsv").write_text(
                "query-id\tcorpus-id\tscore\n" + "".join(rows), encoding="utf-8"
            )


def _document_row(doc: Document) -> dict[str, Any]:
    return {"_id": doc.doc_id, "title": doc.title, "text": doc.text, "metadata": {"group": doc.group, **doc.meta}}


def _query_row(query: Query, collection: Collection) -> dict[str, Any]:
    meta = {
        "answers": query.answers,
        "scope": query.scope,
        "options": query.options,
        "hops": query.hops,
        "rationale": query.rationale,
        "evidence": {d: [[span.start, span.end] for span in spans] for d, spans in query.evidence.items()},
        "scores": dict(query.scores),
        "split": "" if query.query_id in collection.qrels else collection.splits.get(query.query_id, ""),
    }
    return {"_id": query.query_id, "text": query.text, "metadata": {key: value for key, value in meta.items() if value}}
