"""Benchmarks: each figure as a ratio measured inside one process, with medians. Never a timed test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.benches.browsing import redraw
from explorer.benches.encoding import encode
from explorer.benches.learning import distill
from explorer.benches.parity import trec_parity
from explorer.benches.querying import busy, query
from explorer.benches.reading import utility
from explorer.benches.reasons import reasons
from explorer.benches.scale import scale
from explorer.benches.spending import memory
from explorer.benches.starting import start
from explorer.benches.timing import machine
from explorer.benches.transfer import transfer
from explorer.records import ExplorerError, Progress
from explorer.workbench import Workbench

__all__ = ["BENCHES", "SPEED", "Bench", "machine", "speed", "trec_parity"]


@dataclass(frozen=True)
class Bench:
    """``collection``: what it measures on unless another is named. ``options``: what else can be set, by name."""

    measure: Callable[..., dict[str, Any]]
    collection: str = "meridian"
    options: tuple[str, ...] = ()


BENCHES: Mapping[str, Bench] = {
    "utility": Bench(utility),
    "encode": Bench(encode),
    "query": Bench(query),
    "busy": Bench(busy),
    "distill": Bench(distill),
    "start": Bench(start),
    "redraw": Bench(redraw),
    "memory": Bench(memory),
    "scale": Bench(scale, options=("limit",)),
    "transfer": Bench(transfer),
    "reasons": Bench(reasons, options=("k", "tested")),
}
SPEED = tuple(name for name in BENCHES if name not in ("transfer", "reasons"))  # what "all" runs


def speed(open_bench: Callable[[str], Workbench], progress: Progress) -> dict[str, Any]:
    """Every bench of speed on its own collection; one that cannot run here says why in its place."""
    figures: dict[str, Any] = {}
    for done, name in enumerate(SPEED):
        progress(f"bench {name}", done, len(SPEED))
        spec = BENCHES[name].collection
        try:
            figures[name] = {"collection": spec, **BENCHES[name].measure(open_bench(spec), (), progress)}
        except ExplorerError as error:
            figures[name] = {"collection": spec, "not_measured": str(error)}
    return figures
