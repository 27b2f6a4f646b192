"""What every bench measures with: seconds of a call, medians of rounds, the memory a command took."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import explorer
from explorer.benches.browsing import peak_of
from explorer.models import fast_dtype
from explorer.records import ExplorerError, Progress

ROUNDS = 3
LOOK = 0.05  # seconds between two looks at a command's memory


def machine() -> dict[str, Any]:
    import sentence_transformers
    import torch
    import transformers

    return {
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "fast_dtype": fast_dtype("cpu"),
        "amx": "amx_bf16" in _flags(),
        "avx512_bf16": "avx512_bf16" in _flags(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "sentence_transformers": sentence_transformers.__version__,
        "explorer": explorer.__version__,
    }


def _flags() -> set[str]:
    """What the processor says it can do; nothing where Linux does not tell."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def rounds(works: Mapping[str, Callable[[], Any]], progress: Progress, count: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of each work, ``count`` times in turns, so that a noisy neighbour disturbs all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for done in range(count):
        for name, work in works.items():
            progress(f"{name}, round {done + 1}", done, count)
            seconds[name].append(timed(work))
    return seconds


def ratio(seconds: Mapping[str, Sequence[float]], slow: str, fast: str) -> float:
    """How many times faster: the median over rounds."""
    return statistics.median(a / b for a, b in zip(seconds[slow], seconds[fast], strict=True))


def command(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """(seconds, peak MiB of resident memory) of one ``explorer`` command; the system's own record counts its parent, too."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "explorer", *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(LOOK):
            peak = max(peak, peak_of(process.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, told = process.communicate()
    ended.set()
    watcher.join()
    if process.returncode:
        last = told.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise ExplorerError(f"explorer {' '.join(arguments)} ended with {process.returncode}: {last[0]}")
    return time.perf_counter() - begun, peak
