"""Contracts of the world "clauses": one Markdown file each, its questions in a JSONL of the same name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sources import Malformed, json_lines


@dataclass(frozen=True)
class Contract:
    """``clauses`` maps a clause's number, such as "4.2" or "R1" for a recital, to its heading and text."""

    name: str
    title: str
    clauses: Mapping[str, tuple[str, str]]
    questions: tuple[Mapping[str, Any], ...]


def contract(file: Path) -> Contract:
    head, *parts = re.split(r"(?m)^## ", file.read_text(encoding="utf-8"))
    if not head.startswith("# "):
        raise Malformed(f"{file.name} does not begin with '# TITLE'")
    clauses: dict[str, tuple[str, str]] = {}
    for part in parts:
        heading, _, body = part.partition("\n")
        number, _, title = (field.strip() for field in heading.partition("|"))
        if number in clauses:
            raise Malformed(f"{file.name} repeats the clause {number!r}")
        clauses[number] = (title, body.strip())
    questions = tuple(json_lines(file.with_suffix(".jsonl")))
    return Contract(file.stem, head.splitlines()[0].removeprefix("# ").strip(), clauses, questions)


def contract_problems(one: Contract) -> Iterator[str]:
    if not 20 <= len(one.clauses) <= 30:
        yield f"{one.name} has {len(one.clauses)} clauses, not 20 to 30"
    for number, (_, text) in one.clauses.items():
        if not 15 <= len(text.split()) <= 220:
            yield f"{one.name} {number} has {len(text.split())} words"
    if len(one.questions) < 7:
        yield f"{one.name} has {len(one.questions)} questions, not 7 or more"
    for question in one.questions:
        yield from _question(one, question)
    ids = Counter(question.get("id") for question in one.questions)
    yield from (f"the id {name!r} is used {times} times" for name, times in ids.items() if times > 1)


def _question(one: Contract, question: Mapping[str, Any]) -> Iterator[str]:
    name = question.get("id", "?")
    yield from (
        f"{name} has no {field!r}"
        for field in ("text", "answers", "gold", "evidence", "rationale", "useless")
        if not question.get(field)
    )
    gold = question.get("gold", {})
    if 2 not in gold.values() or not set(gold.values()) <= {1, 2}:
        yield f"{name}: gold grades {gold} must be 1 and 2, at least one of them 2"
    for number in (*gold, *question.get("useless", ())):
        if number not in one.clauses:
            yield f"{name}: {one.name} has no clause {number!r}"
    if both := set(gold) & set(question.get("useless", ())):
        yield f"{name}: {sorted(both)} are gold and useless"
    for number, sentence in question.get("evidence", {}).items():
        if sentence not in one.clauses.get(number, ("", ""))[1]:
            yield f"{name}: the evidence {sentence[:40]!r}… is not in clause {number} word for word"
        if gold.get(number) != 2:
            yield f"{name}: clause {number} has evidence but not grade 2"


def contract_statistics(one: Contract) -> str:
    words = sum(len(text.split()) for _, text in one.clauses.values())
    return f"{one.name}: {len(one.clauses)} clauses ({words // max(1, len(one.clauses))} words each), {len(one.questions)} questions"
