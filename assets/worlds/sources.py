"""The worlds' sources as records: facts, hand-written passages whose sentences are marked with the facts they state,
and questions over them. Standard library only, so that a writer can check a text anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RELATIONS: Mapping[str, tuple[str, str]] = {  # relation -> types of the subject, types of the object
    "founded_by": ("lab company", "person"),
    "founded_in": ("lab company university", "year"),
    "located_in": ("lab company university place", "place"),
    "part_of": ("lab", "university"),
    "directed_by": ("lab", "person"),
    "formerly_directed_by": ("lab", "person"),
    "headed_by": ("company", "person"),
    "formerly_headed_by": ("company", "person"),
    "owned_by": ("company", "company"),
    "spun_off_from": ("company", "lab"),
    "supplies": ("company", "lab"),
    "funded_by": ("lab", "company"),
    "collaborates_with": ("lab", "lab"),
    "works_at": ("person", "lab company university"),
    "formerly_worked_at": ("person", "lab company university"),
    "studied_at": ("person", "university"),
    "advised_by": ("person", "person"),
    "born_in": ("person", "place"),
    "married_to": ("person", "person"),
    "won": ("person", "award"),
    "written_by": ("paper", "person"),
    "published_in": ("paper", "journal"),
    "published_year": ("paper", "year"),
    "about": ("paper", "field"),
    "cites": ("paper", "paper"),
    "uses": ("paper", "instrument"),
    "first_described_in": ("instrument", "paper"),
    "designed_by": ("instrument", "person"),
    "built_by": ("instrument", "company lab"),
    "housed_at": ("instrument", "lab university"),
    "successor_of": ("instrument", "instrument"),
    "measures": ("instrument", "quantity"),
    "named_after": ("instrument lab award company", "person"),
}
SINGLE = frozenset(
    "founded_in located_in part_of directed_by headed_by owned_by published_in published_year born_in married_to "
    "housed_at successor_of named_after first_described_in".split()
)
TYPES = frozenset("person lab university company paper instrument journal award field place quantity".split())
MARK = re.compile(r"[ ]?\{([a-z]\d{3}(?:[ ,]+[a-z]\d{3})*)\}")
SENTENCE_END = re.compile(  # not after an initial or a title
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bNo\.)(?<!\bProf\.)[\"')\]]*\s+|\n+"
)


class Malformed(Exception):
    """A source that does not follow the format; the message names file and line."""


@dataclass(frozen=True)
class Fact:
    fact_id: str
    subject: str
    relation: str
    object: str


@dataclass(frozen=True)
class Passage:
    """A text without its marks; ``stated`` maps fact id to characters [start, end) of the sentence that states it."""

    passage_id: str
    entity: str
    title: str
    text: str
    stated: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Region:
    """One part of the world with its own entities; no question leaves it."""

    name: str
    entities: Mapping[str, tuple[str, tuple[str, ...]]]  # name -> type, aliases
    facts: Mapping[str, Fact]
    passages: Mapping[str, Passage]
    questions: tuple[Mapping[str, Any], ...]
    paths: tuple[Mapping[str, Any], ...]

    def stating(self, fact_id: str) -> list[str]:
        """Ids of the passages that state a fact, in file order."""
        return [p.passage_id for p in self.passages.values() if fact_id in p.stated]

    def names(self, entity: str) -> tuple[str, ...]:
        return (entity, *self.entities.get(entity, ("", ()))[1])


def region(folder: Path) -> Region:
    entities = {row[0]: (row[1], _aliases(row)) for row in _rows(folder / "entities.tsv", 2, 3)}
    facts = {row[0]: Fact(*row) for row in _rows(folder / "facts.tsv", 4, 4)}
    passages = {p.passage_id: p for p in _passages(folder / "passages.md")}
    questions, paths = (tuple(json_lines(folder / f"{name}.jsonl")) for name in ("questions", "atlas"))
    return Region(folder.name, entities, facts, passages, questions, paths)


def _aliases(row: list[str]) -> tuple[str, ...]:
    return tuple(a.strip() for a in row[2].split(";") if a.strip()) if len(row) > 2 else ()


def _rows(file: Path, least: int, most: int) -> Iterator[list[str]]:
    if not file.exists():
        return
    seen = set()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        row = [field.strip() for field in line.split("\t")]
        if not least <= len(row) <= most:
            raise Malformed(f"{file.name} line {number} has {len(row)} tab-separated fields, not {least} to {most}")
        if row[0] in seen:
            raise Malformed(f"{file.name} line {number} repeats {row[0]!r}")
        seen.add(row[0])
        yield row


def _passages(file: Path) -> Iterator[Passage]:
    if not file.exists():
        return
    seen = set()
    for part in re.split(r"(?m)^## ", file.read_text(encoding="utf-8"))[1:]:
        heading, _, body = part.partition("\n")
        fields = [field.strip() for field in heading.split("|", 2)]
        if len(fields) < 2:
            raise Malformed(f"{file.name}: the heading {heading!r} is not ID | ENTITY | TITLE")
        if fields[0] in seen:
            raise Malformed(f"{file.name} repeats the passage {fields[0]!r}")
        seen.add(fields[0])
        text, stated = unmarked(body.strip())
        yield Passage(fields[0], fields[1], fields[2] if len(fields) > 2 else "", text, stated)


def unmarked(source: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """The text without its marks, and for each marked fact the characters of the sentence before the mark."""
    text, at, stated = "", 0, {}
    for mark in MARK.finditer(source):
        text += source[at : mark.start()]
        at = mark.end()
        starts = [found.end() for found in SENTENCE_END.finditer(text) if text[found.end() :].strip()]
        for fact_id in re.split(r"[ ,]+", mark[1]):
            stated.setdefault(fact_id, (starts[-1] if starts else 0, len(text)))
    return text + source[at:], stated


def json_lines(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise Malformed(f"{file.name} line {number} is not JSON: {error.msg}") from error
