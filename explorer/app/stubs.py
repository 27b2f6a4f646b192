"""Gradio writes type stubs of its components, for editors, whenever it is imported: half of that time."""

from __future__ import annotations

import inspect
import sys
from typing import Any
from unittest import mock

WRITER = "create_or_modify_pyi"  # of gradio.component_meta


def import_without_stubs() -> None:
    """Imports Gradio. To its writer, and nobody else, every component seems to lie in no file: then it writes nothing."""
    getfile = inspect.getfile

    def found(one: Any) -> str:
        if sys._getframe(1).f_code.co_name == WRITER:
            raise OSError("no stub is wanted")
        return getfile(one)

    with mock.patch.object(inspect, "getfile", found):
        import gradio  # noqa: F401
