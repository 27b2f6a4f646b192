"""Caches keyed by content: unit vectors as numpy files, small records in sqlite."""

from __future__ import annotations

import contextlib
import io
import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.files import atomic_file, content_hash, disk_errors
from explorer.records import ExplorerError

HEADER = 4096  # bytes that hold the description of a numpy file
SHARD = 4096  # documents per vector file: what a killed encoding loses at most


class VectorCache:
    """Unit vectors of texts on disk, keyed by model, prompt and content, in shards of SHARD texts.

    With ``keep=False`` what is there is read and nothing is written. ``brought``: folders of shards that come with
    Explorer, for what is not in ``folder``; vectors in float16 are made float32 of unit norm.
    """

    def __init__(self, folder: Path, *, keep: bool = True, brought: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.keep = keep
        self.brought = tuple(brought)

    def matrix(
        self,
        key: str,
        texts: Sequence[str],
        encode: Callable[[Sequence[str]], Any],
        report: Callable[[int, int], None],
    ) -> Any:
        """Array (len(texts), ...) in memory. ``key`` names model and prompt; only missing shards are encoded."""
        import numpy as np

        return np.concatenate([rows for _, rows in self.shards(key, texts, encode, report)])

    def shards(
        self,
        key: str,
        texts: Sequence[str],
        encode: Callable[[Sequence[str]], Any],
        report: Callable[[int, int], None],
    ) -> Iterator[tuple[str, Any]]:
        """(name by content, read-only array) of every SHARD texts; what is on disk stays there, memory-mapped."""
        for start in range(0, len(texts), SHARD):
            shard = texts[start : start + SHARD]
            name = content_hash(key, *shard)
            path = self.folder / f"{name}.npy"
            rows = _mapped(path)
            if rows is None:
                rows = self._brought(f"{name}.npy")
            if rows is None:
                rows = encode(shard)
                if self.keep:
                    _save(path, rows)
                    rows = _mapped(path)
            report(min(start + SHARD, len(texts)), len(texts))
            yield name, rows

    def _brought(self, name: str) -> Any:
        """A shard that comes with Explorer; None where none does."""
        import numpy as np

        rows = next((np.load(folder / name) for folder in self.brought if (folder / name).exists()), None)
        if rows is None or rows.dtype != np.float16:
            return rows
        rows = rows.astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _save(path: Path, rows: Any) -> None:
    import numpy as np

    with atomic_file(path) as part, part.open("wb") as file:
        np.save(file, rows)


def _mapped(path: Path) -> Any:
    """The array of a file, on disk until it is read; None where there is none, or none that is whole.

    numpy would keep the file open as long as its rows are used, and a million documents are 245 files.
    """
    import numpy as np
    import pyarrow

    if not path.exists():
        return None
    try:
        with pyarrow.memory_map(str(path)) as file:
            whole = file.read_buffer()
        header = io.BytesIO(memoryview(whole)[:HEADER])
        np.lib.format.read_magic(header)
        shape, _, dtype = np.lib.format.read_array_header_1_0(header)
        return np.frombuffer(whole, dtype, math.prod(shape), header.tell()).reshape(shape)
    except (ValueError, OSError):  # damaged: it is written anew
        return None


class ScoreCache:
    """Records by content hash in one sqlite file; safe for several processes, kept after a kill.

    With ``keep=False`` the file is copied into memory and stays as it is.
    """

    def __init__(self, path: Path, *, keep: bool = True) -> None:
        self.path = path
        with disk_errors(path), self._errors():
            if keep:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path if keep else ":memory:", timeout=60, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
            )
            if not keep and path.exists():
                self._copy_from(path)

    def _copy_from(self, path: Path) -> None:
        # immutable: SQLite neither locks the file nor lays its own beside it
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as kept, self._db:
            self._db.executemany("INSERT INTO record VALUES (?, ?)", kept.execute("SELECT key, value FROM record"))

    def get(self, keys: Iterable[str]) -> dict[str, Any]:
        """The records that exist; a missing key is absent from the answer."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Any] = {}
        for start in range(0, len(wanted), 500):
            chunk = wanted[start : start + 500]
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(f"SELECT key, value FROM record WHERE key IN ({marks})", chunk)  # noqa: S608
            found.update((key, json.loads(value)) for key, value in rows)
        return found

    def put(self, records: Mapping[str, Any]) -> None:
        """Writes all or nothing."""
        rows = [(key, json.dumps(value)) for key, value in records.items()]
        with self._errors(), self._db:
            self._db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?)", rows)

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise ExplorerError(
                f"cannot write {self.path} ({error}); what was scored before is kept; free some space, or point "
                "EXPLORER_WORKSPACE to another disk"
            ) from error
        except sqlite3.DatabaseError as error:
            raise ExplorerError(f"{self.path} is damaged ({error}); move it away and it will be built anew") from error
