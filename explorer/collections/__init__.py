"""Collections: a bundled name, a folder or file that is recognised, or FORMAT:PATH; any of them as ``chunks:…``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer.collections import (
    archives,
    beir,
    contractnli,
    cutting,
    entailmentbank,
    graph,
    hub,
    irds,
    mmlu,
    multihop,
    musique,
    nq,
    qasper,
    smart,
    squad,
    tables,
    texts,
    trec,
)
from explorer.collections.collection import Collection, Judgement, Note, Parts, assemble
from explorer.files import assets
from explorer.records import ExplorerError

__all__ = [
    "FORMATS",
    "Collection",
    "Judgement",
    "Note",
    "Parts",
    "assemble",
    "bundled",
    "open_collection",
    "recognised",
]

Recognise = Callable[[Path], bool]
Load = Callable[[Path], Parts]


def _never(path: Path) -> bool:
    """For formats that are only opened by name."""
    return False


FORMATS: dict[str, tuple[Recognise, Load]] = {
    "beir": (beir.recognise, beir.load),
    "trec": (trec.recognise, trec.load),
    "smart": (smart.recognise, smart.load),
    "qasper": (qasper.recognise, qasper.load),
    "hotpotqa": (multihop.recognise, multihop.load),
    "2wiki": (multihop.recognise, multihop.load),
    "musique": (musique.recognise, musique.load),
    "nq": (nq.recognise, nq.load),
    "triviaqa": (nq.recognise, nq.load),
    "squad": (squad.recognise, squad.load),
    "mmlu": (mmlu.recognise, mmlu.load),
    "entailmentbank": (entailmentbank.recognise, entailmentbank.load),
    "contractnli": (contractnli.recognise, contractnli.load),
    "graph": (graph.recognise, graph.load),
    "csv": (tables.recogniser(".csv", ".tsv"), tables.load),
    "jsonl": (tables.recogniser(".jsonl", ".json"), tables.load),
    "parquet": (tables.recogniser(".parquet"), tables.load),
    "text": (texts.recognise, texts.load),
    "hf": (_never, hub.load),
    "irds": (_never, irds.load),
}


def bundled() -> dict[str, Path]:
    """Name -> folder of the collections that come with Explorer."""
    return {path.parent.name: path.parent for path in sorted(assets().glob("collections/*/corpus.jsonl"))}


def open_collection(spec: str, *, scoped: bool = True) -> Collection:
    """Opens ``spec``; with ``scoped=False`` every query is searched among all documents."""
    if spec.startswith(cutting.PREFIX):
        return cutting.cut(open_collection(spec.removeprefix(cutting.PREFIX), scoped=scoped), spec)
    name, path = _resolve(spec)
    collection = assemble(spec, FORMATS[name][1](path))
    return collection if scoped else collection.unscoped()


def recognised(path: Path) -> str:
    """The format of a folder or file."""
    for name, (recognise, _) in FORMATS.items():
        if recognise(path):
            return name
    raise ExplorerError(
        f"{path}{_holds(path)} is in no format Explorer recognises; name it as FORMAT:PATH with one of {', '.join(FORMATS)}"
    )


def _holds(path: Path) -> str:
    """The first names in a folder, for whoever has named the wrong one."""
    if not path.is_dir():
        return ""
    names = sorted(entry.name for entry in path.iterdir())
    return f" (it holds {', '.join(names[:4]) or 'nothing'}{', …' if len(names) > 4 else ''})"


def _resolve(spec: str) -> tuple[str, Path]:
    if spec in (known := bundled()):
        return "beir", known[spec]
    name, colon, rest = spec.partition(":")
    if colon and name in FORMATS:
        path = Path(rest).expanduser()
        return name, archives.unpacked(path) if archives.recognise(path) else path
    path = Path(spec).expanduser()
    if path.exists():
        path = archives.unpacked(path) if archives.recognise(path) else path
        return recognised(path), path
    if colon and name.isalnum():
        raise ExplorerError(f"unknown format {name!r} in {spec!r}; choose from {', '.join(FORMATS)}")
    raise ExplorerError(
        f"{spec!r} is neither a bundled collection ({', '.join(known) or 'none'}) nor an existing folder or file; "
        "check the name, or give FORMAT:PATH"
    )
