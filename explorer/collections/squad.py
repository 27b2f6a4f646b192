"""SQuAD v1.1's JSON (Rajpurkar et al. 2016): questions asked on one paragraph of a Wikipedia article.

{data: [{title, paragraphs: [{context, qas: [{id, question, answers: [{text}]}]}]}]}. Each paragraph is a document,
its article the group; the paragraph a question was asked on has grade 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.records import Document, Query

WHAT = "SQuAD's JSON: {data: articles with title and paragraphs}"


def recognise(path: Path) -> bool:
    return any('"qas"' in head and '"answer_start"' in head for head in read.heads(path, "*.json"))


def load(path: Path) -> Parts:
    """A file, a folder of files, or several files joined by "+"."""
    documents: list[Document] = []
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file in read.files(path, "*.json"):
        for article in read.items(read.json_value(file, dict, WHAT), "data", str(file)):
            title = str(read.member(article, "title", f"{file}, an article"))
            where = f"{file}, article {title}"
            for number, paragraph in enumerate(read.items(article, "paragraphs", where)):
                doc_id = f"{title}-{number:03}"
                text = str(read.member(paragraph, "context", where)).strip()
                documents.append(Document(doc_id, text, title.replace("_", " "), group=title))
                for qa in read.items(paragraph, "qas", where):
                    query = _query(qa, where)
                    queries.append(query)
                    # SQuAD 2.0 also asks what the paragraph cannot answer
                    judgements += [] if qa.get("is_impossible") else [Judgement(query.query_id, doc_id, 1)]
    return Parts(documents, queries, judgements)


def _query(qa: dict[str, Any], where: str) -> Query:
    answers = [str(read.member(answer, "text", where)).strip() for answer in qa.get("answers") or ()]
    text = str(read.member(qa, "question", where)).strip()
    return Query(str(read.member(qa, "id", where)), text, tuple(dict.fromkeys(answers)))
