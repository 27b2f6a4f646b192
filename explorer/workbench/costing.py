"""What a query costs on this machine: each system against the language model that reranks what the first one found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from explorer.evaluation.latency import WARM_UP, latency_ms
from explorer.records import ExplorerError, Progress, Query, Retriever, Run
from explorer.workbench import Workbench

K = 10  # documents searched for
HOUR_MS = 3_600_000.0


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """Latency of one system at batch 1, in milliseconds."""

    spec: str
    p50: float
    p95: float

    @property
    def queries_per_hour(self) -> float:
        """One after the other, each as fast as the median."""
        return HOUR_MS / self.p50

    def per_thousand(self, price_of_an_hour: float) -> float:
        """What 1,000 queries cost, in the currency of the price."""
        return price_of_an_hour * 1000 / self.queries_per_hour


class _Watched:
    """A retriever that tells of every search before it begins, those of the warm-up too: any of them can be stopped."""

    def __init__(self, retriever: Retriever, progress: Progress, total: int) -> None:
        self.spec = retriever.spec
        self._retriever = retriever
        self._progress = progress
        self._begun, self._total = 0, total

    def search(self, queries: Sequence[Query], k: int) -> Run:
        self._begun += 1
        self._progress(f"time {self.spec}:", self._begun, self._total)
        return self._retriever.search(queries, k)


def costs(bench: Workbench, a: str, b: str, count: int) -> tuple[Cost, ...]:
    """Latency of ``a``, ``b`` and ``rerank:llm(a)`` over ``count`` queries, measured now."""
    if not 1 <= count <= 100:
        raise ExplorerError(f"{count} queries cannot be timed here; choose from 1 to 100")
    queries = timed_queries(bench, count)
    reranked = [] if a.startswith("rerank:") else [f"rerank:llm({a})"]
    return tuple(_cost(bench, spec, queries) for spec in dict.fromkeys([a, b, *reranked]))


def timed_queries(bench: Workbench, count: int) -> list[Query]:
    """Those of the test split, then others: for how long a search takes it does not matter who was trained on them."""
    queries = list(
        {
            query.query_id: query for query in [*bench.collection.split("test"), *bench.collection.queries.values()]
        }.values()
    )
    if not queries:
        raise ExplorerError(f"{bench.collection.name} has no queries to time")
    return queries[:count]


def _cost(bench: Workbench, spec: str, queries: Sequence[Query]) -> Cost:
    bench.progress(f"loading {spec}", 0, 1)
    retriever = bench.retrievers.get(spec)
    watched = _Watched(retriever, bench.progress, len(queries) + min(WARM_UP, len(queries)))
    found = latency_ms(watched, queries, K)
    return Cost(spec, found["p50"], found["p95"])
