"""Libraries that talk are kept off the user's screen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from logging import getLogger


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keeps the library's own progress bars and load reports off the user's screen."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    sentences = getLogger("sentence_transformers")
    before = sentences.level
    sentences.setLevel("ERROR")  # it tells of every cross-encoder made from a bi-encoder
    try:
        yield
    finally:
        logging.set_verbosity(level)
        sentences.setLevel(before)
