"""The map: planes that keep what they promise, what is said of documents, and the page in a browser."""

import base64
import re

import browser
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist

from explorer.records import ExplorerError
from explorer.training.students import prepare, save_student, student_kind
from explorer.views import maps
from explorer.workbench import Workbench
from explorer.workbench.loading import Models
from explorer.workbench.plans import Plan
from explorer.workbench.projecting import LIMIT, Projection, aligned, evenly, pca, plane, tsne
from explorer.workspace import Workspace

ROOMS = [("Boats lie here.", "shed"), ("Nets hang here.", "shed"), ("Old hats.", "attic"), ("A trunk.", "attic")]
CLOUDS = st.integers(3, 12).flatmap(
    lambda n: st.tuples(*(arrays(np.float64, (n, 2), elements=st.floats(-100, 100, width=32)) for _ in "ab"))
)


def projection(points):
    return Projection(points, lambda others: others)


def moved_student(workspace: Workspace, run_id: str) -> str:
    """A student whose encoders differ from the base's by noise, as after a short training; nothing is trained."""
    import torch

    torch.manual_seed(0)
    kind = student_kind("lora")
    model = prepare(Models(workspace).trainable("minilm"), kind, 4)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.02)
    run = workspace.run(run_id)
    run.create(Plan.make("harbour", "gold", "lora").record())
    save_student(model, kind, run.student)
    run.set_state("finished")
    return f"student:{run_id}"


@pytest.fixture(scope="module")
def moved(shared_workspace) -> str:
    return moved_student(shared_workspace, "moved")


@pytest.fixture(scope="module")
def bench(harbour, shared_workspace) -> Workbench:
    return Workbench(harbour, shared_workspace)


def unpacked(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


@given(CLOUDS)
def test_alignment_never_stretches(clouds):
    points, onto = clouds
    assert np.allclose(pdist(aligned(projection(points), onto).points), pdist(points), atol=1e-6)


@given(CLOUDS)
def test_alignment_lies_no_farther_than_shifting_alone(clouds):
    points, onto = clouds
    shifted = points - points.mean(axis=0) + onto.mean(axis=0)
    turned = aligned(projection(points), onto).points
    assert np.sum((turned - onto) ** 2) <= np.sum((shifted - onto) ** 2) + 1e-6


@given(CLOUDS, st.floats(0, 2 * np.pi), st.booleans())
def test_a_cloud_turned_mirrored_and_shifted_is_laid_back_onto_itself(clouds, angle, mirror):
    points, _ = clouds
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = points @ turn * ([-1, 1] if mirror else [1, 1]) + [3, -5]
    back = aligned(projection(other), points)
    assert np.allclose(back.points, points, atol=1e-5)
    assert np.allclose(back.place(other), points, atol=1e-5), "a query is laid where its documents are"


def test_principal_axes_are_those_of_the_singular_value_decomposition():
    vectors = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32) * [5, 4, 1, 1, 1, 1]
    found = pca(vectors)
    centred = vectors - vectors.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    assert np.allclose(np.abs(found.points), np.abs(centred @ axes[:2].T), atol=1e-4)
    assert found.explained == pytest.approx(np.sum(sizes[:2] ** 2) / np.sum(sizes**2), abs=1e-5)
    assert np.allclose(found.place(vectors), found.points, atol=1e-5)


def test_a_map_of_one_document_is_refused_in_a_sentence():
    with pytest.raises(ExplorerError, match="at least two documents"):
        pca(np.ones((1, 4), np.float32))


@given(st.integers(1, 3 * LIMIT))
def test_of_a_large_collection_an_even_sample_is_drawn(count):
    rows = evenly(count)
    assert len(rows) <= LIMIT and rows[0] == 0 and rows[-1] == count - 1
    assert count == 1 or np.ptp(np.diff(rows)) <= 1


def test_documents_stand_still_only_where_two_systems_share_their_vectors(bench, moved):
    query = bench.query("q001")
    same = plane(bench, query, "dense:minilm", "dense:minilm", [], "PCA")
    assert same.still and np.array_equal(same.before.points, same.after.points)
    other = plane(bench, query, "dense:minilm", moved, [], "PCA")
    steps = np.linalg.norm(other.after.points - other.before.points, axis=1)
    assert not other.still and steps.min() > 0
    unaligned = pca(bench.retrievers.get(moved).index.vectors).points
    assert np.allclose(pdist(other.after.points), pdist(unaligned), atol=1e-5)


def test_a_system_without_vectors_borrows_the_other_plane_and_says_so(bench):
    view = maps.document_map(bench, bench.query("q001"), "bm25", "dense:minilm", 10, "PCA")
    before, after = view["panels"]
    assert before["points"] == after["points"] and before["top"] != after["top"]
    assert before["said"].startswith("bm25 has no vectors: its documents stand where dense:minilm puts them")
    assert "choose a bi-encoder: dense:minilm" in before["said"]
    assert re.match(r"These two axes keep \d+ % of the variance", after["said"])
    assert all(doc["systems"][0]["cosine"] is None for doc in view["listed"])


def test_two_systems_without_vectors_are_refused_with_those_that_have_them(bench):
    with pytest.raises(ExplorerError, match="neither bm25 nor hybrid.*choose a bi-encoder: dense:minilm"):
        maps.document_map(bench, bench.query("q001"), "bm25", "hybrid:bm25+dense:minilm", 10, "PCA")


def test_ranks_and_cosines_told_are_those_of_the_search(bench, moved):
    query = bench.query("q001")
    view = maps.document_map(bench, query, "dense:minilm", moved, 5, "PCA")
    ids = list(bench.collection.documents)
    rows = unpacked(view["rows"], "<u4")
    for number, spec in enumerate(("dense:minilm", moved)):
        ranking = bench.search(spec, [query], 5).rankings["q001"]
        assert [(ids[rows[at]], rank) for at, rank in view["panels"][number]["top"]] == [
            (doc.doc_id, doc.rank) for doc in ranking
        ]
        told = {doc["doc_id"]: doc["systems"][number] for doc in view["listed"]}
        for doc in ranking:
            assert told[doc.doc_id]["rank"] == doc.rank
            assert told[doc.doc_id]["cosine"] == pytest.approx(doc.score, abs=1e-3)
    assert {ids[rows[at]] for at in view["gold"]} == bench.collection.relevant("q001")


def test_packed_points_are_the_plane_in_one_scale(bench, moved):
    query = bench.query("q001")
    view = maps.document_map(bench, query, "dense:minilm", moved, 5, "PCA")
    drawn = plane(bench, query, "dense:minilm", moved, [], "PCA")
    scales = []
    for panel, system in zip(view["panels"], (drawn.before, drawn.after), strict=True):
        steps = unpacked(panel["points"], "<u2").reshape(-1, 2).astype(float)
        scales.append(pdist(steps).max() / pdist(system.points).max())
        assert np.allclose(pdist(steps) / scales[-1], pdist(system.points), atol=1e-3)
    assert scales[0] == pytest.approx(scales[1], rel=1e-3)


def test_a_query_with_a_scope_is_searched_among_its_group_and_ranks_say_so(beir_folder, shared_workspace):
    documents = [{"_id": f"d{n}", "title": "", "text": t, "metadata": {"group": g}} for n, (t, g) in enumerate(ROOMS)]
    query = {"_id": "q", "text": "where are boats kept?", "metadata": {"scope": "shed"}}
    bench = Workbench.open(str(beir_folder(documents, [query], {"test": [("q", "d0", 1)]}, "rooms")), shared_workspace)
    view = maps.document_map(bench, bench.query("q"), "dense:minilm", "dense:minilm", 5, "PCA")
    assert view["searched"] == [0, 1] and view["kinds"] == ["attic", "shed"]
    assert [doc["systems"][0]["label"] for doc in maps.about(bench, bench.query("q"), "bm25", "bm25", [2])] == ["–"]


def test_chosen_documents_lead_to_the_queries_whose_gold_they_are(bench):
    collection = bench.collection
    ids = list(collection.documents)
    rows = [row for row, doc_id in enumerate(ids) if collection.documents[doc_id].group == "ferry"]
    found = maps.chosen(bench, bench.query("q001"), "dense:minilm", "bm25", [*rows, -1, 10**9])
    by_hand = [q for q in collection.qrels if any(ids[row] in collection.relevant(q) for row in rows)]
    assert maps.parted(bench, found["within"]) == by_hand
    assert found["chosen"]["queries"] == len(by_hand) and found["chosen"]["count"] == len(rows)
    assert [doc["doc_id"] for doc in found["chosen"]["documents"]] == [ids[row] for row in rows]


def test_ids_with_commas_and_signs_survive_a_link_and_strangers_do_not(beir_folder, shared_workspace):
    names = ["a,b", "50%2C", "ü/ß", "plain"]
    queries = [{"_id": name, "text": "who?"} for name in names]
    folder = beir_folder([{"_id": "d", "title": "", "text": "x"}], queries, {"test": [(n, "d", 1) for n in names]})
    bench = Workbench.open(str(folder), shared_workspace)
    assert maps.parted(bench, maps.joined([*names, "stranger"])) == names
    assert maps.parted(bench, "") == []


def test_tsne_keeps_neighbours_places_queries_and_can_be_stopped():
    pytest.importorskip("openTSNE")
    random = np.random.default_rng(0)
    centres = random.normal(size=(3, 16)) * 4
    vectors = np.repeat(centres, 30, axis=0) + random.normal(size=(90, 16))
    told = []
    found = tsne(vectors, pca(vectors).points, lambda stage, done, total: told.append((done, total)))
    middles = found.points.reshape(3, 30, 2).mean(axis=1)
    own = np.linalg.norm(found.place(centres) - middles, axis=1)
    assert (own < pdist(middles).min() / 2).all(), "a centre is placed among its own"
    assert told[-1] == (750, 750)

    def stop(stage, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tsne(vectors, pca(vectors).points, stop)


def canvas_ink(page, number):
    """How many pixels of the points' canvas of a map differ from its corner."""
    return page.evaluate(
        """n => {
          const c = document.querySelectorAll('.ex-map-frame')[n].querySelector('canvas');
          const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
          return pixels.filter((value) => value !== pixels[0]).length;
        }""",
        number,
    )


@pytest.mark.browser
@browser.needed
def test_points_are_drawn_pointed_at_chosen_and_filter_flips(app, page, workspace):
    spec = moved_student(workspace, "moved")
    page.goto(app("harbour").url + "?tab=map")
    page.wait_for_selector(".ex-map-frame")
    page.wait_for_selector(f".ex-map-after h3:has-text('{spec}')")
    page.wait_for_timeout(300)
    assert canvas_ink(page, 0) > 500 and canvas_ink(page, 1) > 500
    assert "axes keep" in page.inner_text(".ex-map-before .ex-note")

    # pointing at any document says what it is, in both maps
    box = page.locator(".ex-map-frame").first.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for step in range(0, 200, 3):
        page.mouse.move(middle[0] - 100 + step, middle[1])
        if page.locator(".ex-map-tip:not([hidden])").count():
            break
    page.wait_for_selector(".ex-map-tip:not([hidden]) .ex-map-number:has-text('after')")

    # by keyboard: the first listed document is chosen, and dropped again
    page.focus(".ex-map-list")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".ex-map-doc.ex-same")
    page.keyboard.press("Space")
    page.wait_for_selector(".ex-map-shelf h3:has-text('1 document chosen')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".ex-map-shelf h3:has-text('Gold and top 10 of both systems')")

    # a lasso around everything, dropped, then around the left half
    zoomed = canvas_ink(page, 0)
    page.focus(".ex-map-frame")
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.wait_for_timeout(300)
    assert canvas_ink(page, 0) != zoomed
    page.keyboard.press("0")
    browser.settled(page)
    box = page.locator(".ex-map-frame").first.bounding_box()
    corners = [(4, 4), (box["width"] / 2, 4), (box["width"] / 2, box["height"] - 4), (4, box["height"] - 4)]
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    for x, y in corners:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
    page.mouse.up()
    page.wait_for_selector("#map-go:not([disabled]):has-text('queries whose gold lies here')")
    count = int(re.search(r"the (\d+)", page.inner_text("#map-go")).group(1))
    assert 0 < count < 92
    assert f"gold of {count} queries" in page.inner_text(".ex-tools [role=status]")
    page.click("#map-go")

    chip = page.locator(f".ex-flips .ex-chip:has-text('{count} queries chosen on the Map')")
    chip.wait_for()
    here = int(re.search(r"(\d+) of them", chip.inner_text()).group(1))
    assert page.inner_text(".ex-flips .ex-tools .ex-note").startswith(f"{here} of 27 queries")
    assert "within=" in page.evaluate("location.search")
    chip.click()
    page.wait_for_selector(".ex-flips .ex-tools .ex-note:has-text('27 of 27 queries')")
    page.wait_for_function("!location.search.includes('within')")


@pytest.mark.browser
@browser.needed
def test_systems_without_vectors_are_explained_on_the_map(shown, page):
    page.goto(shown("harbour").url + "?tab=map&a=dense:minilm&b=bm25")
    page.wait_for_selector(".ex-map-after .ex-note:has-text('bm25 has no vectors')")
    browser.choose(page, "map-a", "bm25")
    page.wait_for_selector(".ex-map [role=alert]:has-text('neither bm25 nor bm25 has vectors')")
    browser.choose(page, "map-a", "dense:minilm")
    page.wait_for_selector(".ex-map-frame")
