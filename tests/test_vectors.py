import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from safetensors.numpy import save_file

from explorer.collections import Judgement, Parts, assemble
from explorer.records import Document, ExplorerError, Query
from explorer.workbench import Workbench

DOCUMENTS = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 3.0]], dtype=np.float32)
QUERIES = np.array([[1.0, 0.1]], dtype=np.float32)
IDS = ["a", "b", "c"]


@pytest.fixture
def bench(workspace):
    documents = [Document(doc_id, doc_id, group="g" if doc_id != "b" else "h") for doc_id in IDS]
    return Workbench(assemble("toy", Parts(documents, [Query("q", "?")], [Judgement("q", "a", 1)])), workspace)


def order(bench, spec):
    return bench.search(spec, list(bench.collection.queries.values()), 3).rankings["q"].doc_ids


def test_vectors_of_every_format_rank_by_cosine(bench, tmp_path):
    """a lies nearest by angle, c by inner product: lengths must not count."""
    np.save(tmp_path / "d.npy", DOCUMENTS)
    np.save(tmp_path / "q.npy", QUERIES)
    save_file({"documents": DOCUMENTS, "queries": QUERIES}, tmp_path / "both.safetensors")
    shuffled = [2, 0, 1]
    table = {"id": [IDS[n] for n in shuffled], "vector": [DOCUMENTS[n].tolist() for n in shuffled]}
    parquet.write_table(pa.table(table), tmp_path / "d.parquet")
    for spec in ("d.npy+{}/q.npy", "both.safetensors", "d.parquet+{}/q.npy"):
        assert order(bench, f"vectors:{tmp_path}/" + spec.format(tmp_path)) == ("a", "c", "b")


def test_a_scope_is_kept(bench, tmp_path):
    save_file({"documents": DOCUMENTS, "queries": QUERIES}, tmp_path / "both.safetensors")
    found = bench.search(f"vectors:{tmp_path}/both.safetensors", [Query("q", "?", scope="h")], 3)
    assert found.rankings["q"].doc_ids == ("b",)


def test_too_few_rows_are_refused(bench, tmp_path):
    np.save(tmp_path / "d.npy", DOCUMENTS[:2])
    np.save(tmp_path / "q.npy", QUERIES)
    with pytest.raises(ExplorerError, match=r"holds documents of shape \(2, 2\); expected \(3, dimensions\)"):
        order(bench, f"vectors:{tmp_path}/d.npy+{tmp_path}/q.npy")


def test_two_models_of_different_sizes_are_refused(bench, tmp_path):
    save_file({"documents": DOCUMENTS, "queries": np.ones((1, 3), np.float32)}, tmp_path / "both.safetensors")
    with pytest.raises(ExplorerError, match="queries of 3 dimensions and documents of 2"):
        order(bench, f"vectors:{tmp_path}/both.safetensors")


def test_a_pickle_is_not_opened(bench, tmp_path):
    """An object array runs code when it is read."""
    np.save(tmp_path / "d.npy", np.array([{}, {}, {}], dtype=object), allow_pickle=True)
    with pytest.raises(ExplorerError, match="cannot be read as vectors"):
        order(bench, f"vectors:{tmp_path}/d.npy+{tmp_path}/d.npy")


def test_a_free_question_has_no_vector_and_says_so(bench, tmp_path):
    save_file({"documents": DOCUMENTS, "queries": QUERIES}, tmp_path / "both.safetensors")
    with pytest.raises(ExplorerError, match="no vector for the query 'free-text'"):
        bench.search(f"vectors:{tmp_path}/both.safetensors", [bench.query("what?")], 3)
