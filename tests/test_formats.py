import json
from pathlib import Path

import pytest

from explorer.collections import FORMATS, beir, open_collection
from explorer.collections.collection import Parts, assemble
from explorer.collections.shelf import Shelf
from explorer.records import Document, ExplorerError, Query


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def texts(collection):
    return {doc_id: doc.text for doc_id, doc in collection.documents.items()}


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

FACTS = {"F0": "DUMMY", "F1": "the moon pulls the sea", "F2": "A tide is  water rising", "F3": "the moon pulls the sea"}
PROVEN = (
    "$proof$ ; $question$ = Why are there tides? ; $answer$ = The moon. ; $hypothesis$ = the moon causes tides ; "
    "$context$ = sent1: a tide is water rising sent2: the moon pulls the sea sent3: a pike is a fish"
    "\t$proof$ = sent2 & sent1 -> hypothesis; "
)
UNKNOWN = PROVEN.replace("a tide is water rising", "rising water is a tide")


@pytest.fixture
def bank(tmp_path):
    def write(train, dev, train_ids, dev_ids):
        (tmp_path / "worldtree_corpus_sentences_extended.json").write_text(json.dumps(FACTS))
        for split, lines, ids in (("train", train, train_ids), ("dev", dev, dev_ids)):
            (tmp_path / f"{split}.tsv").write_text("".join(f"{line}\n" for line in lines))
            (tmp_path / f"meta-{split}.tsv").write_text("".join(f"{name}\tQAHC->P\n" for name in ids))
        return str(tmp_path)

    return write


def test_a_proof_is_joined_to_its_facts_in_the_order_of_the_proof(bank):
    """The sentences differ from the corpus in case and blanks; a fact that stands there twice is right twice."""
    collection = open_collection(bank([PROVEN], [], ["T1"], []))
    assert collection.queries["T1"] == Query(
        "T1",
        "Why are there tides?",
        ("The moon.",),
        hops=("F1", "F2"),
        rationale="the moon pulls the sea. a tide is water rising. the moon causes tides.",
    )
    assert collection.qrels == {"T1": {"F1": 2, "F3": 2, "F2": 2}}
    assert collection.documents["F2"].group == "F2"


def test_sentences_the_corpus_lacks_become_documents_once(bank):
    collection = open_collection(bank([UNKNOWN, UNKNOWN], [PROVEN], ["T1", "T1"], ["D1"]))
    assert [doc_id for doc_id in collection.documents if doc_id.startswith("extra")] == ["extra-1", "extra-2"]
    assert texts(collection)["extra-1"] == "rising water is a tide"
    assert collection.queries["T1#2"].hops == ("F1", "extra-1")
    assert "F0" not in collection.documents


def test_one_split_or_the_facts_alone_are_read_from_the_banks_folder(bank):
    folder = Path(bank([PROVEN, UNKNOWN], [PROVEN], ["T1", "T2"], ["D1"]))
    assert set(open_collection(str(folder / "dev.tsv")).queries) == {"D1"}
    assert set(open_collection(f"entailmentbank:{folder}/train.tsv").queries) == {"T1", "T2"}
    facts = open_collection(str(folder / "worldtree_corpus_sentences_extended.json"))
    assert set(facts.documents) == {"F1", "F2", "F3"} and not facts.queries


def test_entailmentbanks_dev_stays_dev_though_it_shares_facts_with_train(bank):
    collection = open_collection(bank([PROVEN], [PROVEN], ["T1"], ["D1"]))
    assert collection.splits["D1"] == "dev"
    assert collection.splits["T1"] in ("train", "test")


# ContractNLI

CONTRACT = {
    "id": 7,
    "file_name": "quay.txt",
    "text": "No copies. \n Keep it secret.",
    "spans": [[0, 10], [10, 13], [13, 28]],
    "annotation_sets": [
        {
            "annotations": {
                "nda-1": {"choice": "Entailment", "spans": [2]},
                "nda-2": {"choice": "Contradiction", "spans": [0]},
                "nda-3": {"choice": "NotMentioned", "spans": []},
            }
        }
    ],
}
LABELS = {f"nda-{n}": {"short_description": "x", "hypothesis": f"Hypothesis {n}."} for n in (1, 2, 3)}


def test_every_hypothesis_is_asked_within_its_contract_and_evidence_spans_are_relevant(tmp_path):
    path = tmp_path / "nli.json"
    path.write_text(json.dumps({"documents": [CONTRACT], "labels": LABELS}))
    collection = open_collection(str(path))
    assert texts(collection) == {"7-000": "No copies.", "7-002": "Keep it secret."}
    assert collection.documents["7-002"].meta == {"contract": "quay.txt", "start": 13, "end": 28}
    assert collection.queries["7-nda-1"] == Query("7-nda-1", "Hypothesis 1.", ("Yes",), "7", ("Yes", "No"))
    assert [query.answers for query in collection.queries.values()] == [("Yes",), ("No",), ()]
    assert collection.qrels == {"7-nda-1": {"7-002": 1}, "7-nda-2": {"7-000": 1}}


# PathQuestion


@pytest.fixture
def graph_folder(tmp_path):
    (tmp_path / "readme.txt").write_text("each line is a triple:\nsubject\t\trelation\n")
    (tmp_path / "2H-kb.txt").write_text("ada_oake\tspouse\tben_oake\nben_oake\tborn_in\tselwick\n")
    (tmp_path / "3H-kb.txt").write_text("ben_oake\tborn_in\tselwick\nselwick\tcountry\tmerrow\n")
    asked = "where was  ada_oake 's spouse born ?\tselwick(selwick/merrow/)\tada_oake#spouse#ben_oake#born_in#selwick"
    (tmp_path / "PQ-2H.txt").write_text(f"{asked}#<end>#selwick\n{asked}\n")
    return tmp_path


def test_the_path_of_a_graph_question_is_its_chain_of_evidence(graph_folder):
    collection = open_collection(str(graph_folder))
    assert texts(collection) == {
        "ada_oake|spouse|ben_oake": "ada oake — spouse: ben oake",
        "ben_oake|born_in|selwick": "ben oake — born in: selwick",
        "selwick|country|merrow": "selwick — country: merrow",
    }
    assert collection.documents["ben_oake|born_in|selwick"].group == "ben_oake"
    assert collection.queries["PQ-2H-1"] == Query(
        "PQ-2H-1",
        "where was ada oake's spouse born?",
        ("selwick", "merrow"),
        hops=("ada_oake|spouse|ben_oake", "ben_oake|born_in|selwick"),
        rationale="ada oake — spouse: ben oake. ben oake — born in: selwick.",
    )
    assert collection.qrels["PQ-2H-1"] == {"ada_oake|spouse|ben_oake": 1, "ben_oake|born_in|selwick": 2}
    assert collection.notes == ()


def test_a_graph_question_asked_twice_is_two_queries_with_the_same_path(graph_folder):
    """The second line leaves out the end mark, as PathQuestion-Large does."""
    first, second = open_collection(str(graph_folder)).queries.values()
    assert (second.query_id, second.text, second.hops) == ("PQ-2H-2", first.text, first.hops)


def test_a_file_of_graph_questions_is_joined_with_the_triples_beside_it(graph_folder):
    collection = open_collection(str(graph_folder / "PQ-2H.txt"))
    assert (len(collection.documents), len(collection.queries)) == (3, 2)
    alone = open_collection(str(graph_folder / "3H-kb.txt"))
    assert list(alone.documents) == ["ben_oake|born_in|selwick", "selwick|country|merrow"] and not alone.queries


# all formats


def test_the_triples_of_2wikimultihopqa_are_the_rationale(tmp_path):
    row = {
        "_id": "w1",
        "question": "Who built the mill?",
        "answer": "Ada Oake",
        "supporting_facts": [["Mill", 0]],
        "context": [["Mill", ["Ada Oake built it."]]],
        "evidences": [["Mill", "builder", "Ada Oake"], ["Ada Oake", "born", "1871"]],
    }
    (tmp_path / "w.json").write_text(json.dumps([row]))
    query = open_collection(str(tmp_path / "w.json")).queries["w1"]
    assert query.rationale == "Mill — builder: Ada Oake. Ada Oake — born: 1871."


def test_a_rationale_survives_saving_as_beir(tmp_path):
    query = Query("q1", "?", ("a",), hops=("d1",), rationale="It says so.")
    beir.save(assemble("x", Parts([Document("d1", "text")], [query])), tmp_path / "saved")
    assert open_collection(str(tmp_path / "saved")).queries["q1"] == query


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


def test_entailmentbank_refuses_ids_that_do_not_match_its_lines(bank):
    """One id too few would give every later question the id of its neighbour."""
    with pytest.raises(ExplorerError, match=r"meta-train.tsv has 1 lines and .*train.tsv 2"):
        open_collection(bank([PROVEN, PROVEN], [], ["T1"], []))


def test_a_line_without_context_shows_what_was_expected(bank):
    with pytest.raises(ExplorerError, match=r"train.tsv line 1 is 'no proof'.*expected .question. ="):
        open_collection(bank(["no proof"], [], ["T1"], []))


def test_a_path_that_ends_on_a_relation_is_refused(graph_folder):
    (graph_folder / "PQ-3H.txt").write_text("who ?\tx(x/)\tada_oake#spouse\n")
    with pytest.raises(ExplorerError, match="PQ-3H.txt line 1 has the path 'ada_oake#spouse'"):
        open_collection(str(graph_folder))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "formats"),
    [
        ("qasper", ["qasper"]),
        ("qasper/qasper-train-v0.3.json", ["qasper"]),
        ("hotpotqa", ["hotpotqa", "2wiki"]),
        ("2wikimultihopqa", ["hotpotqa", "2wiki"]),
        ("2wikimultihopqa/extra_passages.json", []),
        ("musique", ["musique"]),
        ("musique/musique_ans_train_100.jsonl", ["musique"]),
        ("nq", ["nq", "triviaqa"]),
        ("nq/nq-open-oracle.jsonl", ["nq", "triviaqa"]),
        ("squad", ["squad"]),
        ("squad/xquad.en.json", ["squad"]),
        ("scifact", ["beir"]),
        ("scifact/corpus.jsonl", []),
        ("entailmentbank", ["entailmentbank"]),
        ("entailmentbank/dev.tsv", ["entailmentbank"]),
        ("mmlu", ["mmlu"]),
        ("mmlu/dev", ["mmlu"]),
        ("mmlu/dev/anatomy_dev.csv", ["mmlu"]),
        ("contractnli", ["contractnli"]),
        ("contractnli/dev.json", ["contractnli"]),
        ("pathquestion", ["graph"]),
        ("pathquestion/PQ-2H.txt", ["graph"]),
        ("pathquestion/readme.txt", []),
        ("flagembedding_format", []),
        ("flagembedding_format/embedder_nq.jsonl", []),
        ("trec_eval", []),
        ("README.md", []),
    ],
)
def test_published_files_are_recognised_as_their_own_format_only(shared_data, path, formats):
    generic = {"csv", "jsonl", "parquet", "text"}  # they take what nobody else knows
    found = [name for name, (recognise, _) in FORMATS.items() if recognise(shared_data / path)]
    assert [name for name in found if name not in generic] == formats


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "documents", "queries", "judged", "splits"),
    [
        ("musique", 1890, 100, 100, (74, 8, 18)),
        ("nq", 2588, 2655, 2655, (1872, 249, 534)),
        ("squad", 240, 1190, 1190, (876, 62, 252)),
        ("mmlu", 0, 285, 0, (0, 285, 0)),
        ("entailmentbank", 11_940 + 531, 1313 + 187, 1500, (1232, 187, 81)),  # all facts but the dummy, and extras
        ("contractnli", 5039, 61 * 17, 614, (799, 85, 153)),
        ("pathquestion", 3377, 1908 + 5198, 7106, (4263, 860, 1983)),
    ],
)
def test_published_files_open_with_the_counts_of_their_sources(shared_data, folder, documents, queries, judged, splits):
    collection = open_collection(str(shared_data / folder))
    assert (len(collection.documents), len(collection.queries)) == (documents, queries)
    assert len(collection.judged(collection.queries.values())) == judged
    assert tuple(len(collection.split(name)) for name in ("train", "dev", "test")) == splits


@pytest.mark.shared
def test_only_an_evidence_span_of_blanks_is_missing_from_the_published_files(shared_data):
    """Every hop and every judgement joins a document; the one that cannot is named."""
    notes = {}
    for folder in ("musique", "nq", "squad", "entailmentbank", "contractnli", "pathquestion", "2wikimultihopqa"):
        collection = open_collection(str(shared_data / folder))
        hops = {hop for query in collection.queries.values() for hop in query.hops}
        assert hops <= collection.documents.keys()
        notes[folder] = [str(note) for note in collection.notes]
    assert notes.pop("contractnli") == ["judged documents missing from the corpus: 1 (582-068)"]
    assert set(map(tuple, notes.values())) == {()}
