"""Bi-encoders in training: adapter, query, lora and full differ only in what is fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explorer.records import Ranking, Run, TrainingExample
from explorer.training.examples import batch_documents, batch_scores
from explorer.training.losses import loss_named
from explorer.training.modules import BiEncoderLoss
from explorer.training.settings import DevSet, Settings, Texts
from explorer.training.students import StudentKind, head_of, prepare, save_student


class BiEncoder:
    """Each document of a batch is tokenised once; fixed sides bring their vectors."""

    def __init__(
        self, base: Any, kind: StudentKind, settings: Settings, examples: Sequence[TrainingExample], texts: Texts
    ) -> None:
        self.kind, self.examples, self.texts = kind, examples, texts
        self.resumes = kind.resumes
        self.small = kind.small
        self.rates: Mapping[str, float] = {}
        self.model = prepare(base, kind, settings.rank)
        head = head_of(self.model) if kind.queries_fixed else None
        self.module = BiEncoderLoss(self.model, head, loss_named(settings))

    def collate(self, rows: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        batch = [self.examples[row["row"]] for row in rows]
        doc_ids = batch_documents(batch)
        queries = [example.query_id for example in batch]
        return {
            **self._side("query", queries, self.texts.queries, self.kind.queries_fixed and self.texts.query_vectors),
            **self._side(
                "document", doc_ids, self.texts.documents, self.kind.documents_fixed and self.texts.document_vectors
            ),
            "label": batch_scores(batch, doc_ids, self.texts.documents),
        }

    def _side(self, side: str, ids: Sequence[str], texts: Mapping[str, str], vectors: Any) -> dict[str, Any]:
        import torch

        if vectors:
            return {f"{side}_sentence_embedding": torch.from_numpy(np.stack([vectors[i] for i in ids]))}
        prompt = self.model.prompts.get(side) or None
        features = self.model.preprocess([texts[i] for i in ids], prompt=prompt, task=side)
        return {f"{side}_{name}": value for name, value in features.items()}

    def rank(self, dev: DevSet) -> Run:
        queries = self._vectors("query", list(dev.queries), dev.queries)
        fixed = self.kind.documents_fixed
        documents = (
            self.texts.document_vectors if fixed else self._vectors("document", dev.doc_ids, self.texts.documents)
        )
        rankings = {}
        for query_id, doc_ids in dev.candidates.items():
            scores = {d: round(float(documents[d] @ queries[query_id]), 6) for d in doc_ids}
            rankings[query_id] = Ranking.from_scores(query_id, scores)
        return Run("student", rankings)

    def _vectors(self, side: str, ids: list[str], texts: Mapping[str, str]) -> dict[str, np.ndarray]:
        encode = self.model.encode_query if side == "query" else self.model.encode_document
        training = self.model.training
        vectors = encode([texts[i] for i in ids], batch_size=32, show_progress_bar=False, normalize_embeddings=True)
        self.model.train(training)
        return dict(zip(ids, vectors, strict=True))

    def save(self, folder: Path) -> None:
        save_student(self.model, self.kind, folder)
