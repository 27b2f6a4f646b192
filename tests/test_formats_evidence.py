"""Formats with evidence: proofs, contracts, paths of a graph, triples as rationales."""

import json
from pathlib import Path

import pytest
from written import texts

from explorer.collections import beir, open_collection
from explorer.collections.collection import Parts, assemble
from explorer.records import Document, ExplorerError, Query

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
