"""The map: documents on a plane under two systems, and what is said of those a reader points at or chooses."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from explorer.records import Document, Query, Ranking
from explorer.views.terms import taught
from explorer.workbench import Workbench
from explorer.workbench.projecting import METHODS, RANKED, Plane, System, cosines, drawable, has_tsne, plane, ranked

FIRST = "PCA"  # there at once
NO_TSNE = "t-SNE, which keeps neighbours together, comes with pip install 'distill-explorer[map]'"
TOLD = 200  # documents told at once, and query ids in a link
BEGINNING = 320  # characters of a text
GROUPS = 12  # colours that can be told apart
SIDE = 65535  # the square both maps share, in steps of a coordinate
ASPECT = 1.25  # width of a map by its height: the square's middle is shown
SPLITS = ("train", "dev", "test")
TEACH = taught(
    "map rank",
    "cosine",
    "variance",
)


def projections() -> list[str]:
    """What can be chosen on this machine."""
    return [name for name in METHODS if name == FIRST or has_tsne()]


def document_map(bench: Workbench, query: Query, a: str, b: str, k: int, method: str) -> dict[str, Any]:
    """Both planes in one square, packed; ``listed``: the documents the query is about, gold first, then by rank.

    ``rows``: number of each drawn document in the collection, uint32. ``points``: x and y of each, uint16 of SIDE.
    ``of``: the kind of each, uint8. All little-endian in base64.
    """
    rankings = [ranked(bench, query, spec).docs[:k] for spec in (a, b)]
    gold = sorted(bench.collection.relevant(query.query_id) & bench.collection.documents.keys())
    listed = list(dict.fromkeys([*gold, *(doc.doc_id for ranking in rankings for doc in ranking)]))
    drawn = plane(bench, query, a, b, listed, method)
    ids = list(bench.collection.documents)
    at = {ids[row]: place for place, row in enumerate(drawn.rows)}
    low, width = _square(drawn)
    kind, names, of = _kinds(bench, [ids[row] for row in drawn.rows])
    return {
        "key": _key(query, a, b),
        "query": {"query_id": query.query_id, "text": query.text, "answers": list(query.answers), "scope": query.scope},
        "k": k,
        "documents": len(ids),
        "drawn": len(drawn.rows),
        "rows": packed(drawn.rows, "<u4"),
        "kind": kind,
        "kinds": names,
        "of": packed(of, "u1"),
        "gold": [at[doc_id] for doc_id in gold],
        "searched": _searched(bench, query, drawn.rows, ids),
        "panels": [
            {
                "role": role,
                "spec": system.spec,
                "points": packed(_steps(system.points, low, width), "<u2"),
                "query": _steps(system.query, low, width).tolist(),
                "top": [[at[doc.doc_id], doc.rank] for doc in ranking],
                "said": _said(system, other, bench),
            }
            for role, system, other, ranking in (
                ("before", drawn.before, drawn.after, rankings[0]),
                ("after", drawn.after, drawn.before, rankings[1]),
            )
        ],
        "moves": _moves(drawn, method),
        "listed": about(bench, query, a, b, [int(drawn.rows[at[doc_id]]) for doc_id in listed]),
        "teach": TEACH,
    }


def pointed(bench: Workbench, query: Query, a: str, b: str, rows: Iterable[int]) -> dict[str, Any]:
    return {"key": _key(query, a, b), "told": about(bench, query, a, b, rows)}


def about(bench: Workbench, query: Query, a: str, b: str, rows: Iterable[int]) -> list[dict[str, Any]]:
    """What is said of the documents of these numbers: beginning, grade, rank and cosine under both systems.

    None is a rank below RANKED or outside the query's scope, a cosine of a system without vectors, no judgement.
    """
    ids = list(bench.collection.documents)
    named = [(row, ids[row]) for row in rows if 0 <= row < len(ids)]
    rankings = [ranked(bench, query, spec) for spec in (a, b)]
    similar = [cosines(bench, query, spec, [row for row, _ in named]) for spec in (a, b)]
    grades = bench.collection.qrels.get(query.query_id, {})
    return [
        {
            "row": row,
            **_beginning(bench.collection.documents[doc_id]),
            "grade": grades.get(doc_id),
            "systems": [{**_standing(rankings[n], doc_id), "cosine": similar[n][number]} for n in (0, 1)],
        }
        for number, (row, doc_id) in enumerate(named)
    ]


def _standing(ranking: Ranking, doc_id: str) -> dict[str, Any]:
    rank = ranking.ranks.get(doc_id)
    unknown = f"> {RANKED:,}" if len(ranking) >= RANKED else "–"  # below what was asked for, or not retrieved
    return {"rank": rank, "label": unknown if rank is None else f"#{rank:,}"}


def _beginning(doc: Document) -> dict[str, str]:
    text = {"title": doc.title[:BEGINNING], "text": doc.text[:BEGINNING]}
    return {"doc_id": doc.doc_id, **text, "group": doc.group}


def chosen(bench: Workbench, query: Query, a: str, b: str, rows: Sequence[int]) -> dict[str, Any]:
    """A choice of documents: the first TOLD of them, and ``within``, the queries whose gold lies there, for a link.

    ``queries`` counts them all, ``named`` those of the link.
    """
    ids = list(bench.collection.documents)
    inside = {ids[row] for row in rows if 0 <= row < len(ids)}
    found = [query_id for query_id in bench.collection.qrels if bench.collection.relevant(query_id) & inside]
    answer = {"count": len(inside), "queries": len(found), "documents": about(bench, query, a, b, rows[:TOLD])}
    return {
        "key": _key(query, a, b),
        "chosen": answer,
        "named": min(TOLD, len(found)),
        "within": joined(found[:TOLD]),
    }


def _key(query: Query, a: str, b: str) -> str:
    """What an answer belongs to: it may come after something else was asked."""
    return "\n".join((query.text, a, b))


def joined(query_ids: Sequence[str]) -> str:
    """Query ids as one text of a link; ``parted`` reads it."""
    return ",".join(quote(query_id, safe=":/ ", errors="surrogatepass") for query_id in query_ids)


def parted(bench: Workbench, within: str) -> list[str]:
    """The queries of the collection a link names, at most TOLD."""
    named = [unquote(part) for part in within.split(",")]
    return [query_id for query_id in named if query_id in bench.collection.queries][:TOLD]


def packed(values: np.ndarray, dtype: str) -> str:
    """An array as base64 of its bytes: a page reads 20,000 numbers at once instead of one by one."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode("ascii")


def _square(drawn: Plane) -> tuple[np.ndarray, float]:
    """(lower left corner, width) of the square that holds both planes with a margin: both maps have one scale."""
    systems = (drawn.before, drawn.after)
    everything = np.concatenate([*(one.points for one in systems), *(one.query[None] for one in systems)])
    low, high = everything.min(axis=0), everything.max(axis=0)
    width = 1.08 * max(float(((high - low) * (1, ASPECT)).max()), 1e-9)
    return (low + high) / 2 - width / 2, width


def _steps(points: np.ndarray, low: np.ndarray, width: float) -> np.ndarray:
    return np.rint((points - low) / width * SIDE)


def _kinds(bench: Workbench, doc_ids: Sequence[str]) -> tuple[str, list[str], np.ndarray]:
    """(what documents are coloured by, names, name of each by number): group where few, else whose gold they are."""
    documents = bench.collection.documents
    groups = sorted({documents[doc_id].group for doc_id in doc_ids})
    if 1 < len(groups) <= GROUPS:
        number = {group: n for n, group in enumerate(groups)}
        return "group", groups, np.array([number[documents[doc_id].group] for doc_id in doc_ids])
    gold: dict[str, int] = {}
    for query_id in bench.collection.qrels:
        split = bench.collection.splits.get(query_id, "")
        if split in SPLITS:
            for doc_id in bench.collection.relevant(query_id):
                gold[doc_id] = max(gold.get(doc_id, 0), 1 + SPLITS.index(split))
    if not gold:
        return "", [], np.zeros(len(doc_ids))
    names = ["no query’s gold", *(f"gold of {split} queries" for split in SPLITS)]
    return "split", names, np.array([gold.get(doc_id, 0) for doc_id in doc_ids])


def _searched(bench: Workbench, query: Query, rows: np.ndarray, ids: Sequence[str]) -> list[int] | None:
    """Which of the drawn documents a query with a scope is searched among; None: all."""
    if not query.scope:
        return None
    documents = bench.collection.documents
    return [place for place, row in enumerate(rows) if documents[ids[row]].group == query.scope]


def _said(system: System, other: System, bench: Workbench) -> str:
    """What one may read out of this system's plane."""
    if not system.encoded:
        return (
            f"{system.spec} has no vectors: its documents stand where {other.spec} puts them, the rings are its own "
            f"ranking. For a second map, {drawable(bench)}."
        )
    if system.explained is None:
        return "t-SNE keeps neighbours together; distances between groups and sizes of groups mean nothing."
    return f"These two axes keep {100 * system.explained:.0f} % of the variance of its vectors: what lies close may still differ."


def _moves(drawn: Plane, method: str) -> str:
    both = drawn.before.encoded and drawn.after.encoded
    if not both:
        return ""
    if drawn.before.spec == drawn.after.spec:
        return "The same system is on both sides."
    if drawn.still:
        return (
            f"Documents stand still: {drawn.after.spec} and {drawn.before.spec} share their vectors, only queries move."
        )
    turned = "The second map is turned and shifted onto the first, never stretched"
    return f"{turned}: trails show what {method} makes of the move."
