"""Hard negatives from the baseline's list, with a guard against false ones: documents nobody judged but that answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from explorer.records import Query, Ranking

MARGIN = 0.1  # how far above the best positive's score an unjudged document may stand and still count as a negative
SHORTEST_ANSWER = 3  # characters; "no" stands in nearly every document

SAME_TEXT = "has the text of a relevant document"
HOLDS_ANSWER = "contains a reference answer"
TOO_CLOSE = f"scores more than {MARGIN} above the relevant documents"


@dataclass(frozen=True, slots=True)
class Mined:
    """``doc_ids``: negatives, hardest first. ``refused``: reason -> documents that were passed over."""

    doc_ids: tuple[str, ...]
    refused: Mapping[str, int]


def mine(
    query: Query,
    ranking: Ranking,
    relevant: AbstractSet[str],
    useless: AbstractSet[str],
    texts: Mapping[str, str],
    count: int,
    margin: float = MARGIN,
) -> Mined:
    """The first ``count`` documents of ``ranking`` that are safe to push away.

    ``relevant``: doc_ids that people or the teacher hold relevant. ``useless``: those that people judged and found
    not relevant, which are always safe. Any other document is safe only if it has no relevant document's text, holds
    no answer, and scores at most ``margin`` (cosine) above the best relevant one of the list; where none is in it,
    there is no margin to measure. Moreira et al. 2024 (NV-Retriever) ask a strong model's negatives to score below
    the positive; here the miner is the baseline itself, whose failures stand above it.
    """
    taboo = {texts[doc_id] for doc_id in relevant}
    answers = [pattern for answer in query.answers if (pattern := answer_pattern(answer))]
    best = max((doc.score for doc in ranking if doc.doc_id in relevant), default=None)
    found: list[str] = []
    refused: dict[str, int] = {}
    for doc in ranking:
        if len(found) == count:
            break
        if doc.doc_id in relevant:
            continue
        above = best is not None and doc.score > best + margin
        if reason := _unsafe(texts[doc.doc_id], taboo, answers, above=above, useless=doc.doc_id in useless):
            refused[reason] = refused.get(reason, 0) + 1
        else:
            found.append(doc.doc_id)
    return Mined(tuple(found), refused)


def _unsafe(text: str, taboo: set[str], answers: Sequence[re.Pattern[str]], *, above: bool, useless: bool) -> str:
    if text in taboo:
        return SAME_TEXT
    if useless:
        return ""
    if any(answer.search(text) for answer in answers):
        return HOLDS_ANSWER
    return TOO_CLOSE if above else ""


def answer_pattern(answer: str) -> re.Pattern[str] | None:
    """The answer as whole words, in any case and spacing."""
    words = answer.split()
    if len(answer.strip()) < SHORTEST_ANSWER or answer.strip().lower() in ("yes", "no"):
        return None
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE)
