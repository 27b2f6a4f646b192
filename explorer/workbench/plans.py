"""What a run is to do: method, teacher, student, data, settings; checked before anything starts."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import explorer
from explorer.records import ExplorerError
from explorer.supervision.prompts import DEFAULT_PROMPT, prompt_named
from explorer.training.losses import LABEL_LOSSES, loss_named
from explorer.training.settings import PRESETS, Settings
from explorer.training.students import student_kind
from explorer.workbench.guards import OVERLAPS
from explorer.workbench.loading import check_reader, encoder_name
from explorer.workbench.teachers import CANDIDATES, FUSION, Teacher

DEV_MEASURE = "nDCG@10"  # by which the best moment of a run is chosen


@dataclass(frozen=True)
class Method:
    """One line of work: its teacher, its loss, the student it is meant for, how deep it looks."""

    what: str
    teacher: str
    loss: str
    student: str
    candidates: int = CANDIDATES
    tau_u: float | None = None


METHODS: Mapping[str, Method] = {
    "uae": Method("the fall in perplexity of the answer is imitated as a distribution", "utility", "utility", "query"),
    "gold": Method("labels, with mined hard negatives and in-batch negatives", "gold", "graded", "full"),
    "radio": Method(
        "a rationale re-ranks the candidates; lists of that order are learned", "rationale", "list", "reranker", 50
    ),
    "fusion": Method("several teachers, standardised and mixed", FUSION, "utility", "full", tau_u=0.5),
}
SPLITS = ("train", "all")


@dataclass(frozen=True)
class Plan:
    """Everything that decides what a run learns; saved as plan.json."""

    collection: str
    method: str
    student: str
    base: str
    reader: str
    candidates: int
    split: str
    scoped: bool
    settings: Settings
    teacher: str = "utility"
    prompts: tuple[str, ...] = (DEFAULT_PROMPT,)
    lam: float = 0.5
    checkpoint: str = ""
    overlap: str = "stop"
    guard: str = ""
    limit: int = 0

    @classmethod
    def make(
        cls,
        collection: str,
        method: str = "uae",
        student: str = "",
        base: str = "dense:minilm",
        reader: str = "smollm2",
        candidates: int | None = None,
        split: str = "train",
        scoped: bool = True,
        *,
        teacher: str = "",
        prompts: tuple[str, ...] = (),
        lam: float = 0.5,
        checkpoint: str = "",
        overlap: str = "stop",
        guard: str = "",
        limit: int = 0,
        **settings: Any,
    ) -> Plan:
        """Checks the choices; what is left open is the method's, ``settings`` left as None the student's preset."""
        way = _one_of("method", method, METHODS)
        _one_of("overlap", overlap, OVERLAPS)
        if split not in SPLITS:
            raise ExplorerError(f"a student is trained on the split train or all, not on {split!r}")
        kind = student_kind(student or METHODS[way].student)
        encoder_name(base)
        check_reader(reader)
        plan = cls(
            collection=collection,
            method=way,
            student=kind.name,
            base=base,
            reader=reader,
            candidates=METHODS[way].candidates if candidates is None else candidates,
            split=split,
            scoped=scoped,
            settings=_settings(METHODS[way], kind.name, settings),
            teacher=teacher or METHODS[way].teacher,
            prompts=prompts or (DEFAULT_PROMPT,),
            lam=lam,
            checkpoint=checkpoint,
            overlap=overlap,
            guard=guard,
            limit=limit,
        )
        plan.check()
        return plan

    def check(self) -> None:
        if self.candidates < 2:
            raise ExplorerError(f"{self.candidates} candidates per query teach nothing; give at least 2")
        if self.limit < 0:
            raise ExplorerError(f"the limit is {self.limit} queries; give 0 for all, or a number above")
        if self.guard and self.guard == self.collection:
            raise ExplorerError(f"{self.guard} cannot guard itself; name a collection from elsewhere")
        for name in self.prompts:
            prompt_named(name)
        loss_named(self.settings)
        teacher = self.asked
        if self.settings.loss in LABEL_LOSSES and teacher.kind != "gold":
            raise ExplorerError(
                f"the loss {self.settings.loss!r} needs labels, and {self.teacher!r} gives none; "
                "choose a gold teacher, or the loss utility, list or kl"
            )
        if self.checkpoint and not student_kind(self.student).reranks:
            raise ExplorerError("a checkpoint of its own is for the student reranker; the others start from --base")

    @property
    def asked(self) -> Teacher:
        return Teacher(self.teacher, self.reader, self.prompts, self.lam, self.base)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Plan:
        names = {field.name for field in dataclasses.fields(cls)}
        known = {name: value for name, value in record.items() if name in names}
        known["prompts"] = tuple(known.get("prompts", (DEFAULT_PROMPT,)))
        return cls(**{**known, "settings": Settings(**record["settings"])})

    def record(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "explorer": explorer.__version__}

    def command(self, run_id: str) -> list[str]:
        """The arguments of ``explorer`` that do the same."""
        way = METHODS[self.method]
        words = ["distill", self.collection, "--method", self.method, "--student", self.student, "--run", run_id]
        plain: dict[str, tuple[Any, Any]] = {  # option: (chosen, default)
            "--teacher": (self.teacher, way.teacher),
            "--base": (self.base, "dense:minilm"),
            "--reader": (self.reader, "smollm2"),
            "--checkpoint": (self.checkpoint, ""),
            "-k": (self.candidates, way.candidates),
            "--lam": (self.lam, 0.5),
            "--split": (self.split, "train"),
            "--scope": ("own" if self.scoped else "none", "own"),
            "--overlap": (self.overlap, "stop"),
            "--guard": (self.guard, ""),
            "--limit": (self.limit, 0),
        }
        chosen = [(option, str(value)) for option, (value, default) in plain.items() if value != default]
        if self.prompts != (DEFAULT_PROMPT,):
            chosen += [("--prompt", name) for name in self.prompts]
        preset = _settings(way, self.student, {})
        for name in ("loss", "epochs", "learning_rate", "batch", "tau", "tau_u", "rank", "seed"):
            if (value := getattr(self.settings, name)) != getattr(preset, name):
                chosen.append((f"--{name.replace('_', '-')}", str(value)))
        if self.settings.budget:
            chosen.append(("--budget", f"{self.settings.budget:g}s"))
        return words + [word for pair in chosen for word in pair]

    def command_line(self, run_id: str) -> str:
        return shlex.join(["explorer", *self.command(run_id)])


def _one_of(what: str, name: str, choices: Any) -> str:
    if name not in choices:
        raise ExplorerError(f"unknown {what} {name!r}; choose from {', '.join(choices)}")
    return name


def _settings(way: Method, student: str, chosen: Mapping[str, Any]) -> Settings:
    method: dict[str, Any] = {"loss": way.loss, **({"tau_u": way.tau_u} if way.tau_u else {})}
    given = {name: value for name, value in chosen.items() if value is not None}
    return dataclasses.replace(PRESETS[student], **{**method, **given})


def seconds(text: str) -> float:
    """ "60s", "5m", "1h" or a bare number of seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if not match or float(match[1]) <= 0:
        raise ExplorerError(f"the budget {text!r} is not a time; write e.g. 60s, 5m or 1h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
