"""Why a query failed, by rules that can be checked by hand; no language model is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from explorer.records import Ranking

CUTOFF = 10  # ranks a reader or a user is shown
TIE = "tie"  # the one class that depends on the measure, not on ranks
ALIKE = 0.8  # Jaccard similarity of word sets from which two texts are near-duplicates

CLASSES: Mapping[str, str] = {  # class -> what it says, in one sentence
    "not retrieved": "no relevant document is among those retrieved",
    "gold below cut-off": f"the best relevant document stands below rank {CUTOFF}",
    "lexical echo above gold": "a document that repeats more of the question's words stands above the best relevant one",
    "near-duplicate above gold": "a text nearly the same as a relevant one, but not judged relevant, stands above it",
    "bridge document missing": f"one document of the evidence chain is within rank {CUTOFF}, another is not",
    "evidence cut off": "the encoder reads only the beginning of a relevant document",
    "unjudged on top": "nobody has judged the first document",
    "teacher wrong": "the teacher's own first document is not relevant",
    "teacher right, student did not follow": "the teacher's first document is relevant, the system's is not",
    "forgotten": "the baseline's first document is relevant, the system's is not",
    TIE: "both systems have the same value",
}
TOLD_OF_SUCCESS = ("bridge document missing", "evidence cut off", "teacher wrong")  # these explain no failure


@dataclass(frozen=True)
class Case:
    """One query as the rules see it. ``after`` is the system asked about, ``before`` its baseline.

    ``asked`` are the content words of the question and ``words`` gives those of a document; ``teacher`` is the teacher's
    order of candidates, empty where nothing was scored; ``cut`` are documents the encoder reads only in part.
    """

    asked: frozenset[str]
    before: Ranking
    after: Ranking
    grades: Mapping[str, int]
    words: Callable[[str], frozenset[str]]
    hops: Sequence[str] = ()
    teacher: Sequence[str] = ()
    cut: Collection[str] = ()

    @cached_property
    def relevant(self) -> frozenset[str]:
        return frozenset(doc_id for doc_id, grade in self.grades.items() if grade > 0)

    @cached_property
    def best(self) -> int | None:
        """The best rank of a relevant document under the system; None: not retrieved."""
        return next((doc.rank for doc in self.after if doc.doc_id in self.relevant), None)

    @cached_property
    def above(self) -> list[str]:
        """Documents above the best relevant one, within the cut-off."""
        return [doc.doc_id for doc in self.after.docs[: min((self.best or len(self.after) + 1) - 1, CUTOFF)]]


def classes(case: Case) -> list[str]:
    """Every class of RULES that holds, in its order. A query whose first document is relevant has not failed: of the
    classes that explain a failure none is given."""
    if not case.relevant:
        return []
    told = TOLD_OF_SUCCESS if _first_relevant(case.after, case.relevant) else RULES
    return [name for name in told if RULES[name](case)]


def _first_relevant(ranking: Ranking, relevant: Collection[str]) -> bool:
    return bool(ranking.docs) and ranking.docs[0].doc_id in relevant


def _below(case: Case) -> bool:
    best = case.best
    return best is not None and best > CUTOFF


def _echo(case: Case) -> bool:
    gold = max((len(case.asked & case.words(doc_id)) for doc_id in case.relevant), default=0)
    return any(len(case.asked & case.words(doc_id)) > gold for doc_id in case.above)


def _twin(case: Case) -> bool:
    return any(_jaccard(case.words(a), case.words(b)) >= ALIKE for a in case.above for b in case.relevant)


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a | b else 0.0


def _bridge(case: Case) -> bool:
    shown = [case.after.ranks.get(hop, CUTOFF + 1) <= CUTOFF for hop in case.hops]
    return len(shown) > 1 and any(shown) and not all(shown)


RULES = {
    "not retrieved": lambda case: case.best is None,
    "gold below cut-off": _below,
    "lexical echo above gold": _echo,
    "near-duplicate above gold": _twin,
    "bridge document missing": _bridge,
    "evidence cut off": lambda case: bool(case.relevant & set(case.cut)),
    "unjudged on top": lambda case: bool(case.after.docs) and case.after.docs[0].doc_id not in case.grades,
    "teacher wrong": lambda case: bool(case.teacher) and case.teacher[0] not in case.relevant,
    "teacher right, student did not follow": lambda case: bool(case.teacher) and case.teacher[0] in case.relevant,
    "forgotten": lambda case: _first_relevant(case.before, case.relevant),
}
