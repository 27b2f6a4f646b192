"""``chunks:COLLECTION``: the long documents of any collection as overlapping chunks that know where they lie.

What is said of a document that was cut goes to the chunks that bear it: those that hold its evidence where the
collection tells, else those that state an answer, else all. A document that fits into one chunk stays as it is.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from explorer.collections.chunks import WORDS, chunks
from explorer.collections.collection import Collection, noted
from explorer.collections.lines import Streamed
from explorer.collections.stating import CHOICES, stated
from explorer.records import Document, Query, Span

PREFIX = "chunks:"
CUT = "documents cut into chunks"
EVIDENCE = "judgements of a cut document, given to its chunks that hold the evidence"
ANSWER = "judgements of a cut document, given to its chunks that state an answer"
ALL = "judgements of a cut document, given to all its chunks"


class Pieces(Streamed):
    """doc_id -> a document that fits, or a chunk PARENT#1, PARENT#2 … of one that does not.

    Memory holds offsets alone; a chunk is cut out when it is asked for, so a corpus that stays on disk stays there.
    """

    def __init__(self, whole: Mapping[str, Document]) -> None:
        self._whole = whole
        self.places = {
            doc_id: array("q", chain.from_iterable(found))  # start and end of its chunks, one after another
            for doc_id, doc in whole.items()
            if len(doc.text.split()) > WORDS and len(found := chunks(doc.text)) > 1
        }
        self._parents: dict[str, str] = {}  # stem of ids -> parent, where the parent's own id is taken
        self._stems: dict[str, str] = {}
        for parent in self.places:
            if (stem := self._free(parent)) != parent:
                self._parents[stem], self._stems[parent] = parent, stem

    def _free(self, parent: str) -> str:
        """What the ids of its chunks begin with; "name#2" may be a document of its own beside "name"."""
        stem, numbers = parent, range(1, self._count(parent) + 1)
        while (
            any(f"{stem}#{number}" in self._whole for number in numbers)
            or (stem in self._whole and stem != parent)
            or stem in self._parents
        ):
            stem += "#"
        return stem

    def _count(self, parent: str) -> int:
        return len(self.places[parent]) // 2

    def ids(self, parent: str) -> tuple[str, ...]:
        """The ids a document of the whole collection goes by here."""
        if parent not in self.places:
            return (parent,)
        stem = self._stems.get(parent, parent)
        return tuple(f"{stem}#{number}" for number in range(1, self._count(parent) + 1))

    def cut(self, doc: Document) -> Iterator[Document]:
        """A document of the whole collection as it is here."""
        for number, doc_id in enumerate(self.ids(doc.doc_id)):
            yield self._chunk(doc, doc_id, number) if doc.doc_id in self.places else doc

    def _chunk(self, doc: Document, doc_id: str, number: int) -> Document:
        start, end = self.places[doc.doc_id][2 * number : 2 * number + 2]
        meta = {**doc.meta, "source": doc.doc_id, "start": start, "end": end}
        return replace(doc, doc_id=doc_id, text=doc.text[start:end], meta=meta)

    def _found(self, doc_id: object) -> tuple[str, int] | None:
        """(parent, number from 0) of a chunk's id."""
        stem, _, number = str(doc_id).rpartition("#")
        parent = self._parents.get(stem, stem)
        if parent not in self.places or self._stems.get(parent, parent) != stem or not number.isdecimal():
            return None
        at = int(number)
        return (parent, at - 1) if 1 <= at <= self._count(parent) and number == str(at) else None

    def __getitem__(self, doc_id: str) -> Document:
        if (found := self._found(doc_id)) is not None:
            return self._chunk(self._whole[found[0]], doc_id, found[1])
        if doc_id in self.places:
            raise KeyError(doc_id)
        return self._whole[doc_id]

    def __contains__(self, doc_id: object) -> bool:
        return self._found(doc_id) is not None or (doc_id in self._whole and doc_id not in self.places)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(self.ids, self._whole))

    def __len__(self) -> int:
        return len(self._whole) + sum(self._count(parent) - 1 for parent in self.places)

    def in_order(self) -> Iterator[tuple[str, Document]]:
        return ((piece.doc_id, piece) for doc in self._whole.values() for piece in self.cut(doc))


def cut(collection: Collection, source: str) -> Collection:
    """The collection with its long documents in chunks; groups, scopes and splits stay."""
    pieces = Pieces(collection.documents)
    queries, qrels, told = {}, {}, _Told()
    for query_id, query in collection.queries.items():
        bearers = _bearers(query, collection, pieces)
        queries[query_id] = _moved(query, bearers, collection, pieces)
        if query_id in collection.qrels:
            qrels[query_id] = _grades(query_id, collection.qrels[query_id], bearers, pieces, told)
    notes = (*collection.notes, *noted([(CUT, list(pieces.places)), *told.by_reason.items()]))
    return replace(collection, source=source, documents=pieces, queries=queries, qrels=qrels, notes=notes)


@dataclass(frozen=True)
class _Told:
    """Where the judgements of cut documents went: the reason -> "query: document" of each."""

    by_reason: dict[str, list[str]] = field(default_factory=lambda: {EVIDENCE: [], ANSWER: [], ALL: []})


Bearers = Mapping[str, tuple[str, tuple[str, ...]]]
"""Cut document -> (why, ids of those of its chunks that bear what is said of it)."""


def _bearers(query: Query, collection: Collection, pieces: Pieces) -> Bearers:
    judged = collection.qrels.get(query.query_id, {})
    named = dict.fromkeys([*judged, *query.hops, *query.evidence, *query.scores])
    parents = [doc_id for doc_id in named if doc_id in pieces.places]
    return {doc_id: _bearing(query, list(pieces.cut(collection.documents[doc_id]))) for doc_id in parents}


def _bearing(query: Query, parts: Sequence[Document]) -> tuple[str, tuple[str, ...]]:
    parent = parts[0].meta["source"]
    if held := _holding(parts, query.evidence.get(parent, ())):
        return EVIDENCE, held
    answers = [answer for answer in query.answers if answer.casefold() not in CHOICES]  # "yes" stands anywhere
    if answers and not query.options and (held := _those(parts, lambda one: stated(one.text, answers))):
        return ANSWER, held
    return ALL, tuple(one.doc_id for one in parts)


def _holding(parts: Sequence[Document], spans: Sequence[Span]) -> tuple[str, ...]:
    """Chunks that hold a span as a whole; for a span that none holds, all it touches."""
    found: set[str] = set()
    for span in spans:
        whole = _those(parts, lambda one: one.meta["start"] <= span.start and span.end <= one.meta["end"])  # noqa: B023
        found |= set(whole or _those(parts, lambda one: _touches(one, span)))  # noqa: B023
    return _those(parts, lambda one: one.doc_id in found)


def _those(parts: Sequence[Document], bears: Callable[[Document], bool]) -> tuple[str, ...]:
    return tuple(one.doc_id for one in parts if bears(one))


def _touches(chunk: Document, span: Span) -> bool:
    return bool(span.start < chunk.meta["end"] and chunk.meta["start"] < span.end)


def _grades(query_id: str, grades: Mapping[str, int], bearers: Bearers, pieces: Pieces, told: _Told) -> dict[str, int]:
    """A useless document is useless in each of its chunks; what bears nothing of a relevant one is unjudged."""
    found: dict[str, int] = {}
    for doc_id, grade in grades.items():
        if doc_id not in bearers or grade <= 0:
            found |= dict.fromkeys(pieces.ids(doc_id), grade)
            continue
        why, ids = bearers[doc_id]
        told.by_reason[why].append(f"{query_id}: {doc_id}")
        found |= dict.fromkeys(ids, grade)
    return found


def _moved(query: Query, bearers: Bearers, collection: Collection, pieces: Pieces) -> Query:
    """A step of the chain becomes the first chunk that bears it, so that a question keeps its number of hops."""
    if not bearers:
        return query
    evidence: dict[str, tuple[Span, ...]] = {}
    for doc_id, spans in query.evidence.items():
        parts = pieces.cut(collection.documents[doc_id]) if doc_id in bearers else ()
        evidence |= {one.doc_id: own for one in parts if (own := _within(one, spans))}
        evidence |= {} if doc_id in bearers else {doc_id: spans}
    return replace(
        query,
        hops=tuple(bearers[hop][1][0] if hop in bearers else hop for hop in query.hops),
        evidence=evidence,
        scores={one: score for d, score in query.scores.items() for one in (bearers[d][1] if d in bearers else (d,))},
    )


def _within(chunk: Document, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans of a document as characters of its chunk."""
    start, end = chunk.meta["start"], chunk.meta["end"]
    own = (span for span in spans if _touches(chunk, span))
    return tuple(replace(s, start=max(s.start, start) - start, end=min(s.end, end) - start) for s in own)
