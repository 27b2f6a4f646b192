"""Specs of teachers: the same string means the same in the app, a notebook, the command line and a saved run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from explorer.records import ExplorerError
from explorer.supervision.prompts import DEFAULT_PROMPT

CANDIDATES = 16
FUSION = "fusion:utility=0.7,rationale:answer=0.3"
GOLD_SOURCES = ("qrels", "labels", "task", "judge")
RATIONALE_SOURCES = ("generated", "extractive", "given", "answer")
WITHOUT_READER = ("gold", "gold:qrels", "gold:labels", "rationale:given", "rationale:answer", "given")
WITHOUT_ANSWERS = ("gold", "gold:qrels", "gold:labels", "gold:judge", "given")
FLOORS = {"gold:judge": 1.5}  # labels above this count as relevant; 0 where nothing is said

KINDS = ("gold", "utility", "rationale", "given", "fusion")


@dataclass(frozen=True)
class Teacher:
    """Which teacher, which reader it asks, in which prompts.

    ``lam``: weight of the rationale against the score of ``base`` in a rationale teacher's mix.
    """

    spec: str = "utility"
    reader: str = "smollm2"
    prompts: tuple[str, ...] = (DEFAULT_PROMPT,)
    lam: float = 0.5
    base: str = "dense:minilm"

    def __post_init__(self) -> None:
        check_teacher(self.spec)
        if not 0 <= self.lam <= 1:
            raise ExplorerError(
                f"lambda is {self.lam}; it lies between 0 (the retriever alone) and 1 (the rationale alone)"
            )

    @property
    def kind(self) -> str:
        return self.spec.partition(":")[0]

    @property
    def weights(self) -> dict[str, float]:
        """What a fusion mixes, by weight."""
        return _weights(self.spec)

    @property
    def sources(self) -> frozenset[str]:
        """The teachers it consists of: itself, or what a fusion mixes."""
        return frozenset(self.weights if self.kind == "fusion" else (self.spec,))

    @property
    def uses_judgements(self) -> bool:
        """Whether judged documents belong among its candidates even where the baseline missed them."""
        return bool({"gold", "gold:qrels"} & self.sources)

    @property
    def by_definition(self) -> bool:
        """Whether it is the judgements, so that measuring it by them says nothing."""
        return self.kind == "gold" and self.uses_judgements

    @property
    def needs_answers(self) -> bool:
        """Whether it can say nothing of a query without a reference answer."""
        return not self.sources <= set(WITHOUT_ANSWERS)

    @property
    def asks_reader(self) -> bool:
        """Whether its scores cost a reading; the others are there at once."""
        return not self.sources <= set(WITHOUT_READER)

    @property
    def floor(self) -> float:
        return FLOORS.get(self.spec, 0.0)

    def alone(self, spec: str) -> Teacher:
        """The same reader and prompts under another spec."""
        return dataclasses.replace(self, spec=spec)


def check_teacher(spec: str) -> None:
    """Refuses a spec no teacher answers to."""
    kind, colon, rest = spec.partition(":")
    if kind not in KINDS:
        raise ExplorerError(f"unknown teacher {spec!r}; choose from {', '.join(KINDS)}, or mix them: {FUSION}")
    if kind == "fusion":
        _weights(spec)
    elif colon and rest not in (choices := {"gold": GOLD_SOURCES, "rationale": RATIONALE_SOURCES}.get(kind, ())):
        known = ", ".join(f"{kind}:{choice}" for choice in choices) or kind
        raise ExplorerError(f"unknown teacher {spec!r}; write {known}")


def _weights(spec: str) -> dict[str, float]:
    rest = spec.partition(":")[2] or FUSION.partition(":")[2]
    weights: dict[str, float] = {}
    for part in rest.split(","):
        name, equals, weight = part.strip().rpartition("=")
        try:
            weights[name] = float(weight)
        except ValueError:
            equals = ""
        if not equals or not weights[name] > 0 or name.startswith("fusion"):
            raise ExplorerError(f"{part!r} in {spec!r} is no TEACHER=WEIGHT with a weight above 0; write e.g. {FUSION}")
        check_teacher(name)
    return weights
