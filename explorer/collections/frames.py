"""Records from what people hold in a notebook: DataFrames, dicts, lists of rows, or the path of a file.

Columns say by their names what they hold, as in every table. Dicts have the shapes of BEIR and ir_measures:
{doc_id: text}, {query_id: text}, {query_id: {doc_id: grade}}, {query_id: {doc_id: score}}; a text may be a dict of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorer.collections import columns, tables, trec
from explorer.collections.collection import Collection, Judgement, Note, Parts
from explorer.collections.rows import READERS, Rows
from explorer.records import ExplorerError, Query, Ranking, Run

Frame = Any  # a pandas DataFrame, a dict, a list of rows, or the path of a file
Roles = Mapping[str, str]  # role -> the column that plays it

QUERY_ID = (*columns.COLUMNS["query_id"], "q_id", "topic", "query")
DOC_ID = (*columns.COLUMNS["doc_id"], "doc", "document", "id")
SHAPES: Mapping[str, Mapping[str, tuple[str, ...]]] = {  # frame -> role -> names of columns that play it
    "queries": {
        "query": (*columns.COLUMNS["query"], "text"),
        "query_id": (*columns.COLUMNS["query_id"], "q_id", "_id", "id"),
        "answers": columns.COLUMNS["answers"],
        "scope": columns.COLUMNS["scope"],
        "rationale": ("rationale", "explanation"),
        "split": columns.COLUMNS["split"],
    },
    "qrels": {
        "query_id": QUERY_ID,
        "doc_id": DOC_ID,
        "grade": columns.COLUMNS["grade"],
        "split": columns.COLUMNS["split"],
    },
    "run": {"query_id": QUERY_ID, "doc_id": DOC_ID, "score": ("score", "similarity"), "rank": ("rank", "position")},
}
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {  # frame -> of each group, one role must be there
    "queries": (("query",),),
    "qrels": (("query_id",), ("doc_id",), ("grade",)),
    "run": (("query_id",), ("doc_id",), ("score", "rank")),
}


def parts(documents: Frame, queries: Frame = None, qrels: Frame = None) -> Parts:
    """What ``assemble`` joins. ``documents`` may be a whole table of questions, answers and texts."""
    found = tables.parts(_rows(documents, "documents"), "documents")
    asked, splits = _queries(queries) if queries is not None else ([], {})
    judged = _judgements(qrels) if qrels is not None else []
    return replace(
        found,
        queries=[*found.queries, *asked],
        judgements=[*found.judgements, *judged],
        splits={**found.splits, **splits},
    )


def run(name: str, frame: Frame) -> Run:
    """Rankings by score, or by rank where there is none. Its spec is ``run:name``."""
    if _is_file(frame) and Path(frame).suffix.lower() not in READERS:
        return replace(trec.run(Path(frame)), retriever=f"run:{name}")
    where = f"the run {name!r}"
    scores: dict[str, dict[str, float]] = {}
    for row, roles in _with_roles(_rows(frame, where), "run"):
        ranked = scores.setdefault(_cell(row, roles, "query_id"), {})
        doc_id = _cell(row, roles, "doc_id")
        if doc_id in ranked:
            query_id = _cell(row, roles, "query_id")
            raise ExplorerError(f"{where} ranks document {doc_id!r} twice for query {query_id!r}; remove one")
        value = row[roles["score"]] if "score" in roles else row[roles["rank"]]
        ranked[doc_id] = _number(value, where) * (1 if "score" in roles else -1)
    return Run(f"run:{name}", {q: Ranking.from_scores(q, docs) for q, docs in scores.items()})


def joins(name: str, run: Run, collection: Collection) -> list[Note]:
    """What of a run the collection does not know; refuses a run that has no query, or no document, in common with it."""
    asked = list(run.rankings)
    found = list(dict.fromkeys(doc.doc_id for ranking in run.rankings.values() for doc in ranking))
    sides = (("query", asked, collection.queries), ("document", found, collection.documents))
    notes = []
    for kind, ids, known in sides:
        unknown = [one for one in ids if one not in known]
        if len(unknown) == len(ids):
            raise ExplorerError(
                f"the run {name!r} joins no {kind} of the collection: its ids are {_some(ids)}, those of the collection "
                f"{_some(known)}; write both in the same way"
            )
        if unknown:
            notes.append(Note(f"run {name}: ids of no {kind}", len(unknown), tuple(unknown[:5])))
    return notes


def _some(ids: Iterable[str]) -> str:
    first = [repr(one) for _, one in zip(range(3), ids, strict=False)]
    return ", ".join(first) + (", …" if len(first) == 3 else "") or "none"


def _queries(frame: Frame) -> tuple[list[Query], dict[str, str]]:
    """(queries, the split of those that name one)."""
    found, splits = [], {}
    for number, (row, roles) in enumerate(_with_roles(_rows(frame, "queries"), "queries"), start=1):
        query_id = _cell(row, roles, "query_id") or f"q{number}"
        answers = tuple(columns.texts(row, {role: [name] for role, name in roles.items()}, "answers"))
        text, scope = _cell(row, roles, "query"), _cell(row, roles, "scope")
        found.append(Query(query_id, text, answers, scope, rationale=_cell(row, roles, "rationale")))
        if split := _cell(row, roles, "split").lower():
            splits[query_id] = columns.SPLIT_NAMES.get(split, "train")
    return found, splits


def _judgements(frame: Frame) -> Iterator[Judgement]:
    if _is_file(frame) and Path(frame).suffix.lower() not in READERS:
        yield from trec.qrels(Path(frame))
        return
    for row, roles in _with_roles(_rows(frame, "qrels"), "qrels"):
        grade, ids = row[roles["grade"]], (_cell(row, roles, "query_id"), _cell(row, roles, "doc_id"))
        number = _number(grade, "qrels")
        if number != int(number):
            raise ExplorerError(f"qrels has the grade {grade} for {ids}; expected a whole number such as 0, 1 or 2")
        yield Judgement(*ids, int(number), columns.SPLIT_NAMES.get(_cell(row, roles, "split").lower(), ""))


def _with_roles(rows: Rows, shape: str) -> Iterator[tuple[Mapping[str, Any], Roles]]:
    """Each row with the columns that play a role in it; the columns of a DataFrame are looked at once."""
    known: tuple[str, ...] = ()
    roles: Roles = {}
    for where, row in rows:
        if tuple(row) != known:
            known, roles = tuple(row), _roles(row, shape, where)
        yield row, roles


def _roles(row: Mapping[str, Any], shape: str, where: str) -> Roles:
    plain = {name: columns.plain(name) for name in row}
    found: dict[str, str] = {}
    for role, names in SHAPES[shape].items():
        free = {name: said for name, said in plain.items() if name not in found.values()}
        if column := next((name for wanted in names for name, said in free.items() if said == wanted), ""):
            found[role] = column
    lacking = [group for group in NEEDED[shape] if not found.keys() & set(group)]
    if lacking:
        expected = ", ".join(" or ".join(group) for group in NEEDED[shape])
        unused = {name: said for name, said in plain.items() if name not in found.values()}
        near = columns.nearest(unused, [name for group in lacking for role in group for name in SHAPES[shape][role]])
        raise ExplorerError(f"{where} has the columns {', '.join(row) or 'none'}; expected {expected}{near}")
    return found


def _rows(frame: Frame, name: str) -> Rows:
    """(where, row) one by one; missing cells are None. Refuses what holds nothing, and what is no table."""
    if _is_file(frame):
        path = Path(frame)
        if path.suffix.lower() not in READERS:
            raise ExplorerError(f"{name}: {path} is no table Explorer reads; expected {', '.join(READERS)}")
        return READERS[path.suffix.lower()](path)
    if isinstance(frame, Mapping):
        listed = [row for key, value in frame.items() for row in _of_dict(str(key), value, name)]
    elif hasattr(frame, "itertuples"):
        listed = _of_pandas(frame)
    elif isinstance(frame, Sequence) and all(isinstance(row, Mapping) for row in frame):
        listed = [{str(key): _value(value) for key, value in row.items()} for row in frame]
    else:
        raise ExplorerError(
            f"{name} is a {type(frame).__name__}; expected a pandas DataFrame, a dict, a list of dicts or a path"
        )
    if not listed:
        raise ExplorerError(f"{name} holds no rows; expected at least one")
    return ((f"{name}, row {number}", row) for number, row in enumerate(listed, start=1))


def _of_dict(key: str, value: Any, name: str) -> list[dict[str, Any]]:
    """The rows of one entry: a text, a dict of its columns, or the graded or ranked documents of a query."""
    own = "doc_id" if name == "documents" else "query_id"
    if name in ("documents", "queries"):
        if isinstance(value, Mapping):
            return [{own: key, **{str(column): _value(cell) for column, cell in value.items()}}]
        if isinstance(value, str):
            return [{own: key, "text": value}]
        raise ExplorerError(
            f"{name}[{key!r}] is a {type(value).__name__}; expected a text or a dict; a dict of columns needs pandas.DataFrame around it"
        )
    column = "grade" if name == "qrels" else "score"
    if isinstance(value, Mapping):
        return [{own: key, "doc_id": str(doc_id), column: _value(number)} for doc_id, number in value.items()]
    raise ExplorerError(
        f"{name} has a {type(value).__name__} for {key!r}; expected a dict such as {{doc_id: {column}}}"
    )


def _of_pandas(frame: Any) -> list[dict[str, Any]]:
    """Named indexes become columns; NaN, NaT and NA become None."""
    table = frame.reset_index() if any(frame.index.names) else frame
    cells = table.astype(object).where(table.notna(), None)
    names = [str(name) for name in table.columns]
    return [dict(zip(names, map(_value, row), strict=True)) for row in cells.itertuples(index=False, name=None)]


def _value(cell: Any) -> Any:
    """A plain value: arrays and numbers of numpy become Python's, and ids that pandas made floats whole again."""
    plain = cell.tolist() if hasattr(cell, "tolist") else cell
    if isinstance(plain, float):
        return None if plain != plain else int(plain) if plain.is_integer() else plain
    return plain


def _is_file(frame: Frame) -> bool:
    return isinstance(frame, str | Path)


def _cell(row: Mapping[str, Any], roles: Roles, role: str) -> str:
    value = row.get(roles[role]) if role in roles else None
    return "" if value is None else str(value).strip()


def _number(value: Any, where: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ExplorerError(f"{where} has {value!r} where a number was expected") from error
