"""The workbench: one open collection and everything that can be done with it. The only place that knows all engines."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from explorer.collections import Collection, open_collection, trec
from explorer.files import atomic_file
from explorer.records import (
    Comparison,
    ExplorerError,
    Move,
    Progress,
    Query,
    Ranking,
    Run,
    Scores,
    TeacherScores,
    silent,
)
from explorer.workbench.loading import Models
from explorer.workbench.specs import Retrievers
from explorer.workspace import RunFolder, Workspace

FREE_TEXT = "free-text"


class Workbench:
    """Opens a collection; loads models and builds indexes when first needed. ``scoped``: how it was opened.

    ``reader``: the language model that reranks and answers.
    """

    def __init__(
        self,
        collection: Collection,
        workspace: Workspace | None = None,
        device: str | None = None,
        progress: Progress = silent,
        scoped: bool = True,
        reader: str = "smollm2",
    ) -> None:
        self.collection = collection
        self.reader = reader
        self.scoped = scoped
        self.workspace = workspace or Workspace()
        self.progress = progress
        self.models = Models(self.workspace, device, progress)

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
        return cls(open_collection(spec, scoped=scoped), workspace, device, progress, scoped, reader)

    def reporting(self, progress: Progress) -> Workbench:
        """This workbench with its models and indexes, telling ``progress`` how far its teachers are."""
        other = copy.copy(self)
        other.progress = progress
        other.models = copy.copy(self.models)  # the same loaded models, another listener
        other.models.progress = progress
        return other

    @cached_property
    def retrievers(self) -> Retrievers:
        return Retrievers(self.collection, self.models, self.reader)

    def query(self, text_or_id: str, *, answer: str = "", scope: str = "") -> Query:
        """The collection's query of this id, else a free-text query with an optional reference answer."""
        if text_or_id in self.collection.queries:
            return self.collection.queries[text_or_id]
        if not text_or_id.strip():
            raise ExplorerError("the query is empty; type a question, or give the id of one")
        if scope and scope not in {doc.group for doc in self.collection.documents.values()}:
            raise ExplorerError(f"no document has the group {scope!r}; leave the scope empty to search all documents")
        return Query(FREE_TEXT, text_or_id, (answer.strip(),) if answer.strip() else (), scope)

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
            return recorded
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


def moves(before: Ranking, after: Ranking) -> tuple[Move, ...]:
    """Where each document of either ranking stood and stands, in the order of the new ranking, lost ones last."""
    old, new = before.ranks, after.ranks
    return tuple(Move(doc_id, old.get(doc_id), new.get(doc_id)) for doc_id in dict.fromkeys([*new, *old]))
