"""Real training runs on the bundled collection and its recorded teacher scores."""

import dataclasses
import hashlib

import numpy as np
import pytest
import torch

from explorer.files import write_json
from explorer.records import ExplorerError, Query
from explorer.retrieval.encoder import Encoder
from explorer.training.crossencoder import PRIOR
from explorer.training.students import STUDENTS, head_of, load_student, read_weights, with_head
from explorer.workbench.guards import divide, query_mark
from explorer.workbench.plans import METHODS, Plan

BRIEF = {
    "adapter": {"epochs": 12},
    "query": {"epochs": 1},
    "lora": {"epochs": 2, "batch": 8, "candidates": 6, "limit": 24},
    "full": {"epochs": 2, "batch": 8, "candidates": 6, "limit": 24},
    "reranker": {"epochs": 2, "candidates": 6, "limit": 24, "depth": 5},
}


def distill(bench, name, student, stop=lambda: False, resume=False, **settings):
    plan = Plan.make("harbour", student=student, **{**BRIEF[student], **settings})
    run = bench.workspace.run(name)
    if not resume:
        run.create(plan.record())
    events = []

    def emit(event):
        events.append(event)
        run.emit(event)

    result = bench.distill(plan, run, emit, stop, resume)
    return run, result, events


def fingerprint(run):
    weights = read_weights(run.student, STUDENTS[run.plan["student"]])
    return hashlib.sha256(b"".join(weights[name].detach().numpy().tobytes() for name in sorted(weights))).hexdigest()


@pytest.mark.parametrize("student", STUDENTS)
def test_a_student_learns_from_the_teacher_and_can_be_searched_with(bench, student):
    _, result, events = distill(bench, "r", student)
    losses = [event["loss"] for event in events if event["event"] == "step"]
    assert result["examples"] > 15 and all(np.isfinite(losses))
    half = len(losses) // 2
    assert np.mean(losses[half:]) < np.mean(losses[:half])
    before, after = result["dev"]["nDCG@10"]
    assert after >= before, "the best student so far is kept, and the base is where it starts"
    found = bench.search("student:r", bench.collection.split("test"), 5)
    assert all(len(ranking) == 5 for ranking in found.rankings.values())
    assert result["gate"]["queries"] == 27 and result["gate"]["verdict"] in ("better", "worse", "no difference shown")


@pytest.mark.parametrize("student", ["adapter", "query"])
def test_the_same_seed_gives_the_same_student_and_another_seed_another(bench, student):
    runs = [distill(bench, f"r{n}", student, seed=seed, patience=99)[0] for n, seed in enumerate((1, 1, 2))]
    prints = [fingerprint(run) for run in runs]
    assert prints[0] == prints[1] != prints[2]


def test_students_with_fixed_documents_leave_the_index_untouched(bench):
    """Nothing is encoded anew: the student searches in the base's own vectors."""
    distill(bench, "r", "adapter")
    assert bench.retrievers.get("student:r").index is bench.retrievers.dense("minilm").index


def test_an_adapter_begins_as_the_identity(models):
    base = models.trainable("minilm")
    before = base.encode_query("tide")
    assert np.allclose(with_head(base).encode_query("tide"), before, atol=1e-6)


@pytest.mark.parametrize("student", ["adapter", "query"])
def test_a_blend_of_zero_is_the_base_and_of_one_the_student(bench, student):
    run, _, _ = distill(bench, "r", student, epochs=2, learning_rate=1e-3, patience=99)
    kind, base = STUDENTS[student], bench.models.trainable("minilm")
    vectors = {
        a: load_student(kind, run.student, bench.models.trainable("minilm"), a).encode_query("tide mill")
        for a in (0, 0.5, 1)
    }
    assert np.allclose(vectors[0], base.encode_query("tide mill"), atol=1e-5)
    weights = read_weights(run.student, kind)
    half = load_student(kind, run.student, bench.models.trainable("minilm"), 0.5)
    name, tensor = ("weight", head_of(half).weight) if student == "adapter" else next(iter(half.named_parameters()))
    start = torch.eye(384) if student == "adapter" else dict(base.named_parameters())[name]
    assert torch.allclose(tensor, (weights[name] + start.cpu()) / 2, atol=1e-6)


def test_a_blend_outside_zero_to_one_is_refused(bench):
    distill(bench, "r", "adapter", epochs=1)
    with pytest.raises(ExplorerError, match="lies outside 0 to 1"):
        bench.search("student:r@1.5", bench.collection.split("test")[:1])


def test_cancelling_keeps_the_best_student_so_far(bench):
    steps = iter(range(10**6))
    run, result, events = distill(bench, "r", "query", stop=lambda: next(steps) > 5, epochs=50)
    taken = [event["step"] for event in events if event["event"] == "step"]
    assert result["stopped"] == "cancelled" and 0 < max(taken) < 20
    assert run.student.exists() and result["dev"]["nDCG@10"][1] >= result["dev"]["nDCG@10"][0]


def test_a_budget_ends_the_training_in_time(bench):
    _, result, _ = distill(bench, "r", "query", epochs=1000, patience=10**6, budget=4.0)
    assert result["stopped"] == "budget spent"
    assert result["steps"] < 1000


def test_a_cancelled_run_resumes_from_its_last_checkpoint(bench):
    steps = iter(range(10**6))
    _, first, _ = distill(bench, "r", "query", stop=lambda: next(steps) > 9, epochs=4, patience=99)
    _, second, events = distill(bench, "r", "query", resume=True, epochs=4, patience=99)
    taken = [event["step"] for event in events if event["event"] == "step"]
    assert first["steps"] < taken[0] + 4, "what a finished epoch taught is not taught again"
    assert taken[0] > 1 and second["steps"] > first["steps"] and second["stopped"] == "finished"


def test_a_run_killed_after_its_training_resumes_to_its_gate_and_teaches_nothing_twice(bench):
    run, first, _ = distill(bench, "r", "query", epochs=2)
    kept = fingerprint(run)
    write_json(run.path / "result.json", {name: value for name, value in first.items() if name != "gate"})
    _, second, events = distill(bench, "r", "query", resume=True, epochs=2)
    assert second == first and fingerprint(run) == kept
    assert [event["event"] for event in events if event["event"] != "stage"] == ["gate"]


def test_a_run_killed_between_its_last_step_and_its_result_knows_how_far_it_came(bench):
    run, first, _ = distill(bench, "r", "query", epochs=2, patience=99)
    kept = fingerprint(run)
    (run.path / "result.json").unlink()
    _, second, events = distill(bench, "r", "query", resume=True, epochs=2, patience=99)
    assert not [event for event in events if event["event"] == "step"], "the last checkpoint holds the last step"
    assert (second["steps"], second["best_step"]) == (first["steps"], first["best_step"])
    assert second["best_step"] > 0 and second["dev"] == first["dev"] and fingerprint(run) == kept


def test_of_dev_queries_which_chose_the_student_nothing_is_claimed(bench):
    plan = Plan.make("harbour", student="adapter", split="all", epochs=2)
    run = bench.workspace.run("r")
    run.create(plan.record())
    gate = bench.distill(plan, run, run.emit, lambda: False)["gate"]
    assert (gate["split"], gate["verdict"]) == ("dev", "not held out")


def test_resuming_never_replaces_the_best_student_by_a_worse_one(bench):
    steps = iter(range(10**6))
    run, first, _ = distill(bench, "r", "adapter", stop=lambda: next(steps) > 12, epochs=40)
    assert first["best_step"] > 0
    kept = fingerprint(run)
    _, second, _ = distill(bench, "r", "adapter", resume=True, epochs=3, learning_rate=1.0)
    assert second["dev"]["nDCG@10"] == first["dev"]["nDCG@10"] and fingerprint(run) == kept


def test_early_stopping_ends_a_run_that_forgets(bench):
    _, result, _ = distill(bench, "r", "adapter", epochs=200, learning_rate=3e-3, patience=3)
    assert result["stopped"] == "dev stopped rising" and result["steps"] < 200


def test_a_reranker_begins_as_the_baseline_and_a_blend_of_zero_is_it(bench):
    """Its fresh head is of zeros beside the baseline's cosine: before any step, the order is the baseline's."""
    distill(bench, "r", "reranker", epochs=1, limit=8)
    queries = bench.collection.split("test")[:3]
    before = bench.search("dense:minilm", queries, 5).rankings
    after = bench.search("student:r@0", queries, 5).rankings
    for query_id, ranking in before.items():
        # a query encoded alone in bfloat16 differs from one in a batch by some thousandths of a cosine
        assert after[query_id].scores == pytest.approx({d: PRIOR * s for d, s in ranking.scores.items()}, abs=0.2)


def test_a_student_reranks_what_another_retriever_found(bench):
    distill(bench, "r", "adapter", epochs=2)
    queries = bench.collection.split("test")
    found = bench.search("rerank:student:r(bm25)", queries, 10)
    lexical = bench.search("bm25", queries, 20)
    cosines = bench.retrievers.get("student:r").search(queries, 124).rankings
    for query_id, ranking in found.rankings.items():
        first = [d for d in cosines[query_id].doc_ids if d in lexical.rankings[query_id].doc_ids]
        assert list(ranking.doc_ids) == first[: len(ranking)]


@pytest.mark.parametrize("method", ["gold", "fusion"])
def test_every_method_trains_with_its_own_teacher_and_loss(bench, method):
    run = bench.workspace.run("r")
    plan = Plan.make("harbour", method, "adapter", epochs=8)
    run.create(plan.record())
    events = []
    result = bench.distill(plan, run, events.append, lambda: False)
    told = next(event for event in events if event["event"] == "examples")
    assert result["examples"] > 40 and plan.settings.loss == METHODS[method].loss
    assert told["by_definition"] == (method == "gold") and bool(told["teacher"]) == (method == "fusion")
    assert sum(told["refused"].values()) > 0 if method == "gold" else told["refused"] == {}


def test_a_guard_from_elsewhere_is_measured_before_and_after(bench, beir_folder):
    folder = beir_folder(
        [{"_id": "a", "title": "", "text": "Bees dance."}, {"_id": "b", "title": "", "text": "Ants march in rows."}],
        [{"_id": "x", "text": "What do bees do?"}, {"_id": "y", "text": "How do ants go?"}],
        {"test": [("x", "a", 1), ("y", "b", 1)]},
        name="elsewhere",
    )
    run = bench.workspace.run("r")
    plan = Plan.make("harbour", student="adapter", epochs=2, guard=str(folder))
    run.create(plan.record())
    guard = bench.distill(plan, run, run.emit, lambda: False)["guard"]
    assert guard["queries"] == 2 and guard["collection"] == str(folder)
    assert guard["measures"]["nDCG@10"]["mean_a"] == 1.0


def test_a_guard_that_cannot_be_opened_is_refused_before_the_work(bench):
    run = bench.workspace.run("r")
    plan = Plan.make("harbour", student="adapter", guard="nowhere")
    run.create(plan.record())
    with pytest.raises(ExplorerError, match="'nowhere' is neither a bundled collection"):
        bench.distill(plan, run, run.emit, lambda: False)
    assert [event["event"] for event in run.events()] == ["stage"]


def test_training_never_touches_what_is_evaluated(harbour):
    data = divide(harbour, "train")
    held_out = {query.query_id for split in ("dev", "test") for query in harbour.split(split)}
    groups = set().union(*(harbour.groups_of(q) for q in [*harbour.split("dev"), *harbour.split("test")]))
    assert not {query.query_id for query in data.train} & held_out
    assert not set().union(*(harbour.groups_of(query) for query in data.train)) & groups


def test_train_queries_that_share_a_group_with_test_are_dropped_and_counted(harbour):
    """A published split may leak; the shared group decides, not the label."""
    train, test = harbour.split("train")[0], harbour.split("test")[0]
    leaking = {**harbour.qrels, train.query_id: harbour.qrels[test.query_id]}
    leaking = dataclasses.replace(harbour, qrels=leaking)
    data = divide(leaking, "train", "drop")
    assert train.query_id not in {query.query_id for query in data.train}
    assert data.dropped == {"shares a document group with dev or test": 1}
    with pytest.raises(ExplorerError, match="so a gain could be memory"):
        divide(leaking, "train")


def test_a_student_is_not_measured_on_what_it_was_trained_on(bench):
    distill(bench, "r", "adapter", epochs=1)
    with pytest.raises(ExplorerError, match="student:r was trained on 50 of these 92 queries"):
        bench.evaluate(["dense:minilm", "student:r"], split="all")
    assert bench.evaluate(["dense:minilm", "student:r"], split="test").report["queries"] == 27


def test_a_run_made_anew_under_its_old_name_is_another_student(bench):
    """In an open app the second student must not be served by the first one's encoder or vectors."""
    run, _, _ = distill(bench, "r", "query", learning_rate=1e-4)
    first = bench.search("student:r", bench.collection.split("test"), 5)
    run.set_state("finished")
    run.delete()
    distill(bench, "r", "query", learning_rate=1e-3, patience=99)
    assert bench.search("student:r", bench.collection.split("test"), 5) != first


def test_the_same_words_asked_of_another_paper_are_another_query():
    """QASPER asks "What dataset do they use?" of many papers: that alone is no leak."""
    ask = "What dataset do they use?"
    assert query_mark(Query("q1", ask, scope="paper 1")) != query_mark(Query("q2", ask, scope="paper 2"))
    assert query_mark(Query("q1", ask, scope="paper 1")) == query_mark(Query("q1", ask)), (
        "--scope none asks the same query"
    )


def test_nan_from_an_encoder_is_refused(models):
    model = models.trainable("minilm")
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(ExplorerError, match="the encoder gave NaN"):
        Encoder(model, "broken").queries(["tide"])
