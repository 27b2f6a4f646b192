"""Hard negatives from the baseline's list, with a guard against false ones: documents nobody judged but that answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    grades: Mapping[str, float],
    texts: Mapping[str, str],
    count: int,
    floor: float = 0.0,
    margin: float = MARGIN,
) -> Mined:
    """The first ``count`` documents of ``ranking`` that are safe to push away.

    ``grades``: labels of the query, relevant above ``floor``. A document somebody judged useless is always safe;
    an unjudged one only if it has no relevant document's text, holds no answer, and scores at most ``margin``
    above the best relevant one. Margins to the positive: Moreira et al. 2024 (NV-Retriever).
    """
    relevant = {doc_id for doc_id, grade in grades.items() if grade > floor}
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
        judged = doc.doc_id in grades
        if reason := _unsafe(texts[doc.doc_id], taboo, answers, above=above, judged=judged):
            refused[reason] = refused.get(reason, 0) + 1
        else:
            found.append(doc.doc_id)
    return Mined(tuple(found), refused)


def _unsafe(text: str, taboo: set[str], answers: Sequence[re.Pattern[str]], *, above: bool, judged: bool) -> str:
    if text in taboo:
        return SAME_TEXT
    if judged:
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
