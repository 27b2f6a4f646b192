"""What a run is to do: checked before anything starts, written to disk, told as a command."""

import pytest

from explorer.records import ExplorerError
from explorer.training.settings import PRESETS
from explorer.workbench.plans import METHODS, Plan


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"method": "magic"}, "unknown method 'magic'; choose from uae, gold, radio, fusion"),
        ({"student": "giant"}, "unknown student 'giant'; choose from adapter, query, lora, full, reranker"),
        ({"base": "bm25"}, "a student starts from a bi-encoder"),
        ({"split": "test"}, "trained on the split train or all, not on 'test'"),
        ({"candidates": 1}, "give at least 2"),
        ({"guard": "harbour"}, "harbour cannot guard itself"),
        ({"limit": -1}, "the limit is -1 queries"),
        ({"overlap": "ignore"}, "unknown overlap 'ignore'; choose from stop, drop, keep"),
        ({"loss": "graded"}, "the loss 'graded' needs labels, and 'utility' gives none"),
        ({"lam": 2.0}, "lambda is 2.0; it lies between 0"),
        ({"checkpoint": "minilm"}, "a checkpoint of its own is for the student reranker"),
        ({"teacher": "oracle"}, "unknown teacher 'oracle'"),
        ({"reader": "server:nowhere"}, "server:"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_before_anything_starts(options, sentence):
    with pytest.raises(ExplorerError, match=sentence):
        Plan.make("harbour", **options)


def test_a_plan_is_what_its_record_says():
    plan = Plan.make("harbour", student="full", seed=7, budget=60.0)
    assert Plan.from_record(plan.record()) == plan
    assert plan.settings.learning_rate == PRESETS["full"].learning_rate
    assert plan.command_line("r") == (
        "explorer distill harbour --method uae --student full --run r --seed 7 --budget 60s"
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_command_of_a_plan_says_what_the_plan_does(method):
    """What the app shows as its equivalent must be it."""
    import typer.main

    from explorer.cli import commands

    chosen = {"prompts": ("passage", "context"), "lam": 0.25, "overlap": "drop", "guard": "elsewhere", "limit": 9}
    plan = Plan.make("harbour", method, candidates=7, epochs=7, tau=0.1, seed=3, budget=9.0, **chosen)
    command = typer.main.get_command(commands(lambda *_, **__: None, lambda *_: None)).commands["distill"]
    said = command.make_context("distill", plan.command("r")[1:]).params
    assert said["prompt"] == ["passage", "context"] and said["k"] == 7 and said["budget"] == "9s" and said["run"] == "r"
    assert (said["epochs"], said["tau"], said["seed"]) == (7, 0.1, 3)
    for name, value in plan.record().items():
        if name in said and name != "teacher":
            assert said[name] == value, name


def test_a_plan_written_before_there_were_teachers_to_choose_can_still_be_read():
    record = Plan.make("harbour", student="query").record()
    for name in ("teacher", "prompts", "lam", "checkpoint", "overlap", "guard", "limit"):
        del record[name]
    for name in ("loss", "margin", "rank", "depth"):
        del record["settings"][name]
    assert Plan.from_record(record) == Plan.make("harbour", student="query")
