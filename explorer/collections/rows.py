"""Files that hold rows: CSV, TSV, JSONL, JSON and Parquet, each as (where, row) one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.collections import read
from explorer.records import ExplorerError

Rows = Iterable[tuple[str, Mapping[str, Any]]]
INFLATION = 200  # a Parquet file that claims to unpack to more than this many times its size is a bomb
ROOM = 2**30  # … if it also unpacks to more than this many bytes


def _csv(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    text, _ = read.decoded(path)
    first = text.split("\n", 1)[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t|", key=first.count)
    csv.field_size_limit(2**31 - 1)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            where = f"{path} line {reader.line_num}"
            if None in row or None in row.values():
                raise ExplorerError(
                    f"{where} has {len(row) - (None in row) + len(row.get(None) or ()) - sum(v is None for v in row.values())} "
                    f"fields, the header {len(reader.fieldnames or ())}; quote fields that hold {delimiter!r}"
                )
            yield where, row
    except csv.Error as error:
        raise ExplorerError(f"{path} line {reader.line_num} is not CSV: {error}") from error


def _jsonl(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((f"{path} line {number}", row) for number, row in read.json_lines(path))


def _json(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((f"{path}, record {number}", row) for number, row in read.json_records(path, "a list of objects"))


def _parquet(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            meta = file.metadata
            size = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
            if size > ROOM and size > INFLATION * path.stat().st_size:
                raise ExplorerError(
                    f"{path} would unpack from {path.stat().st_size:,} to {size:,} bytes; that is no honest table, it was not read"
                )
            number = 0
            for batch in file.iter_batches(batch_size=1000):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", row
    except (pyarrow.ArrowException, OSError) as error:
        raise ExplorerError(f"{path} is not a Parquet file that can be read ({error}); write it again") from error


READERS: Mapping[str, Callable[[Path], Rows]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _jsonl,
    ".json": _json,
    ".parquet": _parquet,
}
