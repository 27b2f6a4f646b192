"""What a page hands out to be saved: the same files ``explorer export`` and ``explorer labels`` write, one file each."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.exporting import export, save_labels

KINDS: Mapping[str, str] = {  # what is exported -> what a person reads
    "model": "Student for sentence-transformers (.zip)",
    "trec": "TREC runs and qrels (.zip)",
    "csv": "Values per query (.csv)",
    "jsonl": "Training examples (.jsonl)",
    "labels": "Labels (.csv)",
}
FOLDERS = ("model", "trec")  # exports of several files


def download(bench: Workbench, kind: str, run_id: str, folder: Path, person: str | None = None) -> Path:
    """Writes one file of this kind into ``folder``: of a student's run, or the labels of ``person`` (None: everybody's)."""
    if kind not in KINDS:
        raise ExplorerError(f"{kind!r} is nothing to export; choose from {', '.join(KINDS)}")
    if kind == "labels":
        return _labels(bench, folder, person)
    if run_id not in {run.run_id for run in bench.students()}:
        raise ExplorerError(
            f"there is no student {run_id!r} to export; train one on Distill, or choose one of the list"
        )
    target = folder / (run_id if kind in FOLDERS else f"{run_id}.{kind}")
    bench.progress(f"exporting {run_id}", 0, 1)
    export(bench.workspace, run_id, kind, target, bench.progress)
    return Path(shutil.make_archive(str(target), "zip", target)) if kind in FOLDERS else target


def _labels(bench: Workbench, folder: Path, person: str | None) -> Path:
    grades = bench.labels(person)
    if not grades:
        raise ExplorerError("nothing is labelled yet; grade documents on Label")
    target = folder / "labels.csv"
    save_labels(bench.collection, grades, target)
    return target
