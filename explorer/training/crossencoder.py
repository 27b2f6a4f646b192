"""A cross-encoder in training: it reads query and document together.

From a checkpoint without a ranking head it begins as the baseline: a head of zeros is added to the baseline's
cosine, so that it learns the difference alone. From a trained cross-encoder it begins as that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.files import write_json
from explorer.records import Ranking, Run, TrainingExample
from explorer.training.losses import MASKED, loss_named
from explorer.training.modules import CrossEncoderLoss
from explorer.training.settings import DevSet, Settings, Texts
from explorer.training.students import PRIOR_FILE, STUDENTS, save_student

PRIOR = 20.0  # logits per unit of cosine: the inverse of the usual temperature 0.05
HEAD_RATE = 1e-3  # a head of zeros must move faster than the body it stands on
HEAD = r"\.(classifier|score)\."  # what transformers calls it


class CrossEncoder:
    """``model`` is a sentence-transformers CrossEncoder with one label; ``fresh``: its head is of zeros.

    ``half``: dev is ranked in bfloat16 matrix products, as training is.
    """

    resumes = True
    small = False

    def __init__(
        self,
        model: Any,
        settings: Settings,
        examples: Sequence[TrainingExample],
        texts: Texts,
        *,
        fresh: bool,
        half: bool = False,
    ) -> None:
        self.model, self.examples, self.texts = model, examples, texts
        self.prior = PRIOR if fresh else 0.0
        self.rates: Mapping[str, float] = {HEAD: HEAD_RATE} if fresh else {}
        self.depth, self.half = settings.depth, half
        self.module = CrossEncoderLoss(model, loss_named(settings), self.prior)

    def collate(self, rows: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        import torch

        batch = [self.examples[row["row"]] for row in rows]
        width = max(len(example.doc_ids) for example in batch)
        label = torch.full((2, len(batch), width), MASKED)
        label[1] = 0.0
        for row, example in enumerate(batch):
            label[0, row, : len(example.doc_ids)] = torch.tensor(example.scores)
            cosines = [self.texts.cosine(example.query_id, doc_id) for doc_id in example.doc_ids]
            label[1, row, : len(cosines)] = torch.tensor(cosines)
        pairs = [
            (self.texts.queries[example.query_id], self.texts.documents[doc_id])
            for example in batch
            for doc_id in example.doc_ids
        ]
        features = self.model.preprocess(pairs)
        return {"pair": dict(features), "label": label}

    def rank(self, dev: DevSet) -> Run:
        """The base's first ``depth`` candidates in the student's order, the others as they stood."""
        import torch

        base = {
            query_id: Ranking.from_scores(query_id, {d: self.texts.cosine(query_id, d) for d in doc_ids})
            for query_id, doc_ids in dev.candidates.items()
        }
        tasks = [(query_id, doc.doc_id) for query_id, ranking in base.items() for doc in ranking.docs[: self.depth]]
        pairs = [(dev.queries[query_id], self.texts.documents[doc_id]) for query_id, doc_id in tasks]
        training = self.model.training
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.half):
            logits = self.model.predict(pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False)
        self.model.train(training)
        scores = {
            query_id: {doc.doc_id: -1e6 - doc.rank for doc in ranking.docs[self.depth :]}
            for query_id, ranking in base.items()
        }
        for (query_id, doc_id), logit in zip(tasks, logits, strict=True):
            scores[query_id][doc_id] = float(logit) + self.prior * self.texts.cosine(query_id, doc_id)
        return Run("student", {query_id: Ranking.from_scores(query_id, found) for query_id, found in scores.items()})

    def save(self, folder: Path) -> None:
        save_student(self.model, STUDENTS["reranker"], folder)
        write_json(folder.with_name(PRIOR_FILE), {"prior": self.prior})
