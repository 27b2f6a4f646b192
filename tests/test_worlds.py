"""The bundled worlds: what is promised of them, and that they are rebuilt bit for bit from their sources."""

import dataclasses
import filecmp
import functools
import itertools
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from explorer.collections import open_collection, trec
from explorer.models import ModelFolder, describe, find_model, load_encoder
from explorer.retrieval.dense import DenseIndex, DenseRetriever
from explorer.retrieval.encoder import DeferredEncoder, Encoder
from explorer.training.students import load_student, student_kind
from explorer.workbench import Workbench
from explorer.workspace import Workspace

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "assets" / "worlds"
WORLDS = ("meridian", "clauses", "atlas")


@pytest.fixture(scope="module")
def worlds():
    return {name: open_collection(name) for name in WORLDS}


def test_one_command_rebuilds_the_worlds_bit_for_bit(tmp_path):
    subprocess.run([sys.executable, str(SOURCES / "build.py"), str(tmp_path)], check=True, capture_output=True)
    for world in WORLDS:
        built = sorted(path.relative_to(tmp_path) for path in (tmp_path / world).rglob("*") if path.is_file())
        assert built
        assert [
            f for f in built if not filecmp.cmp(tmp_path / f, ROOT / "assets" / "collections" / f, shallow=False)
        ] == []


def test_a_source_that_breaks_a_promise_stops_the_build(tmp_path):
    """A question whose answer no marked sentence supports must not reach a user."""
    copy = tmp_path / "worlds"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    passages = copy / "meridian" / "a-north-coast" / "passages.md"
    fact = json.loads((copy / "meridian" / "a-north-coast" / "questions.jsonl").read_text().splitlines()[0])["facts"][0]
    passages.write_text(passages.read_text().replace(fact, "a999"))
    ended = subprocess.run(
        [sys.executable, str(copy / "build.py"), str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert f"no passage states {fact}" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_sizes_and_hops(worlds):
    assert len(worlds["meridian"].documents) >= 600
    hops = Counter(min(3, len(query.hops)) for query in worlds["meridian"].queries.values())
    assert sum(hops.values()) >= 240
    assert len({doc.group for doc in worlds["clauses"].documents.values()}) >= 24
    assert len(worlds["clauses"].queries) >= 150
    assert sum(len(doc.meta["triples"]) for doc in worlds["atlas"].documents.values()) >= 3000
    assert len(worlds["atlas"].queries) >= 150


@pytest.mark.parametrize("name", WORLDS)
def test_every_query_has_answers_a_rationale_gold_and_traps(worlds, name):
    world = worlds[name]
    for query in world.queries.values():
        assert query.answers and query.rationale
        assert 2 in world.qrels[query.query_id].values()
    traps = sum(0 in grades.values() for grades in world.qrels.values())
    assert traps > (0.9 if name != "atlas" else 0.3) * len(world.queries)


@pytest.mark.parametrize("name", WORLDS)
def test_evidence_lies_within_relevant_documents(worlds, name):
    world = worlds[name]
    for query in world.queries.values():
        assert query.evidence
        for doc_id, spans in query.evidence.items():
            assert world.qrels[query.query_id][doc_id] == 2
            assert all(0 <= span.start < span.end <= len(world.documents[doc_id].text) for span in spans)


@pytest.mark.parametrize("name", WORLDS)
def test_no_entity_or_contract_is_relevant_in_two_splits(worlds, name):
    world = worlds[name]
    groups = {split: {g for q in world.split(split) for g in world.groups_of(q)} for split in ("train", "dev", "test")}
    assert not groups["train"] & groups["dev"] | groups["train"] & groups["test"] | groups["dev"] & groups["test"]
    assert all(groups.values())


@pytest.mark.parametrize("name", WORLDS)
def test_the_baseline_leaves_room(worlds, name, shared_workspace):

    found = Workbench(worlds[name], shared_workspace).evaluate(
        ["dense:minilm", "bm25"], split="test", measures=["nDCG@10"]
    )
    assert 0.45 <= found.report["systems"]["dense:minilm"]["measures"]["nDCG@10"] <= 0.75


# what comes with them


def test_bundled_students_are_offered_for_their_collection_and_cannot_be_changed(workspace):
    from explorer.records import ExplorerError
    from explorer.workspace import bundled_runs

    offered = Workbench.open("meridian", workspace).students()
    assert {run.run_id for run in offered} == {name for name in bundled_runs() if name.startswith("meridian")}
    assert offered
    for run in offered:
        assert sum(path.stat().st_size for path in run.student.rglob("*") if path.is_file()) <= 2 * 2**20
        with pytest.raises(ExplorerError, match="comes with Explorer and stays as it is"):
            run.delete()


@pytest.mark.parametrize("name", WORLDS)
def test_recorded_runs_name_documents_of_their_world(worlds, name):
    """Ids with blanks in them once parted the columns: the files could not be read."""
    documents, queries = worlds[name].documents, worlds[name].queries
    files = sorted((ROOT / "assets" / "collections" / name / "runs").glob("*.run"))
    assert len(files) == 5
    for file in files:
        found = trec.as_known(trec.run(file), documents, queries).rankings
        assert found.keys() <= queries.keys()
        assert {doc_id for ranking in found.values() for doc_id in ranking.doc_ids} <= documents.keys()


def test_a_bundled_student_ranks_without_being_trained(worlds, workspace):

    world = worlds["meridian"]
    some = dict(itertools.islice(world.documents.items(), 40))  # a low-rank student encodes them anew
    bench = Workbench(dataclasses.replace(world, documents=some), workspace)
    query = bench.collection.split("test")[0]
    assert {"meridian-gold-adapter", "meridian-gold-lora"} <= {run.run_id for run in bench.students()}
    for run in bench.students()[:2]:
        assert len(bench.search(f"student:{run.run_id}", [query], 5).rankings[query.query_id]) == 5


@pytest.mark.parametrize("name", WORLDS)
def test_recorded_utilities_cover_what_the_baseline_shows(worlds, name, shared_workspace):
    """The first screen needs no language model."""

    bench = Workbench(worlds[name], shared_workspace)
    recorded = bench.recorded("utility")
    assert {q.query_id for q in bench.collection.split("test")} <= recorded.keys()


class Mute:
    """An encoder that must not be asked to encode."""

    prompts: ClassVar = {}

    def encode_document(self, *_, **__):
        raise AssertionError("the vectors were to be there")


@pytest.mark.parametrize("name", WORLDS)
def test_the_vectors_that_come_with_a_world_are_its_encoders(worlds, name, tmp_path, model_cache):
    """Vectors of an older text or model would rank by what is not there."""
    folder = find_model("minilm", model_cache / "models")
    model = load_encoder(folder, "cpu", "float32")
    texts = [document.content for document in worlds[name].documents.values()]
    brought = Encoder(Mute(), f"{folder.fingerprint}\0torch.float32").documents(texts, Workspace(tmp_path).vectors())
    some = np.arange(0, len(texts), 97)
    exact = model.encode_document([texts[row] for row in some], normalize_embeddings=True)
    assert (np.asarray(brought)[some] * exact).sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert np.abs(np.asarray(brought)[some] - exact).max() < 2e-4


@pytest.mark.parametrize("name", WORLDS)
def test_the_first_screen_of_a_world_needs_no_model(worlds, name, tmp_path, model_cache):
    """Loading one takes longer than all the rest of a start. What is found is found as if it had been loaded."""
    workspace, folder = Workspace(tmp_path), find_model("minilm", model_cache / "models")
    documents, queries = worlds[name].documents, worlds[name].judged(worlds[name].split("test"))
    run = Workbench(worlds[name], workspace).students()[0]
    base = f"{folder.fingerprint}\0torch.float32"
    student = f"{ModelFolder(run.run_id, run.student).fingerprint}\0{base}\x001.0\0torch.float32"
    kind = student_kind(run.plan["student"])
    load = functools.partial(load_encoder, folder, "cpu", "float32")
    for key, model in ((base, load()), (student, load_student(kind, run.student, load()))):
        never = DeferredEncoder(lambda: pytest.fail("loaded"), key, describe(folder.path), workspace.vectors())
        found = DenseRetriever("found", DenseIndex(documents, never, workspace.vectors()), never).search(queries, 10)
        assert len(found.rankings) == len(queries) and all(len(one) for one in found.rankings.values())
        exact = model.encode_query([query.text for query in queries], normalize_embeddings=True)
        assert np.abs(never.queries([query.text for query in queries]) - exact).max() < 1e-5
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [], "all of it came with the world"


@pytest.mark.parametrize("name", WORLDS)
def test_a_machine_that_encodes_in_bfloat16_has_its_first_screen_too(worlds, name, tmp_path, model_cache):
    """The faster format is chosen by machine; a rounding to 8 bits moves a vector by thousandths."""
    workspace, folder = Workspace(tmp_path), find_model("minilm", model_cache / "models")
    texts = [document.content for document in worlds[name].documents.values()]
    queries = [query.text for query in worlds[name].judged(worlds[name].split("test"))]
    run = Workbench(worlds[name], workspace).students()[0]
    base = f"{folder.fingerprint}\0torch.bfloat16"
    student = f"{ModelFolder(run.run_id, run.student).fingerprint}\0{base}\x001.0\0torch.bfloat16"
    kind = student_kind(run.plan["student"])
    load = functools.partial(load_encoder, folder, "cpu", "float32")
    some = np.arange(0, len(texts), 97)
    for key, model in ((base, load()), (student, load_student(kind, run.student, load()))):
        never = DeferredEncoder(lambda: pytest.fail("loaded"), key, describe(folder.path), workspace.vectors())
        brought = np.asarray(never.documents(texts, workspace.vectors()))[some]
        exact = model.encode_document([texts[row] for row in some], normalize_embeddings=True)
        assert (brought * exact).sum(axis=1).min() > 0.999
        exact = model.encode_query(queries, normalize_embeddings=True)
        assert (never.queries(queries) * exact).sum(axis=1).min() > 0.999
