"""The record every format is read into, and the joins that make it whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from explorer.collections.lines import DocumentLines
from explorer.collections.mending import mended
from explorer.collections.splits import SPLITS, assign_splits
from explorer.files import hash_of
from explorer.records import Document, ExplorerError, Qrels, Query

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One line of qrels. ``split`` is "" where the source names none."""

    query_id: str
    doc_id: str
    grade: int
    split: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something found while opening that did not stop it: how often, and a few of the ids."""

    code: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.examples) + (", …" if self.count > len(self.examples) else "")
        return f"{self.code}: {self.count} ({shown})"


@dataclass(frozen=True)
class Parts:
    """What a format's reader hands over: records in file order, not yet joined; documents that stay on disk as they are.

    ``splits`` maps query_id to the split its source publishes, where that is not said by the judgements.
    """

    documents: Iterable[Document] | DocumentLines
    queries: Iterable[Query]
    judgements: Iterable[Judgement] = ()
    splits: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[Note] = ()


@dataclass(frozen=True)
class Collection:
    """Documents, queries and qrels joined by id. ``source`` opens it again; ``splits`` maps query_id to a split."""

    source: str
    documents: Mapping[str, Document]
    queries: Mapping[str, Query]
    qrels: Qrels
    splits: Mapping[str, str]
    notes: tuple[Note, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.source.rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]

    @property
    def fingerprint(self) -> str:
        """Changes whenever an id or a text of a document changes."""
        return hash_of(part for doc in self.documents.values() for part in (doc.doc_id, doc.content))

    @property
    def brings_scores(self) -> bool:
        """Whether a teacher's scores came with it: then ``given`` is a teacher."""
        return any(query.scores for query in self.queries.values())

    def split(self, name: str) -> list[Query]:
        """The queries of a split, in file order; "all" is every query."""
        if name not in (*SPLITS, "all"):
            raise ExplorerError(f"unknown split {name!r}; choose from {', '.join(SPLITS)}, all")
        return [query for query in self.queries.values() if name in ("all", self.splits.get(query.query_id))]

    def judged(self, queries: Iterable[Query]) -> list[Query]:
        """Those of ``queries`` with at least one relevant document: a measure says nothing of the others."""
        return [query for query in queries if self.relevant(query.query_id)]

    def relevant(self, query_id: str) -> frozenset[str]:
        return frozenset(doc_id for doc_id, grade in self.qrels.get(query_id, {}).items() if grade > 0)

    def groups_of(self, query: Query) -> frozenset[str]:
        """The document groups a query is about: its scope, else the groups of its relevant documents."""
        if query.scope:
            return frozenset([query.scope])
        return frozenset(self.documents[d].group for d in self.relevant(query.query_id) if d in self.documents)

    def unscoped(self) -> Collection:
        """The same collection with every query searched among all documents."""
        return replace(self, queries={q: replace(query, scope="") for q, query in self.queries.items()})


def assemble(source: str, parts: Parts) -> Collection:
    """Joins the parts by id. Duplicate ids and an empty corpus stop it; dangling ids are counted and named.

    Multiple choice may come without documents: its questions can be answered by choosing.
    """
    documents, repeated, empty = _documents(source, parts.documents)
    queries, _ = _by_id("query", source, ((query.query_id, query) for query in map(mended, parts.queries)))
    if not documents and not (queries and all(query.options for query in queries.values())):
        raise ExplorerError(f"{source} holds no documents; a collection needs at least one with text")
    qrels, published, notes = _join(parts.judgements, documents, queries)
    scoped = [query for query in queries.values() if query.scope]
    scopes = {doc.group for doc in documents.values()} if scoped else set()
    nowhere = [query.query_id for query in scoped if query.scope not in scopes]
    notes += [("repeated documents", repeated), ("empty documents", empty), ("scopes without documents", nowhere)]
    whole = Collection(source, documents, queries, qrels, {}, (*parts.notes, *noted(notes)))
    groups = {query_id: whole.groups_of(query) for query_id, query in queries.items()}
    return replace(whole, splits=assign_splits(groups, {**parts.splits, **published}))


def _documents(
    source: str, documents: Iterable[Document] | DocumentLines
) -> tuple[Mapping[str, Document], list[str], list[str]]:
    """(documents by id, ids that came twice, ids of empty ones)."""
    if isinstance(documents, DocumentLines):
        return documents, documents.repeated, documents.empty
    by_id, repeated = _by_id("document", source, ((doc.doc_id, doc) for doc in map(mended, documents)))
    return by_id, repeated, [doc.doc_id for doc in by_id.values() if not doc.content.strip()]


def _by_id(kind: str, source: str, items: Iterable[tuple[str, T]]) -> tuple[dict[str, T], list[str]]:
    found: dict[str, T] = {}
    repeated = []
    for item_id, item in items:
        if item_id in found and found[item_id] != item:
            raise ExplorerError(
                f"{source} uses the {kind} id {item_id!r} for two different {kind} records; ids must be unique: rename one of them"
            )
        if item_id in found:
            repeated.append(item_id)
        found[item_id] = item
    return found, repeated


def _join(
    judgements: Iterable[Judgement], documents: Mapping[str, Document], queries: Mapping[str, Query]
) -> tuple[dict[str, dict[str, int]], dict[str, str], list[tuple[str, list[str]]]]:
    qrels: dict[str, dict[str, int]] = {}
    published: dict[str, str] = {}
    no_document, no_query = [], []
    for judgement in judgements:
        if judgement.query_id not in queries:
            no_query.append(judgement.query_id)
            continue
        if judgement.split:
            published[judgement.query_id] = judgement.split
        if judgement.doc_id not in documents:
            no_document.append(judgement.doc_id)
            continue
        qrels.setdefault(judgement.query_id, {})[judgement.doc_id] = judgement.grade
    dangling = [("judged documents missing from the corpus", no_document), ("judged queries missing", no_query)]
    return qrels, published, dangling


def noted(found: Iterable[tuple[str, Sequence[str]]]) -> tuple[Note, ...]:
    """A note of each (code, ids) that has ids."""
    return tuple(Note(code, len(ids), tuple(dict.fromkeys(ids))[:5]) for code, ids in found if ids)
