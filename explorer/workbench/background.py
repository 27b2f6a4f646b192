"""What a system's scores usually are: two systems count in different units, so each is measured against itself."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from explorer.records import Retriever
from explorer.retrieval.combined import RerankRetriever
from explorer.workbench import Workbench

QUERIES, DEPTH = 32, 50

_known: WeakKeyDictionary[Retriever, np.ndarray] = WeakKeyDictionary()


def background(bench: Workbench, spec: str) -> np.ndarray | None:
    """Scores of the first DEPTH documents for QUERIES queries spread over the collection, ascending.

    None for a reranker, of whom each score costs a reading, and where there is nothing to search for.
    """
    retriever = bench.retrievers.get(spec)
    if isinstance(retriever, RerankRetriever):
        return None
    if retriever not in _known:
        queries = list(bench.collection.queries.values())
        sample = queries[:: max(1, len(queries) // QUERIES)][:QUERIES]
        rankings = retriever.search(sample, DEPTH).rankings.values()
        _known[retriever] = np.sort([doc.score for ranking in rankings for doc in ranking])
    found = _known[retriever]
    return found if len(found) else None


def percentile(scores: np.ndarray, value: float) -> float:
    """Share of ``scores`` (ascending) below ``value``, in percent; equal ones count half."""
    below, up_to = np.searchsorted(scores, value, "left"), np.searchsorted(scores, value, "right")
    return float(50 * (below + up_to) / len(scores))
