"""Near-duplicate texts between two sets of texts: what a test set shares with what was trained on."""

from __future__ import annotations

import functools
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasketch import MinHash

SHINGLE = 3  # words
PERMUTATIONS = 128
MISSED = 1e-3  # the largest share of pairs exactly at the threshold that the candidates may miss

_WORD = re.compile(r"\w+")


def near_duplicates(
    left: Mapping[str, str], right: Mapping[str, str], threshold: float = 0.8
) -> list[tuple[str, str, float]]:
    """(left id, right id, Jaccard similarity in [threshold, 1]) of similar texts, ordered by ids.

    Similarity is that of the sets of word 3-grams, case and punctuation aside; a text below three words is one
    shingle, a text without any word resembles nothing. MinHash (Broder 1997) proposes pairs, the sets decide: texts
    that are equal are always found, those at a threshold above 0.06 in all but one of 1,000 cases, and never one below.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is {threshold}; a Jaccard similarity to reach lies above 0 and at most at 1")
    if len(right) < len(left):  # the index takes 10 KB for each text: the smaller side goes into it
        return sorted((ours, theirs, value) for theirs, ours, value in _pairs(right, left, threshold))
    return sorted(_pairs(left, right, threshold))


def _pairs(few: Mapping[str, str], many: Mapping[str, str], threshold: float) -> Iterator[tuple[str, str, float]]:
    from datasketch import MinHashLSH

    index = MinHashLSH(num_perm=PERMUTATIONS, params=_bands(threshold))
    for few_id, signature in _signatures(few):
        index.insert(few_id, signature)
    shingles_of = functools.lru_cache(10_000)(lambda few_id: _shingles(few[few_id]))  # of candidates only
    for many_id, signature in _signatures(many):
        candidates = index.query(signature)
        own = _shingles(many[many_id]) if candidates else frozenset()
        similar = ((few_id, _jaccard(shingles_of(few_id), own)) for few_id in candidates)
        yield from ((few_id, many_id, value) for few_id, value in similar if value >= threshold)


def _shingles(text: str) -> frozenset[str]:
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    if len(words) < SHINGLE:
        return frozenset([" ".join(words)] if words else [])
    return frozenset(map(" ".join, zip(*(words[offset:] for offset in range(SHINGLE)), strict=False)))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared)


def _signatures(texts: Mapping[str, str]) -> Iterator[tuple[str, MinHash]]:
    """MinHash of every text that has words."""
    from datasketch import MinHash

    # crc32 takes a fraction of the time of datasketch's SHA-1; a collision costs a candidate, never a wrong report
    blank = MinHash(num_perm=PERMUTATIONS, hashfunc=zlib.crc32)
    for text_id, text in texts.items():
        if shingles := _shingles(text):
            signature = blank.copy()  # shares the permutations, which are costly to draw
            signature.update_batch([shingle.encode() for shingle in shingles])
            yield text_id, signature


def _bands(threshold: float) -> tuple[int, int]:
    """(bands, rows) of the most selective index that still misses few: a pair of similarity s escapes with
    probability (1 - s^rows)^bands (Leskovec et al., Mining of Massive Datasets, ch. 3)."""
    for rows in range(PERMUTATIONS // 2, 1, -1):
        bands = PERMUTATIONS // rows
        if (1 - threshold**rows) ** bands <= MISSED:
            return bands, rows
    return PERMUTATIONS, 1
