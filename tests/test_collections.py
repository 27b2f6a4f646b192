import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.collections import beir, open_collection, trec
from explorer.collections.collection import Judgement, Parts, assemble
from explorer.records import Document, ExplorerError, Query, Ranking, Run, Span

PAPER = {
    "title": "A paper",
    "abstract": "We measure tides.",
    "full_text": [{"section_name": "Method", "paragraphs": ["We used a float.", "We used a tape."]}],
    "qas": [
        {
            "question": "What was used?",
            "question_id": "q1",
            "answers": [
                {
                    "answer": {
                        "unanswerable": False,
                        "extractive_spans": ["a float", "a tape"],
                        "yes_no": None,
                        "free_form_answer": "",
                        "evidence": ["We used a float.", "We used a tape."],
                    }
                },
                {
                    "answer": {
                        "unanswerable": False,
                        "extractive_spans": [],
                        "yes_no": True,
                        "free_form_answer": "",
                        "evidence": ["Not in the paper."],
                    }
                },
                {
                    "answer": {
                        "unanswerable": True,
                        "extractive_spans": [],
                        "yes_no": None,
                        "free_form_answer": "",
                        "evidence": [],
                    }
                },
            ],
        }
    ],
}
HOP = {
    "_id": "h1",
    "question": "Who built the mill by the quay?",
    "answer": "Ada Oake",
    "supporting_facts": [["Quay", 0], ["Mill", 1]],
    "context": [
        ["Quay", ["The mill stands here."]],
        ["Mill", ["It is old.", "Ada Oake built it."]],
        ["Pike", ["A fish."]],
    ],
}


@pytest.fixture
def qasper_file(tmp_path):
    path = tmp_path / "papers.json"
    path.write_text(json.dumps({"1503.1": PAPER, "1504.2": {**PAPER, "qas": []}}))
    return path


def test_a_qasper_question_is_scoped_to_its_paper_and_scope_none_lifts_it(qasper_file):
    assert open_collection(f"qasper:{qasper_file}").queries["q1"].scope == "1503.1"
    assert open_collection(f"qasper:{qasper_file}", scoped=False).queries["q1"].scope == ""


def test_qasper_keeps_every_annotators_answer_and_drops_unanswerable(qasper_file):
    assert open_collection(str(qasper_file)).queries["q1"].answers == ("a float, a tape", "Yes")


def test_qasper_evidence_joins_the_paragraph_of_its_own_paper_and_strays_are_named(qasper_file):
    """Both papers hold the same paragraphs: a join by text alone would cross papers."""
    collection = open_collection(f"qasper:{qasper_file}")
    assert collection.qrels == {"q1": {"1503.1-001": 1, "1503.1-002": 1}}
    assert [str(note) for note in collection.notes] == [
        "judged documents missing from the corpus: 1 (1503.1: Not in the paper.)"
    ]


def test_multihop_evidence_is_a_chain_of_paragraphs_and_distractors_stay_unjudged(tmp_path):
    (tmp_path / "questions.json").write_text(json.dumps([HOP]))
    (tmp_path / "extra.json").write_text(
        json.dumps(
            [{"title": "Mill", "text": "It is old. Ada Oake built it."}, {"title": "Mill", "text": "Another mill."}]
        )
    )
    collection = open_collection(str(tmp_path))
    assert collection.queries["h1"].hops == ("Quay", "Mill")
    assert collection.qrels == {"h1": {"Quay": 1, "Mill": 1}}
    assert list(collection.documents) == ["Mill", "Mill#2", "Quay", "Pike"]


def test_files_joined_by_plus_are_one_collection(tmp_path):
    (tmp_path / "q.json").write_text(json.dumps([HOP]))
    (tmp_path / "x.json").write_text(json.dumps([{"title": "Extra", "text": "More."}]))
    collection = open_collection(f"2wiki:{tmp_path / 'q.json'}+{tmp_path / 'x.json'}")
    assert list(collection.documents) == ["Quay", "Mill", "Pike", "Extra"]


def test_trec_files_are_told_apart_by_content(tmp_path):
    (tmp_path / "docs").write_text(
        "<DOC><DOCNO> D1 </DOCNO><TITLE>Tides</TITLE><TEXT>High <b>water</b>.</TEXT></DOC>\n"
        "<DOC>\n<DOCNO>D2</DOCNO>\n<TEXT>Low water.</TEXT>\n</DOC>"
    )
    (tmp_path / "topics").write_text("<top>\n<num> Number: 7\n<title> high water\n\n<desc> Description:\nwhen\n</top>")
    (tmp_path / "qrels").write_text("7 0 D1 2\n7 0 D2 0\n8 0 D1 1\n")
    collection = open_collection(str(tmp_path))
    assert collection.documents["D1"].content == "Tides\nHigh water ."
    assert collection.queries["7"].text == "high water"
    assert collection.qrels == {"7": {"D1": 2, "D2": 0}}
    assert [note.code for note in collection.notes] == ["judged queries missing"]


def test_a_folder_without_documents_is_told_by_what_it_holds_and_not_by_every_file(tmp_path):
    for number in range(300):
        (tmp_path / f"{number:03}.dat").write_text("words")
    (tmp_path / "test.qrels").write_text("q1 0 d1 1\n")
    with pytest.raises(
        ExplorerError,
        match=r"no file with <DOC> records; it has qrels: 1 \(test.qrels\), other files: 300 \(000.dat\);",
    ):
        open_collection(f"trec:{tmp_path}")
    with pytest.raises(ExplorerError, match=r" \(it holds 000.dat, 001.dat, 002.dat, 003.dat, …\) is in no format"):
        open_collection(str(tmp_path))


def test_a_trec_run_is_ordered_by_score_not_by_its_rank_column(tmp_path):
    path = tmp_path / "a.run"
    path.write_text("7 Q0 D1 1 0.2 x\n7 Q0 D2 2 0.9 x\n")
    assert trec.run(path).rankings["7"].doc_ids == ("D2", "D1")


trec_id = st.text(st.characters(exclude_categories=["Cs", "Zs", "Cc", "Zl", "Zp"]), min_size=1, max_size=8).filter(
    lambda name: not name.startswith("#")
)


@given(st.dictionaries(trec_id, st.dictionaries(trec_id, st.floats(-1e6, 1e6), min_size=1, max_size=5), max_size=4))
def test_a_saved_trec_run_is_read_back_equal(tmp_path_factory, scores):
    before = {q: Ranking.from_scores(q, of_query) for q, of_query in scores.items()}
    file = tmp_path_factory.mktemp("trec") / "a.run"
    trec.save_run(Run("x", before), "two words", file)
    assert trec.run(file).rankings == before


def test_an_id_with_white_space_is_one_column_of_a_trec_file_and_found_again(tmp_path):
    before = {"a q": Ranking.from_scores("a q", {"two words": 1.0, "one": 0.5})}
    trec.save_run(Run("x", before), "x", tmp_path / "a.run")
    assert (tmp_path / "a.run").read_text().startswith("a%20q Q0 two%20words 1 1.0 x\n")
    assert trec.as_known(trec.run(tmp_path / "a.run"), ["two words", "one"], ["a q"]).rankings == before
    trec.save_qrels({"a q": {"two words": 1}}, tmp_path / "qrels")
    assert trec.read_qrels(tmp_path / "qrels") == {"a%20q": {"two%20words": 1}}


@given(st.dictionaries(trec_id, st.dictionaries(trec_id, st.integers(-1, 4), min_size=1, max_size=5), max_size=4))
def test_saved_qrels_are_read_back_equal(tmp_path_factory, grades):
    file = tmp_path_factory.mktemp("trec") / "qrels.txt"
    trec.save_qrels(grades, file)
    assert trec.read_qrels(file) == grades


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
word = st.text("abcdefgh0123456789-", min_size=1, max_size=8)


@given(
    st.dictionaries(word, st.tuples(text.filter(str.strip), text, word), min_size=1, max_size=5),
    st.dictionaries(word, text, max_size=4),
    st.integers(0, 4),
)
def test_a_saved_beir_folder_opens_as_the_same_collection(tmp_path_factory, documents, queries, judged):
    """Also the splits of queries nobody judged: utility trains on them."""
    parts = Parts(
        [Document(d, body, title, group) for d, (body, title, group) in documents.items()],
        [
            Query(
                q,
                words,
                answers=(words,) if words.strip() else (),
                evidence={d: (Span(0, 1),) for d in list(documents)[:1]},
            )
            for q, words in queries.items()
        ],
        [Judgement(q, d, 1) for q in list(queries)[:judged] for d in list(documents)[:1]],
    )
    before = assemble("x", parts)
    folder = tmp_path_factory.mktemp("round") / "trip"
    beir.save(before, folder)
    after = open_collection(str(folder))
    assert (after.documents, after.queries, after.qrels, after.splits) == (
        before.documents,
        before.queries,
        before.qrels,
        before.splits,
    )


DOC = {"_id": "d1", "text": "High water."}
ASK = {"_id": "q1", "text": "when?"}


def test_dangling_judgements_are_counted_and_named(beir_folder):
    folder = beir_folder([DOC], [ASK], {"test": [("q1", "d1", 1), ("q1", "gone", 1), ("nobody", "d1", 1)]})
    assert [str(note) for note in open_collection(str(folder)).notes] == [
        "judged documents missing from the corpus: 1 (gone)",
        "judged queries missing: 1 (nobody)",
    ]


def test_numeric_ids_are_strings(beir_folder):
    folder = beir_folder([{"_id": 7, "text": "x"}], [{"_id": 1, "text": "y"}], {"test": [("1", "7", 1)]})
    assert open_collection(str(folder)).qrels == {"1": {"7": 1}}


@pytest.mark.parametrize(
    ("documents", "sentence"),
    [
        ([], "holds no documents"),
        ([DOC, {**DOC, "text": "Low water."}], "uses the document id 'd1' for two different document records"),
        ([{"text": "no id"}], "line 1 has no '_id'; it has 'text'"),
    ],
)
def test_a_corpus_that_cannot_be_joined_is_refused_in_one_sentence(beir_folder, documents, sentence):
    folder = beir_folder(documents, [ASK], {"test": []})
    with pytest.raises(ExplorerError, match=sentence):
        open_collection(str(folder))


def test_the_same_record_twice_is_kept_once_and_counted(beir_folder):
    folder = beir_folder([DOC, DOC], [ASK], {"test": []})
    assert [str(note) for note in open_collection(str(folder)).notes] == ["repeated documents: 1 (d1)"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not JSON"),
        ("[1, 2]", "holds a JSON list; expected QASPER's JSON"),
        ('{"p": {}}', "paper p has no 'full_text'"),
    ],
)
def test_a_file_in_the_wrong_format_says_what_was_expected(tmp_path, content, sentence):
    path = tmp_path / "wrong.json"
    path.write_text(content)
    with pytest.raises(ExplorerError, match=sentence):
        open_collection(f"qasper:{path}")


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(ExplorerError, match="neither a bundled collection .*harbour.* nor an existing folder or file"):
        open_collection("nowhere")
    with pytest.raises(ExplorerError, match="unknown format 'foo'.*choose from beir, trec, smart"):
        open_collection("foo:bar")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("spec", "documents", "queries"),
    [
        ("qasper:{}/qasper/qasper-train-v0.3.json", 1228, 653),
        ("{}/2wikimultihopqa", 8748, 500),
        ("{}/hotpotqa/hotpot_train_distractor_100.json", 994, 100),
        ("{}/scifact", 5183, 809),
    ],
)
def test_published_files_open_with_the_counts_of_their_readme(shared_data, spec, documents, queries):
    collection = open_collection(spec.format(shared_data))
    assert (len(collection.documents), len(collection.queries), collection.notes) == (documents, queries, ())


def test_the_bundled_collection_is_sound(harbour):
    assert harbour.notes == ()
    assert all(query.answers for query in harbour.queries.values())
    groups = {
        split: set().union(*(harbour.groups_of(q) for q in harbour.split(split))) for split in ("train", "dev", "test")
    }
    assert not groups["train"] & groups["dev"] | groups["train"] & groups["test"] | groups["dev"] & groups["test"]
