"""How results look in a terminal: tables on stdout, progress and notes on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from explorer.records import Progress


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")


def hint(text: str) -> None:
    sys.stderr.write(text + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Text of documents reaches the terminal through rich.Text: no markup, no control characters."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=Text(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        right = name in ("rank", "score", "queries", "steps", "documents") or name[:1] in "Δpg"
        grid.add_column(Text(name), justify="right" if right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(_printable(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = 160  # a file or a pipe has no width of its own
    console.print(grid)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)


def progress() -> Progress:
    """One line on a terminal's stderr, redrawn at most ten times a second; in a log a line every ten seconds."""
    drawn_at, drawn_stage = 0.0, ""
    live = sys.stderr.isatty()

    def draw(stage: str, done: int, total: int) -> None:
        nonlocal drawn_at, drawn_stage
        now = time.monotonic()
        ended = total > 0 and done >= total
        if ended and drawn_stage != stage:
            return  # over before anything was shown
        if not ended and now - drawn_at < (0.1 if live else 10.0):
            return
        drawn_at, drawn_stage = now, "" if ended else stage
        text = f"{stage}: {done} of {total}" if total else stage
        sys.stderr.write(f"\r\x1b[K{text}" + ("\r\x1b[K" if ended else "") if live else f"{text}\n")
        sys.stderr.flush()

    return draw


def short(text: str, width: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
