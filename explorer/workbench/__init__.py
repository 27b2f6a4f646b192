"""The workbench: one open collection and everything that can be done with it. The only place that knows all engines."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from explorer.collections import Collection, open_collection, trec
from explorer.collections.mending import mended
from explorer.files import atomic_file
from explorer.records import (
    Comparison,
    ExplorerError,
    Move,
    Progress,
    Qrels,
    Query,
    Ranking,
    Run,
    Scores,
    TeacherScores,
    silent,
)
from explorer.workbench.fence import OPEN, Fence
from explorer.workbench.loading import Models
from explorer.workbench.query_list import QueryList
from explorer.workbench.specs import NO_RUNS, Retrievers
from explorer.workspace import RunFolder, Workspace, bundled_runs

FREE_TEXT = "free-text"
REMEMBERED = 16  # results kept at a time
T = TypeVar("T")


class Workbench:
    """Opens a collection; loads models and builds indexes when first needed. ``scoped``: how it was opened.

    ``reader``: the language model that reranks and answers. ``runs``: rankings in memory, retrievers by their names.
    """

    def __init__(
        self,
        collection: Collection,
        workspace: Workspace | None = None,
        device: str | None = None,
        progress: Progress = silent,
        scoped: bool = True,
        reader: str = "smollm2",
        fence: Fence = OPEN,
        runs: Mapping[str, Run] = NO_RUNS,
    ) -> None:
        self.collection = collection
        self.runs = runs
        self.fence = fence
        self.reader = reader
        self.scoped = scoped
        self.workspace = workspace or Workspace()
        self.progress = progress
        self.models = Models(self.workspace, device, progress)
        self._results: dict[tuple[Any, ...], Any] = {}
        self._making: dict[tuple[Any, ...], threading.RLock] = {}

    @classmethod
    def open(
        cls,
        spec: str,
        workspace: Workspace | None = None,
        *,
        scoped: bool = True,
        device: str | None = None,
        progress: Progress = silent,
        reader: str = "smollm2",
    ) -> Workbench:
        workspace = workspace or Workspace()
        imported = spec in workspace.collections() and not Path(spec).exists()
        where = str(workspace.collection(spec)) if imported else spec
        return cls(open_collection(where, scoped=scoped), workspace, device, progress, scoped, reader)

    def for_visitors(self, *, read_only: bool, fenced: bool, private: Sequence[Path] = ()) -> Workbench:
        """This workbench as an app serves it: one that writes nothing, one whose users name files of their own world.

        ``private`` are files no user may name wherever they lie.
        """
        workspace = Workspace(self.workspace.root, read_only=read_only)
        fence = Fence.around(self.collection.source, workspace.root, private) if fenced else OPEN
        device, progress = self.models.device, self.progress
        return Workbench(self.collection, workspace, device, progress, self.scoped, self.reader, fence, self.runs)

    def other_collection(self, spec: str) -> Collection:
        """Another collection, opened as this one was; refuses one that may not be named here."""
        return open_collection(self.fence.collection(spec), scoped=self.scoped)

    def reporting(self, progress: Progress) -> Workbench:
        """This workbench with its models and indexes, telling ``progress`` how far its teachers are."""
        other = copy.copy(self)
        other.progress = progress
        other.models = copy.copy(self.models)  # the same loaded models, another listener
        other.models.progress = progress
        other.retrievers = self.retrievers.using(other.models)
        return other

    @cached_property
    def retrievers(self) -> Retrievers:
        return Retrievers(self.collection, self.models, self.reader, self.fence, self.runs)

    @cached_property
    def query_list(self) -> QueryList:
        return QueryList(self.collection)

    def remembered(self, key: tuple[Any, ...], specs: Sequence[str], make: Callable[[], T]) -> T:
        """What ``make`` gave for this key and these systems as they are now; nobody may change it. Who asks for what is
        being made waits for it."""
        whole = (*key, *specs, *(version for spec in specs for version in self.retrievers.versions(spec)))
        with self._making.setdefault(whole, threading.RLock()):
            try:
                if whole not in self._results:
                    self._results[whole] = make()
                    while len(self._results) > REMEMBERED:
                        self._results.pop(next(iter(self._results)), None)
                return self._results[whole]
            finally:
                self._making.pop(whole, None)

    def query(self, text_or_id: str, *, answer: str = "", scope: str = "") -> Query:
        """The collection's query of this id, else a free-text query with an optional reference answer."""
        if text_or_id in self.collection.queries:
            return self.collection.queries[text_or_id]
        if not text_or_id.strip():
            raise ExplorerError("the query is empty; type a question, or give the id of one")
        if scope and scope not in {doc.group for doc in self.collection.documents.values()}:
            raise ExplorerError(f"no document has the group {scope!r}; leave the scope empty to search all documents")
        return mended(Query(FREE_TEXT, text_or_id, (answer.strip(),) if answer.strip() else (), scope))

    def students(self) -> list[RunFolder]:
        """Runs that have a student, the newest first, then those that come with this collection, the largest gain first."""
        own = [run for run in self.workspace.all_runs() if run.student.exists()]
        taken = {run.run_id for run in own}
        given = [run for name, run in bundled_runs().items() if name not in taken]
        return [
            *own,
            *sorted(
                (run for run in given if run.plan["collection"] == self.collection.source), key=_gain, reverse=True
            ),
        ]

    def search(self, spec: str, queries: Sequence[Query], k: int = 10) -> Run:
        if k < 1:
            raise ExplorerError(f"k is {k}; ask for at least one document")
        return self.retrievers.get(spec).search(queries, k)

    def cut(self, spec: str) -> frozenset[str]:
        """Documents of which this retriever's encoder reads only the beginning."""
        index = getattr(self.retrievers.get(spec), "index", None)
        return index.cut if index else frozenset()

    def compare(
        self, query: Query, specs: Sequence[str], k: int = 10, *, teacher: str = "", live: bool = False
    ) -> Comparison:
        """One query under several systems. Moves lead from the first system to the last.

        ``teacher`` adds its scores of every document shown: recorded ones, or, with ``live``, all of them.
        """
        rankings = {spec: self.search(spec, [query], k).rankings[query.query_id] for spec in specs}
        shown = list(dict.fromkeys(doc.doc_id for ranking in rankings.values() for doc in ranking))
        found = self._teacher_scores(query, shown, teacher, live) if teacher else None
        teachers = {teacher: found.by_query[query.query_id]} if found else {}
        rationale = found.rationales.get(query.query_id) if found else None
        grades = self.collection.qrels.get(query.query_id, {})
        moved = moves(rankings[specs[0]], rankings[specs[-1]])
        return Comparison(query, rankings, moved, grades, teachers, rationale)

    def recorded(self, teacher: str) -> Mapping[str, Scores]:
        """What the collection brings along of a teacher, by query; empty where it brings nothing."""
        from explorer.workbench.teachers import Teacher
        from explorer.workbench.teaching import recorded_scores

        scores = recorded_scores(self.collection, Teacher(teacher))
        return scores.by_query if scores else {}

    def _teacher_scores(self, query: Query, doc_ids: Sequence[str], name: str, live: bool) -> TeacherScores:
        from explorer.workbench.teachers import Teacher
        from explorer.workbench.teaching import recorded_scores, scores_for_query

        teacher = Teacher(name)
        if live:
            return scores_for_query(self.retrievers, teacher, query, doc_ids, self.progress)
        recorded = recorded_scores(self.collection, teacher)
        if recorded and query.query_id in recorded.by_query:
            known = list(recorded.by_query[query.query_id].values)
            return scores_for_query(self.retrievers, teacher, query, known, self.progress)
        nothing = Scores(
            query.query_id, {}, left_out="no reference answer" if not query.answers and teacher.needs_answers else ""
        )
        return TeacherScores(name, "", {query.query_id: nothing})

    def teach(self, teacher: str = "utility", **options: Any) -> dict[str, Any]:
        """See ``explorer.workbench.lessons.teach``."""
        from explorer.workbench.lessons import teach

        return teach(self.retrievers, [teacher], progress=self.progress, **options)[0]

    def teach_all(self, teachers: Sequence[str], **options: Any) -> list[dict[str, Any]]:
        """Several teachers over the same candidates, each kept apart."""
        from explorer.workbench.lessons import teach

        return teach(self.retrievers, teachers, progress=self.progress, **options)

    def labels(self, person: str | None = None) -> Qrels:
        """What people labelled, one or all of them, of queries and documents that are still there."""
        from explorer.workbench.labelling import labelled

        return labelled(self.collection, self.workspace, person)

    def check(self, model: str = "minilm") -> dict[str, Any]:
        """See ``explorer.workbench.checkup.checkup``."""
        from explorer.workbench.checkup import checkup

        return checkup(self.retrievers, model, self.progress)

    def evaluate(self, specs: Sequence[str], **options: Any) -> Any:
        """See ``explorer.workbench.evaluating.evaluate``."""
        from explorer.workbench.evaluating import evaluate

        return evaluate(self.collection, self.retrievers, specs, progress=self.progress, **options)

    def save_runs(self, runs: Mapping[str, Run], folder: Path) -> list[Path]:
        """One TREC run file per system, named after its spec."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = {spec: folder / (re.sub(r"[^\w.@-]+", "_", spec).strip("_") + ".run") for spec in runs}
        for spec, path in paths.items():
            with atomic_file(path) as part:
                trec.save_run(runs[spec], spec, part)
        return list(paths.values())

    def new_run(self, plan: Any, name: str = "") -> RunFolder:
        """The folder of a run that is to carry ``plan`` out. A collection from memory is written to disk before: the run
        may be resumed, or carried out, by another process."""
        from explorer.collections import beir

        source = Path(self.collection.source)
        if source.parent == self.workspace.shelf and not source.exists():
            beir.save(self.collection, source)
        folder = self.workspace.run(name or self.workspace.new_run_id(plan.method, plan.student))
        folder.create(plan.record())
        return folder

    def distill(
        self,
        plan: Any,
        run: RunFolder,
        emit: Callable[[dict[str, Any]], None],
        stop: Callable[[], bool],
        resume: bool = False,
    ) -> dict[str, Any]:
        """See ``explorer.workbench.distilling.distill``."""
        from explorer.workbench.distilling import distill

        return distill(plan, self.collection, self.retrievers, run, emit, stop, resume)


def _gain(run: RunFolder) -> float:
    """The change of nDCG@10 the run's gate found on held-out queries."""
    gate = (run.result or {}).get("gate")
    return float(gate["measures"]["nDCG@10"]["delta"]) if gate else 0.0


def moves(before: Ranking, after: Ranking) -> tuple[Move, ...]:
    """Where each document of either ranking stood and stands, in the order of the new ranking, lost ones last."""
    old, new = before.ranks, after.ranks
    return tuple(Move(doc_id, old.get(doc_id), new.get(doc_id)) for doc_id in dict.fromkeys([*new, *old]))
