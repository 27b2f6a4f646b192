"""Formats of question answering: chains of paragraphs, passages, articles, multiple choice; files of another layout."""

import json

import pytest
from written import texts, write_lines

from explorer.collections import open_collection
from explorer.collections.collection import Parts, assemble
from explorer.collections.shelf import Shelf
from explorer.records import Document, ExplorerError, Query

# MuSiQue

STEPS = [
    {"question": "Tern Light >> keeper", "answer": "Ada Oake", "paragraph_support_idx": 2},
    {"question": "where was #1 born ?", "answer": "Selwick", "paragraph_support_idx": 0},
]
MUSIQUE = {
    "id": "2hop__1_2",
    "question": "Where was the keeper of Tern Light born?",
    "paragraphs": [
        {"idx": 0, "title": "Ada Oake", "paragraph_text": "She was born in Selwick.", "is_supporting": True},
        {"idx": 1, "title": "Pike", "paragraph_text": "A fish.", "is_supporting": False},
        {"idx": 2, "title": "Tern Light", "paragraph_text": "Ada Oake keeps it.", "is_supporting": True},
    ],
    "question_decomposition": STEPS,
    "answer": "Selwick",
    "answer_aliases": ["Selwick Bay", "Selwick"],
    "answerable": True,
}


@pytest.fixture
def musique(tmp_path):
    unanswerable = {**MUSIQUE, "answerable": False, "paragraphs": MUSIQUE["paragraphs"][:2]}
    return open_collection(str(write_lines(tmp_path / "musique.jsonl", [MUSIQUE, unanswerable])))


def test_musique_hops_follow_the_decomposition_not_the_order_of_the_paragraphs(musique):
    assert musique.queries["2hop__1_2"].hops == ("Tern_Light", "Ada_Oake")
    assert musique.qrels["2hop__1_2"] == {"Ada_Oake": 1, "Tern_Light": 1}


def test_musique_answers_hold_the_aliases_and_the_rationale_names_what_a_step_refers_to(musique):
    query = musique.queries["2hop__1_2"]
    assert query.answers == ("Selwick", "Selwick Bay")
    assert query.rationale == "Tern Light — keeper: Ada Oake. where was Ada Oake born? Selwick."


def test_musiques_unanswerable_twin_has_an_id_of_its_own_and_no_answer(musique):
    """Both come under one id: without this MuSiQue-Full would not open."""
    twin = musique.queries["2hop__1_2#unanswerable"]
    assert (twin.answers, twin.rationale) == ((), "")


# titles


def test_titles_that_look_alike_never_share_an_id():
    shelf = Shelf()
    added = [("Old Mill", "a"), ("Old_Mill", "b"), ("Old Mill#2", "c"), ("Old Mill", "d"), ("", "e"), ("Old Mill", "a")]
    assert [shelf.add(*pair) for pair in added] == [
        "Old_Mill", "Old_Mill#2", "Old_Mill#2#2", "Old_Mill#3", "untitled", "Old_Mill",
    ]  # fmt: skip


# Natural Questions and TriviaQA

TIDE = {"title": "Tide", "text": "Water rises twice a day."}
MOON = {"title": "Moon", "text": "It pulls the sea."}
PIKE = {"title": "Pike", "text": "A fish."}


def test_flagged_passages_are_gold_and_identical_passages_are_one_document(tmp_path):
    rows = [
        {"question": "q1", "answers": ["a", "a", "b"], "ctxs": [{**TIDE, "hasanswer": True}]},
        {"question": "q2", "answers": [], "ctxs": [{**MOON, "has_answer": False}, {**TIDE, "has_answer": True}]},
        {"question": "q3", "answers": [], "ctxs": [{**MOON, "hasanswer": True, "isgold": False}]},
    ]
    collection = open_collection(str(write_lines(tmp_path / "dev.jsonl", rows)))
    assert list(collection.documents) == ["Tide", "Moon"]
    assert collection.qrels == {"dev-1": {"Tide": 1}, "dev-2": {"Tide": 1}}
    assert collection.queries["dev-1"].answers == ("a", "b")


def test_a_list_without_flags_is_unjudged_unless_the_passage_stands_alone(tmp_path):
    """What a retriever found is not what is right."""
    rows = [{"id": "x", "question": "q", "answers": [], "ctxs": [TIDE, MOON]}]
    rows += [{"id": "y", "question": "q", "answers": [], "ctxs": [PIKE]}]
    assert open_collection(str(write_lines(tmp_path / "dev.jsonl", rows))).qrels == {"y": {"Pike": 1}}


def test_dprs_negatives_are_documents_nobody_judged(tmp_path):
    row = {
        "question": "q",
        "answers": ["a"],
        "positive_ctxs": [TIDE],
        "negative_ctxs": [],
        "hard_negative_ctxs": [MOON],
    }
    (tmp_path / "trivia.json").write_text(json.dumps([row]))
    collection = open_collection(f"triviaqa:{tmp_path / 'trivia.json'}")
    assert list(collection.documents) == ["Tide", "Moon"]
    assert collection.qrels == {"trivia-0": {"Tide": 1}}


# SQuAD


def test_the_paragraph_a_squad_question_was_asked_on_is_relevant(tmp_path):
    answers = [{"text": "noon", "answer_start": 11}, {"text": "noon", "answer_start": 11}]
    asked = {"id": "s1", "question": " When? ", "answers": answers}
    paragraphs = [{"context": "It opens.", "qas": []}, {"context": "It shuts at noon.", "qas": [asked]}]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"version": "1.1", "data": [{"title": "Old_Mill", "paragraphs": paragraphs}]}))
    collection = open_collection(str(path))
    assert collection.documents["Old_Mill-001"] == Document("Old_Mill-001", "It shuts at noon.", "Old Mill", "Old_Mill")
    assert collection.queries["s1"] == Query("s1", "When?", ("noon",))
    assert collection.qrels == {"s1": {"Old_Mill-001": 1}}


# MMLU


@pytest.fixture
def mmlu_folder(tmp_path):
    for split in ("dev", "test"):
        (tmp_path / "mmlu" / split).mkdir(parents=True)
    (tmp_path / "mmlu" / "dev" / "tides_dev.csv").write_text('"High, or low?",high,low,both,none,C\n')
    (tmp_path / "mmlu" / "test" / "tides_test.csv").write_text(
        "question,choice0,choice1,choice2,choice3,answer\nHow many a day?,one,two,three,four,1\n"
    )
    return tmp_path / "mmlu"


def test_multiple_choice_opens_without_documents_and_its_file_names_tell_the_split(mmlu_folder):
    collection = open_collection(str(mmlu_folder))
    assert collection.documents == {}
    assert collection.queries["tides_dev-1"].answers == ("both",)
    assert collection.queries["tides_test-1"] == Query(
        "tides_test-1", "How many a day?", ("two",), options=("one", "two", "three", "four")
    )
    assert collection.splits == {"tides_dev-1": "dev", "tides_test-1": "test"}


def test_a_corpus_beside_the_questions_gives_multiple_choice_its_documents(mmlu_folder):
    write_lines(mmlu_folder / "corpus.jsonl", [{"_id": "d1", "text": "Two tides a day."}])
    assert texts(open_collection(str(mmlu_folder))) == {"d1": "Two tides a day."}


def test_an_empty_corpus_is_refused_as_soon_as_one_query_has_no_options():
    choice = Query("q1", "?", options=("a", "b"))
    assert assemble("x", Parts([], [choice])).documents == {}
    for queries in ([choice, Query("q2", "?")], []):
        with pytest.raises(ExplorerError, match="holds no documents"):
            assemble("x", Parts([], queries))


# EntailmentBank


@pytest.mark.parametrize(
    ("spec", "name", "content", "sentence"),
    [
        ("musique", "m.jsonl", '{"id": "x"}', "line 1 has no 'paragraphs'; it has 'id'"),
        ("nq", "n.jsonl", '{"answers": [], "question": "?"}', "record 1 has no 'ctxs'"),
        ("nq", "n.json", '["x"]', "record 0 is a JSON str; expected a JSON list of questions"),
        ("squad", "s.json", '{"data": {}}', "has a JSON dict as 'data'; expected a list"),
        ("squad", "s.json", '{"data": ["x"]}', "an article has a JSON str; expected an object with 'title'"),
        ("mmlu", "a_dev.csv", "q,a,b,C\n", "question 1 has 4 cells; expected 6"),
        ("mmlu", "a_dev.csv", "q,a,b,c,d,E\n", "question 1 has the answer 'E'; expected a letter A to D"),
        ("contractnli", "c.json", '{"documents": []}', "has no 'labels'; it has 'documents'"),
        ("graph", "g.txt", "x", "holds neither triples nor questions; expected three columns"),
        ("entailmentbank", "e.tsv", "x", "is no folder with train.tsv, dev.tsv and worldtree"),
    ],
)
def test_a_file_in_another_layout_is_refused_in_one_sentence(tmp_path, spec, name, content, sentence):
    (tmp_path / name).write_text(content)
    with pytest.raises(ExplorerError, match=sentence):
        open_collection(f"{spec}:{tmp_path / name}")
