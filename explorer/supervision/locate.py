"""Where documents say what a rationale says: by its own sentences where they stand, else by its words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import Stemmer
from bm25s.tokenization import STOPWORDS_EN_PLUS

from explorer.records import Span

_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:['’]\w+)*")  # 3.5 and don't are one word each
_STOPWORDS = frozenset(STOPWORDS_EN_PLUS)

# A sentence ends at a stop before white space, at a full-width stop, or at an empty line. Ours, because no library fits:
# pysbd is unmaintained, nltk and spaCy fetch models, and sentences only decide here what is looked for verbatim.
_END = re.compile(r"(?<![.!?…])(?P<stop>[.!?…]++)[\"'”’»)\]]*+(?=\s)|[。！？]++[”」』）]*+|\n[^\S\n]*+(?=\n)")
_ABBREVIATION = re.compile(
    r"(?:[^\W\d_]\.)*[^\W\d_]|ph\.d"  # J(.) Smith, e.g(.), U.S(.)
    r"|al|approx|ca|cf|co|corp|dept|eqs?|figs?|inc|ltd|refs?|resp|sec|st|tab|viz|vs"
    r"|capt|col|dr|gen|gov|hon|lt|mrs?|ms|prof|rep|rev|sen"
)
_BEFORE_NUMBER = re.compile(
    r"art|ch|nos?|nr|pp?|vol|jan|feb|aug|sept?|oct|nov|dec"
)  # "No. 3" goes on, "The answer is no." does not
_NEAR = 20  # characters looked at on either side of a stop


class Token(NamedTuple):
    """A word of a text; ``stem`` is "" for a stopword."""

    start: int
    end: int
    stem: str


def sentences(text: str) -> tuple[Span, ...]:
    """The sentences of a text, without the white space around them."""
    ends = [0]
    for found in _END.finditer(text):
        if found["stop"] is None or _is_end(text, ends[-1], found):
            ends.append(found.end())
    pieces = ((start, text[start:end]) for start, end in zip(ends, [*ends[1:], len(text)], strict=True))
    trimmed = ((start + len(piece) - len(piece.lstrip()), piece.strip()) for start, piece in pieces)
    return tuple(Span(start, start + len(piece)) for start, piece in trimmed if piece)


def _is_end(text: str, begun: int, found: re.Match[str]) -> bool:
    first, following = (text[place : place + _NEAR].lstrip()[:1] for place in (begun, found.end()))
    if following.islower() and not first.islower():  # a list of facts may begin all of them in lower case
        return False
    before = text[max(begun, found.start() - _NEAR) : found.start()].split()
    if found["stop"] != "." or not before:
        return True
    word = before[-1].lstrip("([\"'“‘").lower()
    counts = len(before) == 1 and word.isdigit()  # "2. The second reason", not "in 2019. The next year"
    goes_on = _ABBREVIATION.fullmatch(word) or (following.isdigit() and _BEFORE_NUMBER.fullmatch(word))
    return not (counts or goes_on)


def content_words(text: str) -> frozenset[str]:
    """The distinct words of a text as English stems, without bm25s's stopwords."""
    return frozenset(token.stem for token in _tokens(text) if token.stem)


def coverage(rationale: str, document: str) -> float:
    """Share in [0, 1] of the rationale's distinct content words (stems) that occur in the document; 0 without any."""
    wanted = content_words(rationale)
    return len(wanted & content_words(document)) / len(wanted) if wanted else 0.0


def locate(rationale: str, document: str) -> tuple[Span, ...]:
    """Characters of the document that say what the rationale says, in reading order, none overlapping.

    A sentence of the rationale that stands there, case and white space aside, weighs 1. If one does not, so do runs
    of words that all occur in the rationale, at least two of them content words; a run weighs the share in (0, 1] of
    the rationale's content words it holds.
    """
    said = [rationale[span.start : span.end] for span in sentences(rationale)]
    found = [list(_verbatim(sentence, document)) for sentence in said if content_words(sentence)]
    verbatim = _merged(span for spans in found for span in spans)
    runs = [] if all(found) else _runs(_tokens(document), content_words(rationale), verbatim)
    return tuple(sorted((*verbatim, *runs), key=lambda span: span.start))


def _tokens(text: str) -> list[Token]:
    found = list(_WORD.finditer(text))
    words = [match.group().lower().replace("’", "'") for match in found]
    stems = Stemmer.Stemmer("english").stemWords(words)  # one per call: a stemmer must not be shared between threads
    return [
        Token(match.start(), match.end(), "" if word in _STOPWORDS else stem)
        for match, word, stem in zip(found, words, stems, strict=True)
    ]


def _verbatim(sentence: str, document: str) -> Iterator[Span]:
    """Every place where the sentence stands; it never begins or ends inside a word or a number."""
    words = r"\s+".join(map(re.escape, sentence.split()))
    for match in re.finditer(rf"(?!\B\w)(?<!\d[.,]){words}(?!\B\w)(?![.,]\d)", document, re.IGNORECASE):
        yield Span(match.start(), match.end())


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The union of spans that overlap."""
    union: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if union and span.start < union[-1].end:
            span = Span(union[-1].start, max(span.end, union.pop().end))
        union.append(span)
    return union


def _runs(tokens: Sequence[Token], wanted: frozenset[str], taken: Sequence[Span]) -> Iterator[Span]:
    """Longest runs of stopwords and wanted words outside the spans taken, from first to last content word."""
    ends = [span.end for span in taken]

    def fits(token: Token) -> bool:
        ahead = bisect_right(ends, token.start)  # the first span that the token does not lie behind
        free = ahead == len(taken) or token.end <= taken[ahead].start
        return free and (not token.stem or token.stem in wanted)

    for belongs, run in groupby(tokens, key=fits):
        content = [token for token in run if token.stem] if belongs else []
        held = {token.stem for token in content}
        if len(held) >= 2:
            yield Span(content[0].start, content[-1].end, len(held) / len(wanted))
