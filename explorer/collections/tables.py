"""Tables of people's own: CSV, TSV, JSONL and Parquet, whose columns say by their names what they hold.

A row is a question with its answers and the text that answers it, a labelled pair, a training example in the layout of
sentence-transformers (anchor, positive, negative …) or FlagEmbedding (query, pos, neg, and a teacher's scores of both),
or a document alone. Equal texts are one document. A question with an answer and no text is a FAQ: the answer is the
document. A folder of tables is one table; a file named after a split (train, dev, validation, test) holds that split.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import columns, read
from explorer.collections.collection import Judgement, Note, Parts, noted
from explorer.collections.columns import SPLIT_NAMES, cell, texts
from explorer.collections.lines import LARGE, DocumentLines
from explorer.collections.rows import READERS, Rows
from explorer.records import Document, ExplorerError, Query


def recogniser(*endings: str) -> Callable[[Path], bool]:
    """A table, or a folder in which most files are tables, the first of them with one of ``endings``."""

    def recognise(path: Path) -> bool:
        if not path.is_dir():
            return path.is_file() and path.suffix.lower() in endings
        tables = _tables(path)
        enough = 2 * len(tables) >= sum(file.is_file() for file in path.glob("[!.]*"))
        return bool(tables) and enough and tables[0].suffix.lower() in endings

    return recognise


def _tables(folder: Path) -> list[Path]:
    return [file for file in read.files(folder, "[!.]*") if file.suffix.lower() in READERS]


def load(path: Path) -> Parts:
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() not in READERS:
        raise ExplorerError(f"{path} is no table Explorer reads; expected a file ending in {', '.join(READERS)}")
    if not path.exists():
        raise ExplorerError(f"{path} does not exist; check the path")
    if path.suffix.lower() == ".jsonl" and path.stat().st_size > LARGE and _holds_documents(path):
        return Parts(DocumentLines(path, _one_document), [])
    return dataclasses.replace(parts(READERS[path.suffix.lower()](path), str(path)), notes=_foreign([path]))


def _foreign(files: Iterable[Path]) -> tuple[Note, ...]:
    """Files of spreadsheets alone may be in another encoding, or lines of them: JSON must be in UTF-8."""
    sheets = [file for file in files if file.suffix.lower() in (".csv", ".tsv")]
    return noted([(read.FOREIGN, [f"{file.name} ({found})" for file in sheets if (found := read.foreign(file))])])


def _folder(path: Path) -> Parts:
    files = _tables(path)
    if not files:
        raise ExplorerError(f"{path} holds no table Explorer reads; expected files ending in {', '.join(READERS)}")
    found = _joined([(READERS[file.suffix.lower()](file), _split_named(file)) for file in files], str(path))
    return dataclasses.replace(found, notes=_foreign(files))


def _split_named(file: Path) -> str:
    """The split a file is named after: validation.csv, train-00000-of-00001.parquet; "" for none."""
    words = re.split(r"[^a-z]+", file.stem.lower())
    return next((word for word in words if word in SPLIT_NAMES), "")


def _holds_documents(path: Path) -> bool:
    _, first = next(read.json_lines(path))
    roles = columns.roles(first, str(path))
    return "document" in roles and not {"query", "positive"} & set(roles)


def _one_document(where: str, row: Mapping[str, Any]) -> Document:
    roles = columns.roles(row, where)
    doc_id = cell(row, roles, "doc_id") or cell(row, roles, "id")
    if not doc_id:
        raise ExplorerError(f"{where} has no id; in a file of this size every document needs one (doc_id, id or _id)")
    return _document(doc_id, cell(row, roles, "document"), row, roles)


def parts(rows: Rows, name: str) -> Parts:
    """The records of a table."""
    return _joined([(rows, "")], name)


def _joined(tables: Iterable[tuple[Rows, str]], name: str) -> Parts:
    """The records of several tables as one, each with the split of its rows that name none."""
    table = _Table(name)
    for rows, split in tables:
        for where, row in rows:
            table.add(where, row, split)
    if not table.documents and not table.queries:
        raise ExplorerError(f"{name} holds no rows; expected a header or keys, and at least one row")
    return Parts(table.documents.values(), table.queries.values(), table.judgements.values(), table.splits)


class _Table:
    """Rows becoming records: equal texts and equal questions are one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.documents: dict[str, Document] = {}
        self.queries: dict[str, Query] = {}
        self.judgements: dict[tuple[str, str], Judgement] = {}
        self.splits: dict[str, str] = {}
        self._ids: dict[tuple[str, str], str] = {}  # (title, text) -> doc_id
        self._asked: dict[tuple[str, str], str] = {}  # (question, scope) -> query_id
        self._scores: dict[str, dict[str, float]] = {}  # query_id -> doc_id -> a teacher's score

    def add(self, where: str, row: Mapping[str, Any], split: str) -> None:
        roles = columns.roles(row, where)
        if "query" not in roles:
            for text in texts(row, roles, "document") + texts(row, roles, "positive"):
                self._document(text, row, roles, where)
            return
        query_id = self._query(row, roles, where)
        if not query_id:
            return
        named = cell(row, roles, "split").lower() or split
        if named:
            self.splits[query_id] = SPLIT_NAMES.get(named, "train")
        answers = [] if {"document", "positive"} & set(roles) else list(texts(row, roles, "answers"))
        grade = self._grade(row, roles, where) if "document" in roles else 1
        for text in [*texts(row, roles, "document"), *answers]:
            self._judge(query_id, self._document(text, row, roles, where), grade)
        for role, of_role in (("positive", 1), ("negative", 0)):
            for text, score in columns.scored(row, roles, role, where):
                doc_id = self._document(text, {}, {}, where)
                self._judge(query_id, doc_id, of_role)
                self._teach(query_id, doc_id, score)
        if query_id in self._scores:
            self.queries[query_id] = dataclasses.replace(self.queries[query_id], scores=self._scores[query_id])

    def _query(self, row: Mapping[str, Any], roles: Mapping[str, list[str]], where: str) -> str:
        text, scope = cell(row, roles, "query"), cell(row, roles, "scope")
        if not text:
            return ""
        own = cell(row, roles, "query_id") or cell(row, roles, "id")
        known = self._asked.get((text, scope))
        query_id = own or known or f"q{len(self.queries) + 1}"
        answers = tuple(texts(row, roles, "answers"))
        before = self.queries.get(query_id)
        if before and before.text != text:
            raise ExplorerError(f"{where} uses the query id {query_id!r} for a second question; ids must be unique")
        merged = tuple(dict.fromkeys([*(before.answers if before else ()), *answers]))
        self._asked[text, scope] = query_id
        query = before or Query(query_id, text, scope=scope)
        self.queries[query_id] = dataclasses.replace(query, answers=merged)
        return query_id

    def _document(self, text: str, row: Mapping[str, Any], roles: Mapping[str, list[str]], where: str) -> str:
        own = cell(row, roles, "doc_id") or ("" if "query" in roles else cell(row, roles, "id"))
        key = (cell(row, roles, "title"), text)
        doc_id = own or self._ids.get(key) or f"d{len(self.documents) + 1}"
        document = _document(doc_id, text, row, roles)
        if self.documents.setdefault(doc_id, document).content != document.content:
            raise ExplorerError(f"{where} uses the document id {doc_id!r} for a second text; ids must be unique")
        self._ids.setdefault(key, doc_id)
        return doc_id

    def _judge(self, query_id: str, doc_id: str, grade: int) -> None:
        """A text judged twice for a question keeps its better grade."""
        before = self.judgements.get((query_id, doc_id))
        if before is None or grade > before.grade:
            self.judgements[query_id, doc_id] = Judgement(query_id, doc_id, grade)

    def _teach(self, query_id: str, doc_id: str, score: float | None) -> None:
        """A text scored twice for a question keeps its higher score, as it keeps its better grade."""
        if score is not None:
            known = self._scores.setdefault(query_id, {})
            known[doc_id] = max(score, known.get(doc_id, score))

    def _grade(self, row: Mapping[str, Any], roles: Mapping[str, list[str]], where: str) -> int:
        value = cell(row, roles, "grade")
        if not value:
            return 1
        number = columns.number(value, where, "grade")
        return int(number) if number == int(number) else int(number >= 0.5)  # similarities from 0 to 1


def _document(doc_id: str, text: str, row: Mapping[str, Any], roles: Mapping[str, list[str]]) -> Document:
    return Document(doc_id, text, cell(row, roles, "title"), cell(row, roles, "group") or doc_id)
