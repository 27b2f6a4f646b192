"""What learns: which parts of a bi-encoder train, how a student is saved, loaded and blended with its base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.files import atomic_folder
from explorer.records import ExplorerError

ADAPTER_FILE = "adapter.safetensors"


@dataclass(frozen=True)
class StudentKind:
    """``documents_fixed``: the index stays the base's. ``queries_fixed``: the base's query vectors go through a head."""

    name: str
    what: str
    documents_fixed: bool
    queries_fixed: bool = False


STUDENTS: Mapping[str, StudentKind] = {
    kind.name: kind
    for kind in (
        StudentKind(
            "adapter", "a linear map on query vectors; index untouched", documents_fixed=True, queries_fixed=True
        ),
        StudentKind("query", "the query encoder; index untouched", documents_fixed=True),
        StudentKind("full", "the whole bi-encoder; documents are encoded anew", documents_fixed=False),
    )
}


def student_kind(name: str) -> StudentKind:
    if name not in STUDENTS:
        raise ExplorerError(f"unknown student {name!r}; choose from {', '.join(STUDENTS)}")
    return STUDENTS[name]


def with_head(base: Any) -> Any:
    """``base`` followed by a linear map that begins as the identity. Base weights are frozen."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize

    size = base.get_embedding_dimension()
    head = Dense(size, size, bias=False, activation_function=torch.nn.Identity(), init_weight=torch.eye(size))
    head = head.to(device=base.device, dtype=next(base.parameters()).dtype)
    base.requires_grad_(False)
    modules = [*base.children(), head, Normalize()]
    return SentenceTransformer(modules=modules, prompts=base.prompts, device=str(base.device))


def head_of(model: Any) -> Any:
    """The linear map of a model made by ``with_head``."""
    return model[-2].linear


def save_student(model: Any, kind: StudentKind, folder: Path) -> None:
    """Writes what was trained: an adapter's matrix alone, else the whole encoder. All or nothing."""
    from safetensors.torch import save_file

    with atomic_folder(folder) as part:
        if kind.queries_fixed:
            save_file({"weight": head_of(model).weight.detach().float().contiguous().cpu()}, part / ADAPTER_FILE)
        else:
            model.save_pretrained(str(part), create_model_card=False, safe_serialization=True)


def load_student(kind: StudentKind, folder: Path, base: Any, alpha: float = 1.0) -> Any:
    """The student's encoder, mixed by weights: alpha * student + (1 - alpha) * base. ``base`` is used up.

    ``alpha`` in [0, 1]: 1 is the student as trained, 0 its base.
    """
    import torch

    if not 0 <= alpha <= 1:
        raise ExplorerError(f"the blend {alpha} lies outside 0 to 1; student:ID@0.5 is half student, half base")
    weights = read_weights(folder)
    if kind.queries_fixed:
        base = with_head(base)
        target = {"weight": head_of(base).weight}
    else:
        target = dict(base.named_parameters())
    if strange := sorted(set(target) ^ set(weights)):
        raise ExplorerError(f"the student in {folder} does not fit its base: {strange[0]!r} is in one of them only")
    with torch.no_grad():
        for name, parameter in target.items():
            parameter.lerp_(weights[name].to(parameter), alpha)
    return base


def read_weights(folder: Path) -> dict[str, Any]:
    """Trained tensors by the name their module gives them in a SentenceTransformer."""
    from safetensors.torch import load_file

    if (folder / ADAPTER_FILE).exists():
        return load_file(folder / ADAPTER_FILE)
    if not folder.exists():
        raise ExplorerError(
            f"the run has no student in {folder}; it was stopped before anything was learned: start it again"
        )
    from sentence_transformers import SentenceTransformer

    return dict(SentenceTransformer(str(folder), local_files_only=True).named_parameters())
