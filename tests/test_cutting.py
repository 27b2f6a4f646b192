import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.collections import Judgement, Parts, assemble, cutting, open_collection
from explorer.collections.chunks import WORDS
from explorer.collections.cutting import Pieces, cut
from explorer.collections.lines import DocumentLines
from explorer.records import Document, ExplorerError, Query, Span
from explorer.views.places import place
from explorer.workbench.fence import Fence

FIRST = "Ada Oake keeps the light. " + "The lamp burns oil on most evenings. " * 22
SECOND = "The quay was built in 1901. " + "Gulls sit on it and look out to sea. " * 10
LONG = FIRST + SECOND
KEPT = Span(0, len("Ada Oake keeps the light."))


def collection(*queries, judgements, documents=None):
    documents = documents or [Document("long", LONG, "Tern Light", "port"), Document("short", "A pike.", group="pond")]
    return assemble("toy", Parts(documents, queries, [Judgement(*one) for one in judgements]))


def notes(found):
    return {note.code: (note.count, note.examples) for note in found.notes}


def test_a_long_document_is_cut_and_a_short_one_stays_as_it_is():
    found = cut(collection(judgements=[]), "chunks:toy")
    assert list(found.documents) == ["long#1", "long#2", "short"]
    assert len(found.documents) == 3
    first = found.documents["long#1"]
    assert (first.title, first.group, first.meta["source"], first.meta["start"]) == ("Tern Light", "port", "long", 0)
    assert found.documents["short"] == Document("short", "A pike.", group="pond")
    assert "long" not in found.documents and "long#3" not in found.documents and "long#01" not in found.documents
    assert notes(found) == {cutting.CUT: (1, ("long",))}
    with pytest.raises(KeyError):
        found.documents["long"]


def test_a_chunk_is_shown_inside_its_document():
    documents = cut(collection(judgements=[]), "chunks:toy").documents
    told = place(documents, documents["long#2"])
    assert (told["source"], told["end"]) == ("long", len(LONG.rstrip()))
    assert told["before"].startswith("… ") and told["after"] == ""


def test_a_grade_goes_to_the_chunk_that_holds_its_evidence_though_another_states_the_answer():
    query = Query("q", "who keeps it?", ("gulls",), hops=("long", "short"), evidence={"long": (KEPT,)})
    found = cut(collection(query, judgements=[("q", "long", 2), ("q", "short", 1)]), "chunks:toy")
    assert found.qrels == {"q": {"long#1": 2, "short": 1}}
    assert found.queries["q"].hops == ("long#1", "short")
    assert found.queries["q"].evidence == {"long#1": (KEPT,)}
    assert notes(found)[cutting.EVIDENCE] == (1, ("q: long",))


def test_without_evidence_a_grade_goes_to_the_chunks_that_state_an_answer():
    query = Query("q", "when was it built?", ("in 1901",), scores={"long": 0.5, "short": 0.1})
    found = cut(collection(query, judgements=[("q", "long", 2)]), "chunks:toy")
    assert found.qrels == {"q": {"long#2": 2}}
    assert found.queries["q"].scores == {"long#2": 0.5, "short": 0.1}
    assert notes(found)[cutting.ANSWER] == (1, ("q: long",))


@pytest.mark.parametrize(
    "query",
    [
        Query("q", "is it old?", ("yes",)),  # a choice may stand in any text
        Query("q", "who sits there?", ("gull",)),  # "gulls" are no word "gull"
        Query("q", "which?", ("1901",), options=("1901", "1902")),
    ],
)
def test_where_nothing_tells_a_grade_goes_to_all_chunks(query):
    found = cut(collection(query, judgements=[("q", "long", 1)]), "chunks:toy")
    assert found.qrels == {"q": {"long#1": 1, "long#2": 1}}
    assert notes(found)[cutting.ALL] == (1, ("q: long",))


def test_a_useless_document_is_useless_in_each_chunk_and_needs_no_note():
    query = Query("q", "when?", ("in 1901",))
    found = cut(collection(query, judgements=[("q", "long", 0)]), "chunks:toy")
    assert found.qrels == {"q": {"long#1": 0, "long#2": 0}}
    assert list(notes(found)) == [cutting.CUT]


def test_evidence_across_a_border_is_clipped_to_each_chunk_it_touches():
    documents = cut(collection(judgements=[]), "chunks:toy").documents
    border = Span(documents["long#2"].meta["start"] - 5, documents["long#1"].meta["end"] + 5)
    query = Query("q", "?", evidence={"long": (border,)})
    found = cut(collection(query, judgements=[("q", "long", 1)]), "chunks:toy")
    assert found.qrels == {"q": {"long#1": 1, "long#2": 1}}
    shown = {d: found.documents[d].text[s.start : s.end] for d, (s,) in found.queries["q"].evidence.items()}
    assert LONG[border.start : border.end].startswith(shown["long#1"])
    assert LONG[border.start : border.end].endswith(shown["long#2"])


def test_groups_scopes_and_splits_stay():
    query = Query("q", "when?", ("in 1901",), scope="port")
    whole = collection(query, judgements=[("q", "long", 1, "dev")])
    found = cut(whole, "chunks:toy")
    assert (found.splits, found.queries["q"].scope, found.source) == ({"q": "dev"}, "port", "chunks:toy")
    assert found.groups_of(found.queries["q"]) == whole.groups_of(query) == {"port"}


def test_ids_of_chunks_never_meet_those_of_other_documents():
    """Wikipedia's second "name" is "name#2" here: it must not be taken for the second chunk of the first."""
    documents = [
        Document("name", LONG),
        Document("name#2", "another"),
        Document("name#", LONG),
        Document("name##1", "c"),
    ]
    found = Pieces({doc.doc_id: doc for doc in documents})
    assert list(found) == ["name###1", "name###2", "name#2", "name####1", "name####2", "name##1"]
    assert found["name#2"].text == "another"
    assert {found[d].meta.get("source") for d in found} == {"name", "name#", None}
    assert [found[d].doc_id for d in found] == list(found) == [d for d, _ in found.items()]


texts = st.lists(st.text("ab.!? \n", max_size=9), max_size=3 * WORDS).map(" ".join)


@given(st.lists(texts, max_size=4))
def test_chunks_cover_their_documents_and_their_offsets_are_exact(written):
    documents = {f"d{number}": Document(f"d{number}", text) for number, text in enumerate(written)}
    pieces = Pieces(documents)
    covered = {doc_id: set() for doc_id in documents}
    for doc_id, piece in pieces.items():
        assert pieces[doc_id] == piece
        source, start = piece.meta.get("source", doc_id), piece.meta.get("start", 0)
        assert documents[source].text[start : start + len(piece.text)] == piece.text
        covered[source] |= set(range(start, start + len(piece.text)))
    for doc_id, doc in documents.items():
        assert all(at in covered[doc_id] for at, char in enumerate(doc.text) if not char.isspace())


def test_a_corpus_that_stays_on_disk_is_cut_alike(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps({"id": d, "text": LONG * n}) + "\n" for d, n in (("a", 1), ("b", 0), ("c", 3))))
    on_disk = DocumentLines(path, lambda where, row: Document(row["id"], row["text"]))
    assert dict(Pieces(on_disk).items()) == dict(Pieces(dict(on_disk)).items())
    assert list(Pieces(on_disk))[:3] == ["a#1", "a#2", "b"]


def test_any_collection_opens_in_chunks_by_its_name(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text(f'question,answer,document\nWhen was it built?,in 1901,"{LONG}"\n')
    for spec in (f"chunks:{path}", f"chunks:csv:{path}"):
        found = open_collection(spec)
        assert (found.source, len(found.documents)) == (spec, 2)
        assert [len(grades) for grades in found.qrels.values()] == [1]
    with pytest.raises(ExplorerError, match="is neither a bundled collection"):
        open_collection("chunks:nowhere")


def test_a_fence_looks_through_the_word_chunks(tmp_path):
    fence = Fence.around("meridian", tmp_path)
    assert fence.collection("chunks:clauses") == "chunks:clauses"
    with pytest.raises(ExplorerError, match="lies outside"):
        fence.collection("chunks:/etc")
