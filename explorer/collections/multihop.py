"""HotpotQA (Yang et al. 2018) and 2WikiMultiHopQA (Ho et al. 2020): questions over several Wikipedia paragraphs.

Both publish the same JSON: a list of {_id, question, answer, supporting_facts, context}. Each paragraph is a
document named by its title. Supporting paragraphs have grade 1; the other paragraphs of a question are
distractors nobody judged. A list of {title, text} beside the questions adds paragraphs to the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.records import Document, ExplorerError, Query

WHAT = "a JSON list of questions (_id, question, answer, supporting_facts, context) or of passages (title, text)"


def recognise(path: Path) -> bool:
    files = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.suffix == ".json" else []
    return any('"supporting_facts"' in _head(file) for file in files)


def _head(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", errors="replace") as handle:
        return handle.read(100_000)


def load(path: Path) -> Parts:
    """A file, a folder of files, or several files joined by "+"."""
    shelf = _Shelf()
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file in _files(path):
        for number, row in enumerate(read.json_value(file, list, WHAT)):
            where = f"{file}, record {number}"
            if not isinstance(row, Mapping):
                raise ExplorerError(f"{where} is a JSON {type(row).__name__}; expected {WHAT}")
            if "question" in row:
                query, judged = _question(row, shelf, where)
                queries.append(query)
                judgements += judged
            else:
                shelf.add(str(read.member(row, "title", where)), str(read.member(row, "text", where)))
    return Parts(shelf.documents, queries, judgements)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.json"))
    return [path] if path.exists() else [Path(part) for part in str(path).split("+")]


def _question(row: Mapping[str, Any], shelf: _Shelf, where: str) -> tuple[Query, list[Judgement]]:
    ids = {
        title: shelf.add(title, "".join(_spaced(sentences))) for title, sentences in read.member(row, "context", where)
    }
    query_id = str(read.member(row, "_id", where))
    titles = list(dict.fromkeys(title for title, _sentence in row.get("supporting_facts", ())))
    hops = tuple(ids.get(title, title) for title in titles)
    answer = str(row.get("answer") or "").strip()
    query = Query(query_id, str(row["question"]).strip(), (answer,) if answer else (), hops=hops)
    return query, [Judgement(query_id, doc_id, 1) for doc_id in hops]


def _spaced(sentences: Iterable[str]) -> Iterable[str]:
    """HotpotQA's sentences carry their leading blank, 2WikiMultiHopQA's do not."""
    for number, sentence in enumerate(sentences):
        yield sentence if number == 0 or sentence.startswith(" ") else f" {sentence}"


class _Shelf:
    """Paragraphs by title; the same title with another text gets a number of its own."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], str] = {}
        self._versions: dict[str, int] = {}

    def add(self, title: str, text: str) -> str:
        key = (title, " ".join(text.split()))
        if key not in self._ids:
            version = self._versions[title] = self._versions.get(title, 0) + 1
            name = "_".join(title.split())
            self._ids[key] = name if version == 1 else f"{name}#{version}"
        return self._ids[key]

    @property
    def documents(self) -> Iterable[Document]:
        return (Document(doc_id, text, title, group=title) for (title, text), doc_id in self._ids.items())
