"""The training examples most like a query. Likeness is no cause: it says where to look first."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from explorer.records import ExplorerError, Progress, Query, TrainingExample
from explorer.workbench.examplefile import load_examples
from explorer.workbench.loading import encoder_name
from explorer.workbench.specs import Retrievers
from explorer.workspace import RunFolder

SHOWN = 5
CHUNK = 32  # queries encoded between two reports
WORD = re.compile(r"\w{5,}")  # shorter words are mostly grammar


@dataclass(frozen=True)
class Kin:
    """``cosine`` of both queries under the base. ``words``: of five letters or more, in both queries."""

    example: TrainingExample
    cosine: float
    words: tuple[str, ...]


def kin(retrievers: Retrievers, run: RunFolder, query: Query, progress: Progress, count: int = SHOWN) -> list[Kin]:
    """The nearest first."""
    collection = retrievers.collection
    if run.plan["collection"] != collection.source:
        raise ExplorerError(
            f"{run.run_id} was trained on {run.plan['collection']}; open that collection to see what it learned from"
        )
    known = [one for one in load_examples(run) if one.query_id in collection.queries]
    encoder = retrievers.unfenced().dense(encoder_name(run.plan["base"])).query_encoder
    own = encoder.queries([query.text])[0]
    cosines: list[float] = []
    for start in range(0, len(known), CHUNK):
        progress("compare with training queries", start, len(known))
        texts = [collection.queries[one.query_id].text for one in known[start : start + CHUNK]]
        cosines += np.asarray(encoder.queries(texts) @ own).tolist()
    nearest = sorted(zip(cosines, known, strict=True), key=lambda pair: (-pair[0], pair[1].query_id))[:count]
    return [Kin(one, cosine, _shared(query.text, collection.queries[one.query_id].text)) for cosine, one in nearest]


def _shared(one: str, other: str) -> tuple[str, ...]:
    return tuple(sorted(set(WORD.findall(one.lower())) & set(WORD.findall(other.lower()))))
