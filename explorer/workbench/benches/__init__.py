"""Benchmarks: each figure as a ratio measured inside one process, with medians. Never a timed test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.records import ExplorerError, Progress
from explorer.workbench import Workbench
from explorer.workbench.benches.encoding import encode
from explorer.workbench.benches.learning import distill
from explorer.workbench.benches.parity import trec_parity
from explorer.workbench.benches.querying import busy, query
from explorer.workbench.benches.reading import utility
from explorer.workbench.benches.spending import memory
from explorer.workbench.benches.starting import start
from explorer.workbench.benches.timing import machine
from explorer.workbench.benches.transfer import transfer
from explorer.workbench.browsing import redraw
from explorer.workbench.scale import scale

__all__ = ["BENCHES", "SPEED", "Bench", "machine", "speed", "trec_parity"]


@dataclass(frozen=True)
class Bench:
    """``collection``: what it measures on unless another is named. ``sized``: a ``limit`` can be set."""

    measure: Callable[..., dict[str, Any]]
    collection: str = "meridian"
    sized: bool = False


BENCHES: Mapping[str, Bench] = {
    "utility": Bench(utility),
    "encode": Bench(encode),
    "query": Bench(query),
    "busy": Bench(busy),
    "distill": Bench(distill),
    "start": Bench(start),
    "redraw": Bench(redraw),
    "memory": Bench(memory),
    "scale": Bench(scale, sized=True),
    "transfer": Bench(transfer),
}
SPEED = tuple(name for name in BENCHES if name != "transfer")  # what "all" runs


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
