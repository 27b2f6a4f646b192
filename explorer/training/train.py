"""One training run: a student imitates teacher scores until its dev measure stops rising."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.files import disk_errors
from explorer.records import ExplorerError, TrainingExample
from explorer.training.examples import batch_documents, batch_utilities
from explorer.training.losses import UtilityLoss
from explorer.training.settings import DevSet, Kept, Outcome, Settings, Texts
from explorer.training.students import StudentKind, head_of, with_head
from explorer.training.watch import Watch


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
    watch = Watch(student, kind, settings, texts, dev, folder, emit, stop)
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
        with disk_errors(folder):
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
