"""What tests of training share: a run carried out, and a collection whose training overlaps with what is evaluated."""

from explorer.workbench.plans import Plan

OVERLAPPING = (
    [{"_id": f"d{n}", "text": f"paragraph {n} on herons", "metadata": {"group": f"g{n // 2}"}} for n in range(8)],
    [{"_id": f"q{n}", "text": f"what of heron {n}?", "metadata": {"answers": ["herons"]}} for n in range(8)],
    {"train": [("q0", "d0", 1), ("q1", "d2", 1), ("q2", "d4", 1)], "dev": [("q3", "d6", 1)], "test": [("q4", "d5", 1)]},
)


def distill(bench, name, **options):
    plan = Plan.make("harbour", **options)
    run = bench.workspace.run(name)
    run.create(plan.record())
    bench.distill(plan, run, run.emit, lambda: False)
    run.set_state("finished")
    return run
