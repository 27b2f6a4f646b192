"""What reranks: the reader in four ways, and students."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from explorer.records import ExplorerError, Scorer
from explorer.training.students import student_kind
from explorer.workbench.loading import encoder_name

if TYPE_CHECKING:
    from explorer.retrieval.dense import DenseIndex
    from explorer.retrieval.encoder import Encoder
    from explorer.supervision.cached import CachedReader
    from explorer.supervision.rerank import Labelled
    from explorer.workbench.specs import Retrievers

SHOTS = 2  # training queries whose relevant and irrelevant document stand in the prompt of rerank:incontext


def run_and_blend(rest: str) -> tuple[str, float]:
    run_id, at, blend = rest.partition("@")
    if at and not re.fullmatch(r"\d*\.?\d+", blend):
        raise ExplorerError(f"the blend in 'student:{rest}' is not a number from 0 to 1; write student:{run_id}@0.5")
    return run_id, float(blend) if at else 1.0


def student_encoder(build: Retrievers, rest: str) -> tuple[DenseIndex, Encoder]:
    """(the index a bi-encoder student searches, its query encoder)."""
    run_id, alpha = run_and_blend(rest)
    encoder, kind, base = build.models.student(build.models.workspace.existing_run(run_id), alpha)
    return build.index(build.models.encoder(base) if kind.documents_fixed else encoder), encoder


def trained(build: Retrievers, rest: str) -> Scorer:
    """A student as a scorer: a cross-encoder as it was trained, a bi-encoder by its cosines."""
    from explorer.retrieval.rerankers import CosineScorer, CrossScorer

    run_id, alpha = run_and_blend(rest)
    run = build.models.workspace.existing_run(run_id)
    name = f"student:{rest}"
    if not student_kind(run.plan["student"]).reranks:
        return CosineScorer(name, *student_encoder(build, rest))
    model, prior = build.models.reranker(run, alpha)
    base = build.unfenced().dense(encoder_name(run.plan["base"]))
    return CrossScorer(name, model, prior, CosineScorer("base", base.index, base.query_encoder))


def _reader(build: Retrievers) -> CachedReader:
    """Rerankers remember nothing: their latency is to be what a user of a new query waits for."""
    from explorer.supervision.cached import CachedReader, Forgetful

    return CachedReader(build.models.reader(build.reader).reader, Forgetful())


def _llm(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rerank import QueryLikelihood

    return QueryLikelihood(_reader(build))


def _yesno(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rerank import YesNo

    return YesNo(_reader(build))


def _incontext(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rerank import YesNo

    return YesNo(_reader(build), _labelled(build))


def _labelled(build: Retrievers) -> list[Labelled]:
    """For the prompt: the training queries with the shortest relevant documents, each with one that is not relevant."""
    from explorer.supervision.rerank import Labelled

    collection = build.collection
    texts = {doc_id: doc.content for doc_id, doc in collection.documents.items()}
    queries = collection.judged(collection.split("train"))
    if not queries:
        raise ExplorerError(
            f"{collection.name} has no judged training query to put into the prompt; choose rerank:yesno or rerank:llm"
        )
    relevant = {q.query_id: min(collection.relevant(q.query_id), key=lambda d: (len(texts[d]), d)) for q in queries}
    chosen = sorted(queries, key=lambda q: (len(texts[relevant[q.query_id]]), q.query_id))[:SHOTS]
    found = build.get("bm25").search(chosen, 20)
    examples = []
    for query in chosen:
        examples.append(Labelled(query.text, texts[relevant[query.query_id]], True))
        others = [d for d in found.rankings[query.query_id].doc_ids if d not in collection.relevant(query.query_id)]
        examples += [
            Labelled(query.text, texts[d], False) for d in sorted(others, key=lambda d: (len(texts[d]), d))[:1]
        ]
    return examples


def _blind(build: Retrievers, _: str) -> Scorer:
    from explorer.supervision.rationale import BlindRationale

    return BlindRationale(build.cosines("dense:minilm"), _reader(build))


RERANKERS: dict[str, Callable[[Retrievers, str], Scorer]] = {
    "llm": _llm,
    "yesno": _yesno,
    "incontext": _incontext,
    "rationale": _blind,
    "student": trained,
}
