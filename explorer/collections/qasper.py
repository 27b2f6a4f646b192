"""QASPER's official JSON: questions asked within a paper, answered by several annotators (Dasigi et al. 2021).

Every paragraph of a paper is a document, its paper the group and the scope of its questions. Evidence is
given as text, so it is joined to the paragraph of the same paper that has this text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.records import Document, Query

WHAT = "QASPER's JSON: paper id -> {title, full_text, qas}"
FLOAT = "FLOAT SELECTED:"


def recognise(path: Path) -> bool:
    return any(head.startswith("{") and '"full_text"' in head for head in read.heads(path, "*.json"))


def load(path: Path) -> Parts:
    """A file, a folder of files, or several files joined by "+"."""
    documents: list[Document] = []
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file in read.files(path, "*.json"):
        for paper_id, paper in read.json_value(file, dict, WHAT).items():
            where = f"{file}, paper {paper_id}"
            paragraphs = list(_paragraphs(paper_id, paper, where))
            documents += paragraphs
            by_text = {_key(doc.text): doc.doc_id for doc in reversed(paragraphs)}
            for qa in read.member(paper, "qas", where):
                query_id = str(read.member(qa, "question_id", where))
                answers = [entry.get("answer", entry) for entry in qa.get("answers", ())]
                queries.append(Query(query_id, qa["question"].strip(), _answers(answers), scope=paper_id))
                for evidence in dict.fromkeys(text for answer in answers for text in answer.get("evidence", ())):
                    text = evidence.removeprefix(FLOAT)
                    # evidence that stands in no paragraph joins nothing: assemble() counts and names it
                    missing = f"{paper_id}: {text.strip()[:60]}"
                    judgements.append(Judgement(query_id, by_text.get(_key(text), missing), 1))
    return Parts(documents, queries, judgements)


def _key(text: str) -> str:
    return " ".join(text.split())


def _paragraphs(paper_id: str, paper: Mapping[str, Any], where: str) -> Iterator[Document]:
    title = str(paper.get("title") or "")
    texts = [("Abstract", str(paper.get("abstract") or ""))]
    for section in read.member(paper, "full_text", where):
        texts += [(str(section.get("section_name") or ""), str(text)) for text in section.get("paragraphs", ())]
    texts += [("Figure or table", str(item.get("caption") or "")) for item in paper.get("figures_and_tables", ())]
    for number, (section, text) in enumerate(pair for pair in texts if pair[1].strip()):
        yield Document(f"{paper_id}-{number:03}", text, group=paper_id, meta={"paper": title, "section": section})


def _answers(answers: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every annotator's answer once, in order; unanswerable is no answer."""
    return tuple(dict.fromkeys(text for answer in answers if (text := _answer(answer))))


def _answer(answer: Mapping[str, Any]) -> str:
    if answer.get("unanswerable"):
        return ""
    if answer.get("yes_no") is not None:
        return "Yes" if answer["yes_no"] else "No"
    spans = ", ".join(span.strip() for span in answer.get("extractive_spans") or ())
    return spans or str(answer.get("free_form_answer") or "").strip()
