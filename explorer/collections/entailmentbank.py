"""EntailmentBank (Dalvi et al. 2021): grade-school science questions, each with a proof from WorldTree's facts.

A folder with train.tsv, dev.tsv and test.tsv (question and context, then the proof), meta-*.tsv (the question's id,
line by line) and the corpus of facts as JSON; or one of these splits, or the facts alone, in such a folder. A fact is
a document and its own group; facts are shared between questions of all splits. What the proof uses has grade 2, in the
order of the proof; other context is a distractor nobody judged. Context sentences that the corpus lacks become documents of their own.
The files name no options beside the right answer, so answers are written (EM, F1), not chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.collections.collection import Judgement, Parts
from explorer.collections.sentences import joined
from explorer.collections.splits import SPLITS
from explorer.records import Document, ExplorerError, Query

FACTS = "worldtree_corpus_sentences_extended.json"
FILES = tuple(f"{split}.tsv" for split in SPLITS)
WHAT = "WorldTree's facts: a JSON object of id and sentence"
LAYOUT = "$question$ = … ; $answer$ = … ; $hypothesis$ = … ; $context$ = sent1: …, a tab, and $proof$ = …"
LINE = re.compile(r".*\$question\$ = (.*?) ; \$answer\$ = (.*?) ; \$hypothesis\$ = (.*?) ; \$context\$ = (.*)\t(.*)")
SENTENCE = re.compile(r"(sent\d+): (.*?)(?= sent\d+: |$)")
USED = re.compile(r"\bsent\d+\b")


def recognise(path: Path) -> bool:
    if path.is_dir():
        return (path / FACTS).is_file()
    return path.is_file() and (path.name == FACTS or (path.name in FILES and (path.parent / FACTS).is_file()))


def load(path: Path) -> Parts:
    if not path.is_dir() and not recognise(path):
        raise ExplorerError(
            f"{path} is no folder with train.tsv, dev.tsv and {FACTS}, nor one of these files; EntailmentBank is such a folder"
        )
    folder, published = (path, SPLITS) if path.is_dir() else (path.parent, [path.stem] if path.name in FILES else [])
    facts = _Facts(read.json_value(folder / FACTS, dict, WHAT))
    queries: dict[str, Query] = {}
    judgements: list[Judgement] = []
    splits: dict[str, str] = {}
    for split in published:
        for query_id, line, where in _lines(folder, split):
            name = _unused(query_id, queries)
            queries[name], grades = _question(name, line, facts, where)
            judgements += [Judgement(name, doc_id, grade) for doc_id, grade in grades.items()]
            splits[name] = split
    return Parts(facts.documents.values(), queries.values(), judgements, splits)


def _lines(folder: Path, split: str) -> Iterator[tuple[str, str, str]]:
    """(question id, line, where it stands) of one split; a split that is not there has none."""
    file, meta = folder / f"{split}.tsv", folder / f"meta-{split}.tsv"
    lines = read.text(file).splitlines() if file.is_file() else []
    ids = [line.split("\t")[0] for line in read.text(meta).splitlines()] if lines else []
    if len(ids) != len(lines):
        raise ExplorerError(f"{meta} has {len(ids)} lines and {file} {len(lines)}; expected one id for each question")
    for number, (query_id, line) in enumerate(zip(ids, lines, strict=True), start=1):
        yield query_id, line, f"{file} line {number}"


def _unused(query_id: str, taken: Mapping[str, Any]) -> str:
    """A few questions are published twice, with two answers or two proofs."""
    number = 1
    while (name := query_id if number == 1 else f"{query_id}#{number}") in taken:
        number += 1
    return name


def _question(query_id: str, line: str, facts: _Facts, where: str) -> tuple[Query, dict[str, int]]:
    match = LINE.fullmatch(line)
    if not match:
        raise ExplorerError(f"{where} is {line[:60]!r}…; expected {LAYOUT}")
    text, answer, hypothesis, context, proof = (part.strip() for part in match.groups())
    sentences = dict(SENTENCE.findall(context))
    twins = {label: facts.find(sentence) for label, sentence in sentences.items()}
    used = [label for label in dict.fromkeys(USED.findall(proof)) if label in sentences]
    hops = tuple(twins[label][0] for label in used)
    rationale = joined([*(sentences[label] for label in used), hypothesis])
    query = Query(query_id, text, (answer,), hops=hops, rationale=rationale)
    return query, {doc_id: 2 for label in used for doc_id in twins[label]}


class _Facts:
    """The corpus and what is added to it. Some facts stand in it twice, so a sentence may be several documents."""

    def __init__(self, corpus: Mapping[str, Any]) -> None:
        self.documents: dict[str, Document] = {}
        self._by_text: dict[str, list[str]] = {}
        self._extras = 0
        for doc_id, text in corpus.items():
            if text != "DUMMY":
                self._add(doc_id, str(text))

    def find(self, text: str) -> list[str]:
        """The doc_ids that say this sentence; an unknown sentence becomes a document."""
        if _key(text) not in self._by_text:
            self._extras += 1
            self._add(f"extra-{self._extras}", text)
        return self._by_text[_key(text)]

    def _add(self, doc_id: str, text: str) -> None:
        self.documents[doc_id] = Document(doc_id, text, group=doc_id)
        self._by_text.setdefault(_key(text), []).append(doc_id)


def _key(text: str) -> str:
    return " ".join(text.lower().split())
