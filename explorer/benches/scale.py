"""``explorer bench scale``: what building an index and searching in it cost while a collection grows.

Passages are generated: three sentences of the collection's documents, two of them from one. SAMPLE of them, and the
collection's questions, go through the real encoder. The other vectors are drawn: one of the sample, moved by the
difference between some vector of the sample and its nearest neighbour, divided by the square root of two, so that two
that began at one place are as far apart as neighbours are. ``spread`` says how near neighbours are in both, over
equally many. Building and searching happen in a process each, the second as a second start; nothing stays on disk.
"""

from __future__ import annotations

import math
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from explorer.evaluation.latency import WARM_UP, latency_ms
from explorer.records import Document, ExplorerError, Progress, Query, Run
from explorer.retrieval.dense import DenseIndex, DenseRetriever
from explorer.retrieval.encoder import Encoder
from explorer.workbench import Workbench
from explorer.workspace import VectorCache

SIZES = (10_000, 100_000, 1_000_000)
SAMPLE = 4096
QUERIES = 200
DEPTH = 10
TIMED = 5  # exact searches of one query: at a million documents each takes long
MIB = 2**20


def scale(bench: Workbench, systems: Sequence[str], progress: Progress, limit: int = 0) -> dict[str, Any]:
    """Figures by number of documents, at most ``limit`` of them, and by which power of it they grow.

    Times in seconds or milliseconds, recall@10 against an exact search, memory (peak of the process, mapped files
    included) and disk in MiB. Processor time per search beside the clock's: on
    a busy machine it says what the clock would say on a quiet one. ``systems``: the first one's encoder, else minilm.
    """
    sizes = [size for size in SIZES if size <= (limit or SIZES[-1])]
    if not sizes:
        raise ExplorerError(f"--limit {limit} leaves no size to measure; the smallest is {SIZES[0]}")
    name = (systems[0] if systems else "dense:minilm").removeprefix("dense:")
    encoder = bench.models.encoder(bench.fence.model(name))
    sample, asked = _encoded(bench, encoder, progress)
    with tempfile.TemporaryDirectory(prefix="explorer-scale-") as folder:
        np.savez(Path(folder) / "sample.npz", sample=sample, asked=asked)
        figures = {}
        for done, size in enumerate(sizes):
            progress("scale: size", done, len(sizes))
            figures[str(size)] = _figures(Path(folder), size)
    return {
        "encoder": name,
        "queries": len(asked),
        "spread": _spread(sample),
        "sizes": figures,
        "growth": _growth(figures),
    }


def passages(documents: Mapping[str, Document], count: int) -> list[str]:
    """Made of the documents' sentences; the same every time."""
    split = [re.split(r"(?<=[.!?])\s+", doc.text.strip()) for doc in documents.values() if doc.text.strip()]
    chance = random.Random(0)  # noqa: S311 - not a secret
    made = []
    for _ in range(count):
        topic, other = chance.choice(split), chance.choice(split)
        made.append(" ".join([*chance.sample(topic, min(2, len(topic))), chance.choice(other)]))
    return made


def _encoded(bench: Workbench, encoder: Encoder, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """(SAMPLE, dim) of passages and (at most QUERIES, dim) of questions."""
    questions = [query.text for query in bench.collection.queries.values()][:QUERIES]
    if not questions:
        raise ExplorerError(f"{bench.collection.name} has no query to search with; take a collection that has some")
    texts = passages(bench.collection.documents, SAMPLE)
    return np.asarray(encoder.documents(texts, bench.workspace.vectors(), progress)), encoder.queries(questions)


class Drawn:
    """In the place of a sentence-transformer: a document's text is its number, its vector the sample's or drawn."""

    max_seq_length = 256
    dtype = "float32"

    def __init__(self, sample: np.ndarray, asked: np.ndarray) -> None:
        self.prompts: dict[str, str] = {}
        self._sample, self._asked = sample, asked
        self._steps = (sample[_neighbours(sample)[1]] - sample) / math.sqrt(2)

    def tokenizer(self, texts: Sequence[str], **_options: bool) -> dict[str, list[list[int]]]:
        return {"input_ids": [[0]] * len(texts)}

    def encode_query(self, texts: Sequence[str], **_options: Any) -> np.ndarray:
        return self._asked[[int(text) for text in texts]]

    def encode_document(self, texts: Sequence[str], **_options: Any) -> np.ndarray:
        numbers = np.array([int(text) for text in texts])
        begin, step = np.random.default_rng(numbers[0]).integers(0, len(self._sample), (2, len(numbers)))
        moved = self._sample[begin] + self._steps[step]
        real = numbers < len(self._sample)
        moved[real] = self._sample[numbers[real]]
        return moved


class Numbered(Mapping[str, Document]):
    """``count`` documents that take no memory."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __getitem__(self, doc_id: str) -> Document:
        return Document(doc_id, doc_id.lstrip("d"))

    def __iter__(self) -> Iterator[str]:
        return (f"d{number}" for number in range(self._count))

    def __len__(self) -> int:
        return self._count


def _figures(folder: Path, size: int) -> dict[str, Any]:
    """Of one size; each process begins with nothing of the other."""
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        built, searched = (_alone(work, folder, Path(kept), size) for work in (_build, _search))
    memory = {"build": built.pop("memory"), "search": searched.pop("memory")}
    return {**built, **searched, "memory_mib": memory}


def _alone(work: Any, folder: Path, kept: Path, size: int) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        done: dict[str, Any] = process.submit(work, folder / "sample.npz", kept, size).result()
        return done


def _opened(sample: Path, kept: Path, size: int) -> tuple[DenseRetriever, list[Query]]:
    arrays = np.load(sample)
    encoder = Encoder(Drawn(arrays["sample"], arrays["asked"]), "drawn")
    queries = [Query(str(number), str(number)) for number in range(len(arrays["asked"]))]
    return DenseRetriever("dense:drawn", DenseIndex(Numbered(size), encoder, VectorCache(kept)), encoder), queries


def _build(sample: Path, kept: Path, size: int) -> dict[str, Any]:
    """Seconds from vectors to the first answer."""
    retriever, queries = _opened(sample, kept, size)
    begun = time.perf_counter()
    retriever.search(queries[:1], DEPTH)
    seconds = time.perf_counter() - begun
    disk = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) / MIB
    return {"kind": retriever.index.kind, "build_s": seconds, "disk_mib": disk, "memory": peak_mib()}


def _search(sample: Path, kept: Path, size: int) -> dict[str, Any]:
    begun = time.perf_counter()
    retriever, queries = _opened(sample, kept, size)
    retriever.search(queries[:1], DEPTH)
    start = time.perf_counter() - begun
    found = retriever.search(queries, DEPTH)  # the pages a search reads are in memory from here on
    used = time.process_time()
    times = latency_ms(retriever, queries, DEPTH)
    used, memory = time.process_time() - used, peak_mib()
    asked = np.load(sample)["asked"]
    exact = [_seconds(retriever, asked[number : number + 1]) for number in range(min(TIMED, len(asked)))]
    return {
        "second_start_s": start,
        "search_ms": times,
        "processor_ms": 1000 * used / (len(queries) + min(WARM_UP, len(queries))),
        "exact_ms": 1000 * float(np.median(exact)),
        "recall@10": _recall(retriever, found, asked),
        "memory": memory,
    }


def _seconds(retriever: DenseRetriever, asked: np.ndarray) -> float:
    begun = time.perf_counter()
    _nearest(retriever.index.vectors, asked)
    return time.perf_counter() - begun


def _recall(retriever: DenseRetriever, found: Run, asked: np.ndarray) -> float:
    """Share of the truly nearest DEPTH among those found, over all queries."""
    truth = _nearest(retriever.index.vectors, asked)
    ids = retriever.index.doc_ids
    hits = [len({ids[row] for row in rows} & set(found.rankings[str(n)].doc_ids)) for n, rows in enumerate(truth)]
    return sum(hits) / (DEPTH * len(hits))


def _nearest(vectors: Any, asked: np.ndarray) -> np.ndarray:
    """(queries, DEPTH) row numbers of the largest cosines, a shard at a time."""
    scores, rows, start = [], [], 0
    for shard in getattr(vectors, "shards", [vectors]):
        cosines = asked @ shard.T
        best = np.argpartition(-cosines, min(DEPTH, len(shard) - 1), axis=1)[:, :DEPTH]
        scores.append(np.take_along_axis(cosines, best, axis=1))
        rows.append(best + start)
        start += len(shard)
    order = np.argsort(-np.concatenate(scores, axis=1), axis=1)[:, :DEPTH]
    return np.take_along_axis(np.concatenate(rows, axis=1), order, axis=1)


def _neighbours(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(cosine of each vector with its nearest neighbour, which one that is)."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    return cosines.max(axis=1), cosines.argmax(axis=1)


def _spread(sample: np.ndarray) -> dict[str, float]:
    """Mean cosine of a vector with its nearest neighbour, real and drawn, over equally many."""
    count = len(sample)
    moved = Drawn(sample, sample).encode_document([str(number) for number in range(count, 2 * count)])
    unit = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return {"real": float(_neighbours(sample)[0].mean()), "drawn": float(_neighbours(unit)[0].mean())}


def _growth(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """p50 and disk grow with the number of documents to this power, from the smallest size to the largest."""
    (small, first), *_, (large, last) = [*figures.items()] * 2  # one size is both
    if small == large:
        return {}
    ratio = math.log(int(large) / int(small))
    pairs = {
        "search_p50": (first["search_ms"]["p50"], last["search_ms"]["p50"]),
        "disk": (first["disk_mib"], last["disk_mib"]),
    }
    return {name: math.log(b / a) / ratio for name, (a, b) in pairs.items()}


def peak_mib() -> float:
    """Largest resident memory of this process so far; Linux' getrusage would add its parent's before it began."""
    import resource

    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (MIB if sys.platform == "darwin" else 1024)
