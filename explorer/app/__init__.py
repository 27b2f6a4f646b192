"""The Gradio app: pages over one workbench, and what keeps them to who may use them."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.records import ExplorerError
from explorer.workbench import Workbench

if TYPE_CHECKING:
    from explorer.app.auth import Check

STATIC = Path(__file__).parents[1] / "static"
WriteReport = Callable[[Mapping[str, Any], Path], None]
UNSEEN = 10  # seconds a model waits for a first visitor, who would wait for its loading
OPEN_TO_ALL = (
    "warning: other machines reach {host}, and nobody has to log in: whoever finds this app can use it; give --auth FILE "
    "(one line per person, made by: explorer password NAME)\n"
)


def styles() -> str:
    """The shared style sheet, then that of every renderer which has one of its own."""
    shared = STATIC / "explorer.css"
    own = sorted(path for path in STATIC.glob("*.css") if path not in (shared, STATIC / "report.css"))
    return "\n".join(path.read_text(encoding="utf-8") for path in (shared, *own))


def launch(
    bench: Workbench, host: str, port: int, write: WriteReport, *, read_only: bool, accounts: Path | None = None
) -> None:
    """Serves until Ctrl-C; ``write`` writes a report, ``accounts`` is the file of those who may log in.

    Nothing leaves the machine: no analytics, no run history, nothing from other origins.
    """
    from explorer.app.stubs import import_without_stubs

    import_without_stubs()
    from explorer.app.auth import checker, read_accounts
    from explorer.app.gate import is_loopback

    check = checker(read_accounts(accounts)) if accounts else None
    _probe(host, port)
    reached = not is_loopback(host)
    if reached and not check:
        sys.stderr.write(OPEN_TO_ALL.format(host=host))
    private = [accounts] if accounts else []
    bench = bench.for_visitors(read_only=read_only, fenced=reached or check is not None, private=private)
    with tempfile.TemporaryDirectory(prefix="explorer-") as folder:  # what pages hand out to be saved; nobody else's
        os.environ["GRADIO_TEMP_DIR"] = folder
        os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
        _serve(bench, host, port, write, check, read_only=read_only)


def _serve(bench: Workbench, host: str, port: int, write: WriteReport, check: Check | None, *, read_only: bool) -> None:
    from explorer.app.gate import LARGEST_FILE, guards
    from explorer.app.page import build, theme

    page, drawn = build(bench, write, read_only=read_only)
    page.queue(default_concurrency_limit=4).launch(
        server_name=f"[{host}]" if ":" in host else host,
        server_port=port,
        auth=check,
        app_kwargs={"middleware": guards(host, uploads=_takes_files(page))},
        max_file_size=LARGEST_FILE,
        share=False,
        _frontend=False,  # a look at its own page that ends a busy machine's start after three seconds
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        theme=theme(),
        css=styles(),
        run_history=False,
        show_error=False,  # it may quote a document, and such a message is shown as HTML: the terminal tells it
        footer_links=[],
        prevent_thread_lock=True,
    )
    # The page answers already. Its first screen needs torch, and seldom a model, whose loading would only hold it up.
    importlib.import_module("torch")
    drawn.wait(UNSEEN)
    with contextlib.suppress(ExplorerError):  # whoever needs it is told
        _ = bench.models.encoder("minilm").model
    page.block_thread()


def _probe(host: str, port: int) -> None:
    """Gradio would look for the next free port, or tell of none at all."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise ExplorerError(f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port") from error


def _takes_files(page: Any) -> bool:
    """Whether anything on the page is a field for files."""
    blocks = page.blocks.values()
    return any(one.get_block_name() in ("file", "uploadbutton") and one.interactive is not False for one in blocks)
