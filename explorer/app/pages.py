"""What every page has in common: the selection it shares with the others, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

QUIET: Mapping[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
SHOWN: Mapping[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}  # where a draw can take long
SELECTION = ("query", "text", "answer", "a", "teacher", "b", "k", "more", "split", "measure", "within")
"""What pages share and a link restores: a query of the collection or one's own text with its answer, the system before,
the teacher, the system after, depth, more systems, split and measure, and the queries chosen on the Map."""


@dataclass(frozen=True)
class Jump:
    """``event`` shows page ``to`` with what ``chosen(event data, *inputs)`` selects."""

    event: Callable[..., Any]
    to: str
    chosen: Callable[..., Mapping[str, Any]]
    inputs: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """``fields``: name in SELECTION -> the component that shows it here. ``draw`` takes ``inputs``, fills ``outputs``; one
    that goes on in steps, as ``telling.Drawing`` makes it, takes the gr.Request before them.

    A page is drawn when its tab is opened and whenever one of its fields changes.
    """

    fields: Mapping[str, Any]
    draw: Callable[..., Any]
    inputs: list[Any]
    outputs: list[Any]
    jumps: Sequence[Jump] = ()
    refresh: Mapping[str, Callable[[], dict[str, Any]]] = field(default_factory=dict)
    """field -> its properties brought up to date, such as choices: students come and go while a page is open"""
