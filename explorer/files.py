"""Writing to disk so that nothing is ever half there, and hashing what was written. Standard library only."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from explorer.records import ExplorerError


def content_hash(*parts: str) -> str:
    """SHA-256 over length-prefixed parts, so that ("ab", "c") and ("a", "bc") differ."""
    return hash_of(parts)


def hash_of(parts: Iterable[str]) -> str:
    """``content_hash`` of parts that come one by one, however many they are."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EROFS, errno.EPERM)
FULL_TEXTS = tuple(os.strerror(number) for number in FULL)  # how libraries with errors of their own tell of it


@contextlib.contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turns a full or read-only disk into one sentence, whichever library met it."""
    try:
        yield
    except ExplorerError:
        raise
    except Exception as error:
        number = getattr(error, "errno", None)
        if number in FULL or any(text in str(error) for text in FULL_TEXTS):
            raise ExplorerError(
                f"no space left to write {place}; free some, or point EXPLORER_WORKSPACE to another disk"
            ) from error
        if number in FORBIDDEN:
            raise ExplorerError(
                f"cannot write {place}; point EXPLORER_WORKSPACE to a folder you may write to"
            ) from error
        raise


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its name when the block ends well, and vanishes when not."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            yield part
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that becomes ``path`` when the block ends well, and vanishes when not."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        part = path.parent / f".part-{os.getpid()}-{secrets.token_hex(4)}"
        part.mkdir()
        try:
            yield part
            if path.exists():
                shutil.rmtree(path)
            os.replace(part, path)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Removes what killed processes left half-made in ``folder``."""
    for part in folder.glob(".part-*"):
        if not process_alive(int(part.name.split("-")[1])):
            shutil.rmtree(part, ignore_errors=True)


def assets() -> Path:
    """The folder of what comes with Explorer: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    return package / "assets" if (package / "assets" / "collections").is_dir() else package.parent / "assets"


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def process_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_json(path: Path, value: Any) -> None:
    with atomic_file(path) as part:
        part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
