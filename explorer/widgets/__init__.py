"""The app's instruments as notebook widgets; a name is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.widgets.compare import Compare, Rationale
    from explorer.widgets.flips import Flips
    from explorer.widgets.map import Map
    from explorer.widgets.monitor import TrainingMonitor
    from explorer.widgets.selection import Selection
    from explorer.widgets.utility import Utility

__all__ = ["Compare", "Flips", "Map", "Rationale", "Selection", "TrainingMonitor", "Utility"]

MODULES = {
    "Compare": "compare",
    "Flips": "flips",
    "Map": "map",
    "Rationale": "compare",
    "Selection": "selection",
    "TrainingMonitor": "monitor",
    "Utility": "utility",
}


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"explorer.widgets.{MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
