"""Seconds to a student, against sentence-transformers' Trainer as its documentation sets it up: same steps, same loss."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer.evaluation.measures import means, per_query
from explorer.models import find_model, load_encoder
from explorer.records import ExplorerError, Progress, Ranking, Run, TrainingExample
from explorer.training.biencoder import BiEncoder
from explorer.training.examples import utility_lesson
from explorer.training.losses import MASKED, UNSCORED, loss_named
from explorer.training.settings import PRESETS, DevSet, Settings, Texts
from explorer.training.students import STUDENTS
from explorer.training.train import train
from explorer.workbench import Workbench
from explorer.workbench.distilling import texts_of
from explorer.workbench.teachers import CANDIDATES, Teacher
from explorer.workbench.teaching import scores_for

FULL_STEPS = 4  # of 16 queries; a whole epoch of the plain Trainer takes too long on two cores


def distill(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """A query student on all training queries by its preset; a full one over FULL_STEPS steps, by both Trainers.

    They learn from the utilities that are there. ``held_out``: nDCG@10 on the test queries after these steps.
    """
    queries = bench.collection.split("train")
    found = bench.search("dense:minilm", queries, CANDIDATES)
    candidates = {query_id: ranking.doc_ids for query_id, ranking in found.rankings.items()}
    scores = scores_for(bench.retrievers, Teacher(), candidates, progress)
    examples = utility_lesson(scores, bench.collection.qrels).examples
    if not examples:
        raise ExplorerError(f"{bench.collection.name} has no query that teaches; this bench needs answers")
    held_out = bench.collection.judged(bench.collection.split("test"))
    texts = texts_of(bench.collection, [*queries, *held_out], bench.retrievers.dense("minilm"))
    few = examples[: FULL_STEPS * PRESETS["full"].batch]
    return {
        "training_queries": len(queries),
        "query": _query(bench, examples, texts, progress),
        "full": _full(bench, few, texts, progress),
    }


def _query(bench: Workbench, examples: Sequence[TrainingExample], texts: Texts, progress: Progress) -> dict[str, Any]:
    progress("query student", 0, 3)
    student, seconds = _ours(bench, "query", PRESETS["query"], examples, texts)
    return {
        "examples": len(examples),
        "epochs": PRESETS["query"].epochs,
        "seconds": seconds,
        "held_out": _held_out(bench, student, "query"),
    }


def _full(bench: Workbench, examples: Sequence[TrainingExample], texts: Texts, progress: Progress) -> dict[str, Any]:
    settings = replace(PRESETS["full"], epochs=1)
    progress("full student", 1, 3)
    ours, fast = _ours(bench, "full", settings, examples, texts)
    progress("full student, plain Trainer", 2, 3)
    plain, slow = _plain(bench, settings, examples, texts)
    return {
        "examples": len(examples),
        "steps": FULL_STEPS,
        "seconds": {"explorer": fast, "plain": slow},
        "ratio": slow / fast,
        "held_out": {"explorer": _held_out(bench, ours, "full"), "plain": _held_out(bench, plain, "full")},
    }


def _base(bench: Workbench, *, training: bool) -> Any:
    return load_encoder(
        find_model("minilm", bench.workspace.models, bench.progress), "cpu", "float32", training=training
    )


def _ours(
    bench: Workbench, kind: str, settings: Settings, examples: Sequence[TrainingExample], texts: Texts
) -> tuple[Any, float]:
    """(student, seconds of its training); dev is not measured, as the plain Trainer measures none."""
    learner = BiEncoder(_base(bench, training=True), STUDENTS[kind], settings, examples, texts)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        train(learner, len(examples), settings, DevSet({}, {}, lambda _: 0.0), Path(folder), lambda _: None)
        return learner.model, time.perf_counter() - begun


def _plain(
    bench: Workbench, settings: Settings, examples: Sequence[TrainingExample], texts: Texts
) -> tuple[Any, float]:
    """The same steps as a user writes them: a column per candidate, every text of a step encoded as it comes."""
    import datasets
    import sentence_transformers as st
    from transformers import PrinterCallback

    model = _base(bench, training=False)
    width = max(len(example.doc_ids) for example in examples)
    rows = [_row(example, texts, width) for example in examples]
    with tempfile.TemporaryDirectory() as folder:
        arguments = st.SentenceTransformerTrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            warmup_steps=settings.warmup,
            seed=settings.seed,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            dataloader_pin_memory=False,
        )
        trainer = st.SentenceTransformerTrainer(
            model=model, args=arguments, train_dataset=datasets.Dataset.from_list(rows), loss=_Columns(model, settings)
        )
        trainer.remove_callback(PrinterCallback)  # stdout is for the figures
        begun = time.perf_counter()
        trainer.train()
        return model, time.perf_counter() - begun


def _row(example: TrainingExample, texts: Texts, width: int) -> dict[str, Any]:
    """An example as a row of fixed width; what is missing repeats the first document, masked."""
    spare = width - len(example.doc_ids)
    documents = [texts.documents[d] for d in (*example.doc_ids, *example.doc_ids[:1] * spare)]
    columns = {f"document_{place}": text for place, text in enumerate(documents)}
    return {"query": texts.queries[example.query_id], **columns, "label": [*example.scores, *[MASKED] * spare]}


class _Columns(torch.nn.Module):
    """The loss over columns: each query against the documents of the whole step, its own ones scored."""

    def __init__(self, model: Any, settings: Settings) -> None:
        super().__init__()
        self.model = model
        self.loss = loss_named(settings)

    def forward(self, features: Sequence[Mapping[str, Any]], label: torch.Tensor) -> torch.Tensor:
        queries, *columns = (self.model(dict(one))["sentence_embedding"] for one in features)
        documents = torch.stack(columns, dim=1)  # (B, width, dim)
        size, width, _ = documents.shape
        missing = (label == MASKED).expand(size, size, width)
        teacher = torch.full((size, size, width), UNSCORED).masked_fill(missing, MASKED)
        teacher[range(size), range(size)] = label.float()
        unit = torch.nn.functional.normalize
        return self.loss(unit(queries) @ unit(documents.flatten(0, 1)).T, teacher.flatten(1))


def _held_out(bench: Workbench, model: Any, kind: str) -> float:
    """nDCG@10 on the test queries; documents keep the base's vectors under a query student."""
    collection, index = bench.collection, bench.retrievers.dense("minilm").index
    queries = collection.judged(collection.split("test"))
    documents = np.asarray(index.vectors)
    if kind == "full":
        texts = [document.content for document in collection.documents.values()]
        documents = model.encode_document(texts, normalize_embeddings=True, show_progress_bar=False)
    vectors = model.encode_query([q.text for q in queries], normalize_embeddings=True, show_progress_bar=False)
    scores = vectors @ documents.T
    allowed = [set(index.in_group(query.scope)) if query.scope else None for query in queries]
    rankings = {
        query.query_id: Ranking.from_scores(
            query.query_id,
            {d: float(s) for n, (d, s) in enumerate(zip(index.doc_ids, row, strict=True)) if near is None or n in near},
        )
        for query, row, near in zip(queries, scores, allowed, strict=True)
    }
    qrels = {query.query_id: collection.qrels[query.query_id] for query in queries}
    return means(per_query(Run("student", rankings), qrels, ("nDCG@10",)))["nDCG@10"]
