"""Long texts as overlapping chunks that know where they lie, so that a chunk can be shown inside its document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.records import Document

WORDS = 160  # about 220 tokens: what all-MiniLM-L6-v2 reads of a text
OVERLAP = 32  # words that a chunk repeats of the one before

_PIECE = re.compile(r"\S(?:.*?[.!?…][\"'”’)\]]*(?=\s)|.*?(?=\n\s*\n)|.*\Z)", re.DOTALL)
_WORD = re.compile(r"\S+")


def chunks(text: str, words: int = WORDS, overlap: int = OVERLAP) -> list[tuple[int, int]]:
    """Characters [start, end) of chunks of at most ``words`` words that cover all of ``text`` but its outer white space.

    Chunks end at sentences where they can; neighbours share whole sentences of up to ``overlap`` words. A sentence
    longer than a chunk is cut between words.
    """
    if not 0 <= overlap < words:
        raise ValueError(f"an overlap of {overlap} words does not fit chunks of {words}")
    pieces = [piece for sentence in _sentences(text) for piece in _short(text, *sentence, words)]
    found: list[tuple[int, int]] = []
    first = 0
    while first < len(pieces):
        last, size = first, pieces[first][2]
        while last + 1 < len(pieces) and size + pieces[last + 1][2] <= words:
            last += 1
            size += pieces[last][2]
        found.append((pieces[first][0], pieces[last][1]))
        if last + 1 == len(pieces):
            break
        following = last + 1
        room = min(overlap, words - pieces[following][2])  # the next sentence must still fit
        while following - 1 > first and pieces[following - 1][2] <= room:
            following -= 1
            room -= pieces[following][2]
        first = following
    return found


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    return ((match.start(), match.end()) for match in _PIECE.finditer(text))


def _short(text: str, start: int, end: int, words: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, words) of a sentence, in pieces of at most ``words``."""
    spans = [match.span() for match in _WORD.finditer(text, start, end)]
    for at in range(0, len(spans), words):
        part = spans[at : at + words]
        yield part[0][0], part[-1][1], len(part)


def documents(source: str, title: str, text: str) -> Iterator[Document]:
    """The chunks of one text as documents of the group ``source``; ``meta`` holds source, start and end."""
    places = chunks(text)
    name = re.sub(r"\s", "%20", source)  # an id without white space can stand in a TREC file
    for number, (start, end) in enumerate(places, start=1):
        doc_id = name if len(places) == 1 else f"{name}#{number}"
        yield Document(doc_id, text[start:end], title, source, {"source": source, "start": start, "end": end})
