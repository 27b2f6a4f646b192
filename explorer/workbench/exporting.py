"""Results out: a student for sentence-transformers, TREC files, training examples, values per query."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.collections import Collection, open_collection, trec
from explorer.evaluation.measures import PerQuery
from explorer.files import atomic_file, atomic_folder, read_json
from explorer.models import find_model, load_cross_encoder, load_encoder
from explorer.records import ExplorerError, Progress, Qrels, Query, TrainingExample
from explorer.training.portable import portable
from explorer.training.students import PRIOR_FILE, student_kind
from explorer.workbench.evaluating import Evaluation, evaluate
from explorer.workbench.examplefile import load_examples
from explorer.workbench.guards import measured_split
from explorer.workbench.loading import Models, encoder_name
from explorer.workbench.modelcard import card
from explorer.workbench.specs import Retrievers
from explorer.workspace import RunFolder, Workspace

LAYOUT = "flagembedding"


def export(
    workspace: Workspace, run_id: str, kind: str, target: Path, progress: Progress, layout: str = LAYOUT
) -> list[Path]:
    """Writes a run as ``kind``, one of EXPORTS, to ``target``; returns the files or folders written."""
    if kind not in EXPORTS:
        raise ExplorerError(f"a run is exported as {', '.join(EXPORTS)}, not as {kind!r}")
    if layout not in LAYOUTS:
        raise ExplorerError(f"unknown layout {layout!r}; choose from {', '.join(LAYOUTS)}")
    run = workspace.existing_run(run_id)
    if not run.student.exists():
        raise ExplorerError(f"the run {run_id!r} has no student yet; let it finish, or resume it")
    return EXPORTS[kind](workspace, run, target, progress, layout)


def _model(workspace: Workspace, run: RunFolder, target: Path, progress: Progress, layout: str) -> list[Path]:
    plan = run.plan
    kind = student_kind(plan["student"])
    name = plan.get("checkpoint") or encoder_name(plan["base"])
    folder = find_model(name, workspace.models, progress)

    def base() -> Any:
        return load_cross_encoder(folder, "cpu")[0] if kind.reranks else load_encoder(folder, "cpu", "float32")

    model = portable(kind, run.student, base)
    prior = float(read_json(run.path / PRIOR_FILE)["prior"]) if kind.reranks else 0.0
    if target.exists() and any(target.iterdir()):
        raise ExplorerError(f"{target} is not empty; name a new folder")
    with atomic_folder(target) as part:
        model.save_pretrained(str(part), create_model_card=False, safe_serialization=True)
        (part / "README.md").write_text(card(run, prior), encoding="utf-8")
    return [target]


def _measured(workspace: Workspace, run: RunFolder, progress: Progress) -> tuple[Collection, Evaluation]:
    """The base and the student on queries the run did not train on: test, or dev, which chose the student."""
    plan = run.plan
    collection = open_collection(plan["collection"], scoped=plan["scoped"])
    retrievers = Retrievers(collection, Models(workspace, None, progress))
    specs = [plan["base"], f"student:{run.run_id}"]
    return collection, evaluate(
        collection, retrievers, specs, measured_split(collection, plan["split"]), progress=progress
    )


def _trec(workspace: Workspace, run: RunFolder, target: Path, progress: Progress, layout: str) -> list[Path]:
    """A run file for the base and one for the student, and the qrels they are measured by."""
    collection, measured = _measured(workspace, run, progress)
    target.mkdir(parents=True, exist_ok=True)
    base, student = measured.runs
    paths = {base: target / "baseline.run", student: target / f"{run.run_id}.run"}
    for spec, path in paths.items():
        with atomic_file(path) as part:
            trec.save_run(measured.runs[spec], spec, part)
    qrels = target / "qrels.txt"
    with atomic_file(qrels) as part:
        trec.save_qrels({q: collection.qrels[q] for q in measured.runs[base].rankings}, part)
    return [*paths.values(), qrels]


def _values(workspace: Workspace, run: RunFolder, target: Path, progress: Progress, layout: str) -> list[Path]:
    collection, measured = _measured(workspace, run, progress)
    save_values(collection.queries, measured.values, target)
    return [target]


def save_values(queries: Mapping[str, Query], values: Mapping[str, PerQuery], target: Path) -> None:
    """One row per query, a column per measure and system; .csv or .parquet by the ending of ``target``."""
    ids = list(dict.fromkeys(q for by_measure in values.values() for of in by_measure.values() for q in of))
    rows = [
        {"query_id": q, "query": queries[q].text}
        | {f"{name} {spec}": of.get(q) for spec, by_measure in values.items() for name, of in by_measure.items()}
        for q in ids
    ]
    if target.suffix not in (".csv", ".parquet"):
        raise ExplorerError(f"{target} ends in neither .csv nor .parquet; name the file with one of these")
    with atomic_file(target) as part:
        _write_csv(rows, part) if target.suffix == ".csv" else _write_parquet(rows, part)


def save_labels(collection: Collection, grades: Qrels, target: Path) -> None:
    """Labels as rows with their texts (.csv, .jsonl, .parquet by the ending of ``target``), else as a TREC qrels file."""
    rows = [
        {"query_id": q, "query": collection.queries[q].text, "doc_id": d, "document": collection.documents[d].content}
        | {"grade": grade}
        for q, row in grades.items()
        for d, grade in row.items()
    ]
    write = {".csv": _write_csv, ".jsonl": _write_jsonl, ".parquet": _write_parquet}.get(target.suffix)
    with atomic_file(target) as part:
        write(rows, part) if write else trec.save_qrels(grades, part)


def _write_jsonl(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _write_csv(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["query_id", "query"])
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(list(rows)), path)


def _examples(workspace: Workspace, run: RunFolder, target: Path, progress: Progress, layout: str) -> list[Path]:
    examples = load_examples(run)
    collection = open_collection(run.plan["collection"], scoped=run.plan["scoped"])
    gone = {doc_id for one in examples for doc_id in one.doc_ids} - collection.documents.keys()
    if gone or any(one.query_id not in collection.queries for one in examples):
        raise ExplorerError(
            f"{collection.source} no longer holds what the run {run.run_id!r} was trained on; open its old version"
        )
    lines = LAYOUTS[layout](examples, collection)
    with atomic_file(target) as part:
        part.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return [target]


def _sides(example: TrainingExample) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """(positives, negatives) with the teacher's scores, best first: relevant documents, else the teacher's best."""
    scored = sorted(zip(example.doc_ids, example.scores, strict=True), key=lambda pair: -pair[1])
    relevant = example.relevant & {doc_id for doc_id, _ in scored} or {scored[0][0]}
    return [one for one in scored if one[0] in relevant], [one for one in scored if one[0] not in relevant]


def _flagembedding(examples: Sequence[TrainingExample], collection: Collection) -> Iterator[dict[str, Any]]:
    for one in examples:
        sides = dict(zip(("pos", "neg"), _sides(one), strict=True))
        texts = {name: [collection.documents[d].content for d, _ in side] for name, side in sides.items()}
        scores = {f"{name}_scores": [score for _, score in side] for name, side in sides.items()}
        yield {"query": collection.queries[one.query_id].text, **texts, **scores}


def _sentence_transformers(examples: Sequence[TrainingExample], collection: Collection) -> Iterator[dict[str, Any]]:
    """anchor, positive, negative_1 …: every line has as many negatives as the poorest, since columns are fixed."""
    sides = [(one.query_id, *_sides(one)) for one in examples]
    sides = [one for one in sides if one[2]]
    width = min((len(negatives) for _, _, negatives in sides), default=0)
    for query_id, positives, negatives in sides:
        texts = {f"negative_{n}": collection.documents[d].content for n, (d, _) in enumerate(negatives[:width], 1)}
        for doc_id, _ in positives:
            positive = collection.documents[doc_id].content
            yield {"anchor": collection.queries[query_id].text, "positive": positive, **texts}


LAYOUTS: Mapping[str, Callable[[Sequence[TrainingExample], Collection], Iterator[dict[str, Any]]]] = {
    "flagembedding": _flagembedding,
    "sentence-transformers": _sentence_transformers,
}
EXPORTS: Mapping[str, Callable[[Workspace, RunFolder, Path, Progress, str], list[Path]]] = {
    "model": _model,
    "trec": _trec,
    "jsonl": _examples,
    "csv": _values,
    "parquet": _values,
}
