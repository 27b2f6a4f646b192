"""HotpotQA (Yang et al. 2018) and 2WikiMultiHopQA (Ho et al. 2020): questions over several Wikipedia paragraphs.

Both publish the same JSON: a list of {_id, question, answer, supporting_facts, context}. Each paragraph is a
document named by its title. Supporting paragraphs have grade 1; the other paragraphs of a question are
distractors nobody judged. A list of {title, text} beside the questions adds paragraphs to the corpus.
Supporting sentences are the evidence, the evidence triples of 2WikiMultiHopQA the rationale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.collections.sentences import fact, joined
from explorer.collections.shelf import Shelf, tidy
from explorer.records import Query, Span

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
    context = {title: list(_spaced(sentences)) for title, sentences in read.member(row, "context", where)}
    ids = {title: shelf.add(title, "".join(sentences)) for title, sentences in context.items()}
    query_id = str(read.member(row, "_id", where))
    facts: dict[str, list[int]] = {}
    for title, number in row.get("supporting_facts", ()):
        facts.setdefault(title, []).append(number)
    hops = tuple(ids.get(title, title) for title in facts)
    answer = str(row.get("answer") or "").strip()
    query = Query(
        query_id,
        str(row["question"]).strip(),
        (answer,) if answer else (),
        hops=hops,
        rationale=joined(fact(*map(str, triple)) for triple in row.get("evidences") or ()),
        evidence={ids[title]: _spans(context[title], numbers) for title, numbers in facts.items() if title in ids},
    )
    return query, [Judgement(query_id, doc_id, 1) for doc_id in hops]


def _spaced(sentences: Iterable[str]) -> Iterable[str]:
    """HotpotQA's sentences carry their leading blank, 2WikiMultiHopQA's do not."""
    for number, sentence in enumerate(sentences):
        yield sentence if number == 0 or sentence.startswith(" ") else f" {sentence}"


def _spans(sentences: Sequence[str], numbers: Iterable[int]) -> tuple[Span, ...]:
    """Where these sentences stand in the paragraph as the shelf keeps it; the sets name some that are not there."""
    ends = [len(tidy("".join(sentences[: number + 1]))) for number in range(len(sentences))]
    there = [number for number in numbers if 0 <= number < len(sentences) and sentences[number].strip()]
    return tuple(Span(ends[number] - len(tidy(sentences[number])), ends[number]) for number in there)
