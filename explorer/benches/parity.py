"""Our measures against trec_eval's own expected outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer.collections import trec
from explorer.evaluation import parity

TREC_FILES: tuple[tuple[str, str, str, dict[str, int]], ...] = (  # expected output, qrels, run, options
    ("out.test", "qrels.test", "results.test", {}),
    ("out.comment.test", "qrels.comment.test", "results.comment.test", {}),
    ("out.test.a", "qrels.test", "results.test", {}),
    ("out.test.aq", "qrels.test", "results.test", {}),
    ("out.test.aqc", "qrels.test", "results.trunc", {}),
    ("out.test.aqcM", "qrels.test", "results.trunc", {"depth": 100}),
    ("out.test.aql", "qrels.rel_level", "results.test", {"level": 2}),
    ("out.test.meas_params", "qrels.test", "results.test", {}),
)


def trec_parity(folder: Path) -> dict[str, Any]:
    """How many values of trec_eval's own expected outputs our measures reproduce, file by file."""
    files = {}
    for expected, qrels, results, options in TREC_FILES:
        run, judged = trec.run(folder / results), trec.read_qrels(folder / qrels)
        compared, wrong = parity.compare(folder / expected, run, judged, **options)
        files[expected] = {"compared": compared, "agree": compared - len(wrong)}
    totals = {name: sum(file[name] for file in files.values()) for name in ("compared", "agree")}
    return {"files": files, **totals}
