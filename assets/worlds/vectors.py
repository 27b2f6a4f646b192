"""The vectors that come with the worlds, in half precision: the first screen encodes no document.

    python assets/worlds/vectors.py

Of the baseline and of the student a world opens with; made on a processor in float32, used wherever Explorer encodes so.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from explorer.workbench import Workbench

COLLECTIONS = Path(__file__).parents[1] / "collections"
WORLDS = ("meridian", "clauses", "atlas")


def main() -> None:
    for world in WORLDS:
        folder = COLLECTIONS / world / "vectors"
        shutil.rmtree(folder, ignore_errors=True)
        bench = Workbench.open(world)
        bench.models.device = "cpu"
        first = bench.students()[0]
        texts = [document.content for document in bench.collection.documents.values()]
        encoders = (bench.models.encoder("minilm"), bench.models.student(first, 1.0)[0])
        for encoder in encoders:
            rows = encoder.documents(texts, bench.workspace.vectors())
            folder.mkdir(exist_ok=True)
            for name, shard in zip(rows.names, rows.shards, strict=True):
                np.save(folder / f"{name}.npy", np.asarray(shard, dtype=np.float16))
        print(f"{world}: {len(encoders)} encoders, {len(texts)} documents, {first.run_id}")


if __name__ == "__main__":
    main()
