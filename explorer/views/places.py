"""Where a chunk lies in its document, and what stands around it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from explorer.records import Document

AROUND = 600  # characters of the document shown on each side


def place(documents: Mapping[str, Document], doc: Document) -> dict[str, Any] | None:
    """{"source", "start", "end" in characters, "before", "after"}; None for a document that is whole."""
    source, start, end = (doc.meta.get(name) for name in ("source", "start", "end"))
    if not source or not isinstance(start, int) or not isinstance(end, int):
        return None
    around = {"before": _before(documents, doc), "after": _after(documents, doc)}
    return {"source": str(source), "start": start, "end": end, **around}


def _before(documents: Mapping[str, Document], doc: Document) -> str:
    text, start = "", doc.meta["start"]
    for other in _neighbours(documents, doc, -1):
        gap = " " if text and other.meta["end"] < start else ""
        text = other.text[: max(0, start - other.meta["start"])] + gap + text
        start = other.meta["start"]
        if len(text) > AROUND:
            return "… " + text[-AROUND:].partition(" ")[2]
    return text


def _after(documents: Mapping[str, Document], doc: Document) -> str:
    text, end = "", doc.meta["end"]
    for other in _neighbours(documents, doc, 1):
        gap = " " if text and other.meta["start"] > end else ""
        text += gap + other.text[max(0, end - other.meta["start"]) :]
        end = other.meta["end"]
        if len(text) > AROUND:
            return text[:AROUND].rpartition(" ")[0] + " …"
    return text


def _neighbours(documents: Mapping[str, Document], doc: Document, step: int) -> Iterator[Document]:
    """The chunks that follow (1) or precede (-1) this one in its document: chunks are numbered SOURCE#1, SOURCE#2 …"""
    stem, _, number = doc.doc_id.rpartition("#")
    at = int(number) if number.isdecimal() else 0
    while at and (other := documents.get(f"{stem}#{at + step}")) is not None:
        if other.meta.get("source") != doc.meta["source"]:
            return
        yield other
        at += step
