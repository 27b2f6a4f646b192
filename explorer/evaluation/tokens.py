"""Where two answers differ: the tokens both have, and those that only one of them has, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from explorer.evaluation.answers import normalise

KEPT, REMOVED, ADDED = "kept", "removed", "added"
_SIDES = {"equal": (KEPT,), "delete": (REMOVED,), "insert": (ADDED,), "replace": (REMOVED, ADDED)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of tokens; ``kind`` is "kept" (in both), "removed" (only in the first text) or "added" (only in the second)."""

    kind: str
    tokens: tuple[str, ...]


def tokens(answer: str) -> tuple[str, ...]:
    """The words of an answer in SQuAD's normal form: what exact match and F1 look at."""
    return tuple(normalise(answer).split())


def diff(before: Sequence[str], after: Sequence[str]) -> tuple[Piece, ...]:
    """Two token lists as one: kept and removed pieces give ``before``, kept and added ones ``after``; none is empty.

    Ratcliff and Obershelp's longest common runs (difflib), without its guess at junk, which drops frequent words.
    """
    found = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(
        Piece(kind, tuple(after[start:end] if kind == ADDED else before[first:last]))
        for tag, first, last, start, end in found
        for kind in _SIDES[tag]
    )
