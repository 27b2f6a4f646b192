"""``import explorer as ex``: what a notebook gets from each verb, and what it sees when something is wrong."""

import inspect
import subprocess
import sys

import nbclient
import nbformat
import pandas
import pytest

import explorer as ex
from explorer.collections import open_collection
from explorer.widgets.telling import Bar, Stopped, told

DOCS = {"1": "The ferry takes an hour.", "2": "The museum opens at nine.", "3": "Tickets cost five crowns."}
ASKED = {"1": {"query": "How long?", "answers": ["an hour"]}, "2": {"query": "When does the museum open?"}}
JUDGED = {"1": {"1": 2}, "2": {"2": 1}}
FOUND = {"1": {"3": 2.0, "1": 1.0}, "2": {"2": 3.0}}
VERBS = ("open", "search", "teach", "frame", "distill", "evaluate", "compare", "report")


@pytest.fixture
def bench(workspace):
    return ex.open(documents=DOCS, queries=ASKED, qrels=JUDGED, runs={"mine": FOUND}, workspace=workspace)


def test_importing_explorer_loads_nothing_heavy():
    """``explorer --help`` answers at once, and so does the first cell of a notebook."""
    code = "import sys, explorer; dir(explorer); print([name for name in ('torch', 'pandas', 'gradio') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("verb", VERBS)
def test_help_names_every_parameter_and_shows_an_example(verb):
    """Whoever has only ``help(ex.distill)`` must get along with it."""
    function = getattr(ex, verb)
    said = inspect.getdoc(function)
    assert [name for name in inspect.signature(function).parameters if name not in said] in ([], ["bench"], ["scores"])
    assert ">>> " in said and f"ex.{verb}(" in said


def test_a_verb_is_not_hidden_by_the_package_of_its_name(bench, tmp_path):
    """Importing a submodule sets it as an attribute: ``explorer.report`` the package would replace the verb."""
    path = ex.report(bench, "bm25", "mine", tmp_path / "report.html", split="all")
    assert "<!doctype html>" in path.read_text()
    assert all(inspect.isfunction(getattr(ex, verb)) for verb in VERBS)


def test_search_gives_a_frame_in_which_unjudged_is_not_zero(bench):
    found = ex.search(bench, "1", "mine", k=5)
    assert list(found.columns) == ["rank", "doc_id", "score", "grade", "title", "text"]
    assert found.doc_id.tolist() == ["3", "1"]
    assert found.grade.tolist() == [pandas.NA, 2]


def test_evaluate_shows_one_table_and_gives_every_value(bench):
    found = ex.evaluate(bench, "mine", "bm25", split="all", measures=["RR"])
    table = found.to_frame()
    assert table[["system", "measure", "mean", "delta", "wins"]].values.tolist() == [
        ["mine", "RR", 0.75, pytest.approx(float("nan"), nan_ok=True), pandas.NA],
        ["bm25", "RR", 0.5, -0.25, 0],
    ]
    assert found.per_query("RR").loc["1"].to_dict() == {"mine": 0.5, "bm25": 0.0}
    assert "−0.250</td>" in found._repr_html_() and "−0.250" in repr(found)


def test_hostile_names_stay_text_in_the_table(workspace):
    bench = ex.open(documents=DOCS, queries=ASKED, qrels=JUDGED, runs={"a": FOUND}, workspace=workspace)
    found = ex.evaluate(bench, "a", split="all", measures=["RR"])
    found.report["collection"] = "<script>alert(1)<script>"
    assert "<script>" not in found._repr_html_()


def test_teach_and_frame_give_the_teachers_scores_best_first(bench):
    """Judgements need no reader: what is scored is the baseline's candidates and the judged documents."""
    scores = ex.teach(bench, "gold", split="train", k=3, base="bm25")
    table = ex.frame(scores)
    assert list(table.columns) == ["query_id", "doc_id", "score", "spread"]
    assert {tuple(row) for row in table[["query_id", "doc_id", "score"]].values} <= {("1", "1", 2.0), ("2", "2", 1.0)}
    assert len(table) == len(bench.collection.split("train"))


def test_a_run_of_what_is_in_memory_can_be_opened_by_another_process(bench):
    from explorer.workbench.plans import Plan

    run = bench.new_run(Plan.make(bench.collection.source, "gold", "adapter"), "a1")
    again = open_collection(run.plan["collection"])
    assert (again.documents, again.queries, again.qrels) == (
        bench.collection.documents,
        bench.collection.queries,
        bench.collection.qrels,
    )


def test_a_student_is_trained_once_and_returned_the_next_time(workspace, capsys):
    """Cells are run again: a finished run is no error, another plan under its name is."""
    bench = ex.open("harbour", workspace=workspace)
    run = ex.distill(bench, "uae", "adapter", run="a1", epochs=1)
    trained = run.version
    said = capsys.readouterr().out
    assert "use it as student:a1\ndev nDCG@10: " in said and "test, 27 queries: nDCG@10 " in said
    assert ex.distill(bench, "uae", "adapter", run="a1", epochs=1).version == trained
    assert "a1 was trained before with this plan" in capsys.readouterr().out
    with pytest.raises(ex.ExplorerError, match="the run 'a1' exists already"):
        ex.distill(bench, "uae", "adapter", run="a1", epochs=2)
    assert ex.evaluate(bench, "dense:minilm", "student:a1", measures=["RR"]).report["queries"] == 27


@pytest.mark.parametrize(
    "work, sentence",
    [
        (lambda bench: ex.search(bench, "1", "mien"), "unknown retriever 'mien'; write one of mine, bm25"),
        (lambda bench: ex.search(bench, " "), "the query is empty"),
        (lambda bench: ex.evaluate(bench), "name at least one system"),
        (lambda bench: ex.evaluate(bench, "mine", split="test"), "no judged query in split 'test'; name another split"),
        (lambda bench: ex.compare(bench, "mine"), "compare takes two systems over a split, .* mine came"),
        (lambda bench: ex.distill(bench, "uea"), "unknown method 'uea'; choose from uae"),
        (lambda bench: ex.distill(bench, budget="soon"), "the budget 'soon' is not a time"),
        (lambda bench: ex.teach(bench, "utility", prompts=["nice"]), "unknown prompt 'nice'"),
        (lambda bench: ex.search("nowhere", "who?"), "'nowhere' is neither a bundled collection"),
    ],
)
def test_problems_one_can_fix_are_one_sentence(work, sentence, bench):
    with pytest.raises(ex.ExplorerError, match=sentence):
        work(bench)


def test_the_stop_button_becomes_one_sentence_and_still_stops_what_follows(bench):
    with pytest.raises(KeyboardInterrupt) as stopped, told(bench):
        raise KeyboardInterrupt
    assert isinstance(stopped.value, Stopped)
    assert stopped.value._render_traceback_() == [
        "stopped; what was read, encoded or trained so far is kept: run the cell again to go on"
    ]


def test_short_work_shows_no_progress_and_long_work_one_line(capsys):
    quick, slow = Bar(), Bar(patience=0.0)
    quick("read", 1, 2)
    assert capsys.readouterr().err == ""
    slow("read", 1, 2000)
    slow("read", 2, 2000)  # too soon to be drawn again
    slow.clear()
    assert capsys.readouterr().err == "\r\x1b[Kread: 1 of 2,000\r\x1b[K"


def test_in_a_kernel_errors_are_one_sentence_and_progress_leaves_nothing(workspace):
    """A traceback through ten of our functions tells a reader nothing that the sentence does not."""
    cells = [
        "import explorer as ex; ex.open('nowhere')",
        "from explorer.widgets.telling import Bar; bar = Bar(0.0); bar('read <b>', 1, 2)",
        "bar.clear()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    client = nbclient.NotebookClient(notebook, timeout=120, allow_errors=True, kernel_name="python3")
    client.execute()
    error, shown = notebook.cells[0].outputs[0], notebook.cells[1].outputs
    assert error.traceback == [error.evalue] and error.evalue.startswith("'nowhere' is neither a bundled collection")
    assert [output.data for output in shown] == [{"text/plain": "", "text/html": ""}]
