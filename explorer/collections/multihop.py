"""HotpotQA (Yang et al. 2018) and 2WikiMultiHopQA (Ho et al. 2020): questions over several Wikipedia paragraphs.

Both publish the same JSON: a list of {_id, question, answer, supporting_facts, context}. Each paragraph is a
document named by its title. Supporting paragraphs have grade 1; the other paragraphs of a question are
distractors nobody judged. A list of {title, text} beside the questions adds paragraphs to the corpus.
The evidence triples of 2WikiMultiHopQA are the rationale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.collections.sentences import fact, joined
from explorer.collections.shelf import Shelf
from explorer.records import Query

WHAT = "a JSON list of questions (_id, question, answer, supporting_facts, context) or of passages (title, text)"


def recognise(path: Path) -> bool:
    return any('"supporting_facts"' in head for head in read.heads(path, "*.json"))


def load(path: Path) -> Parts:
    """A file, a folder of files, or several files joined by "+"."""
    shelf = Shelf()
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for file in read.files(path, "*.json"):
        for number, row in read.json_records(file, WHAT):
            where = f"{file}, record {number}"
            if "question" in row:
                query, judged = _question(row, shelf, where)
                queries.append(query)
                judgements += judged
            else:
                shelf.add(str(read.member(row, "title", where)), str(read.member(row, "text", where)))
    return Parts(shelf.documents, queries, judgements)


def _question(row: Mapping[str, Any], shelf: Shelf, where: str) -> tuple[Query, list[Judgement]]:
    ids = {
        title: shelf.add(title, "".join(_spaced(sentences))) for title, sentences in read.member(row, "context", where)
    }
    query_id = str(read.member(row, "_id", where))
    titles = list(dict.fromkeys(title for title, _sentence in row.get("supporting_facts", ())))
    hops = tuple(ids.get(title, title) for title in titles)
    answer = str(row.get("answer") or "").strip()
    query = Query(
        query_id,
        str(row["question"]).strip(),
        (answer,) if answer else (),
        hops=hops,
        rationale=joined(fact(*map(str, triple)) for triple in row.get("evidences") or ()),
    )
    return query, [Judgement(query_id, doc_id, 1) for doc_id in hops]


def _spaced(sentences: Iterable[str]) -> Iterable[str]:
    """HotpotQA's sentences carry their leading blank, 2WikiMultiHopQA's do not."""
    for number, sentence in enumerate(sentences):
        yield sentence if number == 0 or sentence.startswith(" ") else f" {sentence}"
