"""A run as a form asks for it: what is wrong with it, field by field, before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from explorer.records import ExplorerError
from explorer.training.losses import LABEL_LOSSES
from explorer.workbench import Workbench
from explorer.workbench.guards import divide
from explorer.workbench.plans import METHODS, Plan
from explorer.workbench.teachers import Teacher, check_teacher

UNNAMED = "NAME"  # stands in the command while nobody has named the run


@dataclass(frozen=True)
class Draft:
    """The fields of the form; what is empty means its default."""

    name: str = ""
    method: str = "uae"
    student: str = "adapter"
    teacher: str = ""
    budget: float = 0.0
    seed: int = 42
    guard: str = ""
    overlap: str = "stop"
    lam: float = 0.5
    limit: int = 0

    @classmethod
    def of(
        cls,
        name: str | None,
        method: str,
        student: str,
        teacher: str | None,
        budget: float | None,
        seed: float | None,
        guard: str | None,
        overlap: str,
        lam: float | None,
        limit: float | None,
    ) -> Draft:
        """From the values of a page, any of which may be None."""
        return cls(
            (name or "").strip(),
            method,
            student,
            (teacher or "").strip(),
            float(budget or 0),
            42 if seed is None else int(seed),
            (guard or "").strip(),
            overlap,
            0.5 if lam is None else lam,
            int(limit or 0),
        )

    def plan(self, bench: Workbench) -> Plan:
        plan = Plan.make(
            bench.collection.source,
            self.method,
            self.student,
            scoped=bench.scoped,
            teacher=self.teacher,
            guard=self.guard,
            overlap=self.overlap,
            lam=self.lam,
            limit=self.limit,
            seed=self.seed,
            budget=self.budget,
        )
        _ = plan.asked  # refuses a teacher nobody knows
        return plan

    def command(self, bench: Workbench) -> str:
        """The command that does the same; "" while the form has a problem that leaves nothing to say."""
        try:
            return self.plan(bench).command_line(bench.workspace.run(self.name or UNNAMED).run_id)
        except ExplorerError:
            return ""

    def problems(self, bench: Workbench) -> dict[str, str]:
        """Field -> what is wrong there, in one sentence; what only the whole plan shows stands under "form"."""
        found = {field: said for field, check in CHECKS.items() if (said := _said(check, self, bench))}
        if not found and (said := _said(lambda draft, b: draft.plan(b), self, bench)):
            found["form"] = said
        return found


@dataclass(frozen=True)
class Overlap:
    """Training queries that share documents, or nearly, with what is evaluated. ``reasons``: reason -> how many."""

    queries: tuple[str, ...]
    reasons: dict[str, int]
    training: int
    problem: str = ""


@lru_cache(maxsize=4)
def overlap_of(bench: Workbench) -> Overlap:
    """What training would refuse here; ``problem`` where nothing can be trained at all."""
    try:
        everything = divide(bench.collection, "train", "keep")
    except ExplorerError as error:
        return Overlap((), {}, 0, str(error))
    try:
        left = {query.query_id for query in divide(bench.collection, "train", "drop").train}
    except ExplorerError:
        left = set()  # every training query overlaps
    ids = tuple(query.query_id for query in everything.train if query.query_id not in left)
    return Overlap(ids, everything.kept, len(everything.train))


def _said(check: Callable[[Draft, Workbench], object], draft: Draft, bench: Workbench) -> str:
    try:
        check(draft, bench)
    except ExplorerError as error:
        return str(error)
    return ""


def _name(draft: Draft, bench: Workbench) -> None:
    if not draft.name or not (run := bench.workspace.run(draft.name)).exists():
        return
    if run.state["state"] != "failed" or run.student.exists():
        raise ExplorerError(f"the run {draft.name!r} exists already; choose another name, or delete that run")


def _teacher(draft: Draft, bench: Workbench) -> None:
    spec = draft.teacher or METHODS[draft.method].teacher
    check_teacher(spec)
    if METHODS[draft.method].loss in LABEL_LOSSES and Teacher(spec).kind != "gold":
        raise ExplorerError(
            f"the method {draft.method} learns from labels, and {spec!r} gives none; choose a gold teacher"
        )


def _guard(draft: Draft, bench: Workbench) -> None:
    if draft.guard and (said := _guard_problem(bench, draft.guard)):
        raise ExplorerError(said)


@lru_cache(maxsize=16)
def _guard_problem(bench: Workbench, spec: str) -> str:
    """Opened once, however often the form is looked at."""
    if spec == bench.collection.source:
        return f"{spec} cannot guard itself; name a collection from elsewhere"
    try:
        other = bench.other_collection(spec)
    except ExplorerError as error:
        return str(error)
    judged = other.judged(other.split("all"))
    return "" if judged else f"the guard {spec} has no judged query to measure; name another collection"


def _overlap(draft: Draft, bench: Workbench) -> None:
    found = overlap_of(bench)
    if found.problem:
        raise ExplorerError(found.problem)
    if found.queries and draft.overlap == "stop":
        raise ExplorerError("choose what happens to the training queries that overlap with what is evaluated")
    if len(found.queries) == found.training and draft.overlap == "drop":
        raise ExplorerError("every training query overlaps with what is evaluated: nothing is left to train on")


CHECKS: dict[str, Callable[[Draft, Workbench], None]] = {
    "name": _name,
    "teacher": _teacher,
    "guard": _guard,
    "overlap": _overlap,
}
