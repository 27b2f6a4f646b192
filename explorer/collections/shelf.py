"""Wikipedia paragraphs by title, as the question sets over Wikipedia hand them out: the same one again and again."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.records import Document


def tidy(text: str) -> str:
    """A paragraph as the shelf keeps it: one blank between words."""
    return " ".join(text.split())


class Shelf:
    """Paragraphs by title; the same title with another text gets a number of its own."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()
        self._versions: dict[str, int] = {}

    def add(self, title: str, text: str) -> str:
        """The doc_id of this paragraph, whether it is new or has been seen."""
        key = (title, tidy(text))
        if key not in self._ids:
            self._ids[key] = self._free("_".join(title.split()) or "untitled")
        return self._ids[key]

    def _free(self, name: str) -> str:
        version = self._versions.get(name, 0) + 1
        while (doc_id := name if version == 1 else f"{name}#{version}") in self._taken:
            version += 1
        self._versions[name] = version
        self._taken.add(doc_id)
        return doc_id

    @property
    def documents(self) -> Iterable[Document]:
        return (Document(doc_id, text, title, title or doc_id) for (title, text), doc_id in self._ids.items())
