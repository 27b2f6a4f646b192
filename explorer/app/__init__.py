"""The Gradio app: two pages over one workbench."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from explorer.records import ExplorerError
from explorer.workbench import Workbench

STATIC = Path(__file__).parents[1] / "static"


def launch(bench: Workbench, host: str, port: int, *, read_only: bool) -> None:
    """Serves until Ctrl-C. Nothing leaves the machine: no analytics, no run history, nothing from other origins."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ExplorerError(
                f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
            ) from error
    from explorer.app.page import build, theme

    bench.search("dense:minilm", [], 1)  # the index is ready before the page is
    build(bench, read_only=read_only).queue(default_concurrency_limit=4).launch(
        server_name=host,
        server_port=port,
        theme=theme(),
        css=(STATIC / "explorer.css").read_text(encoding="utf-8"),
        run_history=False,
        show_error=True,
        footer_links=[],
    )
