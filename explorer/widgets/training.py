"""The verb ``distill``: a run from a cell, in this kernel, or as a process of its own; begun, resumed, or found finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from explorer import jobs
from explorer.widgets.telling import told
from explorer.widgets.verbs import opened, say
from explorer.workbench import Workbench
from explorer.workbench.plans import Plan, seconds
from explorer.workspace import RunFolder
from explorer.workspace.runs import RESUMABLE


def distill(
    bench: Workbench | str,
    method: str = "uae",
    student: str = "",
    *,
    run: str = "",
    teacher: str = "",
    base: str = "dense:minilm",
    reader: str = "smollm2",
    split: str = "train",
    k: int | None = None,
    prompts: Sequence[str] = (),
    lam: float = 0.5,
    loss: str | None = None,
    checkpoint: str = "",
    overlap: str = "stop",
    guard: str = "",
    limit: int = 0,
    epochs: int | None = None,
    learning_rate: float | None = None,
    batch: int | None = None,
    tau: float | None = None,
    tau_u: float | None = None,
    rank: int | None = None,
    seed: int | None = None,
    budget: str = "",
    wait: bool = True,
) -> RunFolder:
    """Trains a student on a teacher's scores, as ``explorer distill`` does, and returns its run.

    Parameters, all named as on the command line; what is left out is the method's or the student's own choice
    ----------
    method: uae (utility), radio (rationales), gold (labels), fusion (a mix).
    student: adapter (seconds), query, lora, full (minutes), reranker.
    run: its name, the student is then the retriever ``student:NAME``; without one it is made from method and time.
    teacher, base, reader, split, k, prompts, lam: as in ``ex.teach``.
    loss: utility, list, graded, in-batch, triplet or kl. tau, tau_u: temperatures of student and teacher.
    epochs, learning_rate, batch (queries per step), rank (of a lora student), seed: of the training.
    checkpoint: a model a reranker starts from instead of the base's.
    overlap: training queries that share documents with what is evaluated: stop, drop or keep.
    guard: another collection, measured before and after. budget: wall-clock limit, "60s" or "5m".
    wait: with False the run goes on as a process of its own: hand it to ``ex.TrainingMonitor(run)``.

    Returns a RunFolder: ``run_id``, ``state``, ``result`` (what dev and held-out queries say), ``path``. The stop button
    keeps the best student so far. A run of the same name and plan is not trained twice: one that was stopped goes on,
    one that is finished is returned.

    Errors: ExplorerError for choices that do not fit, a name that is taken, training data that overlap with the test.

    >>> run = ex.distill(bench, method="uae", student="adapter", run="a1")
    >>> ex.evaluate(bench, "dense:minilm", "student:a1")
    """
    bench = opened(bench)
    plan = Plan.make(
        bench.collection.source,
        method,
        student,
        base,
        reader,
        k,
        split,
        bench.scoped,
        teacher=teacher,
        prompts=tuple(prompts),
        lam=lam,
        checkpoint=checkpoint,
        overlap=overlap,
        guard=guard,
        limit=limit,
        loss=loss,
        epochs=epochs,
        learning_rate=learning_rate,
        batch=batch,
        tau=tau,
        tau_u=tau_u,
        rank=rank,
        seed=seed,
        budget=seconds(budget) if budget else None,
    )
    with told(bench):
        return _carry_out(bench, plan, run, wait=wait)


def _carry_out(bench: Workbench, plan: Plan, name: str, *, wait: bool) -> RunFolder:
    """The run of this name: one with the same plan goes on, or is returned as it is when it has ended."""
    before = _same(bench, plan, name)
    if before and before.state["state"] == "finished":
        say(f"{name} was trained before with this plan; for a new training choose another name\n{outcome(before)}")
        return before
    run = before or bench.new_run(plan, name)
    if not wait:
        jobs.resume(run, bench.models.device) if before else jobs.start(run, bench.models.device)
        return run
    jobs.carry_out(run, _work(bench, plan, run), _watch(bench), resume=before is not None)
    say(outcome(run))
    return run


def _same(bench: Workbench, plan: Plan, name: str) -> RunFolder | None:
    """A run of this name that has this plan and does not go on right now."""
    if not name or not (run := bench.workspace.run(name)).exists():
        return None
    ended = run.state["state"] in ("finished", *RESUMABLE)
    return run if ended and Plan.from_record(run.plan) == plan else None


def _work(bench: Workbench, plan: Plan, run: RunFolder) -> jobs.Work:
    def work(emit: jobs.Emit, stop: Callable[[], bool], resume: bool) -> dict[str, Any]:
        return bench.distill(plan, run, emit, stop, resume)

    return work


def _watch(bench: Workbench) -> jobs.Emit:
    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "stage":
            bench.progress(event["stage"], event["done"], event["total"])
        elif event["event"] == "step":
            bench.progress("train", event["step"], event["of"])

    return watch


def outcome(run: RunFolder) -> str:
    """What came of a run, in one line for dev and one for held-out queries."""
    result = run.result or {}
    lines = [f"dev {name}: {before:.3f} → {after:.3f}" for name, (before, after) in result.get("dev", {}).items()]
    if gate := result.get("gate"):
        row = gate["measures"]["nDCG@10"]
        low, high = row["ci95"]
        lines.append(
            f"{gate['split']}, {gate['queries']} queries: nDCG@10 {row['mean_a']:.3f} → {row['mean_b']:.3f}, "
            f"95 % interval of the change [{low:+.3f}, {high:+.3f}]: {gate['verdict']}"
        )
    kept = "stopped; " if result.get("stopped") == "cancelled" else ""
    return "\n".join([f"{kept}use it as student:{run.run_id}", *lines])
