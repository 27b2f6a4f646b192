"""Data sets of the Hugging Face hub, or a local folder in a layout ``datasets`` reads: hf:NAME, hf:NAME@CONFIG.

A data set with the configurations "corpus" and "queries" is BEIR's on the hub, its judgements in NAME-qrels or in the
configuration "default" or "qrels"; any other is a table whose columns are recognised by name.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import columns, tables
from explorer.collections.collection import Judgement, Parts
from explorer.records import Document, ExplorerError, Query


def load(path: Path) -> Parts:
    name, _, config = str(path).partition("@")
    configs = [config] if config else _call("get_dataset_config_names", name)
    if {"corpus", "queries"} <= set(configs):
        return _beir(name, configs)
    if len(configs) > 1 and "default" not in configs:
        raise ExplorerError(
            f"hf:{name} has the configurations {', '.join(configs[:8])}; choose one as hf:{name}@{configs[0]}"
        )
    splits = _call("load_dataset", name, config or None)
    rows = [
        (f"hf:{name}, {split} row {n}", {**row, "split": split})
        for split, part in splits.items()
        for n, row in enumerate(part, 1)
    ]
    return tables.parts(rows, f"hf:{name}")


def _beir(name: str, configs: list[str]) -> Parts:
    judged = next((config for config in ("qrels", "default") if config in configs), None)
    qrels = _call("load_dataset", name, judged) if judged else _call("load_dataset", f"{name}-qrels")
    return Parts(
        (Document(str(r["_id"]), r["text"] or "", r.get("title") or "", str(r["_id"])) for r in _rows(name, "corpus")),
        (Query(str(row["_id"]), row["text"]) for row in _rows(name, "queries")),
        (
            Judgement(
                str(row["query-id"]), str(row["corpus-id"]), int(row["score"]), columns.SPLIT_NAMES.get(split, "train")
            )
            for split, part in qrels.items()
            for row in part
        ),
    )


def _rows(name: str, config: str) -> Iterator[Mapping[str, Any]]:
    return (row for part in _call("load_dataset", name, config).values() for row in part)


def _call(function: str, name: str, config: str | None = None) -> Any:
    """A function of datasets; whatever goes wrong in it becomes one sentence. No code of a data set is run."""
    import datasets

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of every retry; our sentence is enough
    datasets.disable_progress_bars()
    try:
        return getattr(datasets, function)(name, *([config] if config else []))
    except Exception as error:  # datasets, fsspec, huggingface_hub and pyarrow each have errors of their own
        reason = " ".join(str(error).split())[:200]
        raise ExplorerError(
            f"hf:{name} could not be loaded ({type(error).__name__}: {reason}); check the name and the connection, or give a local folder"
        ) from error
