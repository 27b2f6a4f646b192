import io
import json
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter

from explorer.collections import open_collection
from explorer.collections.chunks import chunks
from explorer.records import ExplorerError
from explorer.views.places import place

NOTE = "# Tern Light\n\nAda Oake keeps the light. " + "The lamp burns oil and smells of herring on most evenings. " * 40


def pdf(path, text):
    """A PDF of one page that shows ``text``, written by hand: no library of ours writes PDF."""
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode() if text else b""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    path.write_bytes(
        body
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "light.md").write_text(NOTE)
    (tmp_path / "fish.txt").write_text("A pike is a fish.")
    pdf(tmp_path / "quay.pdf", "The quay was built in 1901.")
    (tmp_path / "questions.csv").write_text(
        "question,answer,file\nWho keeps the light?,Ada Oake,notes/light.md\nWhat is a pike?,a fish,\n"
    )
    return tmp_path


def test_a_folder_of_texts_is_cut_into_chunks_that_know_their_place(folder):
    found = open_collection(str(folder))
    pieces = [doc for doc in found.documents.values() if doc.group == "notes/light.md"]
    assert len(pieces) > 1
    assert {doc.title for doc in pieces} == {"Tern Light"}
    assert all(NOTE[doc.meta["start"] : doc.meta["end"]] == doc.text for doc in pieces)
    assert found.documents["quay.pdf"].text == "The quay was built in 1901."


def test_a_chunk_is_shown_inside_its_document(folder):
    """With what overlaps left out: nothing is said twice, nothing between two chunks is missing."""
    documents = open_collection(str(folder)).documents
    pieces = [doc for doc in documents.values() if doc.group == "notes/light.md"]
    first, second = place(documents, pieces[0]), place(documents, pieces[1])
    assert (first["source"], first["start"], first["before"]) == ("notes/light.md", 0, "")
    around = [one.removeprefix("… ").removesuffix(" …") for one in (second["before"], second["after"])]
    assert " ".join(NOTE.split()).count(" ".join(f"{around[0]} {pieces[1].text} {around[1]}".split())) == 1
    assert place(documents, documents["fish.txt"])["after"] == ""


def test_a_file_name_with_spaces_gives_ids_without(tmp_path):
    """A TREC run parts its columns by spaces."""
    (tmp_path / "my notes.txt").write_text("A pike is a fish.")
    found = open_collection(str(tmp_path))
    assert [(doc.doc_id, doc.group) for doc in found.documents.values()] == [("my%20notes.txt", "my notes.txt")]


def test_questions_beside_the_texts_are_judged_where_their_file_holds_the_answer(folder):
    found = open_collection(str(folder))
    assert found.qrels == {"q1": {"notes/light.md#1": 1}}
    assert found.queries["q2"].answers == ("a fish",)


def test_a_question_about_a_file_that_is_not_there_names_it(folder):
    (folder / "questions.csv").write_text("question,answer,file\nWho?,Ada,gone.md\n")
    with pytest.raises(ExplorerError, match="questions.csv line 2 names the file 'gone.md', which the folder lacks"):
        open_collection(str(folder))


def test_a_pdf_without_text_is_counted_beside_others_and_refused_alone(folder, tmp_path_factory):
    pdf(folder / "scan.pdf", "")
    assert [str(note) for note in open_collection(str(folder)).notes] == ["files without text: 1 (scan.pdf)"]
    alone = tmp_path_factory.mktemp("scans")
    pdf(alone / "scan.pdf", "")
    with pytest.raises(ExplorerError, match="none of the 1 files of .* holds text .*OCR"):
        open_collection(str(alone))


def test_a_pdf_with_a_password_asks_for_one_without(tmp_path):
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    with pytest.raises(ExplorerError, match="locked.pdf needs a password"):
        open_collection(str(tmp_path))


def test_what_is_no_pdf_is_said_to_be_none(tmp_path):
    (tmp_path / "x.pdf").write_bytes(b"hello")
    with pytest.raises(ExplorerError, match="x.pdf is not a PDF that can be read"):
        open_collection(str(tmp_path))


def test_files_in_several_encodings_are_read_and_counted(tmp_path):
    (tmp_path / "a.txt").write_text("plain")
    (tmp_path / "b.txt").write_bytes(("Près de la forêt, à côté de l'église, où naît le café. " * 8).encode("cp1252"))
    found = open_collection(str(tmp_path))
    assert found.documents["b.txt"].text.startswith("Près de la forêt")
    assert found.notes[0].count == 1


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "a.txt").write_text("open")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert list(open_collection(str(inside)).documents) == ["a.txt"]


words = st.lists(st.text("ab.!? \n", min_size=1, max_size=12), min_size=1, max_size=60).map(" ".join)


@given(words, st.integers(2, 12), st.integers(0, 11))
def test_chunks_cover_every_word_once_or_in_an_overlap_and_are_never_too_long(text, size, overlap):
    if overlap >= size:
        overlap = size - 1
    found = chunks(text, size, overlap)
    covered = set()
    for start, end in found:
        assert len(text[start:end].split()) <= size
        covered |= set(range(start, end))
    assert all(position in covered for position, char in enumerate(text) if not char.isspace())
    assert found == sorted(found)


def test_neighbours_share_whole_sentences():
    text = "One two three. Four five. Six seven eight. Nine ten."
    assert [text[start:end] for start, end in chunks(text, 5, 2)] == [
        "One two three. Four five.", "Four five. Six seven eight.", "Six seven eight. Nine ten.",
    ] or [text[start:end] for start, end in chunks(text, 5, 2)] == [
        "One two three. Four five.", "Four five. Six seven eight.", "Nine ten.",
    ]  # fmt: skip


# archives


def test_a_zipped_collection_opens(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as file:
        file.writestr("mine/corpus.jsonl", json.dumps({"_id": "d", "text": "word"}) + "\n")
        file.writestr("mine/queries.jsonl", json.dumps({"_id": "q", "text": "what?"}) + "\n")
        file.writestr("mine/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n")
    assert open_collection(str(tmp_path / "mine.zip")).qrels == {"q": {"d": 1}}


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil.txt", "a/../../evil.txt"])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_path_outside_the_archive_is_refused_and_nothing_is_unpacked(tmp_path, name, kind):
    path = tmp_path / f"evil.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(name, "x")
    else:
        with tarfile.open(path, "w:gz") as file:
            member = tarfile.TarInfo(name)
            member.size = 1
            file.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(ExplorerError, match="a path outside its own folder; nothing was unpacked"):
        open_collection(str(path))


def test_an_archive_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("x.txt", "w", force_zip64=True) as member:
        for _ in range(1100):
            member.write(b"\0" * 2**20)
    with pytest.raises(ExplorerError, match="no honest archive"):
        open_collection(str(path))


def test_what_is_no_archive_is_said_to_be_none(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"hello")
    with pytest.raises(ExplorerError, match="x.zip is not an archive that can be unpacked"):
        open_collection(str(tmp_path / "x.zip"))
