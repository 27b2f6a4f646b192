"""Builds the bundled worlds from their sources, bit for bit the same each time: python assets/worlds/build.py [INTO]"""

from __future__ import annotations

import difflib
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from check import problems
from contracts import Contract, contract, contract_problems
from sources import Fact, Passage, Region, region
from wordings import sentence

from explorer.collections import Judgement, Parts, assemble, beir
from explorer.records import Document, ExplorerError, Query, Span

SOURCES = Path(__file__).parent
INTO = SOURCES.parent / "collections"
DEV, TEST = ("f",), ("g", "h")  # regions by letter; the others are train
CONTRACTS_DEV, CONTRACTS_TEST = (3, 11, 19), (1, 5, 9, 13, 17, 21)  # by place in alphabetical order
ALIKE = 0.75  # similarity of two names from which they are easily taken for one another
LEFT_OUT = SOURCES / "meridian" / "left_out.txt"  # questions none of whose gold a baseline sees: see reachable.py


def main(into: Path) -> None:
    regions = [region(folder) for folder in sorted((SOURCES / "meridian").iterdir()) if folder.is_dir()]
    contracts = [contract(file) for file in sorted((SOURCES / "clauses").glob("*.md"))]
    wrong = [f"{r.name}: {p}" for r in regions for p in problems(r)]
    wrong += [p for one in contracts for p in contract_problems(one)]
    if wrong:
        raise ExplorerError("\n".join(wrong))
    for name, parts in (("meridian", meridian(regions)), ("clauses", clauses(contracts)), ("atlas", atlas(regions))):
        folder = into / name
        kept = {path for path in folder.glob("*") if path.name not in ("corpus.jsonl", "queries.jsonl", "qrels")}
        write(name, parts, folder)
        print(f"{name:10} {checksum(folder)} ({len(kept)} other files kept)")


def write(name: str, parts: Parts, folder: Path) -> None:
    """The three parts of a BEIR folder; what else lies in it (teachers, students, provenance) stays."""
    import shutil
    import tempfile

    collection = assemble(name, parts)
    assert not collection.notes, collection.notes
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        beir.save(collection, Path(scratch) / "out")
        for path in (Path(scratch) / "out").iterdir():
            target = folder / path.name
            if path.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(path, target)
            else:
                shutil.copyfile(path, target)


def checksum(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in (folder / "corpus.jsonl", folder / "queries.jsonl", *sorted((folder / "qrels").glob("*.tsv"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def split_of(letter: str) -> str:
    return "dev" if letter in DEV else "test" if letter in TEST else "train"


def meridian(regions: Sequence[Region]) -> Parts:
    left_out = set(LEFT_OUT.read_text(encoding="utf-8").split()) if LEFT_OUT.exists() else set()
    documents = [_document(passage) for one in regions for passage in one.passages.values()]
    queries, judgements, splits = [], [], {}
    for one in regions:
        for asked in one.questions:
            if asked["id"] in left_out:
                continue
            gold = {fact_id: one.stating(fact_id) for fact_id in asked["facts"]}
            query = Query(
                asked["id"],
                asked["text"],
                tuple(asked["answers"]),
                hops=tuple(dict.fromkeys(passages[0] for passages in gold.values())),
                rationale=asked["rationale"],
                evidence=_evidence(one, gold),
            )
            queries.append(query)
            splits[query.query_id] = split_of(one.name[0])
            grades = dict.fromkeys(asked.get("useless", ()), 0) | dict.fromkeys(asked.get("helps", ()), 1)
            grades |= {passage_id: 2 for passages in gold.values() for passage_id in passages}
            judgements += [Judgement(query.query_id, p, grade, splits[query.query_id]) for p, grade in grades.items()]
    return Parts(documents, queries, judgements, splits)


def _document(passage: Passage) -> Document:
    """What a passage is about stands before its title, as a catalogue would file it."""
    entity, title = passage.entity, passage.title
    named = title if entity.lower() in title.lower() else f"{entity}: {title}" if title else entity
    return Document(passage.passage_id, passage.text, named, entity)


def _evidence(one: Region, gold: dict[str, list[str]]) -> dict[str, tuple[Span, ...]]:
    """Where each passage states a needed fact."""
    spans: dict[str, set[tuple[int, int]]] = {}
    for fact_id, passages in gold.items():
        for passage_id in passages:
            spans.setdefault(passage_id, set()).add(one.passages[passage_id].stated[fact_id])
    return {p: tuple(Span(*place) for place in sorted(places)) for p, places in spans.items()}


def clauses(contracts: Sequence[Contract]) -> Parts:
    documents, queries, judgements, splits = [], [], [], {}
    for place, one in enumerate(contracts):
        split = "dev" if place in CONTRACTS_DEV else "test" if place in CONTRACTS_TEST else "train"
        for number, (heading, text) in one.clauses.items():
            documents.append(
                Document(f"{one.name}-{number}", text, f"{number} {heading}".strip(), one.name, {"contract": one.title})
            )
        for asked in one.questions:
            evidence = {f"{one.name}-{n}": _place(one, n, s) for n, s in asked["evidence"].items()}
            query = Query(
                asked["id"],
                asked["text"],
                tuple(asked["answers"]),
                one.name,
                rationale=asked["rationale"],
                evidence=evidence,
            )
            queries.append(query)
            splits[query.query_id] = split
            grades = dict.fromkeys(asked["useless"], 0) | asked["gold"]
            judgements += [Judgement(query.query_id, f"{one.name}-{n}", grade, split) for n, grade in grades.items()]
    return Parts(documents, queries, judgements, splits)


def _place(one: Contract, number: str, text: str) -> tuple[Span, ...]:
    start = one.clauses[number][1].index(text)
    return (Span(start, start + len(text)),)


def atlas(regions: Sequence[Region]) -> Parts:
    """Each entity with all that is known of it is a document; the facts of a path lie in the documents of its hops."""
    documents, queries, judgements, splits = [], [], [], {}
    for one in regions:
        split = split_of(one.name[0])
        known: dict[str, list[Fact]] = {}
        for fact in one.facts.values():
            known.setdefault(fact.subject, []).append(fact)
        documents += [_entity(name, facts) for name, facts in known.items()]
        for asked in one.paths:
            hops = [one.facts[fact_id] for fact_id in asked["path"]]
            subjects = [hop.subject for hop in hops]
            query = Query(
                asked["id"],
                asked["text"],
                tuple(asked["answers"]),
                hops=tuple(dict.fromkeys(map(_id, subjects))),
                rationale=" ".join(map(sentence, hops)),
                evidence=_said(known, hops),
            )
            queries.append(query)
            splits[query.query_id] = split
            grades = dict.fromkeys(_namesakes(known, subjects), 0)
            # where a question has several answers, what leads to the others helps
            grades |= dict.fromkeys((fact.subject for fact in _parallel(one, hops, asked["answers"])), 1)
            grades |= dict.fromkeys(subjects, 2)
            judgements += [Judgement(query.query_id, _id(name), grade, split) for name, grade in grades.items()]
    return Parts(documents, queries, judgements, splits)


def _entity(name: str, facts: Sequence[Fact]) -> Document:
    meta = {"triples": [[fact.relation, fact.object] for fact in facts]}
    return Document(_id(name), " ".join(map(sentence, facts)), name, name, meta)


def _id(name: str) -> str:
    """TREC's columns are parted by spaces: an id has none."""
    return name.replace(" ", "_")


def _said(known: Mapping[str, Sequence[Fact]], hops: Sequence[Fact]) -> dict[str, tuple[Span, ...]]:
    """Where the documents of a path say its facts; in characters of the document's text."""
    spans: dict[str, list[Span]] = {}
    for hop in hops:
        before = known[hop.subject][: known[hop.subject].index(hop)]
        start = sum(len(sentence(fact)) + 1 for fact in before)
        spans.setdefault(hop.subject, []).append(Span(start, start + len(sentence(hop))))
    return {_id(name): tuple(sorted(places, key=lambda span: span.start)) for name, places in spans.items()}


def _namesakes(known: Mapping[str, Sequence[Fact]], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        for other in known:
            if other != name and difflib.SequenceMatcher(None, name, other).ratio() >= ALIKE:
                yield other


def _parallel(one: Region, hops: Sequence[Fact], answers: Sequence[str]) -> Iterator[Fact]:
    """Facts of the last hop's relation that reach another of the answers from the same entity."""
    last = hops[-1]
    known = {spelling: name for name in one.entities for spelling in one.names(name)}
    others = {known.get(answer, answer) for answer in answers}
    for fact in one.facts.values():
        if fact.relation == last.relation and fact != last:
            forward = fact.subject == last.subject and fact.object in others
            backward = fact.object == last.object and fact.subject in others
            if forward or backward:
                yield fact


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else INTO)
