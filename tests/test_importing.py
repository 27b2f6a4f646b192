"""Import and export on Data: what comes in is looked at and stored whole or not at all, what goes out is what files hold."""

import csv
import json
import tarfile
import zipfile
from pathlib import Path

import browser
import httpx
import pytest

from explorer.collections import open_collection
from explorer.records import ExplorerError
from explorer.workbench import Workbench
from explorer.workbench.downloads import download
from explorer.workbench.importing import Source, look, take
from explorer.workspace import Label, Workspace

FAQ = "question,answer,context\nwho?,nobody,caf\u00c3\u00a9 <b>x</b>\nwhere?,here,it is here\n"


@pytest.fixture
def bench(workspace) -> Workbench:
    return Workbench.open("harbour", workspace)


@pytest.fixture
def faq(tmp_path) -> Path:
    (tmp_path / "my faq.csv").write_text(FAQ)
    return tmp_path / "my faq.csv"


def test_what_is_looked_at_is_stored_only_when_taken_and_opens_by_its_name(bench, faq):
    view = look(bench, Source(faq))
    assert (view["format"], view["documents"], view["name"]) == ("csv", 2, "my-faq")
    assert "damaged characters" in {found["code"] for found in view["findings"]}
    assert bench.workspace.collections() == []
    folder = take(bench.workspace, Source(faq), view["name"])
    assert bench.workspace.collections() == ["my-faq"]
    opened = Workbench.open("my-faq", bench.workspace).collection
    assert opened.source == str(folder)
    assert opened.documents == open_collection(str(faq)).documents
    assert look(bench, Source(faq))["name"] == "my-faq-2", "a name is proposed once"


@pytest.mark.parametrize("name", ["harbour", "../out", "", "a/b", ".hidden"])
def test_a_name_that_is_taken_or_leads_out_is_refused(bench, faq, name):
    with pytest.raises(ExplorerError, match=r"already|cannot name a collection"):
        take(bench.workspace, Source(faq), name)
    assert not (bench.workspace.root / "collections").exists()


def test_a_folder_comes_as_an_archive_of_which_nothing_stays_unpacked(bench, beir_folder, tmp_path):
    folder = beir_folder([{"_id": "d", "text": "one"}], [{"_id": "q", "text": "one?"}], {"test": [("q", "d", 1)]})
    with zipfile.ZipFile(tmp_path / "small.zip", "w") as packed:
        for path in folder.rglob("*.*"):
            packed.write(path, Path("small") / path.relative_to(folder))
    before = set(Path("/tmp").glob("explorer-*"))
    assert look(bench, Source(tmp_path / "small.zip"))["judged"] == 1
    assert set(Path("/tmp").glob("explorer-*")) <= before
    assert open_collection(str(take(bench.workspace, Source(tmp_path / "small.zip"), "small"))).qrels == {"q": {"d": 1}}


def test_what_is_broken_leaves_nothing_behind_and_says_the_file_not_its_folder(bench, tmp_path):
    (tmp_path / "half.jsonl").write_text('{"question": "a?", "context": "x"}\n{"question": \n')
    with zipfile.ZipFile(tmp_path / "climber.zip", "w") as packed:
        packed.writestr("../../climbed.jsonl", "{}")
    with tarfile.open(tmp_path / "link.tar", "w") as packed:
        link = tarfile.TarInfo("corpus.jsonl")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    (tmp_path / "picture.bin").write_bytes(bytes(range(256)))
    for name in ("half.jsonl", "climber.zip", "link.tar", "picture.bin", "nowhere"):
        with pytest.raises(ExplorerError) as refused:
            take(bench.workspace, Source(tmp_path / name), "x")
        assert name == "nowhere" or str(tmp_path) not in str(refused.value)
    assert bench.workspace.collections() == [] and not (tmp_path.parent / "climbed.jsonl").exists()
    with pytest.raises(ExplorerError, match="no format to import"):
        look(bench, Source(tmp_path / "half.jsonl", "hf"))


def test_labels_go_out_as_one_file_and_only_known_students_do(bench, tmp_path):
    query, document = next(iter(bench.collection.queries)), next(iter(bench.collection.documents))
    with pytest.raises(ExplorerError, match="nothing is labelled yet"):
        download(bench, "labels", "", tmp_path)
    for person, grade in (("ada", 3), ("ben", 3)):
        bench.workspace.labels("harbour").add(Label(query, document, grade, person))
    with download(bench, "labels", "", tmp_path, "ada").open() as file:
        assert [(row["query_id"], row["grade"]) for row in csv.DictReader(file)] == [(query, "3")]
    for run_id in ("none", "../../x", ""):
        with pytest.raises(ExplorerError, match="there is no student"):
            download(bench, "model", run_id, tmp_path)


@pytest.mark.browser
@browser.needed
def test_a_file_is_uploaded_looked_at_stored_and_labels_are_saved(app, page, workspace, faq, tmp_path):
    collection = open_collection("harbour")
    label = Label(next(iter(collection.queries)), next(iter(collection.documents)), 2, "ada")
    workspace.labels("harbour").add(label)
    served = app("harbour")
    page.goto(served.url + "?tab=data")
    page.click("#import-look")
    page.wait_for_selector("#import-said [role=alert]:has-text('Upload a file')")
    page.fill("#import-path input, #import-path textarea", str(tmp_path / "nowhere"))
    page.click("#import-look")
    page.wait_for_selector("#import-said [role=alert]:has-text('there is no file or folder')")
    page.set_input_files("#import-file input[type=file]", faq)
    page.wait_for_selector("#import-file :text('my faq')")
    page.click("#import-look")
    page.wait_for_selector("#import-findings .ex-finding:has-text('damaged characters')")
    assert Workspace(workspace.root).collections() == []
    page.fill("#import-name input, #import-name textarea", "../x")
    page.click("#import-store")
    page.wait_for_selector("#import-said [role=alert]:has-text('cannot name a collection')")
    page.fill("#import-name input, #import-name textarea", "mine")
    page.click("#import-store")
    page.wait_for_selector("#import-said:has-text('explorer app mine')")
    assert Workspace(workspace.root).collections() == ["mine"]
    page.click("#export-kind input")
    page.click("[role=option]:has-text('Labels')")
    page.click("#export")
    with page.expect_download() as waiting:
        page.click("#export-file a")
    assert label.doc_id in waiting.value.path().read_text()
    browser.settled(page)
    forged(served, "/etc/hostname")


def forged(served, path):
    """A call that claims another file of this machine was uploaded is refused before a reader sees it."""
    config = httpx.get(served.url + "config").json()
    named = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
    look_up = next(d for d in config["dependencies"] if d["targets"] == [[named["import-look"], "click"]])
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    body = {"data": [file, "", "text"], "fn_index": look_up["id"], "session_hash": "forger"}
    assert httpx.post(served.url + "gradio_api/queue/join", json=body).status_code == 200
    with httpx.stream("GET", served.url + "gradio_api/queue/data?session_hash=forger", timeout=30) as answer:
        for line in answer.iter_lines():
            told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if told.get("msg") == "process_completed":
                assert not told["success"]
                return
