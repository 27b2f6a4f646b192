"""Opening a workbench of anything: a collection by its spec, frames that are in memory, runs made by any system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from explorer.collections import Collection, assemble, bundled, frames, open_collection, trec
from explorer.files import hash_of
from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.specs import RETRIEVERS
from explorer.workspace import Workspace

RUN_NAME = re.compile(r"[\w.-]+")  # what stands bare inside hybrid:A+B and rerank:llm(A)


def open_workbench(
    spec: str | None = None,
    *,
    documents: frames.Frame = None,
    queries: frames.Frame = None,
    qrels: frames.Frame = None,
    runs: Mapping[str, frames.Frame] | None = None,
    scoped: bool = True,
    workspace: Workspace | None = None,
    **options: Any,
) -> Workbench:
    """Either a collection's ``spec`` or ``documents``; ``runs``, each the retriever of its name, go with both.

    What a frame may be: ``explorer.collections.frames``.
    """
    workspace = workspace or Workspace()
    if (spec is None) == (documents is None) or (spec is not None and (queries is not None or qrels is not None)):
        raise ExplorerError(
            f"open a collection by its name ({', '.join(bundled())}, a folder, a file), or give documents= with queries= and qrels="
        )
    if spec is None:
        collection = in_memory(documents, queries, qrels, workspace)
        collection = collection if scoped else collection.unscoped()
    else:
        collection = open_collection(spec, scoped=scoped)
    read = {_checked(name): frames.run(name, frame) for name, frame in (runs or {}).items()}
    found = {name: trec.as_known(run, collection.documents, collection.queries) for name, run in read.items()}
    notes = [note for name, run in found.items() for note in frames.joins(name, run, collection)]
    collection = replace(collection, notes=(*collection.notes, *notes))
    return Workbench(collection, workspace, scoped=scoped, runs=found, **options)


def in_memory(documents: frames.Frame, queries: frames.Frame, qrels: frames.Frame, workspace: Workspace) -> Collection:
    """Its source is a folder of the workspace that is named after its content, so that labels and students find it
    again; ``Workbench.new_run`` writes it."""
    collection = assemble("frames", frames.parts(documents, queries, qrels))
    home = workspace.shelf / f"frames-{hash_of(_contents(collection))[:12]}"
    return replace(collection, source=str(home))


def _contents(collection: Collection) -> Iterator[str]:
    """Everything that makes it another collection when it changes."""
    yield collection.fingerprint
    yield from (json.dumps(asdict(query), sort_keys=True) for query in collection.queries.values())
    yield json.dumps([collection.qrels, collection.splits], sort_keys=True)


def _checked(name: str) -> str:
    if name in RETRIEVERS or not RUN_NAME.fullmatch(name):
        raise ExplorerError(
            f"{name!r} cannot name a run: use letters, digits, '.', '_' and '-', and none of {', '.join(RETRIEVERS)}"
        )
    return name
