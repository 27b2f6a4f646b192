"""Which student of a run is kept."""

import pytest

from explorer.records import Run
from explorer.training.settings import PRESETS, DevSet, Kept
from explorer.training.watch import Watch


class Script:
    """A student whose dev measure follows a script; what is saved is the number of the measurement."""

    def __init__(self):
        self.saved = []

    def rank(self, dev):
        return Run("student", {})

    def save(self, folder):
        self.saved.append(folder.name)


def watched(values, tmp_path, kept=None):
    script = iter(values)
    learner, events = Script(), []
    dev = DevSet({}, {}, lambda run: next(script))
    watch = Watch(learner, PRESETS["full"], dev, tmp_path, events.append, lambda: False)
    watch.begin(kept)
    for step in range(1, len(values)):
        watch.step = step
        watch.measure()
    outcome = watch.finish()
    return outcome.step, outcome.after, len(learner.saved), watch.reason_to_stop()


@pytest.mark.parametrize(
    ("values", "step", "after"),
    [
        ([0.50, 0.55, 0.60], 2, 0.60),
        ([0.50, 0.60, 0.55], 1, 0.60),  # a worse one never replaces a better one
        ([0.50, 0.600, 0.598], 2, 0.598),  # a difference of chance: the one that learned longer
        ([0.50, 0.600, 0.598, 0.594], 2, 0.598),  # measured against the best there was, so that it cannot creep down
        ([0.50, 0.498, 0.499], 0, 0.50),  # nothing beat the base: it is what it begins with
        ([0.50, 0.50], 0, 0.50),
    ],
)
def test_the_student_kept_is_the_newest_of_the_best(values, step, after, tmp_path):
    assert watched(values, tmp_path)[:2] == (step, after)


def test_a_run_ends_when_dev_has_not_risen_twice(tmp_path):
    """Within chance of the best is kept, but it is no rise."""
    assert watched([0.50, 0.600, 0.598, 0.597], tmp_path)[3] == "dev stopped rising"


def test_a_resumed_run_saves_nothing_before_it_has_something_better(tmp_path):
    assert watched([0.50, 0.55], tmp_path, Kept(0.60, 7)) == (7, 0.60, 0, "")
