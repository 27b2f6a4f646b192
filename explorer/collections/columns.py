"""What the columns of a table hold, told by their names, and the cells of a row by the role of their column."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.collections.splits import SPLITS
from explorer.records import ExplorerError

COLUMNS: Mapping[str, tuple[str, ...]] = {  # role -> names of columns that play it; case, space and - do not matter
    "query": ("query", "question", "anchor", "claim", "query_text", "sentence1", "q"),
    "answers": ("answers", "answer", "gold_answer", "expected_answer", "ground_truth", "reference_answer"),
    "document": ("document", "context", "passage", "text", "doc", "chunk", "content", "body", "sentence2", "doc_text"),
    "positive": ("positive", "positives", "pos", "positive_passages"),
    "negative": ("negative", "negatives", "neg", "hard_negative", "hard_negatives", "negative_passages"),
    "positive_scores": ("pos_scores", "positive_scores"),
    "negative_scores": ("neg_scores", "negative_scores"),
    "query_id": ("query_id", "qid", "question_id"),
    "doc_id": ("doc_id", "document_id", "docid", "docno", "pid", "passage_id", "corpus_id", "_id"),
    "id": ("id",),
    "title": ("title", "heading"),
    "group": ("group", "source", "file"),
    "scope": ("scope",),
    "grade": ("grade", "relevance", "label", "score", "rel"),
    "split": ("split",),
}
EXPECTED = "a question (query, question, anchor) or a text (text, context, passage, document)"
TEXTS = [name for role in ("query", "document", "positive", "answers") for name in COLUMNS[role]]
SPLIT_NAMES = {"validation": "dev", "valid": "dev", "val": "dev", **{name: name for name in SPLITS}}


def roles(row: Mapping[str, Any], where: str) -> dict[str, list[str]]:
    """role -> the row's columns that play it, in order; refuses a row in which nothing can be asked or read."""
    names = {str(name): plain(str(name)) for name in row}
    found: dict[str, list[str]] = {}
    for role, known in COLUMNS.items():
        ranked = [name for wanted in known for name, said in names.items() if said == wanted]
        if role == "negative":  # sentence-transformers numbers them: negative_1, negative_2 …
            ranked += [name for name, said in names.items() if said.startswith("negative_") and said[9:].isdigit()]
        if ranked:
            found[role] = ranked if role == "negative" else ranked[:1]
    if not {"query", "document", "positive"} & set(found):
        unused = {name: said for name, said in names.items() if [name] not in found.values()}
        raise ExplorerError(
            f"{where} has the columns {_told(list(names))}; expected {EXPECTED}{nearest(unused, TEXTS)}"
        )
    return found


def _told(names: list[str]) -> str:
    """The names of columns, of which a file without a header, or of another kind, may have long and many."""
    shown = [name if len(name) <= 40 else f"{name[:40]}…" for name in names[:12]] + ["…"] * (len(names) > 12)
    header = "; is its header missing" if any(len(name) > 80 for name in names) else ""
    return (", ".join(shown) or "none") + header


def nearest(names: Mapping[str, str], known: Sequence[str]) -> str:
    """ ": rename …?" for the column that is spelt most like one of ``known``; "" where none is nearly spelt so."""
    pairs = [(name, near) for name, said in names.items() for near in difflib.get_close_matches(said, known, 1, 0.75)]
    if not pairs:
        return ""
    name, near = max(pairs, key=lambda pair: difflib.SequenceMatcher(None, names[pair[0]], pair[1]).ratio())
    return f": rename {name!r} to {near!r}?"


def plain(name: str) -> str:
    """A column's name as it is compared: case, spaces and hyphens do not matter."""
    return "_".join(name.strip().lower().replace("-", " ").split())


def cell(row: Mapping[str, Any], roles: Mapping[str, list[str]], role: str) -> str:
    value = row.get(roles[role][0]) if role in roles else None
    return "" if value is None else str(value).strip()


def texts(row: Mapping[str, Any], roles: Mapping[str, list[str]], role: str) -> list[str]:
    """The texts of a role: a cell, a list, a list written as JSON, objects with a text; empty ones left out."""
    return [text for text in _cells(row, roles, role) if text]


def _cells(row: Mapping[str, Any], roles: Mapping[str, list[str]], role: str) -> list[str]:
    values = [one for name in roles.get(role, ()) for one in _listed(row.get(name))]
    return [str((value.get("text") or "") if isinstance(value, Mapping) else value).strip() for value in values]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return [value]
    if isinstance(value, Mapping) and isinstance(value.get("text"), list):  # SQuAD's answers on the hub
        value = value["text"]
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def scored(
    row: Mapping[str, Any], roles: Mapping[str, list[str]], role: str, where: str
) -> list[tuple[str, float | None]]:
    """The texts of a role with a teacher's score of each; None where the row has none."""
    cells, scores = _cells(row, roles, role), _listed(row.get(roles.get(f"{role}_scores", [""])[0]))
    if scores and len(scores) != len(cells):
        raise ExplorerError(
            f"{where} has {len(cells)} texts in {roles[role][0]} and {len(scores)} scores in "
            f"{roles[role + '_scores'][0]}; expected one score for each"
        )
    told = [None if score is None else number(score, where, "score") for score in scores] or [None] * len(cells)
    return [(text, score) for text, score in zip(cells, told, strict=True) if text]


def number(value: Any, where: str, what: str) -> float:
    """A finite number; ``what`` names it in the refusal of anything else."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ExplorerError(f"{where} has the {what} {value!r}; expected a number")
    return found
