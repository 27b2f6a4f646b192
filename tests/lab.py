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


def answered(url, process):
    """Waits until a server answers."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except OSError:
            assert process.poll() is None, "the server ended"
            time.sleep(0.3)
    raise AssertionError("the server did not answer")


class Lab:
    """``jupyter lab``, or another ``command``, on a free port of loopback, with settings, data and notebooks in a folder of its own."""

    def __init__(self, folder, workspace, command=(sys.executable, "-m", "jupyterlab")):
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
            [*command, *options],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        answered(f"{self.url}/api", self.process)

    def write(self, name, *sources):
        (self.folder / "notebooks" / name).write_text(json.dumps(notebook(*sources)))

    def read(self, name):
        return json.loads((self.folder / "notebooks" / name).read_text())

    def copy(self, name, other):
        """The file under another name, which no kernel belongs to."""
        (self.folder / "notebooks" / other).write_text(json.dumps(self.read(name)))

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
    before = one.locator(".jp-InputPrompt").text_content()
    one.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        """([cells, place, before]) => {
          const now = document.querySelectorAll(cells)[place].querySelector('.jp-InputPrompt').textContent;
          return now !== before && /\\[\\d+\\]/.test(now);
        }""",
        arg=[CELLS, place, before],
    )


def output(page, place):
    """What a cell says last; "" where it says nothing."""
    said = cell(page, place).locator(".jp-OutputArea-output").all_inner_texts()
    return said[-1].strip() if said else ""


def write_cell(page, place, source):
    """Replaces the source of one cell."""
    cell(page, place).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def save(page, lab, name):
    """Saves the notebook until all its cells, as they lie on the disk, have run."""
    end = time.monotonic() + 60
    while True:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        if not any(one["source"] and one["execution_count"] is None for one in lab.read(name)["cells"]):
            return
        assert time.monotonic() < end, f"{name} was not saved"


def restart_kernel(page):
    page.click(".lm-MenuBar-item:has-text('Kernel')")
    page.click(".lm-Menu-item[data-command='kernelmenu:restart']")
    page.click(".jp-Dialog button:has-text('Restart')")
    page.wait_for_selector(".jp-Dialog", state="detached")
    page.wait_for_selector(".jp-StatusBar-TextItem:has-text('| Idle')")
