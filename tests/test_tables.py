import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.collections import open_collection
from explorer.collections.tables import parts
from explorer.records import ExplorerError


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_a_csv_of_questions_answers_and_contexts_is_a_collection(tmp_path):
    path = tmp_path / "faq.csv"
    path.write_text(
        "Question,Answer,Context\nWho keeps it?,Ada,Ada keeps the light.\nWhen lit?,1901,It was lit in 1901.\n"
    )
    found = open_collection(str(path))
    assert [query.answers for query in found.queries.values()] == [("Ada",), ("1901",)]
    assert found.qrels == {"q1": {"d1": 1}, "q2": {"d2": 1}}


def test_a_question_and_an_answer_alone_are_a_faq(tmp_path):
    path = tmp_path / "faq.csv"
    path.write_text("question;answer\nWhere is it?;On the quay.\n")
    found = open_collection(str(path))
    assert {doc.text for doc in found.documents.values()} == {"On the quay."}
    assert found.qrels == {"q1": {"d1": 1}}


def test_a_text_that_answers_two_questions_is_one_document():
    rows = [("1", {"query": "a?", "context": "same"}), ("2", {"query": "b?", "context": "same"})]
    found = parts(rows, "table")
    assert len(list(found.documents)) == 1


def test_a_question_asked_on_two_rows_is_one_query_with_both_answers_and_texts():
    rows = [
        ("1", {"query": "a?", "answer": "x", "context": "s"}),
        ("2", {"query": "a?", "answer": "y", "context": "t"}),
    ]
    found = parts(rows, "table")
    assert [query.answers for query in found.queries] == [("x", "y")]
    assert [(j.query_id, j.doc_id, j.grade) for j in found.judgements] == [("q1", "d1", 1), ("q1", "d2", 1)]


def test_flagembeddings_layout_gives_relevant_and_useless_documents(tmp_path):
    path = lines(
        tmp_path / "train.jsonl", [{"query": "who?", "pos": ["Ada."], "neg": ["A fish.", "A pike."], "pos_scores": [1]}]
    )
    assert open_collection(path).qrels == {"q1": {"d1": 1, "d2": 0, "d3": 0}}


def test_sentence_transformers_layout_numbers_its_negatives(tmp_path):
    row = {"anchor": "who?", "positive": "Ada.", "negative_1": "A fish.", "negative_2": "A pike."}
    assert open_collection(lines(tmp_path / "train.jsonl", [row])).qrels == {"q1": {"d1": 1, "d2": 0, "d3": 0}}


def test_labelled_pairs_keep_their_grades(tmp_path):
    rows = [{"query": "who?", "document": text, "label": grade} for text, grade in (("a", 2), ("b", 0), ("c", 1))]
    assert open_collection(lines(tmp_path / "pairs.jsonl", rows)).qrels == {"q1": {"d1": 2, "d2": 0, "d3": 1}}


def test_similarities_from_zero_to_one_become_relevant_or_not(tmp_path):
    rows = [{"sentence1": "who?", "sentence2": text, "score": score} for text, score in (("a", 0.8), ("b", 0.3))]
    assert open_collection(lines(tmp_path / "sts.jsonl", rows)).qrels == {"q1": {"d1": 1, "d2": 0}}


def test_parquet_with_lists_and_splits(tmp_path):
    table = pa.table({"query": ["a?", "b?"], "positives": [["x"], ["y", "z"]], "split": ["train", "validation"]})
    pq.write_table(table, tmp_path / "t.parquet")
    found = open_collection(str(tmp_path / "t.parquet"))
    assert found.qrels == {"q1": {"d1": 1}, "q2": {"d2": 1, "d3": 1}}
    assert found.splits["q2"] == "dev"


def test_a_corpus_alone_is_a_collection_without_queries(tmp_path):
    found = open_collection(lines(tmp_path / "corpus.jsonl", [{"id": "x", "title": "T", "text": "word"}]))
    assert found.documents["x"].content == "T\nword"
    assert not found.queries


def test_a_csv_from_a_spreadsheet_of_another_time_is_read_in_its_own_encoding(tmp_path):
    path = tmp_path / "old.csv"
    text = "question;text\n" + "".join(
        f"Où est le café n° {n}?;Près de la forêt, à côté de l'église.\n" for n in range(20)
    )
    path.write_bytes(text.encode("cp1252"))
    assert open_collection(str(path)).queries["q1"].text == "Où est le café n° 0?"


def test_a_table_of_two_encodings_is_read_line_by_line(tmp_path):
    """Read as one of them, the words of the other would match nothing."""
    rows = [
        "wo?,Die Straße führt über die Brücke.\n".encode(),
        "où?,Le café est à côté de l'église.\n".encode("cp1252"),
    ]
    (tmp_path / "mixed.csv").write_bytes(b"question,text\n" + b"".join(rows))
    found = open_collection(str(tmp_path / "mixed.csv"))
    assert [doc.text for doc in found.documents.values()] == [
        "Die Straße führt über die Brücke.", "Le café est à côté de l'église.",
    ]  # fmt: skip
    assert list(map(str, found.notes)) == ["files not in UTF-8, read by their likely encoding: 1 (mixed.csv (cp1252))"]


def test_a_folder_of_tables_of_two_encodings_opens_with_one_note(tmp_path):
    for name, encoding in (("a.csv", "utf-8"), ("b.csv", "cp1252"), ("c.csv", "cp1252")):
        row = f"question,text\n{name}?,Le café {name} est à côté de l'église.\n"
        (tmp_path / name).write_bytes(row.encode(encoding))
    found = open_collection(str(tmp_path))
    assert "Le café b.csv est à côté de l'église." in {doc.text for doc in found.documents.values()}
    assert list(map(str, found.notes)) == [
        "files not in UTF-8, read by their likely encoding: 2 (b.csv (cp1252), c.csv (cp1252))"
    ]


def test_unknown_columns_name_what_was_found_expected_and_nearest(tmp_path):
    path = lines(tmp_path / "odd.jsonl", [{"qestion": "who?", "reply": "Ada"}])
    with pytest.raises(
        ExplorerError,
        match=r"odd.jsonl line 1 has the columns qestion, reply; expected .*rename 'qestion' to 'question'\?",
    ):
        open_collection(path)


def test_a_row_with_too_many_fields_names_its_line(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("question,text\nwho?,Ada, the keeper\n")
    with pytest.raises(ExplorerError, match="line 2 has 3 fields, the header 2; quote fields that hold ','"):
        open_collection(str(path))


def test_a_table_without_its_header_is_not_shown_whole(tmp_path):
    """The first row's texts stand where names of columns are expected: they may fill pages."""
    (tmp_path / "odd.tsv").write_text(f"{'A long text. ' * 50}\t1\n{'Another. ' * 50}\t0\n")
    with pytest.raises(ExplorerError, match="has the columns .{41}, 1; is its header missing; expected"):
        open_collection(str(tmp_path / "odd.tsv"))


def test_a_folder_of_tables_is_one_collection_whose_files_tell_the_split(tmp_path):
    lines(tmp_path / "train-00000-of-00001.jsonl", [{"query": "a?", "text": "same"}])
    lines(
        tmp_path / "validation.jsonl", [{"query": "b?", "text": "same"}, {"query": "c?", "text": "x", "split": "test"}]
    )
    found = open_collection(str(tmp_path))
    assert len(found.documents) == 2
    assert found.splits == {"q1": "train", "q2": "dev", "q3": "test"}


def test_a_broken_json_line_names_its_number(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"query": "a?", "text": "x"}\n{"query": \n')
    with pytest.raises(ExplorerError, match="t.jsonl line 2 is not JSON"):
        open_collection(str(path))


def test_one_id_for_two_texts_is_refused(tmp_path):
    rows = [{"query": "a?", "doc_id": "x", "text": "one"}, {"query": "b?", "doc_id": "x", "text": "two"}]
    with pytest.raises(ExplorerError, match="line 2 uses the document id 'x' for a second text"):
        open_collection(lines(tmp_path / "t.jsonl", rows))


def test_what_is_no_parquet_is_said_to_be_none(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(ExplorerError, match="t.parquet is not a Parquet file that can be read"):
        open_collection(str(tmp_path / "t.parquet"))


def test_a_parquet_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """One repeated value of a megabyte packs to almost nothing; read as rows it would fill the memory."""
    path = tmp_path / "bomb.parquet"
    value = pa.array(["x" * 2**20])
    with pq.ParquetWriter(path, pa.schema({"text": pa.string()}), compression="zstd", use_dictionary=False) as writer:
        for _ in range(1100):
            writer.write_batch(pa.record_batch({"text": value}))
    with pytest.raises(ExplorerError, match="would unpack from .* it was not read"):
        open_collection(str(path))


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(
    lambda t: t.strip() == t and not t.startswith("[")
)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=8))
def test_every_row_is_found_again(rows):
    found = parts(((str(n), {"query": q, "text": d}) for n, (q, d) in enumerate(rows)), "table")
    asked = {query.query_id: query.text for query in found.queries}
    read = {doc.doc_id: doc.text for doc in found.documents}
    assert {(asked[j.query_id], read[j.doc_id]) for j in found.judgements} == set(rows)
