"""Train, dev and test by document group: no group is in two splits, and the same input gives the same splits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

SPLITS = ("train", "dev", "test")
DEV, TEST = 0.10, 0.20  # shares of the groups


def assign_splits(groups: Mapping[str, frozenset[str]], published: Mapping[str, str]) -> dict[str, str]:
    """query_id -> split. What the source publishes stays; dev and test it lacks are carved out of its train part.

    ``groups`` maps each query to the document groups it is about. Queries that share a group, directly or
    through other queries, stay together.
    """
    if published and "train" not in published.values():
        return dict(published)
    missing = [split for split in ("dev", "test") if split not in published.values()]
    if "test" not in missing:
        missing = [split for split in missing if split == "dev"]
    leaders = _components(groups)
    splits = dict(published)
    for query_id in groups:
        if published and published.get(query_id) != "train":
            continue
        bucket = _bucket(leaders[query_id])
        carved = "dev" if bucket < DEV else "test" if bucket < DEV + TEST else "train"
        splits[query_id] = carved if carved in missing else "train"
    return splits


def _bucket(name: str) -> float:
    """A number in [0, 1) that depends on the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64


def _components(groups: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """query_id -> the smallest group name of its connected component; a query without groups stands alone."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    for names in groups.values():
        for name in names:
            first, other = sorted((root(min(names)), root(name)))
            parent[other] = first
    return {query_id: root(min(names)) if names else query_id for query_id, names in groups.items()}
