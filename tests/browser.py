"""The app as a user starts it, and what stories do on its pages."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

needed = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class App:
    """``explorer app`` as a user starts it."""

    def __init__(self, workspace, *arguments):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        environment = {**os.environ, "EXPLORER_WORKSPACE": str(workspace.root)}
        command = [sys.executable, "-m", "explorer", "app", *map(str, arguments), "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(self.url, timeout=5)
                return
            except OSError:
                assert self.process.poll() is None, self.process.stdout.read()
                time.sleep(0.3)
        raise AssertionError("the app did not answer")

    def stop(self):
        self.process.terminate()  # an interrupt is ignored by whatever was started in the background
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def columns(page):
    """Roles of the columns drawn on Compare, once they are."""
    page.click("[role=tab]:has-text('Compare')")
    page.wait_for_selector(".ex-column")
    return [node.get_attribute("class").split("-")[-1] for node in page.query_selector_all(".ex-column")]


def open_distill(page):
    page.click("#tab-distill-button, [role=tab]:has-text('Distill')")


def teach_query_encoder_with_labels(page):
    """What needs no reader and takes quick steps."""
    page.get_by_label("gold: labels").check()
    page.wait_for_function("document.querySelector('#command textarea').value.includes('--method gold --student full')")
    page.get_by_label("query: the query encoder; index untouched").check()
    page.wait_for_function(
        "document.querySelector('#command textarea').value.includes('--method gold --student query')"
    )


def command_shown(page, command):
    """Waits until the form shows this command."""
    page.wait_for_function("line => document.querySelector('#command textarea').value === line", arg=command)


def choose(page, elem_id, text):
    page.click(f"#{elem_id} input")
    page.fill(f"#{elem_id} input", text)
    page.keyboard.press("Enter")


def open_data(page):
    page.click("#tab-data-button, [role=tab]:has-text('Data')")


# what is said of answers that are on their way when a page is left: on "beforeunload" Gradio's client aborts its stream,
# whose reader tells the abort in Chromium's words, of which there are two; then the page goes
LEFT = (
    "AbortError: signal is aborted without reason",
    "AbortError: BodyStreamBuffer was aborted",
    "Unexpected error Connection errored out",
)
BESIDE = 2  # seconds between that and the leaving, which Chromium tells of after it


def heed(page):
    """From here on ``page.awaited`` holds the answers still on their way, ``page.leaves`` when pages were left."""
    page.awaited, page.leaves = set(), []

    def leaving(frame):
        if frame == page.main_frame:
            page.leaves.append(time.monotonic())

    def asks(request):
        if "/queue/" in request.url:
            page.awaited.add(request)
        if request.is_navigation_request():
            leaving(request.frame)

    page.on("request", asks)
    page.on("framenavigated", lambda frame: leaving(frame) if frame.url == "about:blank" else None)  # asks for nothing
    page.on("domcontentloaded", lambda _: page.awaited.clear())
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda request: page.awaited.discard(request))


def farewell(page, text, said_at):
    """Whether this error of the console is about a page that was just being left. To be asked once the test is over."""
    return any(part in text for part in LEFT) and any(abs(said_at - left) < BESIDE for left in page.leaves)


SHOWN = "[...document.querySelectorAll('[role=tabpanel]')].find((one) => one.checkVisibility())?.textContent"


def settled(page):
    """Waits until the open page has drawn: for a second its text stays, promises nothing more, and nothing is awaited.

    Chromium does not tell of every stream that ended: one that is silent for ten seconds is over.
    """
    still, over, before = 0, 0, None
    for _ in range(240):
        page.wait_for_timeout(250)
        text = page.evaluate(SHOWN)
        waits = text is None or re.search("(Searching|Comparing|Checking|Reading|Loading|Asking) …", text)
        over = over + 1 if text == before and not waits else 0
        still = still + 1 if over and not page.awaited else 0
        before = text
        if still == 4 or over == 40:
            return
    raise AssertionError(f"the page is not drawn after a minute: {before and before[:200]}")
