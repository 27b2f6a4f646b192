"""Checks one region of meridian, or a contract of clauses, and says what is wrong: python check.py FOLDER_OR_FILE"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from sources import RELATIONS, SINGLE, TYPES, Fact, Malformed, Region, region


def problems(world: Region) -> Iterator[str]:
    yield from _entities(world)
    yield from _facts(world)
    yield from _passages(world)
    for question in world.questions:
        yield from _question(world, question)
    for path in world.paths:
        yield from _path(world, path)
    ids = Counter(item.get("id") for item in (*world.questions, *world.paths))
    yield from (f"the id {name!r} is used {times} times" for name, times in ids.items() if times > 1)


def _entities(world: Region) -> Iterator[str]:
    for name, (kind, _) in world.entities.items():
        if kind not in TYPES:
            yield f"entities.tsv: {name!r} has the unknown type {kind!r}"


def _facts(world: Region) -> Iterator[str]:
    single: Counter[tuple[str, str]] = Counter()
    whole: Counter[tuple[str, str, str]] = Counter()
    for fact in world.facts.values():
        if fact.relation not in RELATIONS:
            yield f"{fact.fact_id}: unknown relation {fact.relation!r}"
            continue
        sides = zip((fact.subject, fact.object), RELATIONS[fact.relation], strict=True)
        for name, types in sides:
            if types == "year":
                if not (len(name) == 4 and name.isdigit()):
                    yield f"{fact.fact_id}: {name!r} is no year"
            elif name not in world.entities:
                yield f"{fact.fact_id}: {name!r} is not in entities.tsv"
            elif world.entities[name][0] not in types.split():
                yield f"{fact.fact_id}: {fact.relation} cannot have {name!r}, a {world.entities[name][0]}"
        single[fact.subject, fact.relation] += fact.relation in SINGLE
        whole[fact.subject, fact.relation, fact.object] += 1
    yield from (f"{subject!r} has {n} facts {relation}" for (subject, relation), n in single.items() if n > 1)
    yield from (f"the fact {fact} is listed {n} times" for fact, n in whole.items() if n > 1)


def _passages(world: Region) -> Iterator[str]:
    texts = Counter(passage.text for passage in world.passages.values())
    for passage in world.passages.values():
        words = len(passage.text.split())
        if not 25 <= words <= 240:
            yield f"{passage.passage_id} has {words} words"
        if "{" in passage.text or "}" in passage.text:
            yield f"{passage.passage_id}: a mark is malformed; expected {{a001}} or {{a001 a002}}"
        if texts[passage.text] > 1:
            yield f"{passage.passage_id} has the text of another passage"
        if passage.entity not in world.entities:
            yield f"{passage.passage_id}: the entity {passage.entity!r} is not in entities.tsv"
        for fact_id in passage.stated:
            if fact_id not in world.facts:
                yield f"{passage.passage_id} marks the unknown fact {fact_id}"


def _question(world: Region, question: dict) -> Iterator[str]:
    name = question.get("id", "?")
    facts = question.get("facts", ())
    yield from _chain(world, name, facts, question.get("answers", ()))
    gold = [set(world.stating(fact_id)) for fact_id in facts]
    for fact_id, passages in zip(facts, gold, strict=True):
        if not passages:
            yield f"{name}: no passage states {fact_id}"
    if len(facts) > 1 and gold and set.intersection(*gold):
        yield f"{name}: {', '.join(set.intersection(*gold))} states every fact; no hop is needed"
    for passage_id in (*question.get("helps", ()), *question.get("useless", ())):
        if passage_id not in world.passages:
            yield f"{name}: there is no passage {passage_id!r}"
        elif any(passage_id in passages for passages in gold):
            yield f"{name}: {passage_id} is gold; it cannot be listed as helping or useless"
    yield from (
        f"{name} has no {field!r}" for field in ("text", "answers", "rationale", "useless") if not question.get(field)
    )
    if len(facts) > 1:
        yield from _bridges(world, name, facts, question.get("text", ""))


def _path(world: Region, path: dict) -> Iterator[str]:
    name, facts = path.get("id", "?"), path.get("path", ())
    if not 2 <= len(facts) <= 3:
        yield f"{name} has {len(facts)} facts; a path has two or three"
    yield from _chain(world, name, facts, path.get("answers", ()))
    yield from _bridges(world, name, facts, path.get("text", ""))


def _chain(world: Region, name: str, facts: Sequence[str], answers: Iterable[str]) -> Iterator[str]:
    missing = [fact_id for fact_id in facts if fact_id not in world.facts]
    if missing or not facts:
        yield f"{name}: unknown facts {missing}" if facts else f"{name} has no facts"
        return
    found = [world.facts[fact_id] for fact_id in facts]
    for one, two in pairwise(found):
        if not _ends(one) & _ends(two):
            yield f"{name}: {one.fact_id} and {two.fact_id} share no entity"
    last = {spelling for end in _ends(found[-1]) for spelling in world.names(end)}
    if not set(answers) & last:
        yield f"{name}: none of the answers {list(answers)} is an entity of its last fact {found[-1]}"


def _ends(fact: Fact) -> set[str]:
    return {fact.subject, fact.object}


def _bridges(world: Region, name: str, facts: Sequence[str], text: str) -> Iterator[str]:
    """Entities shared by two facts of the chain must not be named in the question."""
    found = [world.facts[fact_id] for fact_id in facts if fact_id in world.facts]
    for one, two in pairwise(found):
        for bridge in _ends(one) & _ends(two):
            if any(spelling.lower() in text.lower() for spelling in world.names(bridge) if len(spelling) > 3):
                yield f"{name} names its bridge {bridge!r}"


def statistics(world: Region) -> str:
    hops = Counter(len(question.get("facts", ())) for question in world.questions)
    stated = {fact_id for passage in world.passages.values() for fact_id in passage.stated}
    words = sum(len(passage.text.split()) for passage in world.passages.values())
    return (
        f"{world.name}: {len(world.entities)} entities, {len(world.facts)} facts ({len(stated)} stated), "
        f"{len(world.passages)} passages ({words // max(1, len(world.passages))} words each), "
        f"{len(world.questions)} questions by hops {dict(sorted(hops.items()))}, {len(world.paths)} paths"
    )


def main(names: Sequence[str]) -> int:
    bad = 0
    for name in names:
        try:
            if Path(name).suffix == ".md":
                from contracts import contract, contract_problems, contract_statistics

                one = contract(Path(name))
                found, summary = list(contract_problems(one)), contract_statistics(one)
            else:
                world = region(Path(name))
                found, summary = list(problems(world)), statistics(world)
        except Malformed as error:
            found, summary = [str(error)], name
        bad += len(found)
        print("\n".join([*found, summary]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
