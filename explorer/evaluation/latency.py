"""How long one query takes, one at a time, after a warm-up."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from explorer.records import Progress, Query, Retriever, silent

WARM_UP = 3


def latency_ms(retriever: Retriever, queries: Sequence[Query], k: int, progress: Progress = silent) -> dict[str, float]:
    """{"p50", "p95"} in milliseconds of ``search`` at batch 1."""
    for query in queries[:WARM_UP]:
        retriever.search([query], k)
    times = []
    for done, query in enumerate(queries, start=1):
        begun = time.perf_counter()
        retriever.search([query], k)
        times.append(1000 * (time.perf_counter() - begun))
        progress(f"latency of {retriever.spec}", done, len(queries))
    return {"p50": float(np.percentile(times, 50)), "p95": float(np.percentile(times, 95))}
