"""Benchmarks: each figure as a ratio measured inside one process, with medians. Never a timed test."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import explorer
from explorer.collections import trec
from explorer.evaluation import parity
from explorer.evaluation.latency import latency_ms
from explorer.models import fast_dtype, find_model, load_reader
from explorer.records import ExplorerError, Progress, TeacherScores
from explorer.supervision.prompts import DEFAULT_PROMPT, PROMPTS, fill
from explorer.supervision.reader import Reader, Reading, Request
from explorer.workbench import Workbench
from explorer.workbench.browsing import app
from explorer.workbench.scale import scale
from explorer.workbench.teachers import CANDIDATES, Teacher
from explorer.workbench.teaching import quality, scores_for

PAIRS = 200
ROUNDS = 3
TRANSFER = ("passage", "context", "chat")  # prompts whose utilities are compared
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


def machine() -> dict[str, Any]:
    import torch
    import transformers

    return {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "fast_dtype": fast_dtype("cpu"),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "explorer": explorer.__version__,
    }


def utility(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Pairs per second of the reader against the loop one would write in float32, over the same pairs."""
    folder = find_model("smollm2", bench.workspace.models, progress)
    plain, fast = (Reader(*load_reader(folder, "cpu", dtype), key=dtype) for dtype in ("float32", fast_dtype("cpu")))
    prompt = PROMPTS[DEFAULT_PROMPT]
    requests = _pairs(bench, systems[0] if systems else "bm25")
    naive: list[float] = []
    readings: list[Reading] = []
    seconds: dict[str, list[float]] = {"naive": [], "explorer": []}
    for done in range(ROUNDS):
        progress("round", done, ROUNDS)
        seconds["naive"].append(_timed(lambda: naive.__setitem__(slice(None), [_own_loss(plain, r) for r in requests])))
        seconds["explorer"].append(_timed(lambda: readings.__setitem__(slice(None), fast.read(requests, prompt))))
    exact = [abs(a - b.nll) for a, b in zip(naive, plain.read(requests, prompt), strict=True)]
    gaps = sorted(abs(a - b.nll) for a, b in zip(naive, readings, strict=True))
    return {
        "pairs": len(requests),
        "documents": len({request.document for request in requests}),
        "pairs_per_second": {name: len(requests) / statistics.median(times) for name, times in seconds.items()},
        "ratio": statistics.median(a / b for a, b in zip(seconds["naive"], seconds["explorer"], strict=True)),
        "largest_difference_float32_nats": max(exact),
        "difference_fast_nats": {
            "dtype": fast.key,
            "median": statistics.median(gaps),
            "p95": gaps[int(0.95 * len(gaps))],
            "max": gaps[-1],
        },
    }


def _pairs(bench: Workbench, base: str) -> list[Request]:
    """The first PAIRS (query, document) pairs of the baseline's top 10."""
    queries = [query for query in bench.collection.queries.values() if query.answers]
    if not queries:
        raise ExplorerError(f"{bench.collection.name} has no query with an answer; utility cannot be measured on it")
    run = bench.search(base, queries[:PAIRS], 10)
    pairs = [
        Request(query.text, query.answers[0], bench.collection.documents[doc.doc_id].content)
        for query in queries[:PAIRS]
        for doc in run.rankings[query.query_id]
    ]
    return pairs[:PAIRS]


def _own_loss(reader: Reader, request: Request) -> float:
    """What a user of transformers writes: one pair, labels with the prompt masked, the model's own loss."""
    import torch

    filled = fill(PROMPTS[DEFAULT_PROMPT], request.question, request.document, reader.tokenizer)
    ids = reader.tokenizer(f"{filled.text} {request.continuation}", return_tensors="pt")
    labels = ids["input_ids"].clone()
    labels[:, : len(reader.tokenizer(filled.text)["input_ids"])] = -100
    with torch.inference_mode():
        return float(reader.model(**ids, labels=labels).loss)


def _timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def query(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Milliseconds per query at batch 1: each system against the language model reranking the baseline's top 20."""
    queries = bench.collection.split("test")[:25] or list(bench.collection.queries.values())[:25]
    specs = [*(systems or ["dense:minilm"]), "rerank:llm(dense:minilm)"]
    times = {spec: latency_ms(bench.retrievers.get(spec), queries, 10, progress) for spec in specs}
    slow = times[specs[-1]]["p50"]
    return {
        "queries": len(queries),
        "latency_ms": times,
        "ratio": {spec: slow / times[spec]["p50"] for spec in specs[:-1]},
    }


def transfer(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Do the utilities of one prompt, or one number format, hold for another? Over the dev queries' candidates.

    Spearman's rank correlation with the first, per query, then its mean; AP of each order against gold. Prompts and
    number formats of one model say nothing of another model.
    """
    queries = bench.collection.split("dev")
    found = bench.search(systems[0] if systems else "dense:minilm", queries, CANDIDATES)
    candidates = {q: ranking.doc_ids for q, ranking in found.rankings.items()}
    kinds = {f"smollm2@bfloat16 {prompt}": Teacher(reader="smollm2@bfloat16", prompts=(prompt,)) for prompt in TRANSFER}
    kinds[f"smollm2@float32 {DEFAULT_PROMPT}"] = Teacher(reader="smollm2@float32")
    scores = {name: scores_for(bench.retrievers, teacher, candidates, progress) for name, teacher in kinds.items()}
    first = next(iter(scores.values()))
    return {
        "queries": len(queries),
        "baseline": quality(bench.collection, found, first),
        "teachers": {
            name: {**quality(bench.collection, one.run(), one), "spearman": _correlation(first, one)}
            for name, one in scores.items()
        },
    }


def _correlation(a: TeacherScores, b: TeacherScores) -> float:
    """Mean over queries with at least three candidates in common."""
    from scipy.stats import spearmanr

    found = []
    for query_id, one in a.by_query.items():
        other = b.by_query[query_id].values
        pairs = [(value, other[d]) for d, value in one.values.items() if d in other]
        if len(pairs) > 2 and len({x for x, _ in pairs}) > 1 and len({y for _, y in pairs}) > 1:
            found.append(float(spearmanr([x for x, _ in pairs], [y for _, y in pairs]).statistic))
    return statistics.fmean(found)


def trec_parity(folder: Path) -> dict[str, Any]:
    """How many values of trec_eval's own expected outputs our measures reproduce, file by file."""
    files = {}
    for expected, qrels, results, options in TREC_FILES:
        run, judged = trec.run(folder / results), trec.read_qrels(folder / qrels)
        compared, wrong = parity.compare(folder / expected, run, judged, **options)
        files[expected] = {"compared": compared, "agree": compared - len(wrong)}
    totals = {name: sum(file[name] for file in files.values()) for name in ("compared", "agree")}
    return {"files": files, **totals}


BENCHES: dict[str, Callable[..., dict[str, Any]]] = {
    "utility": utility,
    "query": query,
    "transfer": transfer,
    "app": app,
    "scale": scale,
}
