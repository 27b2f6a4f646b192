"""Seconds to a student, against sentence-transformers' Trainer as its documentation sets it up: same steps, same loss."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

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
KINDS = ("query", "full")


def distill(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """A query student on all training queries by its preset, a full one over FULL_STEPS steps; both Trainers, one after
    the other, on the utilities that are there. ``held_out``: nDCG@10 of both on the test queries, after the same steps.
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
    figures: dict[str, Any] = {"training_queries": len(queries), "examples": len(examples)}
    for kind in KINDS:
        settings = PRESETS[kind] if kind == "query" else replace(PRESETS[kind], epochs=1)
        chosen = examples if kind == "query" else examples[: FULL_STEPS * settings.batch]
        progress(f"{kind}, explorer", 0, 2)
        ours = _ours(bench, kind, settings, chosen, texts)
        progress(f"{kind}, plain Trainer", 1, 2)
        plain = _plain(bench, settings, chosen, texts)
        seconds = {"explorer": ours[1], "plain": plain[1]}
        held = {name: _held_out(bench, model, kind) for name, model in (("explorer", ours[0]), ("plain", plain[0]))}
        figures[kind] = {
            "examples": len(chosen),
            "epochs": settings.epochs,
            "seconds": seconds,
            "ratio": plain[1] / ours[1],
            "held_out": held,
        }
    return figures


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
    documents = index.vectors
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
