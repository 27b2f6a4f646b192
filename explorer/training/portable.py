"""A student as sentence-transformers alone loads it: one folder, no Explorer needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.training.students import StudentKind, load_student


def portable(kind: StudentKind, folder: Path, base: Callable[[], Any], alpha: float = 1.0) -> Any:
    """A SentenceTransformer, or a CrossEncoder, in float32 on the CPU. ``base`` makes a fresh base model.

    A student that trained the query side alone becomes a router: ``encode_query`` is the student's, ``encode_document``
    the base's. Low-rank matrices are merged into the weights.
    """
    trained = load_student(kind, folder, base(), alpha)
    if kind.reranks:
        return trained
    if kind.low_rank:
        return _unwrapped(trained)
    if not kind.documents_fixed:
        return trained
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router

    documents = base()
    router = Router.for_query_document(list(trained.children()), list(documents.children()))
    return SentenceTransformer(modules=[router], prompts=documents.prompts, similarity_fn_name="cosine", device="cpu")


def _unwrapped(model: Any) -> Any:
    """The model without peft's layers: what they hold is in the weights already."""
    from peft.tuners.lora import LoraLayer

    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, LoraLayer):
                setattr(module, name, child.get_base_layer())
    auto = model[0].auto_model
    auto._hf_peft_config_loaded = False
    if hasattr(auto, "peft_config"):
        del auto.peft_config
    return model
