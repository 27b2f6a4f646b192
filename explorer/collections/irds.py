"""Collections of ir_datasets by their id, e.g. irds:beir/scifact/test; needs the extra distill-explorer[irds]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explorer.collections.collection import Judgement, Parts
from explorer.collections.splits import SPLITS
from explorer.records import Document, ExplorerError, Query


def load(path: Path) -> Parts:
    try:
        import ir_datasets
    except ImportError as error:
        raise ExplorerError("irds: needs ir_datasets; install it with: pip install 'distill-explorer[irds]'") from error
    name = path.as_posix()
    try:
        dataset = ir_datasets.load(name)
    except KeyError as error:
        raise ExplorerError(f"ir_datasets knows no {name!r}; its catalogue is at https://ir-datasets.com") from error
    if not dataset.has_docs():
        raise ExplorerError(f"irds:{name} has no documents; give the id of a part that has")
    split = name.rsplit("/", 1)[-1]
    return Parts(
        _documents(dataset),
        (Query(query.query_id, query.default_text()) for query in dataset.queries_iter())
        if dataset.has_queries()
        else (),
        _judgements(dataset, split if split in SPLITS else "") if dataset.has_qrels() else (),
    )


def _documents(dataset: Any) -> Iterator[Document]:
    for doc in dataset.docs_iter():
        title = str(getattr(doc, "title", "") or "")
        text = str(getattr(doc, "text", "") or doc.default_text())
        yield Document(doc.doc_id, text, title, doc.doc_id)


def _judgements(dataset: Any, split: str) -> Iterator[Judgement]:
    return (Judgement(one.query_id, one.doc_id, max(0, one.relevance), split) for one in dataset.qrels_iter())
