"""Half of the cores are left to a run that this process started, and taken back once it has ended."""

import subprocess
import sys

from explorer import cores

TOLD = """
import subprocess, sys, threading, torch
from explorer import cores, jobs
threads = []
def look():
    cores.settle()
    threads.append(torch.get_num_threads())
look()
run = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
waiting = threading.Thread(target=jobs._see_off, args=[run])
waiting.start()
while not cores._guests: pass
look()
run.communicate(b"\\n")
waiting.join()
look()
print(*threads)
"""


def test_a_search_leaves_half_of_the_cores_to_a_run_and_takes_them_back(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    done = subprocess.run([sys.executable, "-c", TOLD], capture_output=True, text=True, check=True, timeout=120)
    before, during, after = map(int, done.stdout.split())
    assert (before, during) == (after, min(after, cores.half()))


def test_whoever_asked_for_one_thread_keeps_to_one(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    done = subprocess.run([sys.executable, "-c", TOLD], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["1", "1", "1"]
