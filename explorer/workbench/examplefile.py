"""What a student was trained on, by ids, beside its run: examples.jsonl."""

from __future__ import annotations

import json
from collections.abc import Sequence

from explorer.files import atomic_file
from explorer.records import ExplorerError, TrainingExample
from explorer.workspace import RunFolder

FILE = "examples.jsonl"


def save_examples(examples: Sequence[TrainingExample], run: RunFolder) -> None:
    with atomic_file(run.path / FILE) as part, part.open("w", encoding="utf-8") as file:
        for one in examples:
            row = {"query_id": one.query_id, "doc_ids": one.doc_ids, "scores": one.scores}
            file.write(json.dumps({**row, "relevant": sorted(one.relevant)}, ensure_ascii=False) + "\n")


def load_examples(run: RunFolder) -> list[TrainingExample]:
    path = run.path / FILE
    if not path.exists():
        raise ExplorerError(f"the run {run.run_id!r} was made before examples were kept; train it again to have them")
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [
        TrainingExample(row["query_id"], tuple(row["doc_ids"]), tuple(row["scores"]), frozenset(row["relevant"]))
        for row in rows
    ]
