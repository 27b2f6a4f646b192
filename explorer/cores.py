"""Who computes on how many cores: while a run that this process started is going, this process takes the other half.

Two that both use every core wait for each other at every matrix product: a search of 30 ms then took half a second.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_guests = 0
_lock = threading.Lock()


def half() -> int:
    """Threads of each of two that compute at once, 1 at least."""
    return max(1, (os.cpu_count() or 2) // 2)


def lend(until: Callable[[], Any]) -> threading.Thread:
    """Half of the cores are somebody else's until ``until`` returns; the thread that waits for it ends with the loan."""
    global _guests

    def wait() -> None:
        global _guests
        try:
            until()
        finally:
            with _lock:
                _guests -= 1

    with _lock:
        _guests += 1
    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    return waiting


def left(whole: int) -> int:
    """Threads to compute with, of ``whole`` where nothing is lent."""
    return min(whole, half()) if _guests else whole


def settle() -> None:
    """Gives torch, in the calling thread, the cores that are left; to be called before it computes for long or often."""
    import torch

    threads = left(_whole())
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


@lru_cache(maxsize=1)
def _whole() -> int:
    """What torch took when it was asked first: all cores, or what OMP_NUM_THREADS says."""
    import torch

    return torch.get_num_threads()
