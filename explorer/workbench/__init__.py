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
from explorer.records import Comparison, ExplorerError, Move, Progress, Query, Ranking, Run, Scores, silent
from explorer.workbench.loading import Models
from explorer.workbench.specs import Retrievers
from explorer.workspace import RunFolder, Workspace

FREE_TEXT = "free-text"


class Workbench:
    """Opens a collection; loads models and builds indexes when first needed. ``scoped``: how it was opened."""

    def __init__(
        self,
        collection: Collection,
        workspace: Workspace | None = None,
        device: str | None = None,
        progress: Progress = silent,
        scoped: bool = True,
    ) -> None:
        self.collection = collection
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
    ) -> Workbench:
        return cls(open_collection(spec, scoped=scoped), workspace, device, progress, scoped)

    def reporting(self, progress: Progress) -> Workbench:
        """This workbench with its models and indexes, telling ``progress`` how far its teachers are."""
        other = copy.copy(self)
        other.progress = progress
        other.models = copy.copy(self.models)  # the same loaded models, another listener
        other.models.progress = progress
        return other

    @cached_property
    def retrievers(self) -> Retrievers:
        return Retrievers(self.collection, self.models)

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
        teachers = {teacher: self._teacher_scores(query, shown, teacher, live)} if teacher else {}
        grades = self.collection.qrels.get(query.query_id, {})
        return Comparison(query, rankings, moves(rankings[specs[0]], rankings[specs[-1]]), grades, teachers)

    def recorded(self, teacher: str) -> Mapping[str, Scores]:
        """What the collection brings along of a teacher, by query; empty where it brings nothing."""
        from explorer.workbench.teaching import Teacher, recorded_scores

        scores = recorded_scores(self.collection, Teacher(teacher))
        return scores.by_query if scores else {}

    def _teacher_scores(self, query: Query, doc_ids: Sequence[str], name: str, live: bool) -> Scores:
        from explorer.workbench.teaching import Teacher

        teacher = Teacher(name)
        if live:
            documents = [self.collection.documents[doc_id] for doc_id in doc_ids]
            return teacher.score_all([(query, documents)], self.models, self.progress).by_query[query.query_id]
        found = self.recorded(name).get(query.query_id)
        return found or Scores(query.query_id, {}, left_out="" if query.answers else "no reference answer")

    def teach(
        self,
        teacher: str = "utility",
        *,
        reader: str = "smollm2",
        prompts: Sequence[str] = (),
        split: str = "train",
        k: int = 16,
        base: str = "dense:minilm",
        out: Path | None = None,
    ) -> dict[str, Any]:
        """Scores the baseline's top k of every query of a split and writes them as parquet; goes on where it was killed."""
        from explorer.evaluation.measures import means, per_query
        from explorer.workbench.teaching import Teacher, save_scores

        chosen = Teacher(teacher, reader, *([tuple(prompts)] if prompts else []))
        queries = self.collection.split(split)
        if not queries:
            raise ExplorerError(f"{self.collection.name} has no query in split {split!r}")
        run = self.search(base, queries, k)
        tasks = [(q, [self.collection.documents[d] for d in run.rankings[q.query_id].doc_ids]) for q in queries]
        scores = chosen.score_all(tasks, self.models, self.progress)
        path = out or self.workspace.teachers / f"{Path(self.collection.name).stem}-{split}-{teacher}.parquet"
        save_scores(scores, chosen, self.collection, path)
        scored = scores.run()
        judged = {q: self.collection.qrels[q] for q in scored.rankings if self.collection.relevant(q)}
        quality = {name: means(per_query(r, judged, ("nDCG@10", "AP"))) for name, r in ((base, run), (teacher, scored))}
        return {
            "teacher": teacher,
            "queries": len(scored.rankings),
            "scores": sum(len(ranking) for ranking in scored.rankings.values()),
            "left_out": scores.left_out,
            "cut": len({(q, d) for q, s in scores.by_query.items() for d in s.cut}),
            "quality": quality,
            "path": str(path),
        }

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

        return distill(plan, self.collection, self.models, self.retrievers, run, emit, stop, resume)


def moves(before: Ranking, after: Ranking) -> tuple[Move, ...]:
    """Where each document of either ranking stood and stands, in the order of the new ranking, lost ones last."""
    old, new = before.ranks, after.ranks
    return tuple(Move(doc_id, old.get(doc_id), new.get(doc_id)) for doc_id in dict.fromkeys([*new, *old]))
