"""Watches a training run: measures dev, keeps the best student on disk, reports, and ends the run in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.records import Run
from explorer.training.settings import DevSet, Kept, Learner, Outcome, Settings

TIE = 0.005  # dev differences below this are chance on some dozens of queries: the student that learned longer is kept


class Watch:
    """One run under way. The student kept is the newest that beats the base and comes within TIE of the best.

    ``keep`` receives step and dev rankings of every measurement.
    """

    def __init__(
        self,
        learner: Learner,
        settings: Settings,
        dev: DevSet,
        folder: Path,
        emit: Callable[[dict[str, Any]], None],
        stop: Callable[[], bool],
        keep: Callable[[int, Run], None] = lambda step, ranked: None,
    ) -> None:
        self.learner, self.settings, self.dev = learner, settings, dev
        self.folder, self.emit, self.stop, self.keep = folder, emit, stop, keep
        self.before = self.best = self.kept = 0.0
        self.best_step = self.step = self.misses = 0
        self.measured_at = -1
        self.cost = 0.0
        self.stopped = "finished"
        self.begun = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def begin(self, kept: Kept | None) -> None:
        self.begun = time.monotonic()
        ranked = self.learner.rank(self.dev)
        self.before = self.best = self.kept = self.dev.measure(ranked)
        self.cost = self.seconds
        self.keep(0, ranked)
        if kept:
            self.best = self.kept = kept.value
            self.best_step = kept.step
            return
        self.learner.save(self.folder / "student")
        self.emit({"event": "dev", "step": 0, "value": self.before, "best": True, "seconds": self.seconds})

    def measure(self) -> None:
        begun = time.monotonic()
        ranked = self.learner.rank(self.dev)
        value = self.dev.measure(ranked)
        self.misses = 0 if value > self.best else self.misses + 1
        self.best = max(self.best, value)
        better = value > self.before and value >= self.best - TIE
        if better:
            self.kept, self.best_step = value, self.step
            self.learner.save(self.folder / "student")
        self.keep(self.step, ranked)
        self.measured_at = self.step
        self.cost = time.monotonic() - begun
        self.emit({"event": "dev", "step": self.step, "value": value, "best": better, "seconds": self.seconds})

    def finish(self) -> Outcome:
        if self.measured_at != self.step:
            self.measure()
        return Outcome(self.before, self.kept, self.best_step, self.step, self.seconds, self.stopped)

    def reason_to_stop(self) -> str:
        if self.stop():
            return "cancelled"
        if self.settings.budget and self.seconds + self.cost > self.settings.budget:
            return "budget spent"
        return "dev stopped rising" if self.misses >= self.settings.patience else ""

    def callback(self, every: int) -> Any:
        from transformers import TrainerCallback

        watch = self

        class Callback(TrainerCallback):
            def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                watch.step = state.global_step  # of the checkpoint: it may be the last, and no step follows

            def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                watch.step = state.global_step
                epoch, of = round(state.epoch or 0, 3), state.max_steps
                record = {
                    "event": "step",
                    "step": watch.step,
                    "of": of,
                    "epoch": epoch,
                    "loss": watch.learner.module.last,
                }
                watch.emit({**record, "seconds": watch.seconds})
                if watch.step % every == 0 or watch.step == of:
                    watch.measure()
                if reason := watch.reason_to_stop():
                    watch.stopped = reason
                    control.should_training_stop = True

        return Callback()
