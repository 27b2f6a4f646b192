"""Half of the cores are left to a run that this process started, and taken back once it has ended."""

import threading

import torch

from explorer import cores


def test_half_of_the_cores_are_lent_until_the_last_guest_has_gone():
    cores.settle()
    threads, before = torch.get_num_threads(), cores.left(8 * cores.half())
    first, second = threading.Event(), threading.Event()
    loans = [cores.lend(first.wait), cores.lend(second.wait)]
    assert before == 8 * cores.half() and cores.left(before) == cores.half()
    assert cores.left(1) == 1, "whoever has one thread keeps it"
    cores.settle()
    assert torch.get_num_threads() == min(threads, cores.half())
    first.set()
    loans[0].join(10)
    assert cores.left(before) == cores.half(), "the second guest is still there"
    second.set()
    loans[1].join(10)
    assert cores.left(before) == before
    cores.settle()
    assert torch.get_num_threads() == threads
