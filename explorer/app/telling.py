"""Long work of a page: told step by step, stopped when its listener goes away, its failure drawn like any answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
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


def telling(
    bench: Workbench,
    work: Callable[[Workbench], Any],
    failed: str,
    silence: str = "",
    patience: float = PATIENCE,
    halt: threading.Event | None = None,
) -> Iterator[Step | Done]:
    """Steps of ``work(bench)`` while it runs in a thread, then one Done. ``failed`` names the work where it breaks down.

    Work that tells nothing for ``patience`` seconds is told of once, as ``silence``.

    ``halt`` ends the generator; so does Gradio when an event is cancelled or its tab closed. The work ends at its next step.
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
    try:
        while not stopped.is_set() and (thread.is_alive() or not news.empty()):
            try:
                yield news.get(timeout=patience if silence else 0.2)
                silence = ""
            except Empty:
                if silence and thread.is_alive():
                    yield Step(silence, 0, 0)
                    silence = ""
    finally:
        stopped.set()


def drawing(
    bench: Workbench,
    view: Callable[..., Any],
    what: str,
    stop: gr.Button,
    stopped: str,
    patience: float = PATIENCE,
) -> Callable[..., Iterator[Any]]:
    """A draw of ``view(bench, *values)`` that says what it waits for where that takes long, and can then be stopped.

    It fills what is drawn and ``stop``, which ends what is drawn for whoever presses it and leaves ``stopped`` in its place;
    a later draw ends theirs without a word. ``what`` names the work: "comparing". Gradio's own cancelling takes seconds, and
    loses what is chosen meanwhile.
    """
    running: dict[str, list[_Halt]] = {}  # by visitor

    def run(request: gr.Request, *values: Any) -> Iterator[Any]:
        begun, halt, who = time.monotonic(), _Halt(), str(request.session_hash)
        for earlier in tuple(running.get(who, ())):
            earlier.set()
        running.setdefault(who, []).append(halt)
        try:
            for news in telling(bench, lambda bench: view(bench, *values), what, what, patience, halt):
                if isinstance(news, Done):
                    yield news.value, gr.Button(visible=False)
                    return
                if time.monotonic() - begun > patience / 2:
                    said = str(news)
                    yield {"message": f"{said[0].upper()}{said[1:]} …"}, gr.Button(visible=True)
            yield ({"message": stopped}, gr.Button(visible=False)) if halt.pressed else (gr.skip(), gr.skip())
        finally:
            running[who].remove(halt)
            if not running[who]:
                running.pop(who, None)

    def end(request: gr.Request) -> None:
        for halt in tuple(running.get(str(request.session_hash), ())):
            halt.pressed = True
            halt.set()

    stop.click(end, None, None, **QUIET)
    return run


class _Halt(threading.Event):
    """``pressed``: by whoever waits, not by a later draw."""

    pressed = False
