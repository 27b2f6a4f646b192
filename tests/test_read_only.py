"""A read-only app writes nothing in its workspace, not even a cache."""

import hashlib
import stat
from contextlib import contextmanager

import browser
import httpx
import pytest
from browser import open_data, open_distill, settled

from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workspace import ScoreCache, VectorCache, Workspace


@pytest.fixture
def workspace(workspace):
    """Without the vectors tests share: whatever is there was written."""
    (workspace.root / "cache" / "vectors").unlink()
    return workspace


def tree(folder):
    """Every file under ``folder`` with its content and time of change."""
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.browser
@browser.needed
def test_a_read_only_app_writes_nothing_and_offers_no_training(app, page, workspace):
    """Not even caches: it is started on a workspace that was never used, and every page is opened."""
    before = tree(workspace.root)
    served = app("harbour", "--read-only")
    page.goto(served.url)
    page.wait_for_selector("[role=tab]")
    for name in page.locator("[role=tab]").all_inner_texts():
        page.click(f"[role=tab]:text-is('{name}')")
        settled(page)
    open_data(page)
    page.click("#check")
    page.wait_for_selector(".ex-finding, .ex-check .ex-empty")
    open_distill(page)
    assert page.is_disabled("#start")
    assert page.locator("#label-train").count() == 0
    assert page.locator("#import-look").count() == 0
    sent = httpx.post(served.url + "gradio_api/upload", files={"files": ("a.txt", b"a")})
    assert sent.status_code == 404, "no page takes files"
    page.fill("#run-name input, #run-name textarea", "anything")
    page.wait_for_timeout(500)
    assert tree(workspace.root) == before


def test_a_read_only_app_works_where_nothing_can_be_written(workspace, explorer):
    """A read-only disk: the same answers as ever, vectors and likelihoods stay in memory."""
    cache = ScoreCache(workspace.root / "cache" / "likelihoods.sqlite")
    cache.put({"known": 1})
    cache.close()
    with unwritable(workspace.root):
        quiet = Workspace(workspace.root, read_only=True)
        bench = Workbench.open("harbour", quiet)
        assert bench.search("dense:minilm", bench.collection.split("test")[:1], 3).rankings
        scores = quiet.utilities()
        assert scores.get(["known", "new"]) == {"known": 1}
        scores.put({"new": 2})
        assert scores.get(["known", "new"]) == {"known": 1, "new": 2}
    assert not (workspace.root / "cache" / "vectors").exists()
    assert {path.name for path in (workspace.root / "cache").iterdir()} == {"models", "likelihoods.sqlite"}


@contextmanager
def unwritable(folder):
    """chmod -w, as far as it goes: root may write anyway, so the tree is compared, too."""
    folders = [path for path in (folder, *folder.rglob("*")) if path.is_dir() and not path.is_symlink()]
    before = tree(folder)
    for path in folders:
        path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(stat.S_IRWXU)
    assert tree(folder) == before


def test_a_cache_that_keeps_nothing_reads_what_is_there(tmp_path):
    import numpy as np

    asked = []

    def encode(texts):
        asked.append(list(texts))
        return np.ones((len(texts), 2), dtype=np.float32)

    def ignore(done, total):
        pass

    VectorCache(tmp_path).matrix("key", ["a"], encode, ignore)
    quiet = VectorCache(tmp_path, keep=False)
    assert quiet.matrix("key", ["a"], encode, ignore).shape == (1, 2)
    assert quiet.matrix("key", ["b"], encode, ignore).shape == (1, 2)
    assert asked == [["a"], ["b"]] and len(list(tmp_path.iterdir())) == 1


def test_a_read_only_app_fetches_no_model(tmp_path):
    bench = Workbench.open("harbour", Workspace(tmp_path / "empty", read_only=True))
    with pytest.raises(ExplorerError, match="start once without --read-only"):
        bench.models.reader("smollm2")
    assert not (tmp_path / "empty").exists()
