"""The queries of a collection as one list to choose from, searched here: no page needs to carry it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.collections import Collection

ORDER: Mapping[str, int] = {"test": 0, "dev": 1, "train": 2}  # held-out queries first: they were not trained on
MOST = 50  # choices at a time


class QueryList:
    """Every query once, held-out ones first; ``ids`` in that order."""

    def __init__(self, collection: Collection) -> None:
        splits = collection.splits
        queries = sorted(collection.queries.values(), key=lambda q: ORDER.get(splits.get(q.query_id, ""), len(ORDER)))
        self.ids = [query.query_id for query in queries]
        self._place = {query_id: place for place, query_id in enumerate(self.ids)}
        self._collection = collection
        self._words = [f"{query.query_id} {query.text}".lower() for query in queries]

    @property
    def first(self) -> str | None:
        return self.ids[0] if self.ids else None

    def step(self, now: str | None, by: int) -> str | None:
        """The query ``by`` places further, round and round; the first where ``now`` is none of them."""
        if now not in self._place:
            return self.first
        return self.ids[(self._place[now] + by) % len(self.ids)]

    def find(self, text: str, now: str | None = None, most: int = MOST) -> dict[str, Any]:
        """{"rows", "count", "of", "now"}: the first queries whose id and text hold every word, and how many do.

        Without words they are the neighbours of ``now``, which is always among the rows.
        """
        words = text.lower().split()
        found = [n for n, said in enumerate(self._words) if all(word in said for word in words)] if words else []
        place = self._place.get(now or "")
        shown = found[:most] if words else self._around(place or 0, most)
        if place is not None and place not in shown:
            shown = [place, *shown[: most - 1]]
        return {
            "rows": [self._row(n) for n in shown],
            "count": len(found) if words else len(self.ids),
            "of": len(self.ids),
            "now": None if place is None else self._row(place),
        }

    def _around(self, place: int, most: int) -> list[int]:
        start = max(0, min(place - most // 2, len(self.ids) - most))
        return list(range(start, min(start + most, len(self.ids))))

    def _row(self, place: int) -> dict[str, str]:
        query = self._collection.queries[self.ids[place]]
        split = self._collection.splits.get(query.query_id, "no split")
        return {"query_id": query.query_id, "text": query.text, "split": split}
