"""MuSiQue's official JSONL: questions composed of two to four single hops (Trivedi et al. 2022).

A line holds {id, question, paragraphs, question_decomposition, answer, answer_aliases, answerable}. Each paragraph
is a document named by its title. Supporting paragraphs have grade 1, the others nobody judged. The hops follow the
decomposition, whose steps and answers are the rationale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.collections.sentences import fact, joined
from explorer.collections.shelf import Shelf
from explorer.records import Query

EARLIER = re.compile(r"#(\d+)")  # "#1" in a step stands for the answer of the first step


def recognise(path: Path) -> bool:
    return any('"paragraph_text"' in head for head in read.heads(path, "*.jsonl"))


def load(path: Path) -> Parts:
    """A file, a folder of files, or several files joined by "+"."""
    shelf = Shelf()
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file in read.files(path, "*.jsonl"):
        for number, row in read.json_lines(file):
            query, relevant = _question(row, shelf, f"{file} line {number}")
            queries.append(query)
            judgements += [Judgement(query.query_id, doc_id, 1) for doc_id in relevant]
    return Parts(shelf.documents, queries, judgements)


def _question(row: Mapping[str, Any], shelf: Shelf, where: str) -> tuple[Query, list[str]]:
    """The query and the doc_ids of its supporting paragraphs."""
    ids: dict[int, str] = {}
    supporting = []
    for position, paragraph in enumerate(read.items(row, "paragraphs", where)):
        text = str(read.member(paragraph, "paragraph_text", where))
        doc_id = ids[paragraph.get("idx", position)] = shelf.add(str(paragraph.get("title") or ""), text)
        if paragraph.get("is_supporting"):
            supporting.append(doc_id)
    steps = row.get("question_decomposition") or ()
    chain = [step.get("paragraph_support_idx") for step in steps]
    answerable = row.get("answerable", True)
    query_id = str(read.member(row, "id", where))
    query = Query(
        # MuSiQue-Full asks every question twice under one id, once with a supporting paragraph taken away
        query_id if answerable else f"{query_id}#unanswerable",
        str(read.member(row, "question", where)).strip(),
        answers=_answers(row) if answerable else (),
        hops=tuple(ids[index] for index in chain if index in ids),
        rationale=joined(_steps(steps)) if answerable else "",
    )
    return query, supporting


def _answers(row: Mapping[str, Any]) -> tuple[str, ...]:
    texts = [str(text or "").strip() for text in (row.get("answer"), *(row.get("answer_aliases") or ()))]
    return tuple(dict.fromkeys(text for text in texts if text))


def _steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Every step with its answer; a step is a question or, after Wikidata, "subject >> relation"."""
    answers = [str(step.get("answer", "")).strip() for step in steps]

    def earlier(match: re.Match[str]) -> str:
        number = int(match[1])
        return answers[number - 1] if 1 <= number <= len(answers) else match[0]

    for step, answer in zip(steps, answers, strict=True):
        question = EARLIER.sub(earlier, str(step.get("question", "")))
        subject, arrows, relation = question.rpartition(">>")
        yield fact(subject.strip(), relation.strip(), answer) if arrows else f"{question.rstrip(' ?')}? {answer}"
