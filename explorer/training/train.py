"""One training run: a student imitates teacher scores until its dev measure stops rising."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.files import disk_errors
from explorer.records import ExplorerError
from explorer.training.settings import DevSet, Kept, Learner, Outcome, Settings
from explorer.training.trail import Trail
from explorer.training.watch import Watch


def train(
    learner: Learner,
    count: int,
    settings: Settings,
    dev: DevSet,
    folder: Path,
    emit: Callable[[dict[str, Any]], None],
    stop: Callable[[], bool] = lambda: False,
    kept: Kept | None = None,
    half: bool = False,
) -> Outcome:
    """Trains ``learner`` on its ``count`` examples and keeps the best student in ``folder``/student.

    ``emit`` receives one small record per step and per dev measurement; ``stop`` is asked after every step.
    ``kept``: go on from the last checkpoint, and replace the best student only by a better one.
    ``half``: matrix products in bfloat16 (autocast), weights, loss and optimiser stay float32.
    """
    import datasets

    if not count:
        raise ExplorerError("no query is left to train on; see what was dropped, and score more queries or candidates")
    _without_dropout(learner.model)
    started = kept is not None and any((folder / "checkpoints").glob("checkpoint-*"))
    trail = Trail(folder, learner, anew=not started)
    watch = Watch(learner, settings, dev, folder, emit, stop, trail.keep)
    steps = math.ceil(count / settings.batch)
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _trainer(
            learner,
            {
                "output_dir": str(folder / "checkpoints") if learner.resumes else scratch,
                "num_train_epochs": settings.epochs,
                "per_device_train_batch_size": settings.batch,
                "learning_rate": settings.learning_rate,
                "learning_rate_mapping": dict(learner.rates),
                "warmup_steps": max(1, int(settings.warmup * steps * settings.epochs)),
                "weight_decay": settings.weight_decay,
                "seed": settings.seed,
                "logging_strategy": "no",
                "save_strategy": "epoch" if learner.resumes else "no",
                "save_total_limit": 1,
                "report_to": "none",
                "disable_tqdm": True,
                "dataloader_pin_memory": False,
                "use_cpu": learner.model.device.type == "cpu",
                "bf16": half,
            },
            train_dataset=datasets.Dataset.from_dict({"row": list(range(count))}),
            loss=learner.module,
            data_collator=_Collator(learner),
            callbacks=[watch.callback(max(1, steps // settings.measures_per_epoch))],
        )
        watch.begin(kept)
        with disk_errors(folder):
            trainer.train(resume_from_checkpoint=True if started else None)
    return watch.finish()


class _Collator:
    """The learner's ``collate`` with the one attribute the Trainers ask a collator for."""

    valid_label_columns = ("label",)

    def __init__(self, learner: Learner) -> None:
        self._learner = learner

    def __call__(self, rows: Any) -> dict[str, Any]:
        return self._learner.collate(rows)


def _without_dropout(model: Any) -> None:
    """A soft target over many documents regularises by itself; on two cores drawing the masks costs more than it gives."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def _trainer(learner: Learner, arguments: dict[str, Any], **options: Any) -> Any:
    """sentence-transformers' Trainer for this kind of model, without model card and prints to stdout: events are ours."""
    import sentence_transformers as st
    from transformers import PrinterCallback

    cross = isinstance(learner.model, st.CrossEncoder)
    trainer_class: Any = st.CrossEncoderTrainer if cross else st.SentenceTransformerTrainer
    arguments_class: Any = st.CrossEncoderTrainingArguments if cross else st.SentenceTransformerTrainingArguments

    class Quiet(trainer_class):
        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            pass

    trainer = Quiet(model=learner.model, args=arguments_class(**arguments), **options)
    trainer.remove_callback(PrinterCallback)
    return trainer
