"""One training run: a student imitates teacher scores until its dev measure stops rising."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from explorer.records import ExplorerError, Ranking, Run, TrainingExample
from explorer.training.examples import batch_documents, batch_utilities
from explorer.training.losses import UtilityLoss
from explorer.training.students import StudentKind, head_of, save_student, with_head


@dataclass(frozen=True)
class Settings:
    """How a student is trained. ``budget`` in seconds of wall-clock time, 0: none. ``patience`` in dev measurements."""

    epochs: int
    learning_rate: float
    batch: int = 16
    tau: float = 0.05
    tau_u: float = 0.3
    warmup: float = 0.1
    weight_decay: float = 0.01
    measures_per_epoch: int = 1  # a small dev set is noisy: the more often it is asked, the likelier luck is chosen
    patience: int = 2
    seed: int = 42
    budget: float = 0.0


PRESETS: Mapping[str, Settings] = {
    "adapter": Settings(epochs=40, learning_rate=1e-3, batch=32, patience=6),
    "query": Settings(epochs=4, learning_rate=1e-4),
    "full": Settings(epochs=3, learning_rate=3e-5),
}


@dataclass(frozen=True)
class DevSet:
    """Held-out queries watched during training: each ranks its own candidates. ``measure`` maps a run to [0, 1]."""

    queries: Mapping[str, str]
    candidates: Mapping[str, Sequence[str]]
    measure: Callable[[Run], float]

    @property
    def doc_ids(self) -> list[str]:
        return list(dict.fromkeys(doc_id for ids in self.candidates.values() for doc_id in ids))


@dataclass(frozen=True)
class Texts:
    """Query and document texts by id; vectors of the base encoder by id for the sides that stay fixed."""

    queries: Mapping[str, str]
    documents: Mapping[str, str]
    query_vectors: Mapping[str, np.ndarray] = field(default_factory=dict)
    document_vectors: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What a run that is resumed has already: the dev measure of its best student, and the step it comes from."""

    value: float
    step: int


@dataclass(frozen=True)
class Outcome:
    """``before`` and ``after``: dev measure of base and best student. ``step`` 0: nothing beat the base."""

    before: float
    after: float
    step: int
    steps: int
    seconds: float
    stopped: str


def train(
    model: Any,
    kind: StudentKind,
    settings: Settings,
    examples: Sequence[TrainingExample],
    texts: Texts,
    dev: DevSet,
    folder: Path,
    emit: Callable[[dict[str, Any]], None],
    stop: Callable[[], bool] = lambda: False,
    kept: Kept | None = None,
    half: bool = False,
) -> Outcome:
    """Trains ``model`` in place and keeps the best student in ``folder``/student.

    ``emit`` receives one small record per step and per dev measurement; ``stop`` is asked after every step.
    ``kept``: go on from the last checkpoint, and replace the best student only by a better one.
    ``half``: matrix products in bfloat16 (autocast), weights, loss and optimiser stay float32.
    """
    import datasets
    from sentence_transformers import SentenceTransformerTrainingArguments

    if not examples:
        raise ExplorerError("no query is left to train on; see what was dropped, and score more queries or candidates")
    student = with_head(model) if kind.queries_fixed else model
    _without_dropout(student)
    loss = UtilityLoss(student, head_of(student) if kind.queries_fixed else None, settings.tau, settings.tau_u)
    watch = _Watch(student, kind, settings, texts, dev, folder, emit, stop)
    steps = math.ceil(len(examples) / settings.batch)
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _trainer(
            model=student,
            args=SentenceTransformerTrainingArguments(
                output_dir=str(folder / "checkpoints") if not kind.queries_fixed else scratch,
                num_train_epochs=settings.epochs,
                per_device_train_batch_size=settings.batch,
                learning_rate=settings.learning_rate,
                warmup_steps=max(1, int(settings.warmup * steps * settings.epochs)),
                weight_decay=settings.weight_decay,
                seed=settings.seed,
                logging_strategy="no",
                save_strategy="epoch" if not kind.queries_fixed else "no",
                save_total_limit=1,
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
                use_cpu=student.device.type == "cpu",
                bf16=half,
            ),
            train_dataset=datasets.Dataset.from_dict({"row": list(range(len(examples)))}),
            loss=loss,
            data_collator=_Collator(student, kind, examples, texts),
            callbacks=[watch.callback(max(1, steps // settings.measures_per_epoch), loss)],
        )
        watch.begin(kept)
        started = any((folder / "checkpoints").glob("checkpoint-*"))
        trainer.train(resume_from_checkpoint=True if kept and started else None)
    return watch.finish()


def _without_dropout(model: Any) -> None:
    """A soft target over many documents regularises by itself; on two cores drawing the masks costs more than it gives."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def _trainer(**options: Any) -> Any:
    """sentence-transformers' Trainer without the model card and without its prints to stdout: events are ours."""
    from sentence_transformers import SentenceTransformerTrainer
    from transformers import PrinterCallback

    class Quiet(SentenceTransformerTrainer):
        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            pass

    trainer = Quiet(**options)
    trainer.remove_callback(PrinterCallback)
    return trainer


@dataclass(frozen=True)
class _Collator:
    """Rows of the dataset become features: each document of a batch is tokenised once, fixed sides bring vectors."""

    model: Any
    kind: StudentKind
    examples: Sequence[TrainingExample]
    texts: Texts
    valid_label_columns: tuple[str, ...] = ("label",)

    def __call__(self, rows: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        batch = [self.examples[row["row"]] for row in rows]
        doc_ids = batch_documents(batch)
        query_ids = [example.query_id for example in batch]
        queries = self._side(
            "query", query_ids, self.texts.queries, self.kind.queries_fixed and self.texts.query_vectors
        )
        documents = self._side(
            "document", doc_ids, self.texts.documents, self.kind.documents_fixed and self.texts.document_vectors
        )
        return {**queries, **documents, "label": batch_utilities(batch, doc_ids, self.texts.documents)}

    def _side(self, side: str, ids: Sequence[str], texts: Mapping[str, str], vectors: Any) -> dict[str, Any]:
        import torch

        if vectors:
            return {f"{side}_sentence_embedding": torch.from_numpy(np.stack([vectors[i] for i in ids]))}
        prompt = self.model.prompts.get(side) or None
        features = self.model.preprocess([texts[i] for i in ids], prompt=prompt, task=side)
        return {f"{side}_{name}": value for name, value in features.items()}


class _Watch:
    """Measures dev, keeps the best student on disk, reports, and ends the run in time."""

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
