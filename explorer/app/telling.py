"""Long work of a page: told step by step, stopped when its listener goes away, its failure drawn like any answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any

import gradio as gr

from explorer.app.pages import QUIET
from explorer.records import ExplorerError
from explorer.workbench import Workbench


@dataclass(frozen=True)
class Step:
    """How far the work is: ``done`` of ``total`` of a stage."""

    stage: str
    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.stage} {self.done} of {self.total}" if self.total > 1 else self.stage


@dataclass(frozen=True)
class Done:
    """What the work gave, or a record {"message", "error": True}: a problem of the user's in its own words."""

    value: Any


class _Stopped(Exception):
    pass


PATIENCE = 0.4  # seconds before a drawing says what it waits for
SLOW = 1.0  # the same where a query is drawn already, which stays meanwhile


def telling(
    bench: Workbench,
    work: Callable[[Workbench], Any],
    failed: str,
    silence: str = "",
    patience: float = PATIENCE,
    halt: threading.Event | None = None,
) -> Iterator[Step | Done]:
    """Steps of ``work(bench)`` while it runs in a thread, then one Done. ``failed`` names the work where it breaks down.

    Where work tells nothing for ``patience`` seconds its last step is told again, before the first one ``silence``.

    ``halt`` ends the generator; so does Gradio when a tab is closed. The work ends at its next step.
    """
    stopped, news = halt or threading.Event(), Queue[Step | Done]()

    def progress(stage: str, done: int, total: int) -> None:
        if stopped.is_set():
            raise _Stopped
        news.put(Step(stage, done, total))

    def attempt() -> None:
        try:
            news.put(Done(work(bench.reporting(progress))))
        except _Stopped:
            pass
        except ExplorerError as error:
            news.put(Done({"message": str(error), "error": True}))
        except Exception as error:
            news.put(Done({"message": f"{failed} failed: {error}", "error": True}))
            raise

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    untold = Step(silence, 0, 0) if silence else None
    try:
        while not stopped.is_set() and (thread.is_alive() or not news.empty()):
            try:
                told = news.get(timeout=patience if silence else 0.2)
            except Empty:
                if untold and thread.is_alive():
                    yield untold
                    untold = None
            else:
                untold = told if silence and isinstance(told, Step) else None
                yield told
    finally:
        stopped.set()


class Halt(threading.Event):
    """Ends a work at its next step. ``pressed``: its visitor wants no more of it; otherwise a later work takes its place,
    asked for with the values ``instead``."""

    pressed = False
    instead: tuple[Any, ...] = ()


class Turns:
    """Works that draw into the same place: of one visitor's, a later one ends those before it, and ``stop`` all of them.

    Gradio's own cancelling takes seconds, and loses what is chosen meanwhile.
    """

    def __init__(self, *stop: gr.Button) -> None:
        self._running: dict[str, dict[Halt, tuple[Any, ...]]] = {}  # by visitor
        self._changing = threading.Lock()
        for button in stop:
            button.click(self._stop, None, None, **QUIET)

    def telling(
        self,
        request: gr.Request,
        bench: Workbench,
        work: Callable[[Workbench], Any],
        failed: str,
        *values: Any,
        silence: str = "",
        patience: float = PATIENCE,
    ) -> Iterator[Step | Done | Halt]:
        """``telling`` of a work on ``values``; its Halt is the last where it was ended."""
        with self.taken(request, *values) as halt:
            for news in telling(bench, work, failed, silence, patience, halt):
                yield news
                if isinstance(news, Done):
                    return
            yield halt

    @contextmanager
    def taken(self, request: gr.Request, *values: Any) -> Iterator[Halt]:
        """While a work on ``values`` is going on; an earlier one on the same values goes on beside it."""
        who, halt = str(request.session_hash), Halt()
        with self._changing:
            mine = self._running.setdefault(who, {})
            for earlier, asked in mine.items():
                if asked != values:
                    earlier.instead = values
                    earlier.set()
            mine[halt] = values
        try:
            yield halt
        finally:
            with self._changing:
                del mine[halt]
                if not mine:
                    del self._running[who]

    def end(self, request: gr.Request, *, pressed: bool = False) -> None:
        """Ends what goes on; without ``pressed`` something else was chosen, and nothing is to be drawn in its place."""
        with self._changing:
            for halt in self._running.get(str(request.session_hash), ()):
                halt.pressed = pressed
                halt.set()

    def _stop(self, request: gr.Request) -> None:
        self.end(request, pressed=True)


class Drawing:
    """Draws ``view(bench, *values)``; says what it waits for where that takes long, and can then be stopped.

    It fills what is drawn and the Stop of ``turns``, which leaves ``stopped`` in its place; a later draw ends it without a
    word. ``what`` names the work: "comparing".

    With ``beside`` a view is a tuple: further components follow what is drawn, and show these while it is waited for.
    """

    def __init__(
        self,
        bench: Workbench,
        view: Callable[..., Any],
        what: str,
        turns: Turns,
        stopped: str,
        patience: float = PATIENCE,
        beside: Sequence[Any] = (),
    ) -> None:
        self._bench, self._view, self._what, self._turns = bench, view, what, turns
        self._stopped, self._patience, self._beside = stopped, patience, beside
        self.late = gr.State(0.0)
        """Changes where ``promptly`` gave up: then ``steps`` is to begin."""

    def steps(self, request: gr.Request, *values: Any) -> Iterator[tuple[Any, ...]]:
        """A listener that tells every step once it is late, and at last what is drawn."""
        begun = time.monotonic()
        for news in self._telling(request, values):
            if isinstance(news, Done):
                yield self._drawn(news)
            elif isinstance(news, Halt):
                if news.pressed:
                    yield self._said(self._stopped, waits=False)
            elif self._is_late(begun):
                yield self._said(f"{news} …", waits=True)

    def promptly(self, request: gr.Request, *values: Any) -> tuple[Any, ...]:
        """A listener for what people walk through one by one: a browser draws twice what comes in steps. It fills ``late``
        as well."""
        begun = time.monotonic()
        for news in self._telling(request, values):
            if isinstance(news, Done):
                return *self._drawn(news), gr.skip()
            if self._is_late(begun):
                break
        return *self._said(f"{self._what} …", waits=True), time.monotonic()

    def _telling(self, request: gr.Request, values: tuple[Any, ...]) -> Iterator[Step | Done | Halt]:
        def work(bench: Workbench) -> Any:
            return self._view(bench, *values)

        return self._turns.telling(
            request, self._bench, work, self._what, *values, silence=self._what, patience=self._patience
        )

    def _is_late(self, begun: float) -> bool:
        return time.monotonic() - begun > self._patience / 2

    def _drawn(self, news: Done) -> tuple[Any, ...]:
        found = news.value if isinstance(news.value, tuple) else (news.value, *self._beside)
        return *found, gr.Button(visible=False)

    def _said(self, text: str, *, waits: bool) -> tuple[Any, ...]:
        return {"message": text[0].upper() + text[1:]}, *self._beside, gr.Button(visible=waits)
