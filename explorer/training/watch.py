"""Watches a training run: measures dev, keeps the best student on disk, reports, and ends the run in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from explorer.records import Ranking, Run
from explorer.training.losses import UtilityLoss
from explorer.training.settings import DevSet, Kept, Outcome, Settings, Texts
from explorer.training.students import StudentKind, save_student


class Watch:
    """One run under way."""

    def __init__(
        self,
        model: Any,
        kind: StudentKind,
        settings: Settings,
        texts: Texts,
        dev: DevSet,
        folder: Path,
        emit: Callable[[dict[str, Any]], None],
        stop: Callable[[], bool],
    ) -> None:
        self.model, self.kind, self.settings, self.texts, self.dev = model, kind, settings, texts, dev
        self.folder, self.emit, self.stop = folder, emit, stop
        self.before = self.best = 0.0
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
        self.before = self.best = self._measure()
        self.cost = self.seconds
        if kept:
            self.best, self.best_step = kept.value, kept.step
            return
        save_student(self.model, self.kind, self.folder / "student")
        self.emit({"event": "dev", "step": 0, "value": self.before, "best": True, "seconds": self.seconds})

    def measure(self) -> None:
        begun = time.monotonic()
        value = self._measure()
        better = value > self.best
        self.misses = 0 if better else self.misses + 1
        if better:
            self.best, self.best_step = value, self.step
            save_student(self.model, self.kind, self.folder / "student")
        self.measured_at = self.step
        self.cost = time.monotonic() - begun
        self.emit({"event": "dev", "step": self.step, "value": value, "best": better, "seconds": self.seconds})

    def finish(self) -> Outcome:
        if self.measured_at != self.step:
            self.measure()
        return Outcome(self.before, self.best, self.best_step, self.step, self.seconds, self.stopped)

    def reason_to_stop(self) -> str:
        if self.stop():
            return "cancelled"
        if self.settings.budget and self.seconds + self.cost > self.settings.budget:
            return "budget spent"
        return "dev stopped rising" if self.misses >= self.settings.patience else ""

    def callback(self, every: int, loss: UtilityLoss) -> Any:
        from transformers import TrainerCallback

        watch = self

        class Callback(TrainerCallback):
            def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                watch.step = state.global_step
                epoch, of = round(state.epoch or 0, 3), state.max_steps
                record = {"event": "step", "step": watch.step, "of": of, "epoch": epoch, "loss": loss.last}
                watch.emit({**record, "seconds": watch.seconds})
                if watch.step % every == 0 or watch.step == of:
                    watch.measure()
                if reason := watch.reason_to_stop():
                    watch.stopped = reason
                    control.should_training_stop = True

        return Callback()

    def _measure(self) -> float:
        """The dev measure of the model as it is now."""
        queries = self._vectors("query", list(self.dev.queries), self.dev.queries, fixed=False)
        documents = self._vectors("document", self.dev.doc_ids, self.texts.documents, fixed=self.kind.documents_fixed)
        rankings = {}
        for query_id, doc_ids in self.dev.candidates.items():
            scores = {d: round(float(documents[d] @ queries[query_id]), 6) for d in doc_ids}
            rankings[query_id] = Ranking.from_scores(query_id, scores)
        return self.dev.measure(Run("student", rankings))

    def _vectors(self, side: str, ids: list[str], texts: Mapping[str, str], *, fixed: bool) -> Mapping[str, np.ndarray]:
        if fixed:
            return self.texts.document_vectors
        encode = self.model.encode_query if side == "query" else self.model.encode_document
        training = self.model.training
        vectors = encode([texts[i] for i in ids], batch_size=32, show_progress_bar=False, normalize_embeddings=True)
        self.model.train(training)
        return dict(zip(ids, vectors, strict=True))
