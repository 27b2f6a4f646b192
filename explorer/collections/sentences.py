"""Facts and reasoning steps as plain sentences: what a rationale is made of."""

from __future__ import annotations

from collections.abc import Iterable


def fact(subject: str, relation: str, value: str) -> str:
    """A triple as text, without a full stop."""
    return f"{subject} — {relation}: {value}"


def joined(parts: Iterable[str]) -> str:
    """Each part once, as a sentence that ends in a full stop."""
    return " ".join(f"{part.rstrip(' .')}." for part in dict.fromkeys(parts))
