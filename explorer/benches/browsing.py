"""The app as people use it, in a real browser: start, first paint, redraws, memory."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from explorer.benches.sliding import CANDIDATES, moved_sliders
from explorer.benches.sliding import QUERIES as SLID
from explorer.records import ExplorerError, Progress
from explorer.workbench import Workbench

LOADS, REDRAWS, INTERACTIONS, QUERIES = 3, 30, 200, 10_000
MEASURES = ("AP", "RR", "R@1", "R@10", "P@1", "nDCG@5", "nDCG@3", "R@5", "P@5", "AP@10")  # flips by each of them
VIEW = {"width": 1440, "height": 1000}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def redraw(bench: Workbench, systems: Sequence[str], progress: Progress) -> dict[str, Any]:
    """Milliseconds (p50, p95) from an event to everything drawn, in an app of its own; and what the app then holds.

    ``click``: Next on Compare, two rankings of 100 documents and the judgements; ``flips``: the choice of another measure,
    for QUERIES synthetic queries under two recorded runs, which are read already; ``slider``: a move on Teachers, SLID
    queries re-ranked and measured.
    """
    with browser() as chromium:
        progress("click", 0, 3)
        with served(bench, bench.collection.source) as (url, process, _):
            page = chromium.new_page(viewport=VIEW)
            clicks = _redraws(page, url, REDRAWS)
            before = _resident(process.pid)
            _redraws(page, url, INTERACTIONS)
            after = _resident(process.pid)
        progress("flips", 1, 3)
        opened, flips = _many_flips(bench, chromium)
        progress("slider", 2, 3)
        slid = {name: _quantiles(moves) for name, moves in moved_sliders(chromium).items()}
    return {
        "click_2x100_ms": _quantiles(clicks),
        f"flips_{QUERIES}_ms": _quantiles(flips),
        f"flips_{QUERIES}_first_visit_ms": round(opened),
        f"slider_{SLID}x{CANDIDATES}_ms": slid,
        "app_MiB": round(before),
        f"app_MiB_after_{INTERACTIONS}_interactions": round(after),
    }


def first_looks(bench: Workbench) -> dict[str, float]:
    """Start of an app on the bench's collection: seconds until it answers; then ms of the first and of later visits."""
    with browser() as chromium, served(bench, bench.collection.source) as (url, _, started):
        page = chromium.new_page(viewport=VIEW)
        looks = [_first(page, url) for _ in range(1 + LOADS)]
    return {
        "answers_s": round(started, 2),
        "first_paint_ms": round(looks[0][0]),
        "first_usable_ms": round(looks[0][1]),
        "later_paint_ms": round(statistics.median(paint for paint, _ in looks[1:])),
        "later_usable_ms": round(statistics.median(usable for _, usable in looks[1:])),
    }


def peak_of_app(bench: Workbench) -> float:
    """Most MiB the app ever held while its first four pages were drawn."""
    with browser() as chromium, served(bench, bench.collection.source) as (url, process, _):
        page = chromium.new_page(viewport=VIEW)
        for tab, drawn in (
            ("flips", ".ex-row"),
            ("compare", ".ex-card"),
            ("teachers", ".ex-lesson-row"),
            ("map", "canvas"),
        ):
            page.goto(f"{url}?tab={tab}")
            page.wait_for_selector(drawn, timeout=300_000)
        return peak_of(process.pid)


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium of its own."""
    chromium, start_playwright = _browser()
    with (
        start_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=list(FLAGS)) as opened,
    ):
        yield opened


def _browser() -> tuple[str, Callable[[], Any]]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        raise ExplorerError("this bench drives a browser; install chromium, and explorer with its extra: test")
    return chromium, sync_playwright


@contextmanager
def served(bench: Workbench, source: str) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """(address, process, seconds until it answered)"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, begun = f"http://127.0.0.1:{port}/", time.perf_counter()
    command = [sys.executable, "-m", "explorer", "app", source, "--port", str(port)]
    environment = {**os.environ, "EXPLORER_WORKSPACE": str(bench.workspace.root)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(url):
            if process.poll() is not None:
                raise ExplorerError(f"the app on {source} ended before it answered; try: explorer app {source}")
            time.sleep(0.05)
        yield url, process, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5)  # noqa: S310  our own address
    except OSError:
        return False
    return True


def _first(page: Any, url: str) -> tuple[float, float]:
    """(first contentful paint, first query to click on) in ms after the request."""
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(".ex-row", timeout=120_000)
    usable = 1000 * (time.perf_counter() - begun)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    return float(paint), usable


def _redraws(page: Any, url: str, times: int) -> list[float]:
    """ms from the click on Next to all cards of the next query drawn."""
    page.goto(f"{url}?tab=compare&a=dense:minilm&b=bm25&k=100&teacher=gold")
    page.wait_for_selector(".ex-card", timeout=120_000)
    page.wait_for_timeout(1000)
    return [page.evaluate(_CLICK_TO_DRAWN) for _ in range(times)]


_CLICK_TO_DRAWN = """() => new Promise((resolve) => {
  const before = document.querySelector('.ex-query h2').firstChild;
  const begun = performance.now();
  const look = () => {
    const now = document.querySelector('.ex-query h2')?.firstChild;
    if (now && now !== before && document.querySelector('.ex-column:last-child .ex-card, .ex-column .ex-card')) {
      requestAnimationFrame(() => resolve(performance.now() - begun));
    } else requestAnimationFrame(look);
  };
  document.querySelector('#next').click();
  look();
})"""


def _many_flips(bench: Workbench, browser: Any) -> tuple[float, list[float]]:
    """(ms from a link to the list, ms from each choice of a measure to its list) over QUERIES queries and two runs."""
    with tempfile.TemporaryDirectory(prefix="explorer-bench-") as name:
        folder = Path(name)
        write_many(folder)
        with served(bench, str(folder)) as (url, _, _):
            page = browser.new_page(viewport=VIEW)
            begun = time.perf_counter()
            page.goto(f"{url}?tab=flips&split=test&a=run:{folder}/a.run&b=run:{folder}/b.run", wait_until="commit")
            page.wait_for_selector(".ex-row", timeout=300_000)
            opened = 1000 * (time.perf_counter() - begun)
            return opened, [_measured_anew(page, measure) for measure in MEASURES]


def _measured_anew(page: Any, measure: str) -> float:
    """ms from Enter on this measure to its list; every one is compared for the first time."""
    page.click("#flips-measure input")
    page.fill("#flips-measure input", measure)
    begun = time.perf_counter()
    page.keyboard.press("Enter")
    shown = "name => document.querySelector('.ex-verdict-line span')?.textContent.startsWith(`${name} `)"
    page.wait_for_function(
        f"name => ({shown})(name) && document.querySelector('.ex-row')", arg=measure, timeout=300_000
    )
    return 1000 * (time.perf_counter() - begun)


def write_many(folder: Path) -> None:
    """Queries i about document i mod 500; run a finds it at rank 1 to 7, run b at rank 1 to 5."""
    (folder / "qrels").mkdir()
    words = ("harbour", "oak", "letter", "winter", "glass", "mill", "ferry", "salt")
    with (folder / "corpus.jsonl").open("w") as corpus:
        for n in range(500):
            text = f"{words[n % 8]} {words[n // 8 % 8]} number {n}"
            corpus.write(json.dumps({"_id": f"d{n}", "title": "", "text": text}) + "\n")
    with (
        (folder / "queries.jsonl").open("w") as queries,
        (folder / "qrels" / "test.tsv").open("w") as qrels,
        (folder / "a.run").open("w") as a,
        (folder / "b.run").open("w") as b,
    ):
        qrels.write("query-id\tcorpus-id\tscore\n")
        for n in range(QUERIES):
            gold = n % 500
            queries.write(json.dumps({"_id": f"q{n}", "text": f"where is {words[n % 8]} {n}?"}) + "\n")
            qrels.write(f"q{n}\td{gold}\t1\n")
            for run, depth in ((a, 7), (b, 5)):
                for rank in range(10):
                    document = (gold + rank - n % depth) % 500
                    run.write(f"q{n} Q0 d{document} {rank + 1} {10 - rank} run\n")


def peak_of(pid: int) -> float:
    """Most MiB of resident memory a running process ever held; 0 where Linux does not tell or it has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found.group(1)) / 1024 if found else 0.0


def _resident(pid: int) -> float:
    """MiB of memory the process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": round(statistics.median(ordered)), "p95": round(ordered[max(0, round(0.95 * len(ordered)) - 1)])}
