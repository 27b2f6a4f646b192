"""Names of models become folders, folders become models.

A name is an embedded model (``minilm``, ``smollm2``), a local folder, or a hub id. Weights are read
from safetensors only and no code that comes with a model is ever run.
"""

from __future__ import annotations

from explorer.models.description import Description, describe
from explorer.models.folders import EMBEDDED, ModelFolder, find_model
from explorer.models.loading import fast_dtype, load_cross_encoder, load_encoder, load_reader, pick_device

__all__ = [
    "EMBEDDED",
    "Description",
    "ModelFolder",
    "describe",
    "fast_dtype",
    "find_model",
    "load_cross_encoder",
    "load_encoder",
    "load_reader",
    "pick_device",
]
