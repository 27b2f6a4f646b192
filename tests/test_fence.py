"""What may be named in the fields of an app that others use."""

import pytest

from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.fence import Fence

SERVED = "lies outside this app's workspace and collection"


@pytest.fixture
def fenced(workspace, beir_folder, tmp_path):
    folder = beir_folder([{"_id": "d1", "text": "one"}], [{"_id": "q1", "text": "one"}], {"test": [("q1", "d1", 1)]})
    secret = workspace.root / "people"
    secret.write_text("ada:hash")
    (tmp_path / "outside.run").write_text("q1 Q0 d1 1 1.0 x\n")
    (folder / "inside.run").write_text("q1 Q0 d1 1 1.0 x\n")
    (workspace.root / "out").symlink_to(tmp_path / "outside.run")
    (workspace.root / "labels").mkdir()
    (workspace.root / "labels" / "x.jsonl").write_text("{}")
    bench = Workbench.open(str(folder), workspace)
    return bench.for_visitors(read_only=False, fenced=True, private=[secret]), folder, tmp_path


def test_only_files_of_the_workspace_and_the_collection_can_be_named(fenced):
    bench, folder, outside = fenced
    assert bench.search(f"run:{folder}/inside.run", list(bench.collection.queries.values()))
    for name in (
        outside / "outside.run",
        folder / ".." / "outside.run",
        bench.workspace.root / "out",  # a link that leads out
        bench.workspace.root / "labels" / "x.jsonl",
        bench.workspace.root / "people",
        outside / "nowhere",
        "../../etc/passwd",
        "~/.ssh/id_rsa",
    ):
        with pytest.raises(ExplorerError, match=SERVED):
            bench.search(f"run:{name}", list(bench.collection.queries.values()))


@pytest.mark.parametrize(
    "spec",
    [
        "dense:/etc",
        "dense:sentence-transformers/all-MiniLM-L6-v2",
        "vectors:/etc/a.npy+/etc/b.npy",
        "hybrid:bm25+run:/etc/passwd",
        "rerank:llm(run:/etc/passwd)",
        "rerank:yesno(hybrid:bm25+dense:/etc)",
    ],
)
def test_no_spec_reaches_outside_however_it_is_nested(fenced, spec):
    bench, _, _ = fenced
    with pytest.raises(ExplorerError, match=SERVED):
        bench.retrievers.get(spec)


def test_encoders_and_collections_outside_are_refused_and_bundled_ones_are_not(fenced):
    bench, folder, outside = fenced
    with pytest.raises(ExplorerError, match=SERVED):
        bench.check("/etc")
    assert len(bench.other_collection("harbour").documents) == 124
    assert bench.other_collection(f"beir:{folder}").documents
    for spec in ("/etc", f"text:{outside}", "hf:org/name", "irds:cranfield", "text:/etc/passwd", "nowhere"):
        with pytest.raises(ExplorerError, match=SERVED):
            bench.other_collection(spec)


def test_a_name_that_is_no_path_is_one_sentence():
    with pytest.raises(ExplorerError, match="cannot be a path"):
        Fence().file("a\0b")


def test_where_nobody_else_comes_every_file_can_be_named(workspace, tmp_path):
    (tmp_path / "mine.run").write_text("ferry Q0 ferry-02 1 1.0 x\n")
    bench = Workbench.open("harbour", workspace).for_visitors(read_only=False, fenced=False)
    assert bench.retrievers.get(f"run:{tmp_path}/mine.run")
