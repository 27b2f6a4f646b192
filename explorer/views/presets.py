"""The Distill form: the natural pairs of method and student, what each costs, and what is wrong with a draft."""

from __future__ import annotations

from typing import Any

from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.drafts import Draft, overlap_of
from explorer.workbench.estimates import Estimate, told

PRESETS: tuple[tuple[str, str, str], ...] = (  # method, student, what it is good for
    ("uae", "adapter", "the quickest: one matrix behind the query encoder, the index stays"),
    ("uae", "query", "the whole query encoder, the index stays"),
    ("uae", "lora", "both encoders by low-rank matrices; documents are encoded anew"),
    ("gold", "lora", "from judged documents, by low-rank matrices"),
    ("gold", "full", "from judged documents, every weight: the usual fine-tuning"),
    ("radio", "reranker", "a cross-encoder that learns the order a rationale gives"),
    ("fusion", "full", "several teachers mixed, every weight"),
)
LONG = 90  # seconds from which minutes are told


def draft(bench: Workbench, asked: Draft, *, read_only: str = "") -> dict[str, Any]:
    """The command, the problems by field, the presets and the time the draft as it stands will take."""
    return {
        "command": asked.command(bench),
        "problems": asked.problems(bench),
        "read_only": read_only,
        "presets": [
            {"method": method, "student": student, "what": what, **_time(bench, Draft(method=method, student=student))}
            for method, student, what in PRESETS
        ],
        "chosen": [asked.method, asked.student],
        "current": _time(bench, asked),
        "overlap": overlap(bench),
    }


def overlap(bench: Workbench) -> dict[str, Any]:
    """What the guard finds before anything starts, in one sentence, with the queries it is about."""
    found = overlap_of(bench)
    texts = [bench.collection.queries[query_id].text for query_id in found.queries]
    if found.problem:
        said = found.problem
    elif found.queries:
        reasons = "; ".join(f"{count}: {reason}" for reason, count in found.reasons.items())
        said = (
            f"{len(found.queries)} of {found.training} training queries overlap with what is evaluated ({reasons}); "
            "a gain could be memory"
        )
    else:
        said = f"none of the {found.training} training queries overlaps with dev or test"
    return {
        "said": said,
        "bad": bool(found.problem or found.queries),
        "queries": [{"query_id": q, "text": text} for q, text in zip(found.queries, texts, strict=True)],
    }


def _time(bench: Workbench, asked: Draft) -> dict[str, str]:
    try:
        found = told(bench, asked.plan(bench))
    except ExplorerError:
        found = None
    return {"time": _spoken(found) if found else "", "why": _reasons(found) if found else ""}


def _spoken(found: Estimate) -> str:
    return f"about {duration(found.likely)}"


def _reasons(found: Estimate) -> str:
    reading = (
        f", {duration(found.reading)} of it for the reader’s scores unless they are cached" if found.reading > 1 else ""
    )
    return (
        f"between {duration(found.low)} and {duration(found.high)}{reading}; guessed from {found.source}; "
        "less when dev stops rising early, more when the machine has other work"
    )


def duration(seconds: float) -> str:
    if seconds < LONG:
        return f"{max(5, 5 * round(seconds / 5))} s"
    return f"{round(seconds / 60)} min" if seconds < 60 * LONG else f"{seconds / 3600:.1f} h"
