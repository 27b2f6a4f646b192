"""JupyterLab as a user starts it, with a notebook of given cells, and what stories do there."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

from browser import free_port

CELLS = ".jp-Notebook .jp-CodeCell"


def notebook(*sources):
    """A notebook of code cells as a record."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{n}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


class Lab:
    """``jupyter lab`` on a free port of loopback, with settings, data and notebooks in a folder of its own."""

    def __init__(self, folder, workspace):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        root = folder / "notebooks"
        root.mkdir(parents=True)
        quiet = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        quiet.parent.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        places = {
            name: str(folder / name.lower())
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        }
        environment = {
            **os.environ,
            **places,
            "EXPLORER_WORKSPACE": str(workspace.root),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        }
        options = [
            f"--ServerApp.port={self.port}",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.open_browser=False",
            "--ServerApp.allow_root=True",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={root}",
            "--LabApp.news_url=",
            "--ServerApp.port_retries=0",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.url}/api", timeout=5)
                return
            except OSError:
                assert self.process.poll() is None, "JupyterLab ended"
                time.sleep(0.3)
        raise AssertionError("JupyterLab did not answer")

    def write(self, name, *sources):
        (self.folder / "notebooks" / name).write_text(json.dumps(notebook(*sources)))

    def read(self, name):
        return json.loads((self.folder / "notebooks" / name).read_text())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def open_notebook(page, lab, name):
    page.goto(f"{lab.url}/lab/tree/{name}?reset")
    page.wait_for_selector(CELLS)
    page.wait_for_selector(".jp-StatusBar-TextItem:has-text('| Idle')")


def cell(page, place):
    return page.locator(CELLS).nth(place)


def run(page, place):
    """Runs one cell and waits until it has ended."""
    one = cell(page, place)
    one.scroll_into_view_if_needed()
    one.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "([cells, place]) => /\\[\\d+\\]/.test(document.querySelectorAll(cells)[place].querySelector('.jp-InputPrompt').textContent)",
        arg=[CELLS, place],
    )


def output(page, place):
    return cell(page, place).locator(".jp-OutputArea-output").last.inner_text()


def write_cell(page, place, source):
    """Replaces the source of one cell."""
    cell(page, place).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def save(page):
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    page.wait_for_selector("#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current:not(.jp-mod-dirty)")


def end_kernels(lab):
    """As when the notebook is opened another day."""
    for session in json.loads(urllib.request.urlopen(f"{lab.url}/api/sessions").read()):
        urllib.request.urlopen(urllib.request.Request(f"{lab.url}/api/sessions/{session['id']}", method="DELETE"))
