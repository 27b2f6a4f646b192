"""Runs as processes: started in the background, cancelled by a signal, killed, resumed; state told truthfully."""

import os
import signal
import subprocess
import sys
import time

import pytest

from explorer import jobs
from explorer.records import ExplorerError
from explorer.workbench.plans import Plan


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def create(workspace, name, **options):
    run = workspace.run(name)
    run.create(Plan.make("harbour", **options).record())
    return run


def test_a_run_in_the_background_finishes_and_leaves_its_student(workspace):
    run = create(workspace, "r", student="adapter")
    jobs.start(run)
    wait_for(lambda: run.state["state"] == "finished")
    assert run.result["run"] == "r" and run.student.exists()
    assert [event["event"] for event in run.events()][-1] == "end"


def test_a_cancelled_run_keeps_its_best_student(workspace):
    run = create(workspace, "r", student="query", epochs=500, patience=10**6)
    jobs.start(run)
    wait_for(lambda: any(event["event"] == "step" for event in run.events()))
    jobs.cancel(run)
    wait_for(lambda: run.state["state"] == "cancelled")
    assert run.student.exists() and run.result["stopped"] == "cancelled"
    with pytest.raises(ExplorerError, match="is cancelled, there is nothing to cancel"):
        jobs.cancel(run)


def test_a_killed_run_is_orphaned_and_resumes_to_the_end(workspace):
    """No farewell is written by a killed process; the truth must be found out."""
    run = create(workspace, "r", student="query", epochs=3, patience=99)
    jobs.start(run)
    wait_for(lambda: sum(event["event"] == "step" for event in run.events()) > 5)
    os.kill(run.state["pid"], signal.SIGKILL)
    wait_for(lambda: run.state["state"] == "orphaned", 60)
    jobs.resume(run)
    wait_for(lambda: run.state["state"] == "finished")
    steps = [event["step"] for event in run.events() if event["event"] == "step"]
    assert max(steps) == steps[-1] == 12


def test_ctrl_c_on_the_command_line_keeps_the_best_and_ends_well(workspace):
    environment = {**os.environ, "EXPLORER_WORKSPACE": str(workspace.root)}
    command = [
        sys.executable,
        "-m",
        "explorer",
        "distill",
        "harbour",
        "--student",
        "query",
        "--epochs",
        "500",
        "--run",
        "r",
    ]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run = workspace.run("r")
    wait_for(lambda: run.exists() and any(event["event"] == "step" for event in run.events()))
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "cancelled" in out
    assert run.state["state"] == "cancelled" and run.student.exists()


def test_a_run_that_fails_says_why(workspace, beir_folder):
    folder = beir_folder(
        [{"_id": "d1", "text": "tide"}], [{"_id": "q1", "text": "when?"}], {"train": [("q1", "d1", 1)]}
    )
    run = workspace.run("r")
    run.create(Plan.make(str(folder), student="adapter").record())
    jobs.start(run)
    wait_for(lambda: run.state["state"] == "failed")
    assert "has no" in run.state["error"]
    run.create(Plan.make("harbour", student="adapter").record())  # its name is free again


def test_a_running_run_is_not_started_twice(workspace):
    run = create(workspace, "r", student="adapter")
    run.set_state("running")
    with pytest.raises(ExplorerError, match="is already going in process"):
        jobs.carry_out(run, lambda emit, stop, resume: {})
    with pytest.raises(ExplorerError, match="is running, there is nothing to resume"):
        jobs.resume(run)
    with pytest.raises(ExplorerError, match="is still going; cancel it first"):
        run.delete()


def test_a_disk_that_fills_up_while_a_student_is_saved_is_one_sentence(workspace):
    """A limit on file size stands in for the disk; the student is 90 MB, nothing of it may be left half-written."""
    command = f"ulimit -f 20000; exec {sys.executable} -m explorer distill harbour --student query --run r"
    environment = {**os.environ, "EXPLORER_WORKSPACE": str(workspace.root)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 2 and "no space left to write" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    run = workspace.run("r")
    assert run.state["state"] == "failed" and not run.student.exists() and not list(run.path.glob(".part-*"))
