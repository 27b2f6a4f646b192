"""Long work as a subprocess: started, watched by reading its folder, cancelled by a signal, resumed, deleted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from explorer import cores
from explorer.records import ExplorerError
from explorer.workspace.runs import ACTIVE, HEARTBEAT, RESUMABLE, RunFolder

Emit = Callable[[dict[str, Any]], None]
Work = Callable[[Emit, Callable[[], bool], bool], dict[str, Any]]


def carry_out(run: RunFolder, work: Work, watch: Emit = lambda event: None, resume: bool = False) -> dict[str, Any]:
    """Runs ``work(emit, stop, resume)`` in this process with its state, events and heartbeat on disk.

    Ctrl-C (SIGINT) and SIGTERM ask it to stop at the next step and keep the best student so far; a second one
    ends it at once. ``watch`` sees every event too.
    """
    if run.state["state"] == "running":
        raise ExplorerError(
            f"the run {run.run_id!r} is already going in process {run.state['pid']}; watch it, or cancel it first"
        )
    asked = threading.Event()

    def emit(event: dict[str, Any]) -> None:
        run.emit(event)
        watch(event)

    run.set_state("running")
    with _heartbeat(run), _signals(asked):
        try:
            result = work(emit, asked.is_set, resume)
        except KeyboardInterrupt:
            run.set_state("cancelled")
            emit({"event": "end", "state": "cancelled"})
            raise
        except BaseException as error:
            run.set_state(
                "failed", error=str(error) if isinstance(error, ExplorerError) else f"{type(error).__name__}: {error}"
            )
            emit({"event": "end", "state": "failed"})
            raise
        state = "cancelled" if result.get("stopped") == "cancelled" else "finished"
        run.set_state(state)
        emit({"event": "end", "state": state})
        return result


@contextmanager
def _heartbeat(run: RunFolder) -> Iterator[None]:
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT):
            run.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def _signals(asked: threading.Event) -> Iterator[None]:
    """The first signal sets ``asked``; a second one interrupts at once. Outside the main thread: nothing."""

    def handle(number: int, _frame: Any) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def start(run: RunFolder, device: str | None = None) -> None:
    """Carries the plan of a created run out in the background, with half the cores and low priority.

    This process keeps to the other half meanwhile (see ``cores``).
    """
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(cores.half()),
        "EXPLORER_WORKSPACE": str(run.path.parent.parent),
    }
    chosen = ["--device", device] if device else []
    gently = ["nice", "-n", "10"] if shutil.which("nice") else []
    with (run.path / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [*gently, sys.executable, "-m", "explorer", "runs", "resume", run.run_id, *chosen],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    run.set_state("starting", pid=process.pid)  # whoever cancels it now means this process, not ours
    cores.lend(process.wait)  # once it ends it is gone, no longer counts as alive, and its cores are free again


def resume(run: RunFolder, device: str | None = None) -> None:
    """Starts a run again that was cancelled, failed or lost its process; it goes on from its last epoch.

    What trains in seconds, or beside frozen weights (adapter, lora), begins its training anew.
    """
    state = run.state["state"]
    if state not in RESUMABLE:
        raise ExplorerError(f"the run {run.run_id!r} is {state}, there is nothing to resume")
    run.set_state("starting")
    start(run, device)


def cancel(run: RunFolder) -> None:
    """Asks a run to stop and keep its best student; an orphaned one is marked as cancelled."""
    state = run.state
    if state["state"] in ACTIVE:
        os.kill(state["pid"], signal.SIGINT)
        if state["state"] == "starting":  # nobody listens yet who could say so
            run.set_state("cancelled")
    elif state["state"] == "orphaned":
        run.set_state("cancelled")
    else:
        raise ExplorerError(f"the run {run.run_id!r} is {state['state']}, there is nothing to cancel")
