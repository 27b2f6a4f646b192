"""A collection in a .zip or .tar archive: unpacked into a folder that lives as long as the process."""

from __future__ import annotations

import functools
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from explorer.files import disk_errors
from explorer.records import ExplorerError

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
INFLATION = 200  # an archive that unpacks to more than this many times its size is a bomb …
ROOM = 2**30  # … if it also unpacks to more than this many bytes

_unpacked: list[tempfile.TemporaryDirectory[str]] = []  # removed when the process ends


def recognise(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ENDINGS)


@functools.cache
def unpacked(path: Path) -> Path:
    """The folder of the archive's content; a single folder in it is that folder."""
    folder = tempfile.TemporaryDirectory(prefix="explorer-")
    _unpacked.append(folder)
    return unpack(path, Path(folder.name))


def unpack(path: Path, into: Path) -> Path:
    """Unpacks into a folder of the caller's, which ends with it; returns the content's own folder there."""
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as zipped:
                _refuse(path, [(one.filename, one.file_size) for one in zipped.infolist()])
                return _extract(zipped.extractall, into)
        with tarfile.open(path) as tarred:
            _refuse(path, [(one.name, one.size) for one in tarred.getmembers()])
            return _extract(functools.partial(tarred.extractall, filter="data"), into)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        raise ExplorerError(f"{path} is not an archive that can be unpacked ({error}); pack it again") from error


def _extract(extract: Callable[[Path], None], folder: Path) -> Path:
    with disk_errors(folder):
        extract(folder)
    return _inner(folder)


def _refuse(path: Path, sizes: Iterable[tuple[str, int]]) -> None:
    total = 0
    for name, size in sizes:
        total += size
        inside = PurePosixPath(name.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts:
            raise ExplorerError(f"{path} holds {name!r}, a path outside its own folder; nothing was unpacked")
    if total > ROOM and total > INFLATION * path.stat().st_size:
        raise ExplorerError(
            f"{path} would unpack from {path.stat().st_size:,} to {total:,} bytes; that is no honest archive, nothing was unpacked"
        )


def _inner(folder: Path) -> Path:
    inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    return inside[0] if len(inside) == 1 else folder
