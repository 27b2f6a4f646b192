"""The check-up with an encoder: what it cannot read of the documents, and what it wants written before a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import compress
from typing import Any

from explorer.collections import Collection
from explorer.collections.checks import Finding, checks, finding, ordered
from explorer.collections.splits import SPLITS
from explorer.records import Progress, Query
from explorer.retrieval.encoder import Encoder
from explorer.workbench.specs import Retrievers
from explorer.workspace import VectorCache
from explorer.workspace.caches import SHARD

PROMPTED: Mapping[str, str] = {  # family of models -> what its authors want written before a query
    "e5": "query: ",
    "bge": "Represent this sentence for searching relevant passages: ",
    "arctic-embed": "Represent this sentence for searching relevant passages: ",
    "mxbai": "Represent this sentence for searching relevant passages: ",
    "nomic": "search_query: ",
    "gte-qwen": "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
    "qwen3-embedding": "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ",
}

TOKENISED = 20_000  # documents up to which each is tokenised; of more, every n-th


def checkup(retrievers: Retrievers, model: str, progress: Progress) -> dict[str, Any]:
    """{"documents", "queries", "judged", "splits", "findings"}; ``model`` is the encoder's name, "" for none."""
    collection = retrievers.collection
    findings = checks(collection, progress)
    if model and collection.documents:
        encoder = retrievers.models.encoder(retrievers.fence.model(model))
        vectors = retrievers.models.workspace.vectors()
        findings += [found for found in _encoded(collection, encoder, vectors) if found.count]
        findings += list(_prompts(model, encoder))
    return {
        "collection": collection.name,
        "documents": len(collection.documents),
        "queries": len(collection.queries),
        "judged": len(collection.judged(collection.queries.values())),
        "splits": {split: len(collection.split(split)) for split in SPLITS},
        "encoder": model,
        "findings": [asdict(found) for found in ordered(findings)],
    }


def _encoded(collection: Collection, encoder: Encoder, vectors: VectorCache) -> Iterator[Finding]:
    doc_ids = list(collection.documents)
    step = -(-len(doc_ids) // TOKENISED)
    looked_at = doc_ids[::step]
    cut = frozenset(_longer(collection, looked_at, encoder, vectors))
    yield finding(
        "note",
        "documents whose length was not looked at",
        (doc_id for number, doc_id in enumerate(doc_ids) if number % step),
        f"long documents were counted among one in {step}, so there are about {step} times as many",
        "nothing",
    )
    yield finding(
        "warning",
        "documents longer than the encoder reads",
        (doc_id for doc_id in looked_at if doc_id in cut),
        f"what lies beyond {encoder.limit} tokens cannot be found by it",
        f"open the collection in chunks, as chunks:{collection.source}, or take an encoder that reads more",
    )
    yield finding(
        "warning",
        "evidence beyond the encoder's limit",
        _lost(collection, cut, encoder),
        "the answer stands only in the part that is not read, so the document cannot be found for what it says",
        f"open the collection in chunks, as chunks:{collection.source}",
    )


def _longer(collection: Collection, doc_ids: Sequence[str], encoder: Encoder, vectors: VectorCache) -> Iterator[str]:
    """Those the encoder reads only the beginning of; a shard of the cache at a time is in memory."""
    for start in range(0, len(doc_ids), SHARD):
        shard = doc_ids[start : start + SHARD]
        counts = encoder.token_counts([collection.documents[doc_id].content for doc_id in shard], vectors)
        yield from compress(shard, counts > encoder.limit)


def _lost(collection: Collection, cut: frozenset[str], encoder: Encoder) -> Iterator[str]:
    """Queries with an answer in a relevant document, but in none within what the encoder reads."""
    for query in collection.queries.values():
        relevant = collection.relevant(query.query_id)
        if not relevant & cut or not query.answers:
            continue
        texts = [(collection.documents[doc_id].content, doc_id in cut) for doc_id in relevant]
        stated = any(_states(text, query) for text, _ in texts)
        if stated and not any(_states(_read(text, encoder) if long else text, query) for text, long in texts):
            yield query.query_id


def _states(text: str, query: Query) -> bool:
    flat = text.casefold()
    return any(answer.casefold() in flat for answer in query.answers)


def _read(text: str, encoder: Encoder) -> str:
    """The beginning of a document that the encoder reads."""
    prompt = encoder.prompts["document"]
    found = encoder.model.tokenizer(
        prompt + text, truncation=True, max_length=encoder.limit, return_offsets_mapping=True, verbose=False
    )
    end = max((stop for _, stop in found["offset_mapping"]), default=0)
    return (prompt + text)[len(prompt) : end]


def _prompts(model: str, encoder: Encoder) -> Iterator[Finding]:
    family = next((name for name in PROMPTED if name in model.lower()), "")
    if family and not encoder.prompts["query"]:
        yield Finding(
            "warning",
            "the encoder comes without its query prompt",
            1,
            (model,),
            f"models of the family {family} were trained with {PROMPTED[family]!r} before each query and rank worse without",
            "add it under prompts.query in the model folder's config_sentence_transformers.json",
        )
