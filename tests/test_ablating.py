"""Leave one sentence out, on the embedded encoder: scores of shortened documents are those of documents so written."""

import dataclasses

import pytest

from explorer.collections import Parts, assemble
from explorer.collections.collection import Judgement
from explorer.records import Document, Query, Span
from explorer.retrieval.bm25 import Bm25Retriever
from explorer.views import sentences
from explorer.workbench import Workbench
from explorer.workbench.ablating import ablate, parts, without

MILL = Document("mill", "Herons stand in the reeds. Ada Oake built the tide mill. Tea is served at four.", "Sallow")
PIKE = Document("pike", "A pike is a fish with many teeth. It eats other fish.")
SHORT = Document("short", "A mill grinds grain.")
EVIDENCE = {"mill": (Span(27, 56),)}  # characters of the text, as collections give them
ASKED = Query("q", "Who built the tide mill?", ("Ada Oake",), evidence=EVIDENCE)


@pytest.fixture
def bench(shared_workspace):
    return Workbench(
        assemble("small", Parts([MILL, PIKE, SHORT], [ASKED], [Judgement("q", "mill", 1, "test")])), shared_workspace
    )


def changes(found):
    return [found.whole.score - one.score for one in found.without]


def test_a_document_is_taken_apart_into_its_title_and_its_sentences():
    said = [MILL.content[part.start : part.end] for part in parts(MILL)]
    assert said == ["Sallow", "Herons stand in the reeds.", "Ada Oake built the tide mill.", "Tea is served at four."]


def test_one_part_is_missing_and_all_else_stands():
    title, first, second, _ = parts(MILL)
    assert without(MILL, title) == Document("mill", MILL.text)
    assert without(MILL, first).text == "Ada Oake built the tide mill. Tea is served at four."
    assert without(MILL, second).text == "Herons stand in the reeds.  Tea is served at four."
    assert without(MILL, second).title == "Sallow"
    assert without(PIKE, parts(PIKE)[1]).text == "A pike is a fish with many teeth."


def test_dense_scores_are_cosines_of_the_query_with_the_shortened_texts(bench):
    found = ablate(bench, "dense:minilm", ASKED, MILL)
    encoder = bench.models.encoder("minilm")
    texts = [MILL.content, *(without(MILL, part).content for part in parts(MILL))]
    expected = encoder.model.encode_document(texts, normalize_embeddings=True) @ encoder.queries([ASKED.text])[0]
    assert [one.score for one in (found.whole, *found.without)] == pytest.approx(list(expected), abs=0.005)
    built = changes(found)[2]
    assert built > 0.1 and built == max(changes(found))
    assert (found.whole.rank, found.unit, len(found.without)) == (1, "cosine", 4)


def test_a_document_falls_behind_the_others_without_the_sentence_that_matters(bench):
    """Without the sentence about the mill, the document that grinds grain is closer."""
    assert [one.rank for one in ablate(bench, "dense:minilm", ASKED, MILL).without] == [1, 1, 2, 1]


def test_bm25_scores_are_those_of_a_corpus_with_the_shorter_document(bench):
    found = ablate(bench, "bm25", ASKED, MILL)
    for one, part in zip(found.without, parts(MILL), strict=True):
        documents = {**bench.collection.documents, "mill": without(MILL, part)}
        ranking = Bm25Retriever(documents).search([ASKED], 3).rankings["q"]
        assert (one.score, one.rank) == (ranking.scores.get("mill", 0.0), ranking.ranks.get("mill"))
    heron, built = changes(found)[1:3]
    assert heron < 0 < built, "a shorter document without idle words weighs the others higher"
    assert found.without[2].rank is None, "no word of the query is left"


def test_bm25_is_not_asked_where_indexing_would_take_long(bench):
    many = {f"d{n}": Document(f"d{n}", "reeds") for n in range(10_000)}
    big = Workbench(dataclasses.replace(bench.collection, documents={**many, "mill": MILL}), bench.workspace)
    assert "it would index 40,004 documents" in ablate(big, "bm25", ASKED, MILL).refused


@pytest.mark.parametrize("spec", ["student:clauses-gold-adapter", "student:clauses-gold-lora"])
def test_a_student_reads_shortened_documents_with_the_encoder_of_its_index(bench, spec):
    """An adapter's documents are its base's, a full student's its own; the wrong encoder would show in the whole text."""
    found = ablate(bench, spec, ASKED, MILL)
    assert found.whole.score == pytest.approx(bench.search(spec, [ASKED]).rankings["q"].scores["mill"], abs=0.005)
    assert changes(found)[2] == max(changes(found))


def test_systems_without_a_score_for_a_new_text_say_why(bench):
    found = ablate(bench, "hybrid:bm25+dense:minilm", ASKED, MILL)
    assert found.whole is None and "cannot be asked: it adds up ranks" in found.refused


def test_nothing_is_kept_of_texts_that_are_asked_about_once(bench):
    bench.search("dense:minilm", [ASKED])
    before = set(bench.workspace.vectors().folder.iterdir())
    ablate(bench, "dense:minilm", ASKED, MILL)
    assert set(bench.workspace.vectors().folder.iterdir()) == before


def test_the_screen_marks_the_evidence_and_says_what_both_systems_lean_on(bench):
    view = sentences(bench, ASKED, "dense:minilm", "bm25", 2)
    assert (
        view["doc_id"] == "mill" and view["headline"] == "Both systems lean most on sentence 2, which holds evidence."
    )
    assert [row["name"] for row in view["sentences"]] == ["title", "1", "2", "3"]
    assert [row["evidence"] for row in view["sentences"]] == [False, False, True, False]
    moved = view["sentences"][2]["effects"][1]
    assert (moved["moved"], moved["rank"]) == (True, None)


def test_a_document_of_one_sentence_cannot_be_taken_apart(bench):
    view = sentences(bench, ASKED, "dense:minilm", "bm25", 3, "short")
    assert view["doc_id"] == "short" and "single sentence" in view["empty"] and "sentences" not in view


def test_a_document_that_is_not_shown_is_not_taken_apart(bench):
    """The page hands over whatever a visitor's browser sends."""
    assert sentences(bench, ASKED, "bm25", "bm25", 3, "pike")["doc_id"] == "mill"
    nothing = Query("n", "zzz")
    assert "Neither system found a document" in sentences(bench, nothing, "bm25", "bm25", 3)["message"]
