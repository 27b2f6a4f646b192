import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from explorer.collections import assemble, beir, open_collection
from explorer.collections.lines import DocumentLines
from explorer.records import Document, ExplorerError


def document(where, row):
    return Document(row["id"], row["text"], group=row["id"])


def written(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    return written(tmp_path / "c.jsonl", [{"id": f"d{n}", "text": f"tëxt {n}"} for n in range(50)])


def test_documents_on_disk_are_those_in_the_file(path):
    found = DocumentLines(path, document)
    expected = {f"d{n}": f"tëxt {n}" for n in range(50)}
    assert {doc_id: found[doc_id].text for doc_id in reversed(list(found))} == expected
    assert {doc_id: doc.text for doc_id, doc in found.items()} == expected
    assert [doc.text for doc in found.values()] == list(expected.values())
    assert "d7" in found and "x" not in found


def test_an_id_for_two_texts_is_found_on_opening(tmp_path):
    path = written(tmp_path / "c.jsonl", [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}])
    with pytest.raises(ExplorerError, match="line 2 uses the document id 'a' for a second text"):
        DocumentLines(path, document)


def test_repeated_and_empty_documents_are_counted(tmp_path):
    path = written(tmp_path / "c.jsonl", [{"id": "a", "text": "x"}, {"id": "a", "text": "x"}, {"id": "b", "text": " "}])
    found = DocumentLines(path, document)
    assert (list(found), found.repeated, found.empty) == (["a", "b"], ["a"], ["b"])


def test_a_file_changed_under_an_open_collection_is_noticed(path):
    found = DocumentLines(path, document)
    with path.open("a") as file:
        file.write("{}\n")
    with pytest.raises(ExplorerError, match="was changed while it was open"):
        found["d1"]


def test_a_beir_corpus_on_disk_is_the_same_collection(tmp_path):
    written(
        tmp_path / "corpus.jsonl", [{"_id": "a", "text": "x", "metadata": {"group": "g"}}, {"_id": "b", "text": ""}]
    )
    written(tmp_path / "queries.jsonl", [{"_id": "q", "text": "?"}])
    small = open_collection(str(tmp_path))
    parts = beir.load(tmp_path)
    large = assemble(str(tmp_path), replace(parts, documents=DocumentLines(tmp_path / "corpus.jsonl", beir.document)))
    assert isinstance(large.documents, DocumentLines)
    assert dict(large.documents) == dict(small.documents)
    assert (large.fingerprint, large.notes, large.splits) == (small.fingerprint, small.notes, small.splits)


OPEN = """
import sys
from explorer.collections import open_collection
found = open_collection(sys.argv[1])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # rusage would count the parent
print(len(found.documents), peak.split()[1])
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory is read from Linux's /proc")
def test_a_large_corpus_opens_in_a_fraction_of_its_size(tmp_path):
    """200 MB of text; as records in memory they took more than their size."""
    (tmp_path / "queries.jsonl").write_text("")
    with (tmp_path / "corpus.jsonl").open("w") as file:
        text = "word " * 4000
        for number in range(10_000):
            file.write(json.dumps({"_id": f"d{number}", "text": f"{number} {text}"}) + "\n")
    found = subprocess.run([sys.executable, "-c", OPEN, str(tmp_path)], capture_output=True, text=True, check=True)
    count, kib = map(int, found.stdout.split())
    assert count == 10_000
    assert kib * 1024 < 80e6 < os.path.getsize(tmp_path / "corpus.jsonl")
