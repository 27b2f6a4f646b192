import errno

import numpy as np
import pytest

from explorer.files import atomic_file, content_hash, disk_errors
from explorer.records import ExplorerError
from explorer.workspace import Workspace


def test_parts_of_a_hash_do_not_run_together():
    assert content_hash("ab", "c") != content_hash("a", "bc")


def test_a_full_disk_is_one_sentence_and_leaves_no_file(tmp_path):
    with (
        pytest.raises(ExplorerError, match="no space left to write .*; free some, or point EXPLORER_WORKSPACE"),
        atomic_file(tmp_path / "x") as part,
    ):
        part.write_bytes(b"half")
        with open("/dev/full", "wb", buffering=0) as full:  # the kernel's own "no space left on device"
            full.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_while_caching_vectors_leaves_no_half_file(tmp_path):
    cache = Workspace(tmp_path).vectors()

    def encode(_texts):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ExplorerError, match="no space left"), disk_errors(tmp_path):
        cache.matrix("key", ["a"], encode, lambda *_: None)
    assert cache.matrix("key", ["a"], lambda texts: np.ones((1, 2)), lambda *_: None).shape == (1, 2)


def test_a_full_score_cache_keeps_what_it_held(tmp_path):
    """sqlite's own limit on pages stands in for the disk: the message is its own "database or disk is full"."""
    cache = Workspace(tmp_path).utilities()
    cache.put({"first": [1.0]})
    cache._db.execute("PRAGMA max_page_count = 4")
    with pytest.raises(ExplorerError, match="database or disk is full.*what was scored before is kept"):
        cache.put({f"key-{n}": ["x" * 400] for n in range(200)})
    assert cache.get(["first", "key-0"]) == {"first": [1.0]}


def test_a_damaged_score_cache_is_one_sentence(tmp_path):
    workspace = Workspace(tmp_path)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "likelihoods.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(ExplorerError, match="is damaged .*; move it away"):
        workspace.utilities()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a b", "a\x00"])
def test_a_run_name_cannot_leave_the_workspace(tmp_path, name):
    with pytest.raises(ExplorerError, match="cannot name a run"):
        Workspace(tmp_path).run(name)


def test_a_run_that_gives_no_sign_of_life_is_orphaned(tmp_path):
    run = Workspace(tmp_path).run("r1")
    run.create({"method": "uae"})
    assert run.state["state"] == "starting"
    from explorer.files import read_json, write_json

    write_json(run.path / "state.json", {**read_json(run.path / "state.json"), "state": "running", "pid": 2**22 + 1})
    assert run.state["state"] == "orphaned"


def test_a_half_written_event_waits_for_the_next_look(tmp_path):
    run = Workspace(tmp_path).run("r1")
    run.create({})
    run.emit({"event": "step", "step": 1})
    with (run.path / "events.jsonl").open("a") as file:
        file.write('{"event": "st')
    assert [event["step"] for event in run.events()] == [1]


def test_a_run_name_is_used_once(tmp_path):
    run = Workspace(tmp_path).run("r1")
    run.create({})
    with pytest.raises(ExplorerError, match="the run 'r1' exists already"):
        run.create({})
