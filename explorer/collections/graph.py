"""PathQuestion (Zhou et al. 2018): questions over a knowledge graph, each with the path that leads to its answer.

A folder of text files told apart by content: triples (subject, relation, object, by tabs) and questions (question,
answer(answer/answer/), subject#relation#entity#…#answer, by tabs); or one of these files: questions are joined with the
triples beside them. Each triple is a document and its subject the
group. The triples of the path are the hops and have grade 1, the one that states the answer grade 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.collections.sentences import fact, joined
from explorer.records import Document, ExplorerError, Query

Triple = tuple[str, str, str]
END = "<end>"  # closes a path; what follows repeats the answer


def recognise(path: Path) -> bool:
    if path.is_dir():
        return {"triples", "questions"} <= {_kind(head) for head in read.heads(path, "*.txt")}
    lines = read.head(path).splitlines()[:20] if path.is_file() and path.suffix == ".txt" else []
    return bool(lines) and all(line.count("\t") == 2 for line in lines)


def load(path: Path) -> Parts:
    if not path.exists() or not (files := _files(path)):
        raise ExplorerError(
            f"{path} holds neither triples nor questions; expected three columns parted by tabs: subject, relation, "
            "object, or question, answer(answer/), subject#relation#entity#…#answer"
        )
    triples: dict[Triple, Document] = {}
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file, kind in files.items():
        if kind == "triples":
            triples |= {triple: _document(triple) for triple in _lines(file)}
        if kind == "questions":
            for number, line in enumerate(_lines(file), start=1):
                query = _query(f"{file.stem}-{number}", line, f"{file} line {number}")
                queries.append(query)
                judgements += [Judgement(query.query_id, hop, 1) for hop in query.hops[:-1]]
                judgements += [Judgement(query.query_id, hop, 2) for hop in query.hops[-1:]]
    return Parts(triples.values(), queries, judgements)


def _kind(head: str) -> str:
    """What a file holds, by its first line; a file in neither layout, such as a readme, is left alone."""
    fields = head.split("\n", 1)[0].strip().split("\t")
    if len(fields) != 3:
        return ""
    return "questions" if "#" in fields[2] and fields[1].endswith(")") else "triples"


def _files(path: Path) -> dict[Path, str]:
    """file -> what it holds: of a folder, or a file alone, questions with the triples beside them."""
    kinds = {file: _kind(read.head(file)) for file in read.files(path, "*.txt")}
    if path.is_file() and kinds[path] == "questions":
        beside = {file: _kind(read.head(file)) for file in read.files(path.parent, "*.txt")}
        kinds |= {file: kind for file, kind in beside.items() if kind == "triples"}
    return {file: kind for file, kind in kinds.items() if kind}


def _lines(file: Path) -> Iterator[Triple]:
    for number, line in enumerate(read.text(file).splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) != 3:
            raise ExplorerError(f"{file} line {number} has {len(fields)} tab-separated fields; expected 3")
        yield fields[0].strip(), fields[1].strip(), fields[2].strip()


def _doc_id(triple: Triple) -> str:
    return "|".join(triple)


def _document(triple: Triple) -> Document:
    return Document(_doc_id(triple), _text(triple), group=triple[0])


def _text(triple: Triple) -> str:
    return fact(*map(_plain, triple))


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def _query(query_id: str, line: Triple, where: str) -> Query:
    question, answers, path = line
    steps = path.split("#")
    steps = steps[: steps.index(END)] if END in steps else steps
    if len(steps) < 3 or len(steps) % 2 == 0:
        raise ExplorerError(f"{where} has the path {path!r}; expected subject#relation#entity#…#answer")
    chain = [(steps[i], steps[i + 1], steps[i + 2]) for i in range(0, len(steps) - 2, 2)]
    return Query(
        query_id,
        _plain(question).replace(" 's", "'s").replace(" ?", "?"),
        _answers(answers),
        hops=tuple(map(_doc_id, chain)),
        rationale=joined(map(_text, chain)),
    )


def _answers(field: str) -> tuple[str, ...]:
    """The answer of this path, then all that are right, from the field answer(answer/other/)."""
    first, _, others = field.removesuffix(")").partition("(")
    return tuple(dict.fromkeys(_plain(name) for name in (first, *others.split("/")) if name.strip()))
