"""Documents of a large JSONL file that stay on disk: memory holds their ids and where they lie."""

from __future__ import annotations

import json
import os
from abc import abstractmethod
from array import array
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.mending import mended
from explorer.records import Document, ExplorerError

LARGE = 128 * 2**20  # bytes from which a corpus is left on disk
Reader = Callable[[str, Mapping[str, Any]], Document]


class Streamed(Mapping[str, Document]):
    """A mapping whose documents are read one after another, so that going through all of them costs no memory."""

    @abstractmethod
    def in_order(self) -> Iterator[tuple[str, Document]]:
        """All documents in the order of their ids here, from one pass over their source."""

    def items(self) -> ItemsView[str, Document]:
        return _Items(self)

    def values(self) -> ValuesView[Document]:
        return _Values(self)


class Contents(Mapping[str, str]):
    """doc_id -> content of some documents, read when asked for."""

    def __init__(self, documents: Mapping[str, Document], doc_ids: Iterable[str]) -> None:
        self._documents = documents
        self._ids = dict.fromkeys(doc_ids)

    def __getitem__(self, doc_id: str) -> str:
        return self._documents[doc_id].content

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class DocumentLines(Streamed):
    """doc_id -> document, read when asked for. ``document`` makes one of (where, JSON object).

    The file is read once on opening, so that a broken line, a missing id or an id used for two texts is found then.
    """

    def __init__(self, path: Path, document: Reader) -> None:
        self.path = path
        self._document = document
        self._ids: dict[str, int] = {}
        self._starts = array("q")
        self.empty: list[str] = []
        self.repeated: list[str] = []
        self._file = path.open("rb")
        self._stamp = _stamp(path)
        at = 0
        for number, line in enumerate(self._file, start=1):
            if line.strip():
                self._add(number, at, line)
            at += len(line)
        self._starts.append(at)

    def _add(self, number: int, at: int, line: bytes) -> None:
        doc = self._parsed(f"{self.path} line {number}", line)
        if doc.doc_id in self._ids:
            if self[doc.doc_id] != doc:
                raise ExplorerError(
                    f"{self.path} line {number} uses the document id {doc.doc_id!r} for a second text; ids must be unique"
                )
            self.repeated.append(doc.doc_id)
            return
        self._ids[doc.doc_id] = len(self._starts)
        self._starts.append(at)
        if not doc.content.strip():
            self.empty.append(doc.doc_id)

    def _parsed(self, where: str, line: bytes) -> Document:
        try:
            row = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ExplorerError(f"{where} is not a JSON object in UTF-8 ({error})") from error
        if not isinstance(row, dict):
            raise ExplorerError(f"{where} is a JSON {type(row).__name__}; expected one JSON object per line")
        return mended(self._document(where, row))

    def __getitem__(self, doc_id: str) -> Document:
        start = self._starts[self._ids[doc_id]]
        with self.path.open("rb") as file:
            file.seek(start)
            return self._again(file.readline(), doc_id)

    def _again(self, line: bytes, doc_id: str) -> Document:
        if _stamp(self.path) != self._stamp:
            raise ExplorerError(f"{self.path} was changed while it was open; open the collection again")
        return self._parsed(f"{self.path}, document {doc_id!r}", line)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._ids

    def in_order(self) -> Iterator[tuple[str, Document]]:
        with self.path.open("rb") as file:
            for doc_id, index in self._ids.items():
                file.seek(self._starts[index])
                yield doc_id, self._again(file.readline(), doc_id)


class _Items(ItemsView[str, Document]):
    _mapping: Streamed

    def __iter__(self) -> Iterator[tuple[str, Document]]:
        return self._mapping.in_order()


class _Values(ValuesView[Document]):
    _mapping: Streamed

    def __iter__(self) -> Iterator[Document]:
        return (doc for _, doc in self._mapping.in_order())


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} is gone; open the collection again") from error
    return found.st_size, found.st_mtime_ns


def rows(path: Path, document: Reader) -> DocumentLines | Iterator[Document]:
    """The documents of a JSONL file: on disk where it is large, else one by one."""
    if path.exists() and path.stat().st_size > LARGE:
        return DocumentLines(path, document)
    return (document(f"{path} line {number}", row) for number, row in read.json_lines(path))
