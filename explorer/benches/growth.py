"""The record of ``explorer bench scale --json`` as Markdown: a table, and the growth of a search as a curve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

COLUMNS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "index": lambda row: row["kind"],
    "build, s": lambda row: f"{row['build_s']:.1f}",
    "second start, s": lambda row: f"{row['second_start_s']:.1f}",
    "search p50, ms": lambda row: f"{row['search_ms']['p50']:.1f}",
    "p95, ms": lambda row: f"{row['search_ms']['p95']:.1f}",
    "processor, ms": lambda row: f"{row['processor_ms']:.1f}",
    "exact search, ms": lambda row: f"{row['exact_ms']:.1f}",
    "recall@10": lambda row: f"{row['recall@10']:.4f}",
    "peak memory, MiB: build": lambda row: f"{row['memory_mib']['build']:.0f}",
    "search": lambda row: f"{row['memory_mib']['search']:.0f}",
    "disk, MiB": lambda row: f"{row['disk_mib']:.0f}",
}


def page(record: Mapping[str, Any]) -> str:
    """Pages that know Mermaid draw the curve, others show its numbers."""
    sizes = {f"{int(size):,}": row for size, row in record["sizes"].items()}
    head = ["documents", *COLUMNS]
    lines = [f"# Growth: {record['encoder']}, {record['queries']} queries of {record['collection']}", ""]
    lines += [_line(head), _line(["---", "---", *["---:"] * (len(head) - 2)])]
    lines += [_line([size, *(column(row) for column in COLUMNS.values())]) for size, row in sizes.items()]
    return "\n".join([*lines, "", *_curve(sizes), "", _ends(record)])


def _curve(sizes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        "```mermaid",
        "xychart-beta",
        '  title "Search of one query: exact above, through the index below"',
        "  x-axis documents [" + ", ".join(f'"{size}"' for size in sizes) + "]",
        '  y-axis "milliseconds"',
        *(f"  line [{', '.join(f'{value(row):.1f}' for row in sizes.values())}]" for value in (_exact, _p50)),
        "```",
    ]


def _exact(row: Mapping[str, Any]) -> float:
    return float(row["exact_ms"])


def _p50(row: Mapping[str, Any]) -> float:
    return float(row["search_ms"]["p50"])


def _ends(record: Mapping[str, Any]) -> str:
    spread, machine = record["spread"], record["machine"]
    near = f"A vector's nearest neighbour is at cosine {spread['real']:.3f}, a drawn one's at {spread['drawn']:.3f}."
    return f"{near} {machine['cpus']} processors ({machine['machine']}), explorer {machine['explorer']}."


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
