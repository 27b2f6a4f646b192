"""Long work of a page: who ends whom, what is said meanwhile, and what stands there afterwards."""

import threading
from types import SimpleNamespace

import gradio as gr
import pytest

from explorer.app.telling import Drawing, Turns

HERE, THERE = SimpleNamespace(session_hash="here"), SimpleNamespace(session_hash="there")


@pytest.fixture
def turns():
    with gr.Blocks():
        yield Turns()


def test_a_later_work_ends_the_earlier_one_of_its_visitor(turns):
    with (
        turns.taken(HERE, "q1", [1]) as first,
        turns.taken(THERE, "q9") as elsewhere,
        turns.taken(HERE, "q2") as second,
    ):
        assert first.is_set() and first.instead == ("q2",) and not first.pressed
        assert not second.is_set() and not elsewhere.is_set()


def test_a_later_work_on_the_same_leaves_the_earlier_one(turns):
    with turns.taken(HERE, "q1", ["bm25"]) as first, turns.taken(HERE, "q1", ["bm25"]) as second:
        assert not first.is_set() and not second.is_set()


def test_stop_is_told_from_a_later_choice(turns):
    with turns.taken(HERE, 1) as stopped:
        turns._stop(HERE)
        assert stopped.is_set() and stopped.pressed
    with turns.taken(HERE, 1) as ended, turns.taken(THERE, 1) as elsewhere:
        turns.end(HERE)
        assert ended.is_set() and not ended.pressed and not elsewhere.is_set()
    turns._stop(HERE)  # nothing goes on: nothing happens


def test_what_is_beside_the_drawing_is_held_while_it_is_waited_for(bench, turns):
    go = threading.Event()

    def view(bench, query):
        bench.progress("encode documents", 3, 10)
        assert go.wait(30)
        return {"query": query}, "beside"

    steps = Drawing(bench, view, "searching", turns, "Stopped.", 0.1, beside=["held"]).steps(HERE, "q1")
    first = next(steps)
    while "Encode" not in first[0]["message"] and "Searching" not in first[0]["message"]:
        first = next(steps)
    assert first[1] == "held" and first[2].visible
    go.set()
    *_, last = steps
    assert last[:2] == ({"query": "q1"}, "beside") and not last[2].visible


@pytest.mark.parametrize(("press", "left"), [(True, [({"message": "Stopped."}, "held")]), (False, [])])
def test_a_stopped_drawing_says_so_and_one_that_is_replaced_says_nothing(bench, turns, press, left):
    go = threading.Event()

    def view(bench, query):
        assert go.wait(30)
        bench.progress("too late", 1, 2)
        raise AssertionError("its next step ends it")

    steps = Drawing(bench, view, "searching", turns, "Stopped.", 0.1, beside=["held"]).steps(HERE, "q1")
    assert next(steps)[:2] == ({"message": "Searching …"}, "held")
    (turns._stop if press else turns.end)(HERE)
    assert [step[:2] for step in steps] == left
    go.set()


def test_what_the_user_can_mend_is_drawn_and_nothing_beside_it(bench, turns):
    from explorer.records import ExplorerError

    def view(bench):
        raise ExplorerError("there is no run 'gone'")

    *_, last = Drawing(bench, view, "searching", turns, "Stopped.", beside=["held"]).steps(HERE)
    assert last[:2] == ({"message": "there is no run 'gone'", "error": True}, "held")


def test_what_is_there_is_drawn_promptly_and_what_is_late_is_begun_anew_in_steps(bench, turns):
    go = threading.Event()

    def view(bench, query):
        assert query == "quick" or go.wait(30)
        return query, "beside"

    draw = Drawing(bench, view, "searching", turns, "Stopped.", 0.2, beside=["held"])
    drawn, beside, stop, late = draw.promptly(HERE, "quick")
    assert (drawn, beside, stop.visible, late) == ("quick", "beside", False, gr.skip())
    drawn, beside, stop, late = draw.promptly(HERE, "slow")
    assert (drawn, beside, stop.visible) == ({"message": "Searching …"}, "held", True)
    assert isinstance(late, float), "the state changes: that begins the steps"
    go.set()
    *_, last = draw.steps(HERE, "slow")
    assert last[:2] == ("slow", "beside")
