"""Log-probabilities that a server echoes for a text, and which of them belong to the end of that text.

Where a token stands is found by spelling the text backward with the returned tokens. Servers' own ``text_offset``
cannot be trusted: it counts a beginning-of-sequence token's name, spaces that sentencepiece hides, and characters
that are split over several tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PART = "\ufffd"  # how servers show a token that is only part of a character


@dataclass(frozen=True, slots=True)
class Echo:
    """The tokens of ``text`` and up to ``generated`` more, with a log-probability in nats for each."""

    text: str
    tokens: tuple[str, ...]
    logprobs: tuple[float | None, ...]
    generated: int = 0

    def after(self, begin: int) -> list[float | None] | None:
        """Log-probabilities of the tokens that end beyond character ``begin`` of the text; None: they do not spell it."""
        for last in sorted({len(self.tokens) - self.generated, len(self.tokens)}):
            if (ends := _ends(self.tokens[:last], self.text, begin)) is not None:
                return [self.logprobs[number] for number in sorted(ends)]
        return None


def echo_of(text: str, answer: Mapping[str, Any], generated: int) -> Echo | None:
    """The echo in an answer of /completions; None where it has none."""
    found = first_choice(answer).get("logprobs")
    if not isinstance(found, Mapping):
        return None
    tokens, logprobs = found.get("tokens"), found.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(logprobs, list) or len(tokens) != len(logprobs):
        return None
    if not all(isinstance(token, str) for token in tokens) or not all(map(_is_logprob, logprobs)):
        return None
    return Echo(text, tuple(tokens), tuple(logprobs), generated)


def first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first completion of an answer; empty where it has none."""
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, Mapping) else {}


def _is_logprob(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _ends(tokens: Sequence[str], text: str, begin: int) -> dict[int, int] | None:
    """Token number -> where it ends in ``text``, for those that end beyond ``begin``; None: they do not spell it."""
    ends: dict[int, int] = {}
    place, parts = len(text), ""  # text[place:] is spelled, but for the parts of characters since
    for number in reversed(range(len(tokens))):
        token = tokens[number]
        if not token:  # nothing of its own to show: it belongs to the character that the next token completes
            if number + 1 in ends:
                ends[number] = ends[number + 1]
        elif place <= begin and not parts:
            break
        elif PART in token:
            ends[number], parts = place, token + parts
        elif (end := _end(token, parts, text, place)) is not None:
            place, parts = end - len(token), ""
            if end <= begin:
                break
            ends[number] = end
        elif number != len(tokens) - 1:  # the last token may be an end-of-sequence token, which spells nothing
            return None
    return None if text[begin:place].strip() or not ends else ends


def _end(token: str, parts: str, text: str, place: int) -> int | None:
    """Where ``token`` ends, when ``parts`` of characters stand between it and ``place``."""
    if not parts:
        bare = len(text[:place].rstrip())  # sentencepiece hides the space that begins the token after
        return next((end for end in (place, bare) if text.endswith(token, 0, end)), None)
    shown = re.compile(r"\s?" + re.sub(f"{PART}+", r"[^\\x00-\\x7f]+", re.escape(parts)))
    ends = range(place - 1, max(-1, place - len(parts) - 2), -1)
    return next((e for e in ends if text.endswith(token, 0, e) and shown.fullmatch(text, e, place)), None)
