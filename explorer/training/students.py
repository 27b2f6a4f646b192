"""What learns: which parts of a model train, how a student is saved, loaded and blended with its base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.files import atomic_folder, read_json, write_json
from explorer.records import ExplorerError

ADAPTER_FILE = "adapter.safetensors"
PRIOR_FILE = "prior.json"  # beside a reranker
LORA_FILE, LORA_SETTINGS = "lora.safetensors", "lora.json"


@dataclass(frozen=True)
class StudentKind:
    """``documents_fixed``: the index stays the base's. ``queries_fixed``: the base's query vectors go through a head.

    ``low_rank``: only low-rank matrices train. ``reranks``: a cross-encoder over the base's first documents.
    """

    name: str
    what: str
    documents_fixed: bool = False
    queries_fixed: bool = False
    low_rank: bool = False
    reranks: bool = False

    @property
    def resumes(self) -> bool:
        """Whether its checkpoints are worth keeping: what trains in seconds, or beside frozen weights, begins anew."""
        return not self.small

    @property
    def small(self) -> bool:
        """Whether a student is some MB at most: what trains is one matrix, or low-rank ones."""
        return self.queries_fixed or self.low_rank


STUDENTS: Mapping[str, StudentKind] = {
    kind.name: kind
    for kind in (
        StudentKind(
            "adapter", "a linear map on query vectors; index untouched", documents_fixed=True, queries_fixed=True
        ),
        StudentKind("query", "the query encoder; index untouched", documents_fixed=True),
        StudentKind("lora", "low-rank adapters in both encoders; documents are encoded anew", low_rank=True),
        StudentKind("full", "the whole bi-encoder; documents are encoded anew"),
        StudentKind(
            "reranker", "a cross-encoder over the baseline's first documents", documents_fixed=True, reranks=True
        ),
    )
}


def student_kind(name: str) -> StudentKind:
    if name not in STUDENTS:
        raise ExplorerError(f"unknown student {name!r}; choose from {', '.join(STUDENTS)}")
    return STUDENTS[name]


def prepare(base: Any, kind: StudentKind, rank: int) -> Any:
    """The model to train, begun where it computes what ``base`` does; what stays fixed is frozen. Uses ``base`` up."""
    if kind.queries_fixed:
        return with_head(base)
    if kind.low_rank:
        base.add_adapter(_lora(rank))
    return base


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


def _lora(rank: int) -> Any:
    """Low-rank matrices beside every linear map (Hu et al. 2022); their product begins at zero."""
    from peft import LoraConfig

    return LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear")


def save_student(model: Any, kind: StudentKind, folder: Path) -> None:
    """Writes what was trained: a matrix, low-rank matrices, or the whole model. All or nothing."""
    from safetensors.torch import save_file

    with atomic_folder(folder) as part:
        if kind.queries_fixed:
            save_file({"weight": head_of(model).weight.detach().float().contiguous().cpu()}, part / ADAPTER_FILE)
        elif kind.low_rank:
            matrices = {name: value.detach().float().contiguous().cpu() for name, value in _low_rank(model).items()}
            save_file(matrices, part / LORA_FILE)
            write_json(part / LORA_SETTINGS, {"rank": next(iter(matrices.values())).shape[0]})
        else:
            model.save_pretrained(str(part), create_model_card=False, safe_serialization=True)


def _low_rank(model: Any) -> dict[str, Any]:
    return {name: parameter for name, parameter in model.named_parameters() if "lora_" in name}


def check_student(folder: Path, alpha: float) -> None:
    """Refuses what no student can be loaded from, before anything is loaded."""
    if not 0 <= alpha <= 1:
        raise ExplorerError(f"the blend {alpha} lies outside 0 to 1; student:ID@0.5 is half student, half base")
    if not folder.exists():
        raise ExplorerError(
            f"the run has no student in {folder}; it was stopped before anything was learned: start it again"
        )


def load_student(kind: StudentKind, folder: Path, base: Any, alpha: float = 1.0) -> Any:
    """The student, mixed by weights: alpha * student + (1 - alpha) * base. ``base`` is used up.

    ``alpha`` in [0, 1]: 1 is the student as trained, 0 its base.
    """
    import torch

    check_student(folder, alpha)
    if kind.low_rank:
        return _merged(base, folder, alpha)
    weights = read_weights(folder, kind)
    if kind.queries_fixed:
        base = with_head(base)
        target = {"weight": head_of(base).weight}
    else:
        target = dict(base.named_parameters())
    _must_fit(target, weights, folder)
    with torch.no_grad():
        for name, parameter in target.items():
            parameter.lerp_(weights[name].to(parameter), alpha)
    return base


def _merged(base: Any, folder: Path, alpha: float) -> Any:
    """The base with ``alpha`` times the low-rank products added to its weights: the same mix, since they are differences."""
    import torch
    from peft.tuners.lora import LoraLayer
    from safetensors.torch import load_file

    base.add_adapter(_lora(read_json(folder / LORA_SETTINGS)["rank"]))
    target, weights = _low_rank(base), load_file(folder / LORA_FILE)
    _must_fit(target, weights, folder)
    with torch.no_grad():
        for name, parameter in target.items():
            parameter.copy_(weights[name].to(parameter) * (alpha if "lora_B" in name else 1.0))
    for module in base.modules():
        if isinstance(module, LoraLayer):
            module.merge()
    return base


def _must_fit(target: Mapping[str, Any], weights: Mapping[str, Any], folder: Path) -> None:
    if strange := sorted(set(target) ^ set(weights)):
        raise ExplorerError(f"the student in {folder} does not fit its base: {strange[0]!r} is in one of them only")


def read_weights(folder: Path, kind: StudentKind) -> dict[str, Any]:
    """Trained tensors by the name their module gives them in the student's model."""
    from safetensors.torch import load_file

    if kind.queries_fixed or kind.low_rank:
        return load_file(folder / (ADAPTER_FILE if kind.queries_fixed else LORA_FILE))
    import sentence_transformers

    model = sentence_transformers.CrossEncoder if kind.reranks else sentence_transformers.SentenceTransformer
    return dict(model(str(folder), local_files_only=True, device="cpu").named_parameters())
