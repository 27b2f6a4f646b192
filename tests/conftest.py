"""Fixtures: a workspace of its own for every test, models and vectors shared by all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import browser
import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:  # the threads of two torch processes on the same cores spin while they wait
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may depend on a hub; the hub test lifts it for its own process

from explorer.collections import Collection, open_collection
from explorer.workbench import Workbench
from explorer.workbench.loading import Models
from explorer.workspace import Workspace

# the same examples on every machine: a failure is a change, and a machine that is busy is no failure
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=2000)  # HYPOTHESIS_PROFILE=search looks for new ones
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory) -> Path:
    """Kept between test runs of one machine: the embedded reader is fetched and converted once."""
    root = Path(os.environ.get("EXPLORER_TEST_CACHE") or Path.home() / ".cache" / "explorer-tests")
    (root / "models").mkdir(parents=True, exist_ok=True)
    return root


@pytest.fixture(scope="session")
def caches(tmp_path_factory, model_cache) -> dict[str, Path]:
    """What workspaces of tests share: models, and vectors, which go by content. No test encodes what another one did."""
    session = tmp_path_factory.getbasetemp()
    session = session.parent if "PYTEST_XDIST_WORKER" in os.environ else session
    (session / "vectors").mkdir(exist_ok=True)
    return {"models": model_cache / "models", "vectors": session / "vectors"}


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory, caches):
    """Makes workspaces, for fixtures that outlive a test."""

    def make() -> Workspace:
        root = tmp_path_factory.mktemp("workspace")
        (root / "cache").mkdir()
        for name, folder in caches.items():
            (root / "cache" / name).symlink_to(folder)
        return Workspace(root)

    return make


@pytest.fixture
def workspace(new_workspace) -> Workspace:
    return new_workspace()


@pytest.fixture(scope="session")
def shared_workspace(new_workspace) -> Workspace:
    """One workspace for tests that only read."""
    return new_workspace()


@pytest.fixture(scope="session")
def models(shared_workspace) -> Models:
    return Models(shared_workspace)


@pytest.fixture(scope="session")
def reader(models):
    """The embedded reader in float32, as the parity tests need it."""
    from explorer.models import find_model, load_reader
    from explorer.supervision.reader import Reader

    folder = find_model("smollm2", models.workspace.models)
    return Reader(*load_reader(folder, "cpu", "float32"), key="smollm2 float32")


@pytest.fixture(scope="session")
def harbour() -> Collection:
    return open_collection("harbour")


@pytest.fixture
def bench(harbour, workspace) -> Workbench:
    return Workbench(harbour, workspace)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the development data is not beside this checkout")
    return SHARED


@pytest.fixture
def explorer(workspace):
    """Runs the command line as a user does; returns the finished process, with ``.json`` when it printed JSON."""

    def run(*arguments: str, timeout: int = 300):
        environment = {**os.environ, "EXPLORER_WORKSPACE": str(workspace.root)}
        done = subprocess.run(
            [sys.executable, "-m", "explorer", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=timeout,
            check=False,
        )
        done.json = json.loads(done.stdout) if "--json" in arguments and done.returncode == 0 else None
        return done

    return run


@pytest.fixture
def beir_folder(tmp_path):
    """Writes a BEIR folder from rows and returns its path."""

    def write(documents, queries, qrels, name="small"):
        folder = tmp_path / name
        (folder / "qrels").mkdir(parents=True)
        for file, rows in (("corpus.jsonl", documents), ("queries.jsonl", queries)):
            (folder / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
        for split, rows in qrels.items():
            lines = "".join(f"{q}\t{d}\t{g}\n" for q, d, g in rows)
            (folder / "qrels" / f"{split}.tsv").write_text("query-id\tcorpus-id\tscore\n" + lines)
        return folder

    return write


@pytest.fixture
def app(workspace):
    started = []

    def start(*arguments):
        started.append(browser.App(workspace, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def shown(new_workspace):
    """``app`` for stories that only look: one app per collection for all of them, as many visitors have one."""
    workspace, started = new_workspace(), {}

    def show(collection):
        if collection not in started:
            started[collection] = browser.App(workspace, collection)
        return started[collection]

    yield show
    for one in started.values():
        one.stop()


@pytest.fixture
def page():
    """A page that fails the test when a request leaves the origin or the console reports an error.

    ``forgiven``: parts of what JupyterLab and its like say themselves. Gradio's words on leaving: see browser.farewell.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.CHROMIUM, args=browser.FLAGS)
        page = chromium.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.set_default_timeout(60_000)
        strays, errors, page.forgiven = [], [], ()
        local = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(local) else strays.append(r.url))
        browser.heed(page)

        def said(text):
            if not any(part in text for part in page.forgiven):
                errors.append((text, time.monotonic()))

        page.on("console", lambda m: said(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: said(str(e)))
        yield page
        page.leaves.append(time.monotonic())
        chromium.close()
    assert strays == [] and [text for text, at in errors if not browser.farewell(page, text, at)] == []
