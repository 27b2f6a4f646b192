"""The encoder: documents per second against sentence-transformers' own ``encode``."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explorer.benches.timing import ratio, rounds
from explorer.models import fast_dtype, find_model, load_encoder
from explorer.records import Progress
from explorer.retrieval.encoder import Encoder
from explorer.workbench import Workbench
from explorer.workspace import VectorCache

MOST = 1000


def encode(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """The first MOST documents, by ``encode`` as it is called by default (float32) and by Explorer; nothing cached."""
    folder = find_model("minilm", bench.workspace.models, progress)
    plain, fast = load_encoder(folder, "cpu", "float32"), load_encoder(folder, "cpu")
    texts = [document.content for document in bench.collection.documents.values()][:MOST]
    found: dict[str, np.ndarray] = {}

    def ours() -> None:
        with tempfile.TemporaryDirectory() as nothing:
            cache = VectorCache(Path(nothing), keep=False)
            found["explorer"] = np.asarray(Encoder(fast, "bench").documents(texts, cache))

    def theirs() -> None:
        found["encode"] = plain.encode(texts, normalize_embeddings=True, show_progress_bar=False)

    seconds = rounds({"encode": theirs, "explorer": ours}, progress)
    cosines = (found["encode"] * found["explorer"]).sum(axis=1)
    return {
        "documents": len(texts),
        "dtype": fast_dtype("cpu"),
        "documents_per_second": {name: len(texts) / statistics.median(times) for name, times in seconds.items()},
        "ratio": ratio(seconds, "encode", "explorer"),
        "least_cosine": float(cosines.min()),
    }
