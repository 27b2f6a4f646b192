"""What a screen says, without a screen."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer import views
from explorer.records import Document, ExplorerError, Span


def test_a_span_of_a_document_is_told_apart_into_its_title_and_its_text():
    doc = Document("d1", "Oaks grow.", title="Trees")  # content: "Trees\nOaks grow."
    spans = (Span(2, 10, 0.5), Span(5, 6), Span(11, 15))
    assert views.spans_within(doc, spans) == {
        "title": [{"start": 2, "end": 5, "weight": 0.5}],
        "text": [{"start": 0, "end": 4, "weight": 0.5}, {"start": 5, "end": 9, "weight": 1.0}],
    }
    assert views.spans_within(Document("d2", "Oaks grow."), (Span(0, 4),)) == {
        "title": [],
        "text": [{"start": 0, "end": 4, "weight": 1.0}],
    }


def test_only_what_reads_needs_the_reader():
    free = ("gold", "gold:qrels", "rationale:answer", "rationale:given", "fusion:gold=0.5,rationale:answer=0.5")
    assert [views.asks_reader(teacher) for teacher in free] == [False] * 5
    asked = ("utility", "gold:judge", "gold:task", "rationale", "rationale:extractive", "fusion")
    assert [views.asks_reader(teacher) for teacher in asked] == [True] * 6


def test_what_two_visitors_ask_for_at_once_is_worked_out_once(bench):
    made, both, company = [], threading.Barrier(2), threading.Barrier(2)

    def make():
        made.append(1)
        with contextlib.suppress(threading.BrokenBarrierError):
            company.wait(0.5)
            pytest.fail("the other one works it out at the same time")
        if len(made) == 1:
            raise ExplorerError("not this time")
        return object()

    def ask(_):
        both.wait(10)
        try:
            return bench.remembered(("key",), ("bm25",), make)
        except ExplorerError:
            return "failed"

    with ThreadPoolExecutor(2) as visitors:
        assert list(visitors.map(ask, range(2))).count("failed") == 1, "the other one tries, too"
        first, second = visitors.map(ask, range(2))
    assert first is second and len(made) == 2
