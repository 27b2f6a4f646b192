"""The reader: pairs per second against the loop one would write, and against what the machine's matrix products give."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from explorer.benches.timing import ratio, rounds, timed
from explorer.models import fast_dtype, find_model, load_reader
from explorer.records import ExplorerError, Progress, Query
from explorer.supervision.prompts import DEFAULT_PROMPT, PROMPTS, fill
from explorer.supervision.reader import Reader, Reading, Request
from explorer.workbench import Workbench

PAIRS = 200
DOCUMENTS, QUERIES = 40, 12  # every one of these documents is read for every one of these queries
SAMPLED = 4  # the loop reads every fourth pair: its pairs do not know of each other
PROMPT = PROMPTS[DEFAULT_PROMPT]


def utility(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Pairs per second over PAIRS pairs of different documents, and over DOCUMENTS x QUERIES pairs.

    The loop: transformers in float32, one pair at a time, the model's own loss. ``of_peak``: floating-point operations
    that reading needs (two per weight and token, logits for the answer alone) per second, as a share of what a matrix
    product of the model's size reaches here in the same number format.
    """
    folder = find_model("smollm2", bench.workspace.models, progress)
    plain, fast = (Reader(*load_reader(folder, "cpu", dtype), key=dtype) for dtype in ("float32", fast_dtype("cpu")))
    queries = [query for query in bench.collection.queries.values() if query.answers]
    if not queries:
        raise ExplorerError(f"{bench.collection.name} has no query with an answer; utility cannot be measured on it")
    apart, shared = _apart(bench, systems[0] if systems else "bm25", queries), _shared(bench, queries)
    disjoint = _measured(plain, fast, apart, progress)
    rate = _needed(fast, apart) * disjoint["pairs_per_second"]["explorer"] / len(apart)
    return {
        "dtype": fast.key,
        "disjoint": disjoint | {"of_peak": rate / _peak(fast)},
        "shared": _measured(plain, fast, shared, progress),
    }


def _apart(bench: Workbench, base: str, queries: Sequence[Query]) -> list[Request]:
    """PAIRS pairs of a query and one of the baseline's documents, no document twice."""
    found, used = bench.search(base, queries, 20).rankings, set[str]()
    pairs: list[Request] = []
    while len(pairs) < PAIRS:
        before = len(pairs)
        for query in queries:
            fresh = [doc.doc_id for doc in found[query.query_id].docs if doc.doc_id not in used][:1]
            used.update(fresh)
            pairs += [Request(query.text, query.answers[0], bench.collection.documents[d].content) for d in fresh]
        if len(pairs) == before:
            break
    return pairs[:PAIRS]


def _shared(bench: Workbench, queries: Sequence[Query]) -> list[Request]:
    documents = list(bench.collection.documents.values())[:DOCUMENTS]
    return [Request(q.text, q.answers[0], document.content) for document in documents for q in queries[:QUERIES]]


def _measured(plain: Reader, fast: Reader, requests: Sequence[Request], progress: Progress) -> dict[str, Any]:
    sample = requests[::SAMPLED]
    naive: list[float] = []
    read: list[Reading] = []
    works = {
        "loop": lambda: naive.__setitem__(slice(None), [own_loss(plain, request) for request in sample]),
        "explorer": lambda: read.__setitem__(slice(None), fast.read(requests, PROMPT)),
    }
    seconds = rounds(works, progress)
    exact = read[::SAMPLED] if fast.key == plain.key else plain.read(sample, PROMPT)
    gaps = sorted(abs(a - b.nll) for a, b in zip(naive, read[::SAMPLED], strict=True))
    return {
        "pairs": len(requests),
        "documents": len({request.document for request in requests}),
        "pairs_per_second": {
            "loop": len(sample) / statistics.median(seconds["loop"]),
            "explorer": len(requests) / statistics.median(seconds["explorer"]),
        },
        "ratio": ratio(seconds, "loop", "explorer") * len(requests) / len(sample),
        "float32_max_difference_nats": max(abs(a - b.nll) for a, b in zip(naive, exact, strict=True)),
        "difference_nats": {"p50": statistics.median(gaps), "p95": gaps[int(0.95 * len(gaps))], "max": gaps[-1]},
    }


def own_loss(reader: Reader, request: Request) -> float:
    """What a user of transformers writes: one pair, labels with the prompt masked, the model's own loss."""
    import torch

    filled = fill(PROMPT, request.question, request.document, reader.tokenizer)
    ids = reader.tokenizer(f"{filled.text} {request.continuation}", return_tensors="pt")
    labels = ids["input_ids"].clone()
    labels[:, : len(reader.tokenizer(filled.text)["input_ids"])] = -100
    with torch.inference_mode():
        return float(reader.model(**ids, labels=labels).loss)


def _needed(reader: Reader, requests: Sequence[Request]) -> float:
    """Floating-point operations that reading these pairs needs, each by itself."""
    filled = [fill(PROMPT, r.question, r.document, reader.tokenizer).text for r in requests]
    both = [f"{text} {request.continuation}" for text, request in zip(filled, requests, strict=True)]
    whole, prompts = (sum(map(len, reader.tokenizer(texts)["input_ids"])) for texts in (both, filled))
    embedding = reader.model.get_input_embeddings().weight
    weights = sum(parameter.numel() for parameter in reader.model.parameters()) - embedding.numel()
    return 2.0 * (weights * whole + embedding.numel() * (whole - prompts))


def _peak(reader: Reader) -> float:
    """Floating-point operations per second of a matrix product as wide as the reader, in its number format."""
    import torch

    embedding = reader.model.get_input_embeddings().weight
    left = torch.ones(2048, embedding.shape[1], dtype=embedding.dtype)
    right = torch.ones(embedding.shape[1], 4 * embedding.shape[1], dtype=embedding.dtype)
    return 2 * left.numel() * right.shape[1] / min(timed(lambda: left @ right) for _ in range(20))
