"""Reading files of other people: every failure names the file, what was expected and what came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.records import ExplorerError


def text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; check the path") from error
    except IsADirectoryError as error:
        raise ExplorerError(f"{path} is a folder, a file was expected") from error
    except UnicodeDecodeError as error:
        raise ExplorerError(f"{path} is not UTF-8 (byte {error.start}); convert it, e.g. with iconv") from error


def json_value(path: Path, kind: type, what: str) -> Any:
    """The JSON of a file whose outermost value must be a ``kind``; ``what`` describes the format."""
    try:
        value = json.loads(text(path))
    except json.JSONDecodeError as error:
        raise ExplorerError(f"{path} is not JSON (line {error.lineno}: {error.msg}); expected {what}") from error
    if not isinstance(value, kind):
        raise ExplorerError(f"{path} holds a JSON {type(value).__name__}; expected {what}")
    return value


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of every non-empty line."""
    try:
        file = path.open(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; check the path") from error
    with file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _object(path, number, line)
        except UnicodeDecodeError as error:
            raise ExplorerError(f"{path} is not UTF-8 (byte {error.start}); convert it, e.g. with iconv") from error


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise ExplorerError(
            f"{path} line {number} is not JSON ({error.msg}); expected one JSON object per line"
        ) from error
    if not isinstance(value, dict):
        raise ExplorerError(f"{path} line {number} is a JSON {type(value).__name__}; expected one JSON object per line")
    return value


def member(record: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in record:
        raise ExplorerError(f"{where} has no {key!r}; it has {', '.join(map(repr, record)) or 'no members'}")
    return record[key]


def integer(value: str, where: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise ExplorerError(f"{where} has {value!r} where a whole number was expected") from error
