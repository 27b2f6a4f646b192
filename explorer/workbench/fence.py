"""What may be named in the fields of an app that others use: files of this collection and this workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.collections import FORMATS, bundled
from explorer.collections.cutting import PREFIX as CHUNKS
from explorer.models import EMBEDDED
from explorer.records import ExplorerError


@dataclass(frozen=True)
class Fence:
    """``inside``: folders and files that may be named, None for any. ``private``: what lies inside and may not."""

    inside: tuple[Path, ...] | None = None
    private: tuple[Path, ...] = ()

    @classmethod
    def around(cls, source: str, workspace: Path, private: Sequence[Path] = ()) -> Fence:
        """The collection opened from ``source`` and the workspace, without what people keep to themselves there."""
        folders = (workspace, *([path] if (path := _place(source)).exists() else []))
        hidden = (workspace / "labels", *private)
        return cls(tuple(map(Path.resolve, folders)), tuple(map(Path.resolve, hidden)))

    def file(self, name: str) -> Path:
        """The path of this name; refuses one outside before looking whether it exists."""
        path = _path(name)
        if not self._allows(path):
            raise _outside(name)
        return path

    def model(self, name: str) -> str:
        """An embedded model or a folder inside; a hub id would fetch gigabytes at a visitor's word."""
        if self.inside is None or name in EMBEDDED or (self._allows(path := _path(name)) and path.is_dir()):
            return name
        raise _outside(name)

    def collection(self, spec: str) -> str:
        """A bundled collection, or one that lies inside."""
        if self.inside is None or spec.removeprefix(CHUNKS) in bundled():
            return spec
        if not self._allows(path := _place(spec)) or not path.exists():
            raise _outside(spec)
        return spec

    def _allows(self, path: Path) -> bool:
        if self.inside is None:
            return True
        there = path.resolve()
        return any(map(there.is_relative_to, self.inside)) and not any(map(there.is_relative_to, self.private))


OPEN = Fence()


def _place(spec: str) -> Path:
    """Where a collection's spec leads: its folder or file, without its format and without ``chunks:``."""
    spec = spec.removeprefix(CHUNKS)
    if (folder := bundled().get(spec)) is not None:
        return folder
    name, colon, rest = spec.partition(":")
    return _path(rest if colon and name in FORMATS else spec)


def _path(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        path.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a null byte; the home of nobody
        raise ExplorerError(f"{name!r} cannot be a path ({error})") from error
    return path


def _outside(name: str) -> ExplorerError:
    return ExplorerError(
        f"{name!r} lies outside this app's workspace and collection; while others use the app, only files and models "
        "in there can be named"
    )
