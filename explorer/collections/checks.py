"""The check-up of a collection: what would spoil a comparison without anybody noticing. No model is needed here.

Each finding says how often, shows five examples, what follows from it and what to do.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from explorer.collections import cutting, read
from explorer.collections.collection import Collection
from explorer.collections.lines import Contents
from explorer.collections.overlap import near_duplicates
from explorer.collections.splits import SPLITS
from explorer.collections.stating import CHOICES, flat
from explorer.records import Progress, Query, silent

EXAMPLES = 5
COMPARED = 50_000  # relevant documents of train, and of dev and test, that are compared with one another
SEARCHED = 64 * 2**20  # characters of text up to which an answer is looked for in every document
_MOJIBAKE = re.compile(r"\ufffd|\u00c3[\u0080-\u00bf]|\u00c2[\u0080-\u00bf]|\u00e2\u20ac|[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Finding:
    """``level``: error (figures would be wrong), warning (figures may mislead) or note."""

    level: str
    code: str
    count: int
    examples: tuple[str, ...]
    consequence: str
    remedy: str


def checks(collection: Collection, progress: Progress = silent) -> list[Finding]:
    """Everything that can be found without a model, worst first."""
    steps = (_joins, _texts, _judgements, _answers, _leakage)
    found = []
    for done, step in enumerate(steps):
        progress("check", done, len(steps))
        found += [finding for finding in step(collection) if finding.count]
    progress("check", len(steps), len(steps))
    return ordered(found)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: ("error", "warning", "note").index(finding.level))


def finding(level: str, code: str, ids: Iterable[str], consequence: str, remedy: str) -> Finding:
    found = list(ids)
    return Finding(level, code, len(found), tuple(dict.fromkeys(found))[:EXAMPLES], consequence, remedy)


NOTES: Mapping[str, tuple[str, str, str]] = {  # what opening noticed -> level, consequence, remedy
    "judged documents missing from the corpus": (
        "warning",
        "no system can find them, so recall is lower than it could be for all",
        "add the documents, or take their lines out of the qrels",
    ),
    "judged queries missing": (
        "warning",
        "their judgements are not used",
        "add the queries, or take their lines out of the qrels",
    ),
    "repeated documents": ("note", "each is kept once", "nothing, or remove the copies"),
    "empty documents": (
        "warning",
        "they are ranked by their emptiness and take up places",
        "fill them in or take them out",
    ),
    "scopes without documents": (
        "error",
        "these queries find nothing",
        "give documents this group, or correct the scope",
    ),
    read.FOREIGN: (
        "note",
        "letters beyond a to z are wrong where the guess is",
        "look at such words; save the files as UTF-8 if you can",
    ),
    cutting.CUT: ("note", "each chunk is ranked on its own and shown inside its document", "nothing"),
    cutting.EVIDENCE: ("note", "their other chunks are unjudged", "nothing"),
    cutting.ANSWER: (
        "note",
        "their other chunks are unjudged, also where they say it in other words",
        "look at the examples",
    ),
    cutting.ALL: (
        "warning",
        "chunks that say nothing of the question count as relevant, so recall is lower than it is",
        "give evidence spans or answers, or label the chunks",
    ),
    "files without text": ("warning", "nothing of them can be found", "run OCR over scanned PDFs, then open again"),
}


def _joins(collection: Collection) -> Iterator[Finding]:
    for note in collection.notes:
        level, consequence, remedy = NOTES.get(
            note.code, ("note", "it was read as well as it could be", "look at the examples")
        )
        yield Finding(level, note.code, note.count, note.examples, consequence, remedy)
    dangling = any(note.code.startswith("judged ") for note in collection.notes)
    if dangling and not collection.qrels:
        yield finding(
            "error",
            "judgements that join nothing",
            [note.examples[0] for note in collection.notes if note.code.startswith("judged ")],
            "nothing can be measured",
            "compare the ids of the qrels with those of the corpus and the queries; often a prefix or a column differs",
        )


def _texts(collection: Collection) -> Iterator[Finding]:
    marks = array("q")  # eight bytes for each text, so that a corpus that stays on disk stays there
    damaged = []
    for doc_id, doc in collection.documents.items():
        marks.append(hash(doc.content))
        damaged += [doc_id] if _MOJIBAKE.search(doc.content) else []
    damaged += [query.query_id for query in collection.queries.values() if _MOJIBAKE.search(query.text)]
    yield finding(
        "warning",
        "documents with the text of another",
        compress(collection.documents, _repeated(marks)),
        "a copy of a relevant document counts as a miss unless it is judged, too",
        "keep one of each, or judge all copies alike",
    )
    yield finding(
        "warning",
        "damaged characters",
        damaged,
        "words that hold them match nothing, and the encoder sees noise",
        "read the source in its own encoding and write it as UTF-8",
    )
    asked = Counter((query.text.strip().casefold(), query.scope) for query in collection.queries.values())
    yield finding(
        "note",
        "questions asked twice",
        (q.query_id for q in collection.queries.values() if asked[q.text.strip().casefold(), q.scope] > 1),
        "each counts on its own, so such a question weighs more",
        "keep one of each if that is not meant",
    )


def _repeated(marks: array[int]) -> np.ndarray:
    """(len(marks),) bool: whether a mark stands earlier, too."""
    values = np.frombuffer(marks, dtype=np.int64) if marks else np.empty(0, dtype=np.int64)
    order = np.argsort(values, kind="stable")
    found = np.zeros(len(values), dtype=bool)
    found[order[1:]] = values[order[1:]] == values[order[:-1]]
    return found


def _judgements(collection: Collection) -> Iterator[Finding]:
    queries = list(collection.queries.values())
    unjudged = [query.query_id for query in queries if query.query_id not in collection.qrels]
    useless = [q.query_id for q in queries if q.query_id in collection.qrels and not collection.relevant(q.query_id)]
    yield finding(
        "warning" if len(unjudged) < len(queries) else "note",
        "queries without judgements",
        unjudged,
        "no measure can be taken of them; they can still be asked, answered and labelled",
        "judge some, or give answers: utility needs no judgements",
    )
    yield finding(
        "warning",
        "queries with no relevant document",
        useless,
        "every system scores 0 there or is not measured",
        "look at their judgements: grades above 0 are relevant",
    )
    empty = [name for name in SPLITS if queries and not collection.split(name)]
    if collection.qrels:
        yield finding(
            "note",
            "splits without queries",
            empty,
            "training needs train and dev, a comparison needs test",
            "name the split where there is one, e.g. --split all for a collection that is only measured",
        )


def _answers(collection: Collection) -> Iterator[Finding]:
    queries = list(collection.queries.values())
    silent_ones = [query.query_id for query in queries if not query.answers]
    yield finding(
        "note",
        "queries without answers",
        silent_ones,
        "utility, rationales and answers downstream leave them out",
        "add reference answers where you have them",
    )
    yield finding(
        "warning",
        "answers found in no document",
        _nowhere(collection, queries),
        "exact match cannot reach 1 there; the answer is worded otherwise, or its evidence is missing",
        "look at the examples; add the evidence, or an alias of the answer",
    )


def _nowhere(collection: Collection, queries: Iterable[Query]) -> Iterable[str]:
    """Queries none of whose answers stands in a relevant document, nor, in a corpus of moderate size, in any."""
    missing = {}
    for query in queries:
        answers = [flat(answer) for answer in query.answers]
        if not answers or query.options or set(answers) & CHOICES:
            continue
        near = (flat(collection.documents[doc_id].content) for doc_id in collection.relevant(query.query_id))
        if not any(answer in text for text in near for answer in answers):
            missing[query.query_id] = answers
    found = _elsewhere(collection, missing) if missing else set()
    return [query_id for query_id in missing if query_id not in found]


def _elsewhere(collection: Collection, missing: Mapping[str, Sequence[str]]) -> set[str]:
    """Queries with an answer in any document; none is looked for in a corpus of more than SEARCHED characters."""
    found: set[str] = set()
    size = 0
    for text in _pages(flat(doc.content) for doc in collection.documents.values()):
        size += len(text)
        if size > SEARCHED:
            return set()
        found |= {q for q, answers in missing.items() if q not in found and any(one in text for one in answers)}
    return found


def _pages(texts: Iterable[str]) -> Iterator[str]:
    """Texts joined to pages of about a million characters: looking through few long ones is faster."""
    page: list[str] = []
    size = 0
    for text in texts:
        page.append(text)
        size += len(text)
        if size > 2**20:
            yield "\n".join(page)
            page, size = [], 0
    yield "\n".join(page)


def _leakage(collection: Collection) -> Iterator[Finding]:
    groups = {name: {g for query in collection.split(name) for g in collection.groups_of(query)} for name in SPLITS}
    evaluated = groups["dev"] | groups["test"]
    yield finding(
        "warning",
        "document groups shared between train and what is evaluated",
        sorted(groups["train"] & evaluated),
        "a student may remember instead of understand; training on it stops, or drops these queries",
        "split by group, or train with --overlap drop",
    )
    relevant = {name: _relevant(collection, name) for name in SPLITS}
    held_out = relevant["dev"] | relevant["test"]
    ours = relevant["train"].keys() - held_out.keys()
    left, right = (_some(collection, ids) for ids in (ours, held_out))
    twins = near_duplicates(left, right)
    yield finding(
        "warning",
        "near-duplicates across splits",
        (f"{ours_id} ~ {theirs_id} ({value:.2f})" for ours_id, theirs_id, value in twins),
        "test questions are answered by texts the student was trained on",
        "put such texts into one group, or train with --overlap drop",
    )
    yield finding(
        "note",
        "documents left out of the search for near-duplicates",
        sorted((ours - left.keys()) | (held_out.keys() - right.keys())),
        f"each side is compared by a sample of {COMPARED:,}, so there may be more than are named",
        "nothing",
    )


def _relevant(collection: Collection, split: str) -> dict[str, None]:
    """Ids of the documents that are relevant to a query of the split."""
    return dict.fromkeys(d for query in collection.split(split) for d in collection.relevant(query.query_id))


def _some(collection: Collection, doc_ids: Iterable[str]) -> Contents:
    """The contents of COMPARED of these documents, spread evenly over their ids."""
    ordered_ids = sorted(doc_ids)
    return Contents(collection.documents, ordered_ids[:: -(-len(ordered_ids) // COMPARED) or 1])
