"""``explorer bench scale``: its passages, its drawn vectors, and its figures on a size that is measured in a moment."""

import numpy as np
import pytest

from explorer.benches.growth import page
from explorer.benches.scale import Drawn, _build, _growth, _nearest, _search, passages, scale
from explorer.records import Document, ExplorerError, silent
from explorer.retrieval.rows import Rows
from explorer.workbench import Workbench


@pytest.fixture
def sample():
    """Forty vectors of eight dimensions around four centres."""
    random = np.random.default_rng(1)
    rows = np.repeat(random.standard_normal((4, 8)), 10, axis=0) + 0.1 * random.standard_normal((40, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_passage_is_two_sentences_of_one_document_and_one_of_any():
    documents = {"a": Document("a", "One. Two! Three?"), "b": Document("b", "Only.")}
    made = passages(documents, 20)
    assert made == passages(documents, 20)
    assert {sentence for text in made for sentence in text.split()} == {"One.", "Two!", "Three?", "Only."}
    assert {len(text.split()) for text in made} == {2, 3}


def test_drawn_vectors_begin_with_the_sample_and_lie_as_near_to_a_neighbour(sample):
    drawn = Drawn(sample, sample[:3])
    assert np.array_equal(drawn.encode_document([str(n) for n in range(40)]), sample)
    more = drawn.encode_document([str(n) for n in range(40, 80)])
    assert np.array_equal(more, drawn.encode_document([str(n) for n in range(40, 80)]))
    cosines = more @ sample.T / np.linalg.norm(more, axis=1, keepdims=True)
    assert cosines.max(axis=1).min() > 0.9


def test_the_nearest_are_found_across_shards(sample):
    halves = Rows([sample], ["x"])
    halves.shards = (sample[:15], sample[15:])
    expected = np.argsort(-(sample[:3] @ sample.T), axis=1)[:, :10]
    assert np.array_equal(_nearest(halves, sample[:3]), expected)


def test_figures_of_a_small_size(sample, tmp_path):
    np.savez(tmp_path / "sample.npz", sample=sample, asked=sample[:3])
    built = _build(tmp_path / "sample.npz", tmp_path / "kept", 300)
    searched = _search(tmp_path / "sample.npz", tmp_path / "kept", 300)
    assert (built["kind"], searched["recall@10"]) == ("exact", 1.0)
    assert 300 * 8 * 4 / 2**20 < built["disk_mib"] < 0.02
    assert 0 < searched["search_ms"]["p50"] <= searched["search_ms"]["p95"]


def test_growth_is_the_power_of_the_number_of_documents():
    figures = {
        "100": {"search_ms": {"p50": 1.0}, "disk_mib": 5.0},
        "10000": {"search_ms": {"p50": 10.0}, "disk_mib": 500.0},
    }
    assert _growth(figures) == pytest.approx({"search_p50": 0.5, "disk": 1.0})
    assert _growth({"100": figures["100"]}) == {}


def test_a_limit_below_the_smallest_size_is_refused(harbour, workspace):
    with pytest.raises(ExplorerError, match="--limit 5 leaves no size to measure; the smallest is 10000"):
        scale(Workbench(harbour, workspace), [], silent, limit=5)


def test_the_page_of_a_record_has_a_row_for_each_size_and_a_curve():
    row = {"kind": "cells", "build_s": 145.04, "second_start_s": 12.0, "search_ms": {"p50": 9.1, "p95": 14.0}}
    row |= {"processor_ms": 8.0, "exact_ms": 400.0, "recall@10": 0.986, "disk_mib": 1527.2}
    row |= {"memory_mib": {"build": 1938.0, "search": 900.0}}
    about = {"encoder": "minilm", "queries": 200, "collection": "meridian", "spread": {"real": 0.652, "drawn": 0.669}}
    machine = {"cpus": 2, "machine": "x86_64", "explorer": "0.1.0"}
    lines = page({**about, "machine": machine, "sizes": {"1000000": row}}).splitlines()
    assert lines[4] == ("| 1,000,000 | cells | 145.0 | 12.0 | 9.1 | 14.0 | 8.0 | 400.0 | 0.9860 | 1938 | 900 | 1527 |")
    assert [line for line in lines if "line [" in line] == ["  line [400.0]", "  line [9.1]"]
