"""What a screen says, without a screen."""

from explorer import views
from explorer.records import Document, Span


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
