"""Somebody's file or folder becomes a collection of the workspace: looked at first, then stored whole or not at all."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.collections import FORMATS, Collection, archives, assemble, beir, bundled, recognised
from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workspace import Workspace

FETCHED = ("hf", "irds")  # named by an id and fetched: no file to import
IMPORTED = tuple(name for name in FORMATS if name not in FETCHED)
ENDING = re.compile(r"(\.tar)?\.\w+$")


@dataclass(frozen=True)
class Source:
    """What is to be imported: an uploaded file, or a file or folder of this machine; ``format`` "" is recognised."""

    path: Path
    format: str = ""


def look(bench: Workbench, source: Source, encoder: str = "") -> dict[str, Any]:
    """The check-up of what an import would store, with its "format" and a "name" for it; nothing is stored."""
    with _opened(source) as (name, collection):
        other = Workbench(collection, bench.workspace, progress=bench.progress, scoped=bench.scoped, fence=bench.fence)
        other.models = bench.models
        return {**other.check(encoder), "format": name, "name": suggested(bench.workspace, source.path)}


def take(workspace: Workspace, source: Source, name: str) -> Path:
    """Stores the collection under a new name, as a BEIR folder, and returns the folder."""
    target = workspace.collection(name.strip())
    if workspace.read_only:
        raise ExplorerError("this app is read-only: it stores no collections")
    if target.exists() or name.strip() in bundled():
        raise ExplorerError(f"there is a collection {name.strip()!r} already; choose another name")
    with _opened(source) as (_, collection):
        beir.save(collection, target)
    return target


def suggested(workspace: Workspace, path: Path) -> str:
    """A free name made of the file's own."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", ENDING.sub("", path.name)).strip("-._")[:50] or "collection"
    taken = {*workspace.collections(), *bundled()}
    return next(name for n in range(1, 10_000) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)


@contextmanager
def _opened(source: Source) -> Iterator[tuple[str, Collection]]:
    """(format, collection). An archive is unpacked for as long as this takes; files are called by their names alone."""
    if source.format and source.format not in IMPORTED:
        raise ExplorerError(f"{source.format!r} is no format to import; choose from {', '.join(IMPORTED)}")
    if not source.path.exists():
        raise ExplorerError(f"there is no file or folder {str(source.path)!r}; check the path")
    with tempfile.TemporaryDirectory(prefix="explorer-") as room:
        try:
            path = archives.unpack(source.path, Path(room)) if archives.recognise(source.path) else source.path
            name = source.format or recognised(path)
            yield name, assemble(source.path.name, FORMATS[name][1](path))
        except ExplorerError as error:
            raise ExplorerError(_short(str(error), room, source.path.parent)) from error


def _short(message: str, *folders: str | Path) -> str:
    for folder in folders:
        message = message.replace(f"{folder}/", "")
    return message
