"""How long work shows itself in a cell, and how the stop button ends it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from explorer.workbench import Workbench

PATIENCE = 2.0  # seconds of work before anything is shown
PACE = 0.2  # seconds between two drawings
STOPPED = "stopped; what was read, encoded or trained so far is kept: run the cell again to go on"


class Stopped(KeyboardInterrupt):
    """The stop button, told in one sentence; as any interrupt it also stops what was to follow."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Bar:
    """A ``Progress`` for notebooks: one line under the cell once work takes longer than PATIENCE, gone when it ends.

    Outside a notebook the line goes to stderr. ``clear`` begins anew.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._line: Any = None
        self._began = time.monotonic()
        self._drawn = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._began < self._patience or now - self._drawn < PACE:
            return
        self._drawn = now
        self._line = self._line or _line()
        self._line.show(stage, done, total)

    def clear(self) -> None:
        self._began, self._drawn = time.monotonic(), 0.0
        if self._line:
            self._line.hide()
        self._line = None


class _Cell:
    """A line in the output of the running cell: drawn again in its place, empty at the end, no widget state to save."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle = display({"text/plain": ""}, raw=True, display_id=True)

    def show(self, stage: str, done: int, total: int) -> None:
        bar = f'<progress max="{total}" value="{done}"></progress> ' if total else ""
        self._update(_text(stage, done, total), f"{bar}{escape(_text(stage, done, total))}")

    def hide(self) -> None:
        self._update("", "")

    def _update(self, text: str, html: str) -> None:
        self._handle.update({"text/plain": text, "text/html": html}, raw=True)


class _Stderr:
    def show(self, stage: str, done: int, total: int) -> None:
        sys.stderr.write(f"\r\x1b[K{_text(stage, done, total)}")
        sys.stderr.flush()

    def hide(self) -> None:
        sys.stderr.write("\r\x1b[K")


def _text(stage: str, done: int, total: int) -> str:
    return f"{stage}: {done:,} of {total:,}" if total else stage


def _line() -> _Cell | _Stderr:
    return _Cell() if in_notebook() else _Stderr()


def in_notebook() -> bool:
    """Whether a kernel runs this: what is displayed reaches a page."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


@contextmanager
def told(bench: Workbench) -> Iterator[None]:
    """Work of one cell: its progress begins now and is wiped at the end; the stop button becomes one sentence."""
    bar = bench.progress if isinstance(bench.progress, Bar) else Bar()
    bar.clear()
    try:
        yield
    except Stopped:
        raise
    except KeyboardInterrupt as stop:
        raise Stopped(STOPPED) from stop
    finally:
        bar.clear()
