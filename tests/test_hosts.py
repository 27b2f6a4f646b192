"""The same renderer in Notebook 7 and in marimo. Optional: ``EXPLORER_HOSTS=PYTHON`` names one that has both and Explorer."""

import os
import subprocess
import sys
import time

import browser
import lab
import pytest

HOSTS = os.environ.get("EXPLORER_HOSTS", sys.executable)


def installed(module):
    """Whether the hosts' Python has this module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([HOSTS, "-c", code], check=False).returncode == 0


pytestmark = [pytest.mark.browser, browser.needed]
OPEN = """\
import explorer as ex, pathlib
asked = {f"q{n}": f"When does ferry {n} sail?" for n in range(9)}
docs = {f"d{n}": f"Ferry number {n} sails at {n}." for n in range(9)}
judged = {f"q{n}": {f"d{n}": 1} for n in range(9)}
runs = {"mine": {f"q{n}": {f"d{n}": 1.0} for n in range(9)}, "theirs": {f"q{n}": {"d3": 1.0} for n in range(9)}}
bench = ex.open(documents=docs, queries=asked, qrels=judged, runs=runs)
flips = ex.Flips(bench, "mine", "theirs", split="all")
flips.selection.observe(lambda change: pathlib.Path("clicked").write_text(change.new), "query_id")
"""


def clicks_reach_python(page, clicked):
    page.click(".ex-row:has-text('When does ferry 5 sail?')")
    end = time.monotonic() + 60
    while not clicked.exists() or clicked.read_text() != "q5":
        assert time.monotonic() < end, "the click did not reach Python"
        page.wait_for_timeout(200)


@pytest.mark.skipif(not installed("notebook"), reason="notebook is not installed; see EXPLORER_HOSTS")
def test_notebook_7_draws_a_widget_and_its_clicks_reach_python(page, workspace, tmp_path):
    page.forgiven = ("404 (Not Found)",)  # Notebook asks for a notebook's own settings, which nobody wrote
    host = lab.Lab(tmp_path / "notebook", workspace, [HOSTS, "-m", "notebook"])
    try:
        host.write("hosted.ipynb", OPEN + "flips")
        page.goto(f"{host.url}/notebooks/hosted.ipynb")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        lab.run(page, 0)
        clicks_reach_python(page, host.folder / "notebooks" / "clicked")
    finally:
        page.goto("about:blank")  # a page whose server has gone complains
        host.stop()


@pytest.mark.skipif(not installed("marimo"), reason="marimo is not installed; see EXPLORER_HOSTS")
def test_marimo_draws_a_widget_and_its_clicks_reach_python(page, workspace, tmp_path):
    cell = "".join(f"    {line}\n" for line in OPEN.splitlines())
    (tmp_path / "hosted.py").write_text(
        f"import marimo\n\napp = marimo.App()\n\n\n@app.cell\ndef _():\n{cell}    return (flips,)\n\n\n"
        "@app.cell\ndef _(flips):\n    flips\n    return\n"
    )
    port = browser.free_port()
    command = [
        HOSTS,
        "-m",
        "marimo",
        "run",
        "hosted.py",
        "--headless",
        "--no-token",
        "--host=127.0.0.1",
        f"--port={port}",
    ]
    environment = {**os.environ, "EXPLORER_WORKSPACE": str(workspace.root)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        lab.answered(f"http://127.0.0.1:{port}/", process)
        page.goto(f"http://127.0.0.1:{port}/")
        clicks_reach_python(page, tmp_path / "clicked")
    finally:
        page.goto("about:blank")
        process.terminate()
        process.wait(20)
