"""A run as a folder: plan.json, events.jsonl (append-only), state.json, checkpoints/, student/, result.json.

Whoever started it, the app, a notebook and the command line watch the same files.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.files import disk_errors, process_alive, read_json, write_json
from explorer.records import ExplorerError

HEARTBEAT = 2.0  # seconds between two signs of life
ORPHANED_AFTER = 30.0  # seconds without one
ACTIVE = ("starting", "running")
RESUMABLE = ("cancelled", "failed", "orphaned")  # states from which a run goes on


@dataclass(frozen=True)
class RunFolder:
    """States: starting, running, finished, cancelled, failed; "orphaned" is a run whose process is gone."""

    path: Path
    bundled: bool = False

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def student(self) -> Path:
        return self.path / "student"

    @property
    def version(self) -> int:
        """Changes whenever another student is kept; 0 while there is none."""
        return self.student.stat().st_mtime_ns if self.student.exists() else 0

    def exists(self) -> bool:
        return (self.path / "plan.json").exists()

    def create(self, plan: dict[str, Any]) -> None:
        if self.exists() and self.state["state"] == "failed" and not self.student.exists():
            shutil.rmtree(self.path)  # it never began: its name is free
        if self.exists():
            raise ExplorerError(
                f"the run {self.run_id!r} exists already; choose another name, or remove it with: explorer runs delete {self.run_id}"
            )
        write_json(self.path / "plan.json", plan)
        self.set_state("starting")

    @property
    def plan(self) -> dict[str, Any]:
        return dict(read_json(self.path / "plan.json"))

    @property
    def result(self) -> dict[str, Any] | None:
        path = self.path / "result.json"
        return dict(read_json(path)) if path.exists() else None

    def _must_be_own(self) -> None:
        if self.bundled:
            raise ExplorerError(
                f"the run {self.run_id!r} comes with Explorer and stays as it is; train one of your own"
            )

    def set_state(self, state: str, **more: Any) -> None:
        self._must_be_own()
        write_json(self.path / "state.json", {"state": state, "pid": os.getpid(), "time": time.time(), **more})

    @property
    def state(self) -> dict[str, Any]:
        """{"state", "pid", "time", "error"?}, told truthfully: a run without sign of life is orphaned."""
        try:
            state = dict(read_json(self.path / "state.json"))
        except FileNotFoundError:
            return {"state": "orphaned", "pid": 0, "time": 0.0}
        if state["state"] in ACTIVE and not self._alive(state):
            state["state"] = "orphaned"
        return state

    def _alive(self, state: dict[str, Any]) -> bool:
        beat = self.path / "heartbeat"
        last = max(state["time"], beat.stat().st_mtime if beat.exists() else 0.0)
        return process_alive(state["pid"]) and time.time() - last < ORPHANED_AFTER

    def beat(self) -> None:
        (self.path / "heartbeat").touch()

    def emit(self, event: dict[str, Any]) -> None:
        """Appends one event; a line is written whole or not at all."""
        line = json.dumps({**event, "time": time.time()}) + "\n"
        with disk_errors(self.path), (self.path / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(line)

    def events(self, skip: int = 0) -> list[dict[str, Any]]:
        """Events from number ``skip`` on; a line still being written is left for the next call."""
        path = self.path / "events.jsonl"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines[skip:]]

    def delete(self) -> None:
        self._must_be_own()
        if self.state["state"] in ACTIVE:
            raise ExplorerError(
                f"the run {self.run_id!r} is still going; cancel it first: explorer runs cancel {self.run_id}"
            )
        shutil.rmtree(self.path)
