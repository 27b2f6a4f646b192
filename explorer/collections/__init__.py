"""Collections: a bundled name, a folder or file that is recognised, or FORMAT:PATH."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer.collections import (
    beir,
    contractnli,
    entailmentbank,
    graph,
    mmlu,
    multihop,
    musique,
    nq,
    qasper,
    squad,
    trec,
)
from explorer.collections.collection import Collection, Judgement, Note, Parts, assemble
from explorer.records import ExplorerError

__all__ = ["FORMATS", "Collection", "Judgement", "Note", "Parts", "assemble", "bundled", "open_collection"]

FORMATS: dict[str, tuple[Callable[[Path], bool], Callable[[Path], Parts]]] = {
    "beir": (beir.recognise, beir.load),
    "trec": (trec.recognise, trec.load),
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
}


def bundled() -> dict[str, Path]:
    """Name -> folder of the collections that come with Explorer."""
    package = Path(__file__).parents[1]
    for assets in (package / "assets", package.parent / "assets"):
        if (assets / "collections").is_dir():
            return {path.parent.name: path.parent for path in sorted(assets.glob("collections/*/corpus.jsonl"))}
    return {}


def open_collection(spec: str, *, scoped: bool = True) -> Collection:
    """Opens ``spec``; with ``scoped=False`` every query is searched among all documents."""
    name, path = _resolve(spec)
    collection = assemble(spec, FORMATS[name][1](path))
    return collection if scoped else collection.unscoped()


def _resolve(spec: str) -> tuple[str, Path]:
    if spec in (known := bundled()):
        return "beir", known[spec]
    name, colon, rest = spec.partition(":")
    if colon and name in FORMATS:
        return name, Path(rest).expanduser()
    path = Path(spec).expanduser()
    if path.exists():
        for name, (recognise, _) in FORMATS.items():
            if recognise(path):
                return name, path
        raise ExplorerError(
            f"{path} is in no format Explorer recognises; name it as FORMAT:PATH with one of {', '.join(FORMATS)}"
        )
    if colon and name.isalnum():
        raise ExplorerError(f"unknown format {name!r} in {spec!r}; choose from {', '.join(FORMATS)}")
    raise ExplorerError(
        f"{spec!r} is neither a bundled collection ({', '.join(known) or 'none'}) nor an existing folder or file; "
        "check the name, or give FORMAT:PATH"
    )
