"""SMART files, as Cranfield, CISI and MEDLINE are handed out: records that begin with ".I ID" and have lettered fields.

The largest file of records holds the documents (.T title, .W text), the other the queries, and a file of number
columns the judgements. Cranfield grades 1 (best) to 4 (weakest) and -1 (not relevant); here 4 is best and 0 useless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.records import Document, ExplorerError, Query

RECORD = re.compile(r"^\.I[ \t]+(\S+)[ \t]*\n", re.MULTILINE)
FIELD = re.compile(r"^\.([A-Z])[ \t]*\n", re.MULTILINE)
JUDGED = re.compile(r"\s*\d+\s+\d+(\s+-?\d+(\.\d+)?){0,2}\s*")
WEAKEST = 4


def recognise(path: Path) -> bool:
    return path.is_dir() and sum(is_records(file) for file in _files(path)) == 2


def is_records(file: Path) -> bool:
    with file.open("rb") as handle:
        return bool(re.match(rb"\.I[ \t]+\S+[ \t]*\r?\n\.[A-Z]", handle.read(200)))


def load(path: Path) -> Parts:
    files = _files(path) if path.is_dir() else []
    records = sorted((file for file in files if is_records(file)), key=lambda file: file.stat().st_size)
    if len(records) != 2:
        raise ExplorerError(
            f"{path} holds {len(records)} files of SMART records (.I ID); expected documents and queries"
        )
    queries = [_query(record_id, fields) for record_id, fields in _records(records[0])]
    lines = [line for file in files if file not in records and _is_judged(file) for line in _lines(file)]
    numbered = _by_position(queries, {line[0] for line in lines})
    documents = (_document(record_id, fields) for record_id, fields in _records(records[1]))
    return Parts(documents, numbered, _judgements(lines))


def _files(path: Path) -> list[Path]:
    return [file for file in sorted(path.iterdir()) if file.is_file() and not file.name.startswith(".")]


def _records(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """(id, field letter -> text, its white space made one space)."""
    parts = RECORD.split(read.text(file).replace("\r\n", "\n"))
    for record_id, body in zip(parts[1::2], parts[2::2], strict=True):
        fields = FIELD.split(body)
        yield (
            record_id,
            {letter: " ".join(text.split()) for letter, text in zip(fields[1::2], fields[2::2], strict=True)},
        )


def _document(record_id: str, fields: dict[str, str]) -> Document:
    title = fields.get("T", "")
    text = fields.get("W", "").removeprefix(title).strip()  # Cranfield repeats the title at the head of the text
    return Document(record_id, text, title, group=record_id)


def _query(record_id: str, fields: dict[str, str]) -> Query:
    return Query(str(int(record_id)) if record_id.isdigit() else record_id, fields.get("W") or fields.get("T", ""))


def _by_position(queries: Sequence[Query], judged: set[str]) -> list[Query]:
    """Cranfield's judgements count the queries in file order, whatever their .I says."""
    positions = [str(number) for number in range(1, len(queries) + 1)]
    if not judged <= set(positions) or [query.query_id for query in queries] == positions:
        return list(queries)
    return [Query(position, query.text) for position, query in zip(positions, queries, strict=True)]


def _is_judged(file: Path) -> bool:
    lines = [line for line in read.head(file).splitlines()[:20] if line.strip()]
    return bool(lines) and all(JUDGED.fullmatch(line) for line in lines)


def _lines(file: Path) -> Iterator[tuple[str, str, int | None]]:
    """(query, document, the code of the third column; None where there is none)."""
    for number, line in enumerate(read.text(file).splitlines(), start=1):
        fields = line.split()
        if fields and not JUDGED.fullmatch(line):
            raise ExplorerError(
                f"{file} line {number} is {line.strip()!r}; expected query, document and a relevance code"
            )
        if fields:
            # four columns are CISI's: the last two are always 0 and say nothing
            yield fields[0], fields[1], int(fields[2]) if len(fields) == 3 else None


def _judgements(lines: Sequence[tuple[str, str, int | None]]) -> Iterator[Judgement]:
    scale = any(code is not None and code > 1 for _, _, code in lines)
    for query_id, doc_id, code in lines:
        grade = 1 if code is None else max(code, 0)
        yield Judgement(query_id, doc_id, max(0, WEAKEST + 1 - grade) if scale and grade else grade)
