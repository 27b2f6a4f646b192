"""Natural Questions and TriviaQA in the layouts of DPR (Karpukhin et al. 2020) and of the readers after it.

JSONL or a JSON list of {question, answers} with either positive_ctxs, hard_negative_ctxs and negative_ctxs, or one
list of ctxs; a passage is {title, text}. Positive passages, and those flagged as gold or as holding the answer, have
grade 1; nobody judged the others. Identical passages are one document, named by its title.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.collections.shelf import Shelf
from explorer.records import Query

WHAT = "a JSON list of questions (question, answers, and ctxs or positive_ctxs)"
POSITIVE, NEGATIVE = "positive_ctxs", ("hard_negative_ctxs", "negative_ctxs")
FLAGS = ("isgold", "hasanswer", "has_answer")  # the first one a passage carries decides


def recognise(path: Path) -> bool:
    heads = read.heads(path, "*.jsonl", "*.json")
    return any('"question"' in head and ('"ctxs"' in head or f'"{POSITIVE}"' in head) for head in heads)


def load(path: Path) -> Parts:
    """A file, a folder of files, or several files joined by "+"."""
    shelf = Shelf()
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file in read.files(path, "*.jsonl", "*.json"):
        rows = read.json_lines(file) if file.suffix == ".jsonl" else read.json_records(file, WHAT)
        for number, row in rows:
            where = f"{file}, record {number}"
            query_id = str(row.get("id", f"{file.stem}-{number}"))
            answers = dict.fromkeys(str(text).strip() for text in read.items(row, "answers", where))
            queries.append(Query(query_id, str(read.member(row, "question", where)).strip(), tuple(answers)))
            for passage, gold in _passages(row, where):
                text = str(read.member(passage, "text", where))
                doc_id = shelf.add(str(passage.get("title") or ""), text)
                if gold:
                    judgements.append(Judgement(query_id, doc_id, 1))
    return Parts(shelf.documents, queries, judgements)


def _passages(row: Mapping[str, Any], where: str) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Every passage of a question, and whether it is gold."""
    if POSITIVE in row:
        yield from ((passage, True) for passage in read.items(row, POSITIVE, where))
        for kind in NEGATIVE:
            yield from ((passage, False) for passage in row.get(kind) or ())
        return
    passages = read.items(row, "ctxs", where)
    for passage in passages:
        flag = next((flag for flag in FLAGS if flag in passage), None)
        # a list without flags is what a retriever found; only a passage that stands alone is surely meant
        yield passage, bool(passage[flag]) if flag else len(passages) == 1
