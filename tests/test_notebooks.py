"""The notebooks are lessons that run: no cell fails, an exercise left open is kind, a wrong answer is refused.

The first cell is a heading, "# 1. Title", tagged ``question``; a later cell, tagged ``predict``, asks for a guess. An exercise
is a code cell tagged ``exercise`` in which something is left open as ``...``; the next cell, tagged ``check``, asserts with a
hint, or says in one sentence what to fill in. The exercise's metadata keep a ``solution`` and a plausible ``wrong`` source.
Each notebook is executed once; every exercise is tried open, then wrong, then solved.
"""

import copy
import functools
import json
import os
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SHAPE = ("question", "predict", "exercise", "check")
TRIES = ("open", "wrong", "solution")
FIGURE = re.compile(r"\d+[.,]\d+|(?!\b95 % interval)\b\d+\s*%")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def tags(cell):
    return cell.metadata.get("tags", [])


def tagged(cells, tag):
    return [cell for cell in cells if tag in tags(cell)]


def prose(cell):
    """What a markdown cell says outside of code, formulas, and the addresses and identifiers of papers."""
    return re.sub(r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)|arXiv[: ]\S+", "", cell.source, flags=re.DOTALL)


def with_tries(notebook):
    """The notebook in which every exercise and its check come three times: left open, wrong, solved."""
    cells = []
    for cell in notebook.cells:
        if "exercise" in tags(cell):
            tried = cell
        elif "check" in tags(cell):
            sources = {"open": tried.source, **{name: tried.metadata[name] for name in TRIES[1:]}}
            for name in TRIES:
                cells += [attempt(tried, name, sources[name]), attempt(cell, name, cell.source)]
        else:
            cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def attempt(cell, name, source):
    """A copy that says which try it is; only the check of a wrong answer may raise."""
    one = copy.deepcopy(cell)
    one.update(source=source, id=f"{cell.id}-{name}")
    refused = ["raises-exception"] if name == "wrong" and "check" in tags(cell) else []
    one.metadata["tags"] = [*tags(cell), name, *refused]
    return one


@pytest.fixture(scope="module")
def executed(new_workspace, tmp_path_factory):
    """Executes a notebook with its tries, once for all tests, in a workspace of its own."""

    @functools.cache
    def execute(path):
        notebook = with_tries(read(path))
        client = nbclient.NotebookClient(
            notebook,
            timeout=400,
            kernel_name="python3",
            store_widget_state=False,
            resources={"metadata": {"path": str(tmp_path_factory.mktemp("beside"))}},
        )
        client.execute(env={**os.environ, "EXPLORER_WORKSPACE": str(new_workspace().root)})
        return notebook

    return execute


def said(cell):
    """Everything printed or shown as text below a cell."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(map(str, texts)).strip()


def errors(cell):
    return [output for output in cell.outputs if output.output_type == "error"]


def checks(notebook, name):
    return [cell for cell in tagged(notebook.cells, name) if "check" in tags(cell)]


@each_notebook
def test_a_notebook_runs_from_first_to_last_cell(path, executed):
    """nbclient raises at the first cell that fails; an exercise is solved from its own metadata."""
    notebook = executed(path)
    assert [cell.source for cell in notebook.cells if cell.cell_type == "code" and not cell.execution_count] == []


@each_notebook
def test_an_exercise_left_open_is_one_friendly_sentence(path, executed):
    for cell in checks(executed(path), "open"):
        assert errors(cell) == [] and 20 < len(said(cell)) < 240 and "\n" not in said(cell)


@each_notebook
def test_a_wrong_answer_is_refused_with_a_hint(path, executed):
    """A check that accepts anything teaches that anything is right."""
    for cell in checks(executed(path), "wrong"):
        (error,) = errors(cell)
        assert error.ename == "AssertionError" and len(error.evalue) > 20


@each_notebook
def test_the_right_answer_is_told_so(path, executed):
    for cell in checks(executed(path), "solution"):
        assert errors(cell) == [] and len(said(cell)) > 20


@each_notebook
def test_a_notebook_is_kept_without_outputs(path):
    """Outputs are megabytes, and stale as soon as the code changes."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in raw["cells"] if cell["cell_type"] == "code"]
    assert [cell["source"] for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []
    assert (
        set(raw["metadata"]) <= {"kernelspec", "language_info"} and raw["metadata"]["kernelspec"]["name"] == "python3"
    )
    nbformat.validate(nbformat.reads(path.read_text(encoding="utf-8"), as_version=4))


@each_notebook
def test_a_notebook_is_a_lesson(path):
    """A question, something to predict, the code, and an exercise with its check right below."""
    cells = read(path).cells
    assert cells[0].source.startswith(f"# {path.stem[0]}. ") and "question" in tags(cells[0])
    order = [next(number for number, cell in enumerate(cells) if tag in tags(cell)) for tag in SHAPE]
    assert order == sorted(order) and len(set(order)) == len(order)
    for number, cell in enumerate(cells):
        if "exercise" in tags(cell):
            assert "..." in cell.source and {"solution", "wrong"} <= set(cell.metadata), "open, with both answers kept"
            assert tags(cells[number + 1]) == ["check"]
    assert len(tagged(cells, "exercise")) == len(tagged(cells, "check"))


@each_notebook
def test_no_figure_is_typed_into_prose(path):
    """What was measured once is wrong on the next machine: a cell computes it, or nobody says it."""
    typed = [
        (found, cell.source[:60])
        for cell in read(path).cells
        if cell.cell_type == "markdown"
        for found in FIGURE.findall(prose(cell))
    ]
    assert typed == []


def test_every_notebook_stands_in_the_index_with_its_own_title():
    """A teacher chooses from the index; a lesson that is missing there is not taught."""
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    linked = {name: title for title, name in re.findall(r"\[(\d\. [^]]+)\]\((\w+\.ipynb)\)", index)}
    titles = {path.name: read(path).cells[0].source.splitlines()[0].removeprefix("# ") for path in NOTEBOOKS}
    assert linked.keys() == titles.keys() and len(titles) == 6
    assert [name for name, title in titles.items() if not title.startswith(linked[name])] == []
