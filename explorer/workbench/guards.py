"""What keeps a comparison honest: nothing trained on is evaluated, and "better" is said only of what was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.collections import Collection
from explorer.collections.overlap import near_duplicates
from explorer.files import content_hash, read_json
from explorer.records import ExplorerError, Query, Run
from explorer.workbench.specs import students_in
from explorer.workspace import Workspace

FEWEST = 6  # queries a verdict needs; of five, even five gains have p 0.0625 in the two-sided randomisation test
NOT_HELD_OUT = "not held out"  # in a verdict's place: the queries chose the student, so a gain on them proves nothing
OVERLAPS = ("stop", "drop", "keep")
SHARES_GROUP = "shares a document group with dev or test"
NEAR_DUPLICATE = "its relevant documents are near-duplicates of dev's or test's"
IN_GUARD = "stands in the guard, itself or a near-duplicate of its relevant documents"


@dataclass(frozen=True)
class Data:
    """Queries to learn from, queries to watch. ``dropped`` and ``kept``: reason -> training queries that overlap."""

    train: list[Query]
    dev: list[Query]
    dropped: dict[str, int]
    kept: dict[str, int]


def divide(
    collection: Collection, split: str, overlap: str = "stop", guard: tuple[Collection, Sequence[Query]] | None = None
) -> Data:
    """Training queries that overlap with dev, test or the guard stop the run, are dropped, or are kept and counted.

    Overlap is a shared document, a shared group of documents, or a relevant document that is nearly the same text; with
    the queries of a ``guard``, another collection, also the same question. ``split`` "all" frees the test queries for
    training: they are then to be evaluated on another collection.
    """
    dev, test = collection.split("dev"), collection.split("test")
    held_out = dev if split == "all" else [*dev, *test]
    ids = {query.query_id for query in held_out}
    train = [query for query in collection.split(split) if query.query_id not in ids]
    reasons = _overlaps(collection, train, held_out)
    if guard:
        reasons |= _overlaps_with_guard(collection, [q for q in train if q.query_id not in reasons], *guard)
    counts: dict[str, int] = {}
    for reason in reasons.values():
        counts[reason] = counts.get(reason, 0) + 1
    if counts and overlap == "stop":
        raise ExplorerError(_refusal(collection, reasons, counts))
    chosen = [query for query in train if overlap == "keep" or query.query_id not in reasons]
    if guard and (seen := {query_mark(query) for query in chosen} & {query_mark(query) for query in guard[1]}):
        raise ExplorerError(
            f"{guard[0].name} holds {len(seen)} of the queries to train on, and a student is never measured on them; "
            "leave them out with --overlap drop, or name another guard"
        )
    if not chosen:
        left_out = "".join(f"; {count} left out: {reason}" for reason, count in counts.items())
        raise ExplorerError(
            f"{collection.name} has no query to train on in split {split!r}; splits: {_sizes(collection)}{left_out}"
        )
    if not dev:
        raise ExplorerError(f"{collection.name} has no dev query to tell when to stop; splits: {_sizes(collection)}")
    return Data(chosen, dev, counts if overlap == "drop" else {}, counts if overlap == "keep" else {})


def measured_split(collection: Collection, split: str) -> str:
    """Where a student trained on ``split`` is measured: test, if it was not trained on and is judged, else dev."""
    return "test" if split == "train" and collection.judged(collection.split("test")) else "dev"


def _overlaps(collection: Collection, train: Sequence[Query], held_out: Sequence[Query]) -> dict[str, str]:
    """query_id of a training query -> why it overlaps with what is evaluated."""
    taken = frozenset[str]().union(*(collection.groups_of(query) for query in held_out))
    reasons = {query.query_id: SHARES_GROUP for query in train if collection.groups_of(query) & taken}
    rest = [query for query in train if query.query_id not in reasons]
    return reasons | dict.fromkeys(_near(collection, rest, collection, held_out), NEAR_DUPLICATE)


def _overlaps_with_guard(
    collection: Collection, train: Sequence[Query], other: Collection, queries: Sequence[Query]
) -> dict[str, str]:
    """The same for a guard. Ids say nothing between collections, texts do."""
    asked = {query.text for query in queries}
    same = [query.query_id for query in train if query.text in asked]
    return dict.fromkeys([*same, *_near(collection, train, other, queries)], IN_GUARD)


def _near(collection: Collection, train: Sequence[Query], other: Collection, queries: Sequence[Query]) -> list[str]:
    """query_ids of ``train`` with a relevant document nearly the same as a relevant one of ``queries``."""
    ours, theirs = _relevant_texts(collection, train), _relevant_texts(other, queries)
    twins = {doc_id for doc_id, _, _ in near_duplicates(ours, theirs)}
    return [query.query_id for query in train if collection.relevant(query.query_id) & twins]


def _relevant_texts(collection: Collection, queries: Sequence[Query]) -> dict[str, str]:
    ids = frozenset[str]().union(*(collection.relevant(query.query_id) for query in queries))
    return {doc_id: collection.documents[doc_id].text for doc_id in ids}


def _refusal(collection: Collection, reasons: Mapping[str, str], counts: Mapping[str, int]) -> str:
    told = "; ".join(f"{count}: {reason}" for reason, count in counts.items())
    examples = ", ".join(list(reasons)[:3])
    return (
        f"{len(reasons)} training queries of {collection.name} overlap with what is evaluated ({told}; e.g. {examples}), "
        "so a gain could be memory; leave them out with --overlap drop, or train on them anyway with --overlap keep"
    )


def _sizes(collection: Collection) -> str:
    return ", ".join(f"{name} {len(collection.split(name))}" for name in ("train", "dev", "test"))


def query_mark(query: Query) -> str:
    """What a run remembers of a query it was trained on, so that evaluation can refuse it.

    Id and text: ids repeat between collections, and QASPER asks the same words of many papers.
    """
    return content_hash(query.query_id, query.text)[:16]


def refuse_training_queries(workspace: Workspace, spec: str, queries: Sequence[Query]) -> None:
    """A student is never measured on what it was trained on."""
    for run_id in students_in(spec):
        trained = workspace.existing_run(run_id).path / "trained.json"
        seen = set(read_json(trained)["queries"]) if trained.exists() else set()
        overlap = sum(query_mark(query) in seen for query in queries)
        if overlap:
            raise ExplorerError(
                f"student:{run_id} was trained on {overlap} of these {len(queries)} queries, so its measures would mean "
                "nothing; evaluate on --split test, or on another collection"
            )


def refuse_run_of_other_queries(spec: str, found: Run, split: str) -> None:
    """A run made for other queries would be measured as one that fails at all of these."""
    if found.rankings and not any(ranking.docs for ranking in found.rankings.values()):
        ids = ", ".join(repr(query_id) for query_id in list(found.rankings)[:3])
        raise ExplorerError(
            f"{spec} ranks no document of this collection for any of the {len(found.rankings)} queries of split {split!r}, "
            f"such as {ids}; give a run of these queries, with ids written in the same way"
        )


def verdict(ci95: Sequence[float], queries: int) -> str:
    """What may be said of a change by its 95 % interval over ``queries`` queries.

    Of fewer than FEWEST nothing: though all of them gained, the interval would lie above zero by construction.
    """
    low, high = ci95
    if queries < FEWEST:
        return "no difference shown"
    return "better" if low > 0 else "worse" if high < 0 else "no difference shown"
