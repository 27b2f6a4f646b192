"""What a notebook does with Explorer, as functions: ``import explorer as ex``, then ``ex.open``, ``ex.search`` …

Every verb takes a workbench from ``ex.open``, or the spec of a collection, which is then opened anew. Problems you can
fix are an ``ExplorerError``: one sentence. The stop button ends a verb and keeps what was done.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import explorer
from explorer.records import ExplorerError, TeacherScores
from explorer.widgets.evaluation import Evaluation
from explorer.widgets.telling import Bar, told
from explorer.workbench import Workbench
from explorer.workspace import Workspace

if TYPE_CHECKING:
    import pandas

MEASURES = ("nDCG@10", "AP", "R@1", "P@1")


def open(
    collection: str | None = None,
    *,
    documents: Any = None,
    queries: Any = None,
    qrels: Any = None,
    runs: Mapping[str, Any] | None = None,
    scoped: bool = True,
    reader: str = "smollm2",
    device: str | None = None,
    workspace: Workspace | None = None,
) -> Workbench:
    """Opens a collection, or what you hold in memory, and returns the workbench all other verbs take.

    Parameters
    ----------
    collection: a bundled name (meridian, clauses, atlas, harbour), a folder or file, or FORMAT:PATH, as on the command line.
    documents: instead of ``collection``: a DataFrame with the columns doc_id, text and, if you have them, title and
        group; or a dict {doc_id: text}; or a file. A whole table of question, answer and context will do, too.
    queries: query_id, query and, if you have them, answers, scope, rationale, split; or {query_id: text}.
    qrels: query_id, doc_id, grade (whole numbers; above 0 is relevant) and perhaps split; or
        {query_id: {doc_id: grade}}; or a TREC file.
    runs: name -> what a system found: query_id, doc_id and score or rank; or {query_id: {doc_id: score}}; or a TREC file.
        Each is then a retriever of that name, beside bm25 and dense:minilm. Goes with ``collection``, too.
    scoped: whether a query with a scope is searched within it alone.
    reader: the language model that answers and reranks: smollm2, a hub id, a folder, or server:URL#MODEL.
    device: cuda, mps or cpu; None for the best there is.
    workspace: where caches, runs and labels are kept; None for $EXPLORER_WORKSPACE, else your data folder.

    Columns are recognised by the names such files usually have (qid, docno, relevance, question, context …). What
    did not join is printed. Splits are assigned by document group where none are named.

    Errors: ExplorerError for columns nobody recognises, an empty frame, ids used twice, runs that join no query.

    >>> bench = ex.open("harbour")
    >>> bench = ex.open(documents=docs, queries=asked, qrels=judged, runs={"mine": found, "theirs": "theirs.run"})
    >>> ex.evaluate(bench, "mine", "theirs", split="all")
    """
    from explorer.workbench.opening import open_workbench

    bench = open_workbench(
        collection,
        documents=documents,
        queries=queries,
        qrels=qrels,
        runs=runs,
        scoped=scoped,
        workspace=workspace,
        reader=reader,
        device=device,
        progress=Bar(),
    )
    for note in bench.collection.notes:
        say(f"note: {note}")
    return bench


def search(
    bench: Workbench | str, query: str, retriever: str = "dense:minilm", k: int = 10, *, scope: str = ""
) -> pandas.DataFrame:
    """What a retriever finds for one query: a DataFrame with the columns rank doc_id score grade title text.

    ``query`` is a question, or the id of one of the collection's queries. ``retriever`` is a spec: bm25, dense:minilm,
    hybrid:bm25+dense:minilm, student:RUN, rerank:llm(dense:minilm), or the name of a run given to ``ex.open``.
    ``scope``: search only the documents of this group. ``grade`` is <NA> where nobody judged the document.

    Errors: ExplorerError for an unknown retriever or scope, an empty query, k below 1.

    >>> ex.search(bench, "How long does the ferry to Ostrey take?", "dense:minilm", k=5)
    """
    import pandas

    from explorer import views

    bench = opened(bench)
    with told(bench):
        found = views.search(bench, bench.query(query, scope=scope), retriever, k)["documents"]
    frame = pandas.DataFrame(found, columns=["rank", "doc_id", "score", "grade", "title", "text"])
    return frame.astype({"grade": "Int64"})


def teach(
    bench: Workbench | str,
    teacher: str = "utility",
    *,
    split: str = "train",
    k: int = 16,
    reader: str = "smollm2",
    prompts: Sequence[str] = (),
    lam: float = 0.5,
    base: str = "dense:minilm",
    limit: int = 0,
) -> TeacherScores:
    """Lets a teacher score the first ``k`` documents the baseline finds for every query of a split.

    ``teacher``: utility · gold:qrels, :labels, :task, :judge · rationale:extractive, :generated, :given, :answer · or a
    mix such as fusion:utility=0.7,rationale:answer=0.3. ``reader``: the language model that is asked. ``prompts``: several
    of passage, context, chat give a mean and a spread. ``lam``: weight of a rationale against the retriever's own score, 0
    to 1. ``base``: the baseline.
    ``limit``: only the first so many queries; 0 is all.

    Returns TeacherScores: ``by_query[query_id].values`` is doc_id -> score, ``rationales[query_id].text`` the rationale,
    ``left_out`` the reasons why queries could not be scored, ``unit`` what a score counts. ``ex.frame(scores)`` makes a
    table of it. What the bundled collections bring along is not read again; what is read is kept, so a stopped cell
    goes on where it was.

    Errors: ExplorerError for an unknown teacher, prompt or split, a lambda outside 0 to 1.

    >>> scores = ex.teach(bench, "utility", split="train", k=16)
    >>> ex.frame(scores).groupby("query_id").score.max()
    """
    from explorer.workbench.scorefile import load_scores

    bench = opened(bench)
    options: dict[str, Any] = {"reader": reader, "prompts": prompts, "lam": lam, "base": base}
    with told(bench):
        written = bench.teach(teacher, split=split, k=k, limit=limit, **options)
    return load_scores(Path(written["path"]))[0]


def frame(scores: TeacherScores) -> pandas.DataFrame:
    """Scores of a teacher as a DataFrame: query_id doc_id score spread, the best document of each query first.

    ``spread`` is the standard deviation over several prompts, NaN with one. Queries that were left out have no rows.

    >>> ex.frame(ex.teach("harbour", "utility"))
    """
    import pandas

    rows = [
        (query_id, doc.doc_id, doc.score, scores.by_query[query_id].spread.get(doc.doc_id, float("nan")))
        for query_id, ranking in scores.run().rankings.items()
        for doc in ranking
    ]
    return pandas.DataFrame(rows, columns=["query_id", "doc_id", "score", "spread"])


def evaluate(
    bench: Workbench | str,
    *systems: str,
    split: str = "test",
    measures: Sequence[str] = MEASURES,
    answers: bool = False,
    context: int = 3,
    latency: bool = False,
) -> Evaluation:
    """Measures systems on the judged queries of a split; the first is the baseline of all comparisons.

    ``measures`` are named as in ir_measures. ``answers``: the reader also answers from the first ``context`` documents of
    each system (EM and F1). ``latency``: time single queries, too.

    Returns an Evaluation, which shows itself as a table: mean, change, its 95 % interval, p of the randomisation test,
    wins, ties and losses. ``.to_frame()`` is that table, ``.per_query("nDCG@10")`` one row per query.

    Errors: ExplorerError for an unknown system, measure or split, and for a student asked about what it was trained on.

    >>> ex.evaluate(bench, "bm25", "dense:minilm", "student:a1", measures=["nDCG@10"])
    """
    bench = opened(bench)
    if not systems:
        raise ExplorerError("name at least one system, such as bm25 or dense:minilm")
    options: dict[str, Any] = {"latency": latency, "answer": answers, "context": context}
    with told(bench):
        return Evaluation.of(bench.evaluate(systems, split=split, measures=tuple(measures), **options))


def compare(
    bench: Workbench | str,
    *systems: str,
    query: str = "",
    split: str = "test",
    measure: str = "nDCG@10",
    teacher: str = "",
    k: int = 10,
) -> Any:
    """Two systems over a split, as the widget ``ex.Flips``; with ``query``, any number for one query, as ``ex.Compare``.

    ``measure`` is named as in ir_measures. ``query`` is an id or a question, of which ``k`` documents are shown;
    ``teacher`` adds its scores of them. Both widgets have ``selection``, ``show(...)`` and ``to_frame()``, and follow each
    other when one is given the other's selection.

    Errors: ExplorerError unless two different systems are named.

    >>> flips = ex.compare(bench, "dense:minilm", "student:a1")
    >>> ex.compare(bench, "dense:minilm", "student:a1", query="q12", teacher="utility")
    """
    bench = opened(bench)
    if query and systems:
        return explorer.Compare(bench, query, systems=list(systems), k=k, teacher=teacher)
    if len(systems) != 2:
        came = ", ".join(systems) or "none"
        raise ExplorerError(f"compare takes two systems over a split, or any number with query=; {came} came")
    a, b = systems
    return explorer.Flips(bench, a, b, split=split, measure=measure)


def opened(bench: Workbench | str) -> Workbench:
    """The workbench itself, or that of a collection's spec."""
    return open(bench) if isinstance(bench, str) else bench


def say(text: str) -> None:
    """A line below the cell."""
    sys.stdout.write(text + "\n")
