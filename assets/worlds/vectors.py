"""The vectors that come with the worlds: the first screen encodes nothing, and loads no model.

    python assets/worlds/vectors.py

Of the baseline and of the student a world opens with: documents in half precision, their lengths in tokens, held-out
queries. In both number formats Explorer encodes in, whichever is the faster on the machine that makes them.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np

from explorer import views
from explorer.app import compare_page, flips_page
from explorer.workbench import Workbench
from explorer.workspace import Workspace

COLLECTIONS = Path(__file__).parents[1] / "collections"
WORLDS = ("meridian", "clauses", "atlas")
FORMATS = ("float32", "bfloat16")
CHOICES = ("explorer.models.loading.fast_dtype", "explorer.workbench.loading.fast_dtype")


def main() -> None:
    for world in WORLDS:
        shutil.rmtree(COLLECTIONS / world / "vectors", ignore_errors=True)
    for world, name in itertools.product(WORLDS, FORMATS):
        with tempfile.TemporaryDirectory() as empty, contextlib.ExitStack() as chosen:
            for place in CHOICES:
                chosen.enter_context(mock.patch(place, return_value=name))
            bench = Workbench.open(world, Workspace(empty), device="cpu")
            first_screen(bench)
            bring(bench, COLLECTIONS / world / "vectors")


def first_screen(bench: Workbench) -> None:
    """Needs all that is to come along."""
    baseline = compare_page.BASELINES[0]
    views.telling_query(bench, baseline, compare_page.TEACHER)
    views.flips(bench, baseline, compare_page.other_system(bench), "test", flips_page.MEASURES[0])


def bring(bench: Workbench, folder: Path) -> None:
    """Into ``folder`` what the workspace was given."""
    folder.mkdir(exist_ok=True)
    for file in sorted(bench.workspace.vectors().folder.glob("*.npy")):
        rows = np.load(file)
        of_documents = rows.ndim == 2 and len(rows) == len(bench.collection.documents)
        np.save(folder / file.name, rows.astype(np.float16) if of_documents else rows)
        print(f"{bench.collection.name}: {rows.shape}, {file.name}")


if __name__ == "__main__":
    main()
