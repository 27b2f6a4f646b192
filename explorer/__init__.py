"""Explorer shows why a retriever fails, teaches it, and proves what changed.

In a notebook ``import explorer as ex``; then ``help(ex.open)``. Nothing is loaded before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from explorer.records import ExplorerError
    from explorer.reports import report
    from explorer.widgets.training import distill
    from explorer.widgets.verbs import compare, evaluate, frame, open, search, teach

_VERBS = ("open", "search", "teach", "frame", "evaluate", "compare")
_WIDGETS = ("Flips", "Compare", "Rationale", "Utility", "TrainingMonitor", "Map", "Selection")
_PLACES = {
    **dict.fromkeys(_VERBS, "explorer.widgets.verbs"),
    "distill": "explorer.widgets.training",
    "report": "explorer.reports",
    **dict.fromkeys(_WIDGETS, "explorer.widgets"),
    "ExplorerError": "explorer.records",
}
__all__ = ["ExplorerError", "compare", "distill", "evaluate", "frame", "open", "report", "search", "teach"]
__all__ += _WIDGETS


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
