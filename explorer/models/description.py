"""What the files of a bi-encoder say of it: enough to look up its vectors without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.files import read_json

SIDES = ("query", "document")


@dataclass(frozen=True)
class Description:
    """``prompts``: what is written before a query and before a document, "" where nothing; ``limit``: tokens read."""

    prompts: dict[str, str]
    limit: int


def describe(folder: Path) -> Description | None:
    """As sentence-transformers would find it once loaded; None where these files do not say: then it has to be loaded."""
    try:
        modules = read_json(folder / "modules.json")
        first = folder / modules[0]["path"]
        if modules[0]["type"].rpartition(".")[2] != "Transformer":
            return None
        limit = _read(first / "sentence_bert_config.json").get("max_seq_length")
        limit = limit or _read(first / "tokenizer_config.json")["model_max_length"]
        most = _read(first / "config.json")["max_position_embeddings"]  # a longer limit is cut in more than one way
        prompts = _read(folder / "config_sentence_transformers.json").get("prompts") or {}
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None
    if not isinstance(limit, int) or not isinstance(most, int) or not 0 < limit <= most:
        return None
    return Description({side: prompts.get(side) or "" for side in SIDES}, limit)


def _read(file: Path) -> Any:
    return read_json(file) if file.exists() else {}
