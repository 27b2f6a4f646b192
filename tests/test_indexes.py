"""Indexes by the number of documents: cells find what an exact search finds, and lie on disk between two starts."""

import os
from pathlib import Path

import numpy as np
import pytest

from explorer.records import Document, Query
from explorer.retrieval.dense import DenseIndex, DenseRetriever
from explorer.retrieval.encoder import Encoder
from explorer.retrieval.indexes import kind_for
from explorer.retrieval.rows import Rows
from explorer.workspace import VectorCache

COUNT, DIM, QUERIES = 5_000, 32, 50
OPEN_FILES = Path("/proc/self/fd")


class ClusteredModel:
    """Texts are numbers; each has a vector near one of 100 centres. ``encoded`` counts documents."""

    max_seq_length = 256
    dtype = "float32"

    def __init__(self):
        random = np.random.default_rng(0)
        centres = random.standard_normal((100, DIM))
        near = centres[random.integers(0, 100, COUNT)] + 0.5 * random.standard_normal((COUNT, DIM))
        self.vectors = near.astype(np.float32)
        self.encoded, self.prompts = 0, {}

    def tokenizer(self, texts, **_options):
        return {"input_ids": [[0]] * len(texts)}

    def encode_document(self, texts, **_options):
        self.encoded += len(texts)
        return self.vectors[[int(text) for text in texts]]

    def encode_query(self, texts, **_options):
        return self.vectors[[int(text) for text in texts]]


@pytest.fixture
def model():
    return ClusteredModel()


def opened(model, folder, limit=1000, keep=True, count=COUNT):
    documents = {f"d{n:04}": Document(f"d{n:04}", str(n)) for n in range(count)}
    encoder = Encoder(model, "clustered")
    return DenseRetriever(
        "dense:x", DenseIndex(documents, encoder, VectorCache(folder, keep=keep), exact_limit=limit), encoder
    )


def asked(retriever, queries=QUERIES):
    run = retriever.search([Query(str(n), str(n * 97)) for n in range(queries)], 10)
    return {query_id: ranking.scores for query_id, ranking in run.rankings.items()}


def test_the_kind_follows_from_the_number_of_documents():
    assert (kind_for(199_999), kind_for(200_000)) == ("exact", "cells")


def test_cells_find_what_an_exact_search_finds(model, tmp_path):
    near, exact = asked(opened(model, tmp_path)), asked(opened(model, tmp_path, limit=COUNT + 1))
    found = sum(len(near[query_id].keys() & scores.keys()) for query_id, scores in exact.items())
    assert found / (10 * QUERIES) >= 0.98
    assert all(near[q][d] == score for q, scores in exact.items() for d, score in scores.items() if d in near[q])


@pytest.mark.parametrize("limit", [10, 1000], ids=["cells", "exact"])
def test_equal_scores_are_ordered_by_doc_id(model, tmp_path, limit):
    """Without it the order of duplicates would change from one search to the next."""
    model.vectors[:20] = model.vectors[0]
    found = opened(model, tmp_path, limit, count=400).search([Query("q", "3")], 10).rankings["q"]
    assert found.doc_ids == tuple(f"d{n:04}" for n in range(19, 9, -1))


def test_a_second_start_neither_encodes_nor_builds(model, tmp_path):
    first = asked(opened(model, tmp_path))
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    second = asked(opened(model, tmp_path))
    assert first == second and model.encoded == COUNT
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == written


@pytest.mark.parametrize("harm", ["delete", "shorten", "overwrite"])
@pytest.mark.parametrize("name", ["*.npy", "index.faiss", "index.json"])
def test_a_damaged_file_of_the_cache_is_made_anew(model, tmp_path, name, harm):
    """A shortened file that is mapped would end the process when its end is read."""
    first = asked(opened(model, tmp_path), 5)
    for path in tmp_path.rglob(name):
        whole = path.read_bytes()
        path.unlink()
        if harm != "delete":
            path.write_bytes(whole[: len(whole) // 2] if harm == "shorten" else b"\0" * len(whole))
    assert asked(opened(model, tmp_path), 5) == first
    assert asked(opened(ClusteredModel(), tmp_path), 5) == first


def test_a_changed_document_gets_cells_of_its_own(model, tmp_path):
    asked(opened(model, tmp_path), 1)
    asked(opened(model, tmp_path, count=COUNT - 1), 1)
    assert len(list(tmp_path.glob("*.cells"))) == 2


def test_what_may_not_be_kept_is_built_in_memory(model, tmp_path):
    assert len(asked(opened(model, tmp_path, keep=False))["0"]) == 10
    assert list(tmp_path.iterdir()) == []


def test_rows_on_disk_are_the_rows_of_the_matrix(model, tmp_path):
    """Shards hold 4,096 rows: numbers on both sides, repeated and out of order."""
    rows = Encoder(model, "clustered").documents([str(n) for n in range(COUNT)], VectorCache(tmp_path))
    matrix = np.asarray(rows)
    assert isinstance(rows, Rows) and rows.shape == matrix.shape == (COUNT, DIM) and len(rows.shards) == 2
    for wanted in ([4095, 4096, 0, 4999, 4096], [], [7]):
        assert np.array_equal(rows[wanted], matrix[wanted])
    assert np.array_equal(np.stack(list(rows)), matrix)


def test_codes_stay_on_disk_and_no_file_of_vectors_stays_open(model, tmp_path):
    """A million documents are 245 files of vectors: open, a few systems would reach the limit of a process."""
    import faiss

    retriever = opened(model, tmp_path)
    asked(retriever, 1)
    inverted = faiss.extract_index_ivf(retriever.index._index._index).invlists
    assert isinstance(faiss.downcast_InvertedLists(inverted), faiss.OnDiskInvertedLists)
    if OPEN_FILES.is_dir():  # Linux
        assert [file for file in OPEN_FILES.iterdir() if str(tmp_path) in os.path.realpath(file)] == []
