"""What the README says can be typed works as typed."""

import re
import shlex
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text()


def shell_block(heading):
    section = README.split(heading, 1)[1]
    return re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1].strip().splitlines()


def test_the_main_job_in_four_commands(explorer):
    lines = shell_block("## The main job in four commands")
    assert len(lines) == 4
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "explorer"
        done = explorer(*words[1:])
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_ci_takes_its_commands_from_the_readme():
    """CI and README must not drift apart: .ci/run holds no install line of its own."""
    ci = (Path(__file__).parents[1] / ".ci" / "run").read_text()
    for mark in ("app", "test"):
        assert README.count(f"<!-- {mark} -->\n```sh\n") == 1
        assert f"command_after {mark}" in ci
    assert "pip install" not in ci
