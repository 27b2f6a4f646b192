"""Models by name, each loaded once and shared by everything that runs in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from explorer.files import read_json
from explorer.models import (
    ModelFolder,
    describe,
    fast_dtype,
    find_model,
    load_cross_encoder,
    load_encoder,
    load_reader,
    pick_device,
)
from explorer.records import ExplorerError, Progress, silent
from explorer.retrieval.encoder import DeferredEncoder, Encoder
from explorer.supervision.cached import CachedReader, LanguageModel
from explorer.supervision.reader import Reader
from explorer.training.students import PRIOR_FILE, StudentKind, check_student, load_student, student_kind
from explorer.workspace import RunFolder, Workspace

SERVER = "server:"
SMALL = 1e9  # parameters below which a local reader writes rationales worse than it picks sentences


class Models:
    """``device``: cuda, mps, cpu or None for the best there is."""

    def __init__(self, workspace: Workspace, device: str | None = None, progress: Progress = silent) -> None:
        self.workspace = workspace
        self.device = device
        self.progress = progress
        self._encoders: dict[str, Encoder] = {}
        self._cross: dict[str, Any] = {}
        self._readers: dict[str, CachedReader] = {}
        self._lock = threading.RLock()

    def encoder(self, name: str) -> Encoder:
        """The bi-encoder ``name`` as it comes, in the faster number format of this machine."""
        with self._lock:
            if name not in self._encoders:
                folder = self._folder(name)
                self._encoders[name] = self._as_encoder(
                    lambda: load_encoder(folder, self.device), folder.fingerprint, folder
                )
            return self._encoders[name]

    def trainable(self, name: str) -> Any:
        """A fresh SentenceTransformer in float32."""
        return load_encoder(self._folder(name), self.device, training=True)

    def trainable_cross(self, name: str) -> tuple[Any, bool]:
        """(a fresh CrossEncoder in float32, whether its head is of zeros)."""
        return load_cross_encoder(self._folder(name), self.device)

    def student(self, run: RunFolder, alpha: float) -> tuple[Encoder, StudentKind, str]:
        """(the student's encoder, its kind, the name of its base encoder)."""
        plan = run.plan
        kind, base = student_kind(plan["student"]), encoder_name(plan["base"])
        key = f"student\0{run.path}\0{run.version}\0{alpha}"
        with self._lock:
            if key not in self._encoders:
                check_student(run.student, alpha)
                folder = self._folder(base)

                def load() -> Any:
                    import torch

                    # not ``trainable``: its plain attention rounds otherwise, and a student that is its base must rank as it
                    untrained = load_encoder(folder, self.device, "float32")
                    trained = load_student(kind, run.student, untrained, alpha)
                    return trained.to(dtype=getattr(torch, self._dtype))

                prints = f"{ModelFolder(run.run_id, run.student).fingerprint}\0{self.encoder(base).key}\0{alpha}"
                self._encoders[key] = self._as_encoder(load, prints, folder)
            return self._encoders[key], kind, base

    def reranker(self, run: RunFolder, alpha: float) -> tuple[Any, float]:
        """(the student's cross-encoder, the weight of the baseline's cosine beside its logit)."""
        import torch

        plan = run.plan
        key = f"{run.path}\0{run.version}\0{alpha}"
        with self._lock:
            if key not in self._cross:
                base, _ = self.trainable_cross(plan.get("checkpoint") or encoder_name(plan["base"]))
                trained = load_student(student_kind(plan["student"]), run.student, base, alpha)
                self._cross[key] = trained.to(dtype=getattr(torch, fast_dtype(pick_device(self.device))))
            return self._cross[key], float(read_json(run.path / PRIOR_FILE)["prior"])

    def reader(self, spec: str) -> CachedReader:
        """A local model, an embedded one, or ``server:URL#MODEL``."""
        check_reader(spec)
        with self._lock:
            if spec not in self._readers:
                reader = self._server(spec) if spec.startswith(SERVER) else self._local(spec)
                self._readers[spec] = CachedReader(reader, self.workspace.utilities())
            return self._readers[spec]

    def _server(self, spec: str) -> LanguageModel:
        from explorer.supervision.server import ServerReader, parse

        return ServerReader(*parse(spec))

    def _local(self, spec: str) -> Reader:
        name, at, dtype = spec.partition("@")
        folder = self._folder(name)
        tokenizer, model = load_reader(folder, self.device, dtype if at else None)
        return Reader(tokenizer, model, f"{folder.fingerprint}\0{model.dtype}")

    def writes_well(self, spec: str) -> bool:
        """Whether the reader is large enough to write rationales itself: a server, or 1B parameters."""
        if spec.startswith(SERVER):
            return True
        reader = self.reader(spec).reader
        return isinstance(reader, Reader) and sum(p.numel() for p in reader.model.parameters()) >= SMALL

    def _folder(self, name: str) -> ModelFolder:
        return find_model(name, self.workspace.models, self.progress, fetch=not self.workspace.read_only)

    def _as_encoder(self, load: Callable[[], Any], fingerprint: str, folder: ModelFolder) -> Encoder:
        """Loaded when needed, where the files of ``folder`` say what has to be known before."""
        key = f"{fingerprint}\0torch.{self._dtype}"
        described = describe(folder.path)
        return DeferredEncoder(load, key, described, self.workspace.vectors()) if described else Encoder(load(), key)

    @property
    def _dtype(self) -> str:
        return fast_dtype(pick_device(self.device))


def check_reader(spec: str) -> None:
    """Refuses a reader spec that cannot work, before anything is loaded."""
    if spec.startswith(SERVER):
        from explorer.supervision.server import parse

        parse(spec)
        return
    _, at, dtype = spec.partition("@")
    if at and dtype not in ("float32", "bfloat16"):
        raise ExplorerError(f"{spec!r} names no number format; write smollm2, smollm2@float32 or smollm2@bfloat16")


def encoder_name(base: str) -> str:
    """The model of a ``dense:`` spec, the only kind of retriever a student starts from."""
    kind, _, name = base.partition(":")
    if kind != "dense" or not name:
        raise ExplorerError(
            f"a student starts from a bi-encoder, not from {base!r}; give dense:minilm, or dense: with a folder or hub id"
        )
    return name
