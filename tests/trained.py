"""What tests of training share: a run carried out, and collections that overlap with themselves or train for long."""

import random

from explorer.workbench.plans import Plan

OVERLAPPING = (
    [{"_id": f"d{n}", "text": f"paragraph {n} on herons", "metadata": {"group": f"g{n // 2}"}} for n in range(8)],
    [{"_id": f"q{n}", "text": f"what of heron {n}?", "metadata": {"answers": ["herons"]}} for n in range(8)],
    {"train": [("q0", "d0", 1), ("q1", "d2", 1), ("q2", "d4", 1)], "dev": [("q3", "d6", 1)], "test": [("q4", "d5", 1)]},
)

BIRDS = ["heron", "gull", "tern", "swan", "coot", "rail", "crane", "stork", "ibis", "egret"]
THINGS = [
    "mast",
    "reed",
    "quay",
    "rope",
    "tide",
    "moon",
    "bell",
    "lamp",
    "stone",
    "boat",
    "gate",
    "wheel",
    "sail",
    "oar",
    "net",
    "crate",
]


def lasting(queries=1600, documents=100):
    """Short texts and many of them: a run of the query student takes a minute or more, in 200 quick steps."""
    chance = random.Random(1)
    texts = [" ".join(chance.choices(THINGS, k=12)) for _ in range(documents)]
    held_out = range(documents - 10, documents)
    splits = {
        "train": [(f"q{n}", f"d{n % held_out.start}", 1) for n in range(queries)],
        "dev": [(f"dev{n}", f"d{n}", 1) for n in held_out[:5]],
        "test": [(f"test{n}", f"d{n}", 1) for n in held_out[5:]],
    }
    asked = [(query, doc) for rows in splits.values() for query, doc, _ in rows]
    return (
        [{"_id": f"d{n}", "text": text} for n, text in enumerate(texts)],
        [
            {"_id": query, "text": f"{chance.choice(BIRDS)} {' '.join(texts[int(doc[1:])].split()[:4])}?"}
            for query, doc in asked
        ],
        splits,
    )


def distill(bench, name, **options):
    plan = Plan.make("harbour", **options)
    run = bench.workspace.run(name)
    run.create(plan.record())
    bench.distill(plan, run, run.emit, lambda: False)
    run.set_state("finished")
    return run
