"""The command line as a user meets it: real processes, JSON as documented, one sentence and exit code 2 for bad input."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest

MINI = [
    {"_id": "d1", "text": "The mill was built by Ada Oake in 1743.", "metadata": {"group": "mill"}},
    {"_id": "d2", "text": "Who built the mill? Many ask.", "metadata": {"group": "mill"}},
    {"_id": "d3", "text": "A pike is a fish.", "metadata": {"group": "pike"}},
]


def test_search_prints_ranks_scores_and_prompts(explorer):
    found = explorer("search", "harbour", "How long does the ferry to Ostrey take?", "-k", "3", "--json").json
    assert found["prompts"] == {"query": "", "document": ""}
    assert [doc["rank"] for doc in found["documents"]] == [1, 2, 3]
    assert found["documents"][0]["doc_id"].startswith("ferry-")
    assert found["documents"][0].keys() >= {"rank", "score", "doc_id", "title", "text", "grade", "cut"}


def test_evaluate_prints_the_documented_json_and_nothing_else(explorer, tmp_path):
    done = explorer(
        "evaluate",
        "harbour",
        "-r",
        "bm25",
        "-r",
        "dense:minilm",
        "--measure",
        "nDCG@10",
        "--measure",
        "AP",
        "--latency",
        "--trec",
        tmp_path / "runs",
        "--json",
    )
    report = done.json
    assert list(report) == ["collection", "split", "queries", "systems", "comparisons"]
    assert (report["collection"], report["split"], report["queries"]) == ("harbour", "test", 27)
    assert list(report["systems"]) == ["bm25", "dense:minilm"]
    assert list(report["systems"]["bm25"]) == ["measures", "latency_ms"] and list(
        report["systems"]["bm25"]["latency_ms"]
    ) == ["p50", "p95"]
    row = report["comparisons"][0]
    assert list(row) == ["a", "b", "measure", "mean_a", "mean_b", "delta", "ci95", "p", "wins", "ties", "losses"]
    assert (row["a"], row["b"], row["measure"]) == ("bm25", "dense:minilm", "nDCG@10")
    assert (
        row["delta"] == pytest.approx(row["mean_b"] - row["mean_a"])
        and row["ci95"][0] <= row["delta"] <= row["ci95"][1]
    )
    assert row["wins"] + row["ties"] + row["losses"] == 27
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["bm25.run", "dense_minilm.run"]


def test_a_saved_run_evaluates_like_the_system_that_made_it(explorer, tmp_path):
    explorer("evaluate", "harbour", "-r", "dense:minilm", "--trec", tmp_path, "--json")
    row = explorer(
        "evaluate", "harbour", "-r", "dense:minilm", "-r", f"run:{tmp_path}/dense_minilm.run", "--json"
    ).json["comparisons"][0]
    assert (row["delta"], row["ties"]) == (0.0, 27)


def test_distill_prints_the_documented_json_and_the_student_is_evaluated(explorer):
    """The main job, through the processes a user runs. The bundled teacher scores make the language model unnecessary."""
    result = explorer("distill", "harbour", "--student", "adapter", "--run", "u1", "--json").json
    assert list(result) == ["run", "student", "method", "seconds", "examples", "dropped", "dev", "path", "gate"]
    assert result["gate"]["verdict"] in ("better", "worse", "no difference shown") and result["gate"]["split"] == "test"
    assert (result["run"], result["student"], result["method"]) == ("u1", "adapter", "uae")
    report = explorer(
        "evaluate", "harbour", "-r", "dense:minilm", "-r", "student:u1", "-r", "student:u1@0.5", "--json"
    ).json
    assert list(report["systems"]) == ["dense:minilm", "student:u1", "student:u1@0.5"]
    listed = explorer("runs", "list", "--json").json
    assert [(run["run"], run["state"]) for run in listed] == [("u1", "finished")]
    shown = explorer("runs", "show", "u1", "--json").json
    assert shown["curve"][0]["step"] == 0 and shown["command"].startswith(
        "explorer distill harbour --method uae --student adapter"
    )
    assert explorer("runs", "resume", "u1").returncode == 2
    assert explorer("runs", "delete", "u1").returncode == 0
    assert explorer("runs", "list", "--json").json == []


@pytest.mark.reader
def test_teach_scores_candidates_and_writes_parquet(explorer, beir_folder, tmp_path):
    queries = [
        {"_id": "q1", "text": "Who built the mill?", "metadata": {"answers": ["Ada Oake"]}},
        {"_id": "q2", "text": "Why?"},
    ]
    folder = beir_folder(MINI, queries, {"train": [("q1", "d1", 1)]})
    result = explorer("teach", folder, "--split", "all", "-o", tmp_path / "scores.parquet", "--json").json
    assert (result["queries"], result["scores"], result["left_out"]) == (1, 3, {"no reference answer": 1})
    import pyarrow.parquet as pq

    rows = {row["doc_id"]: row["score"] for row in pq.read_table(tmp_path / "scores.parquet").to_pylist()}
    assert max(rows, key=rows.get) == "d1"


def test_teach_measures_nothing_where_nothing_is_judged(explorer, beir_folder):
    queries = [{"_id": "q1", "text": "Who built the mill?"}]
    result = explorer("teach", beir_folder(MINI, queries, {"train": []}), "--split", "all", "--json").json
    assert result["quality"] == {"dense:minilm": {}, "utility": {}}
    assert result["left_out"] == {"no reference answer": 1}


def test_collections_lists_the_bundled_ones(explorer):
    listed = explorer("collections", "--json").json
    assert {
        "name": "harbour",
        "documents": 124,
        "queries": 92,
        "splits": {"train": 50, "dev": 15, "test": 27},
    } in listed["collections"]


def test_compare_says_which_queries_flipped_and_how_one_did(explorer):
    flips = explorer("compare", "harbour", "-a", "bm25", "-b", "dense:minilm", "--json").json
    deltas = [row["delta"] for row in flips["queries"]]
    assert deltas == sorted(deltas, reverse=True) and deltas[0] > 0 > deltas[-1]
    one = explorer(
        "compare", "harbour", "-a", "bm25", "-b", "dense:minilm", "--query", flips["queries"][0]["query_id"], "--json"
    ).json
    assert [column["role"] for column in one["columns"]] == ["baseline", "system"]
    assert {doc["move"] for doc in one["columns"][1]["documents"]} <= {"up", "down", "new", "same"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "harbour", "ferry"],
        ["compare", "harbour"],
        ["evaluate", "harbour", "-r", "bm25"],
        ["collections"],
        ["runs", "list"],
    ],
    ids=lambda a: a[0],
)
def test_every_command_has_a_readable_form(explorer, arguments):
    done = explorer(*arguments)
    assert done.returncode == 0 and len(done.stdout.splitlines()) > 0


BAD = [
    (["search", "nowhere", "x"], "'nowhere' is neither a bundled collection"),
    (["search", "harbour", " "], "the query is empty"),
    (["search", "harbour", "x", "-k", "0"], "k is 0; ask for at least one document"),
    (["search", "harbour", "x", "--scope", "paper"], "--scope is 'paper'; choose from own, none"),
    (["search", "harbour", "x", "--group", "moon"], "no document has the group 'moon'"),
    (["search", "harbour", "x", "--device", "tpu"], "device 'tpu' is not here"),
    (
        ["evaluate", "harbour", "-r", "bm25", "--split", "best"],
        "unknown split 'best'; choose from train, dev, test, all",
    ),
    (["evaluate", "harbour", "-r", "bm25", "--measure", "magic"], "unknown measure 'magic'; choose from AP"),
    (["evaluate", "harbour", "-r", "student:gone"], "there is no run 'gone'; none was started yet"),
    (["distill", "harbour", "--method", "magic"], "unknown method 'magic'; choose from uae"),
    (["distill", "harbour", "--budget", "soon"], "the budget 'soon' is not a time; write e.g. 60s"),
    (["distill", "harbour", "--run", "a/b"], "'a/b' cannot name a run"),
    (["distill", "harbour", "--reader", "server:http://x"], "names no server and model; give an http or https address"),
    (["teach", "harbour", "--teacher", "magic"], "unknown teacher 'magic'; choose from gold, utility"),
    (["teach", "harbour", "--prompt", "magic"], "unknown prompt 'magic'; choose from passage"),
    (["runs", "show", "gone"], "there is no run 'gone'"),
    (["runs", "cancel", "gone"], "there is no run 'gone'"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD, ids=lambda v: " ".join(v)[:40] if isinstance(v, list) else "")
def test_bad_input_is_one_sentence_and_exit_code_2(explorer, workspace, arguments, sentence):
    done = explorer(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("explorer: ") and sentence in last
    assert "Traceback" not in done.stderr
    assert not any(workspace.runs.glob("*")), "nothing half-written"


def test_a_run_that_could_not_begin_says_so(explorer, beir_folder):
    folder = beir_folder(MINI, [{"_id": "q1", "text": "Who?"}], {"train": [("q1", "d1", 1)]})
    done = explorer("distill", folder, "--run", "r")
    assert done.returncode == 2 and re.search("has no (dev )?query", done.stderr)


def test_a_run_file_with_nan_is_refused(explorer, tmp_path):
    (tmp_path / "x.run").write_text("q001 Q0 ferry-01 1 nan x\n")
    done = explorer("evaluate", "harbour", "-r", f"run:{tmp_path}/x.run", "--split", "all")
    assert done.returncode == 2 and "has NaN as score" in done.stderr


def test_help_imports_nothing_heavy(explorer):
    """--help must answer at once: torch alone takes a second."""
    import subprocess

    code = (
        "import sys; sys.argv = ['explorer', '--help']\nfrom explorer.__main__ import main\ntry: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'gradio', 'transformers', 'numpy', 'faiss', 'pandas', 'plotly', 'sqlite3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout.strip().splitlines()[-1]) == []
    for command in ("search", "compare", "teach", "distill", "evaluate", "runs", "app", "collections", "bench"):
        assert command in done.stdout


def test_hostile_text_reaches_the_terminal_without_control_characters(explorer, beir_folder):
    hostile = {"_id": "d1", "text": "mill \u001b[2J\u202e [bold red]x[/] \u0000"}
    folder = beir_folder([hostile], [], {"test": []})
    done = explorer("search", folder, "mill", "-r", "bm25")
    assert done.returncode == 0 and "[bold red]x[/]" in done.stdout
    assert not set("\u001b\u202e\u0000") & set(done.stdout)


def test_json_output_is_json_alone_whatever_is_said_on_the_way(explorer, tmp_path):
    done = explorer("evaluate", "harbour", "-r", "bm25", "--json")
    assert json.loads(done.stdout)["queries"] == 27
    assert Path(tmp_path).exists()
