"""Published files beside the checkout: recognised, and opened with the counts of their sources."""

import pytest

from explorer.collections import FORMATS, open_collection


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
