"""Characters that no tokenizer takes and no file holds: lone halves of surrogate pairs, as broken JSON brings them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from explorer.records import Document, Query

_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTS = ("doc_id", "query_id", "text", "title", "group", "scope", "rationale")


T = TypeVar("T", Document, Query)


def mended(record: T) -> T:
    """The record with lone surrogates as replacement characters."""
    broken: dict[str, object] = {}
    for name in _TEXTS:
        value = getattr(record, name, None)
        if value and _SURROGATE.search(value):
            broken[name] = whole(value)
    answers = getattr(record, "answers", ())
    if any(map(_SURROGATE.search, answers)):
        broken["answers"] = tuple(map(whole, answers))
    return replace(record, **broken) if broken else record  # type: ignore[arg-type]


def whole(text: str) -> str:
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
