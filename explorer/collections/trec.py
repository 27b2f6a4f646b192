"""TREC files in one folder, told apart by content: <DOC> documents, <top> topics, qrels of four columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.records import Document, ExplorerError, Qrels, Query, Ranking, Run

DOC = re.compile(r"<DOC>(.*?)</DOC>", re.DOTALL | re.IGNORECASE)
TOPIC = re.compile(r"<top>(.*?)(?:</top>|(?=<top>)|\Z)", re.DOTALL | re.IGNORECASE)
COMMENT = re.compile(r"(^|\s)#.*")  # a "#" inside an id is part of it
_SPACE = re.compile(r"\s")
TAG = re.compile(r"<[^>]+>")


def recognise(path: Path) -> bool:
    return path.is_dir() and any(_kind(file) == "documents" for file in _files(path))


def load(path: Path) -> Parts:
    if not path.is_dir():
        raise ExplorerError(f"{path} is not a folder; TREC files (documents, topics, qrels) are read from one folder")
    by_kind: dict[str, list[Path]] = {"documents": [], "topics": [], "qrels": [], "": []}
    for file in _files(path):
        by_kind[_kind(file)].append(file)
    if not by_kind["documents"]:
        raise ExplorerError(
            f"{path} holds no file with <DOC> records; it has {_told(by_kind)}; add the documents, or name another format"
        )
    return Parts(
        (doc for file in by_kind["documents"] for doc in _documents(file)),
        (query for file in by_kind["topics"] for query in _topics(file)),
        (judgement for file in by_kind["qrels"] for judgement in qrels(file)),
    )


def _told(by_kind: Mapping[str, Sequence[Path]]) -> str:
    """What a folder without documents holds: how many of each kind, the first by its name."""
    kinds = {"topics": "topics", "qrels": "qrels", "": "other files"}
    told = (f"{name}: {len(by_kind[kind])} ({by_kind[kind][0].name})" for kind, name in kinds.items() if by_kind[kind])
    return ", ".join(told) or "no files"


def _files(path: Path) -> list[Path]:
    return [file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")]


def _kind(file: Path) -> str:
    with file.open("rb") as handle:
        head = handle.read(4096).decode("utf-8", "replace")
    if re.search(r"<DOC>", head, re.IGNORECASE):
        return "documents"
    if re.search(r"<top>", head, re.IGNORECASE):
        return "topics"
    lines = head.splitlines()[:20]
    return "qrels" if lines and re.fullmatch(r"\S+\s+\S+\s+\S+\s+-?\d+", lines[0].strip()) else ""


def _documents(file: Path) -> Iterator[Document]:
    for match in DOC.finditer(read.text(file)):
        body = match[1]
        doc_id = _field(body, "DOCNO")
        if not doc_id:
            raise ExplorerError(f"{file} has a <DOC> without <DOCNO> at character {match.start()}")
        title = _field(body, "TITLE") or _field(body, "HEADLINE")
        text = _field(body, "TEXT") or TAG.sub(
            " ", re.sub(r"<DOCNO>.*?</DOCNO>", "", body, flags=re.DOTALL | re.IGNORECASE)
        )
        yield Document(doc_id, " ".join(text.split()), " ".join(title.split()), group=doc_id)


def _field(body: str, name: str) -> str:
    parts = re.findall(rf"<{name}>(.*?)</{name}>", body, re.DOTALL | re.IGNORECASE)
    return TAG.sub(" ", " ".join(parts)).strip()


def _topics(file: Path) -> Iterator[Query]:
    """Old topics leave their tags open: a field ends where the next tag begins."""
    for match in TOPIC.finditer(read.text(file)):
        fields = dict(re.findall(r"<(num|title)>\s*(.*?)\s*(?=<|\Z)", match[1], re.DOTALL | re.IGNORECASE))
        if "num" not in fields or "title" not in fields:
            raise ExplorerError(f"{file} has a <top> without <num> or <title> at character {match.start()}")
        number = re.sub(r"^number:\s*", "", fields["num"].strip(), flags=re.IGNORECASE)
        yield Query(number, " ".join(re.sub(r"^topic:\s*", "", fields["title"], flags=re.IGNORECASE).split()))


def qrels(file: Path) -> Iterator[Judgement]:
    """Lines of "query_id iteration doc_id grade"."""
    for number, line in enumerate(read.text(file).splitlines(), start=1):
        fields = COMMENT.sub("", line).split()
        if not fields:
            continue
        if len(fields) != 4:
            raise ExplorerError(
                f"{file} line {number} has {len(fields)} columns; qrels have 4: query, iteration, document, grade"
            )
        yield Judgement(fields[0], fields[2], read.integer(fields[3], f"{file} line {number}"))


def read_qrels(file: Path) -> dict[str, dict[str, int]]:
    """query_id -> doc_id -> grade of one qrels file."""
    grades: dict[str, dict[str, int]] = {}
    for judgement in qrels(file):
        grades.setdefault(judgement.query_id, {})[judgement.doc_id] = judgement.grade
    return grades


def run(file: Path) -> Run:
    """Lines of "query_id Q0 doc_id rank score tag". As in trec_eval the score decides, not the rank column."""
    scores: dict[str, dict[str, float]] = {}
    for number, line in enumerate(read.text(file).splitlines(), start=1):
        fields = (COMMENT.sub("", line) if "#" in line else line).split()
        if not fields:
            continue
        if len(fields) < 6:  # a tag may hold spaces, as in trec_eval's own test files
            raise ExplorerError(
                f"{file} line {number} has {len(fields)} columns; a run has 6: query, Q0, document, rank, score, tag"
            )
        ranked = scores.setdefault(fields[0], {})
        if fields[2] in ranked:
            raise ExplorerError(
                f"{file} line {number} ranks document {fields[2]!r} twice for query {fields[0]!r}; remove one"
            )
        ranked[fields[2]] = _score(fields[4], f"{file} line {number}")
    return Run(f"run:{file}", {q: Ranking.from_scores(q, docs) for q, docs in scores.items()})


def _score(value: str, where: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ExplorerError(f"{where} has the score {value!r}; a number was expected") from error


def save_run(result: Run, tag: str, file: Path) -> None:
    """Writes a TREC run; spaces in the tag would add columns, so they become underscores."""
    lines = [
        f"{_column(query_id)} Q0 {_column(doc.doc_id)} {doc.rank} {doc.score!r} {'_'.join(tag.split())}\n"
        for query_id, ranking in result.rankings.items()
        for doc in ranking
    ]
    file.write_text("".join(lines), encoding="utf-8")


def save_qrels(qrels: Qrels, file: Path) -> None:
    """Writes lines of "query_id 0 doc_id grade"."""
    lines = [
        f"{_column(query_id)} 0 {_column(doc_id)} {grade}\n"
        for query_id, grades in qrels.items()
        for doc_id, grade in grades.items()
    ]
    file.write_text("".join(lines), encoding="utf-8")


def _column(name: str) -> str:
    """An id as it stands in a TREC file: white space, which parts the columns there, is written as in an address."""
    return _SPACE.sub(lambda space: quote(space[0]), name)


def as_known(result: Run, doc_ids: Iterable[str], query_ids: Iterable[str]) -> Run:
    """The run with the ids of a collection where a TREC file writes them otherwise."""
    documents, queries = _written(doc_ids), _written(query_ids)
    if not documents and not queries:
        return result
    renamed = {}
    for query_id, ranking in result.rankings.items():
        query_id = queries.get(query_id, query_id)
        scores = {documents.get(doc_id, doc_id): score for doc_id, score in ranking.scores.items()}
        renamed[query_id] = Ranking.from_scores(query_id, scores)
    return replace(result, rankings=renamed)


def _written(names: Iterable[str]) -> dict[str, str]:
    """An id in a TREC file -> the id, for those that differ."""
    return {_column(name): name for name in names if _SPACE.search(name)}
