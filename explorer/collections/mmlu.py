"""MMLU (Hendrycks et al. 2021): multiple choice in CSV files, one per subject and split, e.g. anatomy_dev.csv.

A row is a question, four options, and the letter (or the number from 0) of the right one; a header is allowed. There
are no passages: a *.jsonl file beside them, in BEIR's layout of a corpus, adds the documents to look things up in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from explorer.collections import beir, read
from explorer.collections.collection import Parts
from explorer.records import ExplorerError, Query

LETTERS, NUMBERS = "ABCD", "0123"
PATTERNS = ("*.csv", "*/*.csv")
SPLIT_OF = {"dev": "dev", "val": "dev", "test": "test"}


def recognise(path: Path) -> bool:
    first_rows = (next(csv.reader(io.StringIO(head)), []) for head in read.heads(path, *PATTERNS))
    return any(_is_header(row) or _is_question(row) for row in first_rows)


def load(path: Path) -> Parts:
    """A file, a folder of files or of folders dev, val and test, or several files joined by "+"."""
    queries: list[Query] = []
    splits: dict[str, str] = {}
    for file in read.files(path, *PATTERNS):
        found = list(_questions(file))
        queries += found
        if split := SPLIT_OF.get(file.stem.rpartition("_")[2]):
            splits |= dict.fromkeys((query.query_id for query in found), split)
    corpus = sorted((path if path.is_dir() else path.parent).glob("*.jsonl"))
    return Parts((doc for file in corpus for doc in beir.documents(file)), queries, splits=splits)


def _is_header(row: list[str]) -> bool:
    return len(row) == 6 and row[0].strip().lower() == "question" and row[5].strip().lower() == "answer"


def _is_question(row: list[str]) -> bool:
    return len(row) == 6 and len(row[5].strip()) == 1 and row[5].strip() in LETTERS


def _questions(file: Path) -> Iterator[Query]:
    rows = [row for row in csv.reader(io.StringIO(read.text(file))) if row]
    for number, row in enumerate(rows[1:] if rows and _is_header(rows[0]) else rows, start=1):
        where = f"{file}, question {number}"
        if len(row) != 6:
            raise ExplorerError(f"{where} has {len(row)} cells; expected 6: the question, four options and the answer")
        text, *options, answer = (cell.strip() for cell in row)
        right = max(LETTERS.find(answer), NUMBERS.find(answer)) if len(answer) == 1 else -1
        if right < 0:
            raise ExplorerError(f"{where} has the answer {answer!r}; expected a letter A to D or a number 0 to 3")
        yield Query(f"{file.stem}-{number}", text, (options[right],), options=tuple(options))
