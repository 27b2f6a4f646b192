"""ContractNLI's official JSON (Koreeda & Manning 2021): does a contract entail a hypothesis, and where does it say so?

{documents: [{id, file_name, text, spans, annotation_sets}], labels: {name: {hypothesis}}}. Each span of a contract
is a document, its contract the group and the scope of its questions: every hypothesis, with the answer Yes for
entailment, No for contradiction and none where the contract does not mention it. Evidence spans have grade 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.records import Document, ExplorerError, Query

WHAT = "ContractNLI's JSON: {documents, labels}"
ANSWERS = {"Entailment": ("Yes",), "Contradiction": ("No",), "NotMentioned": ()}


def recognise(path: Path) -> bool:
    return any('"annotation_sets"' in head for head in read.heads(path, "*.json"))


def load(path: Path) -> Parts:
    """A file, a folder of files, or several files joined by "+"."""
    documents: list[Document] = []
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file in read.files(path, "*.json"):
        published = read.json_value(file, dict, WHAT)
        labels = read.member(published, "labels", str(file))
        for contract in read.items(published, "documents", str(file)):
            group = str(read.member(contract, "id", f"{file}, a contract"))
            where = f"{file}, contract {group}"
            documents += _spans(contract, group, where)
            for label, hypothesis in labels.items():
                text = str(read.member(hypothesis, "hypothesis", f"{file}, label {label}"))
                query, evidence = _question(contract, label, text, group, where)
                queries.append(query)
                judgements += [Judgement(query.query_id, _span_id(group, number), 1) for number in evidence]
    return Parts(documents, queries, judgements)


def _span_id(group: str, number: int) -> str:
    return f"{group}-{number:03}"


def _spans(contract: Mapping[str, Any], group: str, where: str) -> Iterator[Document]:
    """Spans of blanks are left out; the others keep the number evidence knows them by."""
    whole = str(read.member(contract, "text", where))
    for number, (start, end) in enumerate(read.items(contract, "spans", where)):
        if text := whole[start:end].strip():
            meta = {"contract": str(contract.get("file_name", "")), "start": start, "end": end}
            yield Document(_span_id(group, number), text, group=group, meta=meta)


def _question(
    contract: Mapping[str, Any], label: str, text: str, group: str, where: str
) -> tuple[Query, dict[int, None]]:
    """The query and the numbers of its evidence spans, over all annotators."""
    answers: dict[str, None] = {}
    evidence: dict[int, None] = {}
    for annotator in read.items(contract, "annotation_sets", where):
        annotation = read.member(read.member(annotator, "annotations", where), label, where)
        choice = read.member(annotation, "choice", where)
        if choice not in ANSWERS:
            raise ExplorerError(f"{where}, {label} has the choice {choice!r}; expected one of {', '.join(ANSWERS)}")
        answers |= dict.fromkeys(ANSWERS[choice])
        evidence |= dict.fromkeys(annotation.get("spans", ()))
    return Query(f"{group}-{label}", text, tuple(answers), scope=group, options=("Yes", "No")), evidence
