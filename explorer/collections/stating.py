"""Whether a text states an answer: in the same words, white space and case aside."""

from __future__ import annotations

import re
from collections.abc import Iterable

CHOICES = frozenset(["yes", "no", "true", "false", "unanswerable", "entailment", "contradiction", "not mentioned"])


def flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def stated(text: str, answers: Iterable[str]) -> bool:
    """Whether one of the answers stands in the text as words of its own: "ale" is not stated by "a whale"."""
    whole = flat(text)
    return any(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", whole) for words in map(flat, answers) if words)
