"""Models by name, each loaded once and shared by everything that runs in one process."""

from __future__ import annotations

import threading
from typing import Any

from explorer.models import ModelFolder, find_model, load_encoder, load_reader
from explorer.records import ExplorerError, Progress, silent
from explorer.retrieval.encoder import Encoder
from explorer.supervision.reader import Reader
from explorer.supervision.utility import CachedReader
from explorer.training.students import StudentKind, load_student, student_kind
from explorer.workspace import RunFolder, Workspace


class Models:
    """``device``: cuda, mps, cpu or None for the best there is."""

    def __init__(self, workspace: Workspace, device: str | None = None, progress: Progress = silent) -> None:
        self.workspace = workspace
        self.device = device
        self.progress = progress
        self._encoders: dict[str, Encoder] = {}
        self._readers: dict[str, CachedReader] = {}
        self._lock = threading.RLock()

    def encoder(self, name: str) -> Encoder:
        """The bi-encoder ``name`` as it comes, in the faster number format of this machine."""
        with self._lock:
            if name not in self._encoders:
                folder = self._folder(name)
                self._encoders[name] = self._as_encoder(load_encoder(folder, self.device), folder.fingerprint)
            return self._encoders[name]

    def trainable(self, name: str) -> Any:
        """A fresh SentenceTransformer in float32."""
        return load_encoder(self._folder(name), self.device, "float32")

    def student(self, run: RunFolder, alpha: float) -> tuple[Encoder, StudentKind, str]:
        """(the student's encoder, its kind, the name of its base encoder)."""
        plan = run.plan
        kind, base = student_kind(plan["student"]), encoder_name(plan["base"])
        key = f"student\0{run.path}\0{run.version}\0{alpha}"
        with self._lock:
            if key not in self._encoders:
                trained = load_student(kind, run.student, self.trainable(base), alpha)
                trained = trained.to(dtype=next(self.encoder(base).model.parameters()).dtype)
                prints = f"{ModelFolder(run.run_id, run.student).fingerprint}\0{self.encoder(base).key}\0{alpha}"
                self._encoders[key] = self._as_encoder(trained, prints)
            return self._encoders[key], kind, base

    def reader(self, spec: str) -> CachedReader:
        check_reader(spec)
        with self._lock:
            if spec not in self._readers:
                folder = self._folder(spec)
                tokenizer, model = load_reader(folder, self.device)
                reader = Reader(tokenizer, model, f"{folder.fingerprint}\0{model.dtype}")
                self._readers[spec] = CachedReader(reader, self.workspace.utilities())
            return self._readers[spec]

    def _folder(self, name: str) -> ModelFolder:
        return find_model(name, self.workspace.models, self.progress)

    def _as_encoder(self, model: Any, fingerprint: str) -> Encoder:
        return Encoder(model, f"{fingerprint}\0{next(model.parameters()).dtype}")


def check_reader(spec: str) -> None:
    if spec.startswith("server:"):
        raise ExplorerError("server readers are not built yet; choose smollm2, a local folder or a hub id")


def encoder_name(base: str) -> str:
    """The model of a ``dense:`` spec, the only kind of retriever a student starts from."""
    kind, _, name = base.partition(":")
    if kind != "dense" or not name:
        raise ExplorerError(
            f"a student starts from a bi-encoder, not from {base!r}; give dense:minilm, or dense: with a folder or hub id"
        )
    return name
