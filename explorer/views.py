"""What a screen says, as plain records: one description feeds the page, the command line and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.evaluation.measures import per_query
from explorer.records import Comparison, Document, Move, Query, Ranking, Run, Scores
from explorer.workbench import Workbench, moves
from explorer.workspace import RunFolder

UNJUDGED = "–"
MEASURE_DEPTH = 10


def grade_label(grade: int | None) -> str:
    """Unjudged is not zero."""
    return UNJUDGED if grade is None else str(grade)


def search(bench: Workbench, query: Query, spec: str, k: int) -> dict[str, Any]:
    ranking = bench.search(spec, [query], k).rankings[query.query_id]
    grades = bench.collection.qrels.get(query.query_id, {})
    encoder = getattr(bench.retrievers.get(spec), "query_encoder", None)
    return {
        "query": query.text,
        "query_id": query.query_id,
        "scope": query.scope,
        "retriever": spec,
        "prompts": encoder.prompts if encoder else {},
        "documents": _documents(bench, spec, ranking, grades),
    }


def _documents(bench: Workbench, spec: str, ranking: Ranking, grades: Mapping[str, int]) -> list[dict[str, Any]]:
    cut = bench.cut(spec)
    return [
        {
            "rank": scored.rank,
            "score": scored.score,
            **_document(bench.collection.documents[scored.doc_id]),
            "grade": grades.get(scored.doc_id),
            "grade_label": grade_label(grades.get(scored.doc_id)),
            "cut": scored.doc_id in cut,
        }
        for scored in ranking
    ]


def _document(doc: Document) -> dict[str, Any]:
    return {"doc_id": doc.doc_id, "title": doc.title, "text": doc.text, "group": doc.group}


def compare(
    bench: Workbench, query: Query, specs: Sequence[str], k: int, *, teacher: str = "", live: bool = False
) -> dict[str, Any]:
    """Columns of documents side by side; the first is the baseline every other column's moves refer to."""
    comparison = bench.compare(query, specs, k, teacher=teacher, live=live)
    first = comparison.rankings[specs[0]]
    columns = [
        _column(bench, spec, comparison.rankings[spec], first if number else None, comparison)
        for number, spec in enumerate(specs)
    ]
    columns[1:1] = [
        _teacher_column(bench, name, scores, first, comparison) for name, scores in comparison.teachers.items()
    ]
    _add_measures(columns, comparison, min(MEASURE_DEPTH, k))
    gold = [d for d, grade in comparison.grades.items() if grade > 0]
    return {
        "query": {"query_id": query.query_id, "text": query.text, "answers": list(query.answers), "scope": query.scope},
        "judged": bool(comparison.grades),
        "gold": gold,
        "missing_gold": [
            {**_document(bench.collection.documents[d]), "grade": comparison.grades[d]}
            for d in gold
            if all(d not in ranking.ranks for ranking in comparison.rankings.values())
        ],
        "columns": columns,
    }


def _add_measures(columns: Sequence[dict[str, Any]], comparison: Comparison, depth: int) -> None:
    """Each column's nDCG at ``depth`` for this query; None where nothing is judged relevant or nothing was ranked."""
    name = f"nDCG@{depth}"
    judged = any(grade > 0 for grade in comparison.grades.values())
    query_id = comparison.query.query_id
    for column in columns:
        ranking = Ranking.from_scores(query_id, {d["doc_id"]: -d["rank"] for d in column["documents"]})
        value = None
        if judged and ranking.docs:
            run = Run(column["key"], {query_id: ranking})
            value = per_query(run, {query_id: comparison.grades}, (name,))[name][query_id]
        column["measure"] = {"name": name, "value": value}


def _column(
    bench: Workbench, spec: str, ranking: Ranking, first: Ranking | None, comparison: Comparison
) -> dict[str, Any]:
    found = {move.doc_id: move for move in moves(first, ranking)} if first else {}
    utilities = next(iter(comparison.teachers.values())).values if comparison.teachers else {}
    documents = [
        {**row, "utility": utilities.get(row["doc_id"]), **_move(found.get(row["doc_id"]))}
        for row in _documents(bench, spec, ranking, comparison.grades)
    ]
    lost = [doc.doc_id for doc in first if doc.doc_id not in ranking.ranks] if first else []
    return {"key": spec, "title": spec, "role": "system" if first else "baseline", "documents": documents, "lost": lost}


def _teacher_column(
    bench: Workbench, name: str, scores: Scores, first: Ranking, comparison: Comparison
) -> dict[str, Any]:
    """The teacher's order of the documents it scored, as deep as the baseline is shown."""
    ranking = Ranking.from_scores(scores.query_id, scores.values, max(len(first), 1))
    found = {move.doc_id: move for move in moves(first, ranking)}
    documents = [
        {
            "rank": scored.rank,
            "score": scored.score,
            **_document(bench.collection.documents[scored.doc_id]),
            "grade": comparison.grades.get(scored.doc_id),
            "grade_label": grade_label(comparison.grades.get(scored.doc_id)),
            "cut": scored.doc_id in scores.cut,
            "utility": scored.score,
            **_move(found.get(scored.doc_id)),
        }
        for scored in ranking
    ]
    why = scores.left_out or ("" if scores.values else "not scored yet")
    return {
        "key": name,
        "title": f"teacher: {name}",
        "role": "teacher",
        "documents": documents,
        "lost": [],
        "empty": why,
    }


def _move(move: Move | None) -> dict[str, Any]:
    """``move`` is one of "", same, up, down, new; ``from`` is the rank in the baseline."""
    if move is None or move.after is None:
        return {"move": "", "from": None, "move_label": ""}
    if move.before is None:
        return {"move": "new", "from": None, "move_label": "new"}
    step = move.before - move.after
    name = "up" if step > 0 else "down" if step < 0 else "same"
    return {"move": name, "from": move.before, "move_label": {"up": f"↑{step}", "down": f"↓{-step}", "same": "="}[name]}


def telling_query(bench: Workbench, spec: str, teacher: str) -> str | None:
    """The held-out query on which a recorded teacher ranks most better than a system; None without recorded scores."""
    recorded = bench.recorded(teacher)
    queries = [q for q in bench.collection.judged(bench.collection.split("test")) if q.query_id in recorded]
    if not queries:
        return None
    qrels = {query.query_id: bench.collection.qrels[query.query_id] for query in queries}
    order = Run(teacher, {q: Ranking.from_scores(q, recorded[q].values) for q in qrels})
    runs = (order, bench.search(spec, queries, MEASURE_DEPTH))
    by_teacher, by_system = (per_query(run, qrels, ("nDCG@10",))["nDCG@10"] for run in runs)
    return max(qrels, key=lambda query_id: (by_teacher[query_id] - by_system[query_id], query_id))


def flips(bench: Workbench, a: str, b: str, split: str, measure: str) -> dict[str, Any]:
    """Queries by signed change of a measure, the largest gain first."""
    evaluation = bench.evaluate([a, b], split=split, measures=[measure])
    before, after = evaluation.values[a][measure], evaluation.values[b][measure]
    rows = [
        {
            "query_id": query_id,
            "text": bench.collection.queries[query_id].text,
            "a": before[query_id],
            "b": after[query_id],
            "delta": after[query_id] - before[query_id],
        }
        for query_id in before
    ]
    rows.sort(key=lambda row: (-row["delta"], row["query_id"]))
    return {
        "a": a,
        "b": b,
        "split": split,
        "measure": measure,
        "difference": evaluation.report["comparisons"][0],
        "queries": rows,
    }


def run_summary(run: RunFolder) -> dict[str, Any]:
    plan, result, state = run.plan, run.result, run.state
    dev = next(iter(result["dev"].values())) if result else None
    return {
        "run": run.run_id,
        "state": state["state"],
        "error": state.get("error", ""),
        "method": plan["method"],
        "student": plan["student"],
        "base": plan["base"],
        "collection": plan["collection"],
        "dev": result["dev"] if result else {},
        "dev_label": f"{dev[0]:.3f} → {dev[1]:.3f}" if dev else "",
    }


def run_detail(run: RunFolder) -> dict[str, Any]:
    from explorer.workbench.distilling import DEV_MEASURE, Plan

    events = run.events()
    stages = [event for event in events if event["event"] in ("stage", "step")]
    return {
        **run_summary(run),
        "command": Plan.from_record(run.plan).command_line(run.run_id),
        "path": str(run.path),
        "curve": [event for event in events if event["event"] == "dev"],
        "losses": [event for event in events if event["event"] == "step"],
        "examples": next((event for event in reversed(events) if event["event"] == "examples"), None),
        "measure": DEV_MEASURE,
        "now": stages[-1] if stages else None,
        "result": run.result,
        "trained": (run.student).exists(),
    }
