"""Reading files of other people: every failure names the file, what was expected and what came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.records import ExplorerError

FOREIGN = "files not in UTF-8, read by their likely encoding"


def text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; check the path") from error
    except IsADirectoryError as error:
        raise ExplorerError(f"{path} is a folder, a file was expected") from error
    except UnicodeDecodeError as error:
        raise ExplorerError(f"{path} is not UTF-8 (byte {error.start}); convert it, e.g. with iconv") from error


def decoded(path: Path) -> tuple[str, str]:
    """(text, ""), or (text, the likely encoding) of a file that is not UTF-8."""
    from charset_normalizer import from_bytes

    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; check the path") from error
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        # files that two programs wrote to are of two encodings: only the lines that are not UTF-8 tell the other
        lines = [data] if b"\0" in data else data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        likely = from_bytes(b"\n".join(line for line in lines if _utf8(line) is None))
        western = [found for found in likely if found.encoding == "cp1252"]  # among its like, by far the most frequent
        best = western[0] if western else likely.best()
        if best is None:
            raise ExplorerError(
                f"{path} is in no encoding that can be told (byte {error.start}); convert it to UTF-8"
            ) from error
        if len(lines) == 1:
            return str(best), best.encoding
        known = ((line, _utf8(line)) for line in lines)
        return "\n".join(
            line.decode(best.encoding, "replace") if read is None else read for line, read in known
        ), best.encoding


def foreign(path: Path) -> str:
    """The likely encoding of what is not UTF-8 in a file; "" where all of it is."""
    with path.open("rb") as file:
        return "" if all(_utf8(line) is not None for line in file) else decoded(path)[1]


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


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


def json_records(path: Path, what: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(record number from 0, object) of a file that is a JSON list of objects."""
    for number, row in enumerate(json_value(path, list, what)):
        if not isinstance(row, dict):
            raise ExplorerError(f"{path}, record {number} is a JSON {type(row).__name__}; expected {what}")
        yield number, row


def files(path: Path, *patterns: str) -> list[Path]:
    """The file itself, the files of a folder that match a pattern, or several files joined by "+"."""
    if path.is_dir():
        return sorted({file for pattern in patterns for file in path.glob(pattern) if file.is_file()})
    return [path] if path.exists() else [Path(part) for part in str(path).split("+")]


def head(path: Path) -> str:
    """The beginning of a file, enough to tell what it is."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.read(100_000)


def heads(path: Path, *patterns: str) -> Iterator[str]:
    """The beginnings of the file, or of the files of the folder, whose names match a pattern."""
    for file in files(path, *patterns):
        if any(file.match(pattern) for pattern in patterns):
            yield head(file)


def items(record: Any, key: str, where: str) -> list[Any]:
    value = member(record, key, where)
    if not isinstance(value, list):
        raise ExplorerError(f"{where} has a JSON {type(value).__name__} as {key!r}; expected a list")
    return value


def member(record: Any, key: str, where: str) -> Any:
    if not isinstance(record, Mapping):
        raise ExplorerError(f"{where} has a JSON {type(record).__name__}; expected an object with {key!r}")
    if key not in record:
        raise ExplorerError(f"{where} has no {key!r}; it has {', '.join(map(repr, record)) or 'no members'}")
    return record[key]


def integer(value: str, where: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise ExplorerError(f"{where} has {value!r} where a whole number was expected") from error
