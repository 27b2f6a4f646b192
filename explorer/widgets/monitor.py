"""TrainingMonitor: a run started, watched, cancelled and resumed from a cell. The run is a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from explorer import jobs, views
from explorer.records import ExplorerError
from explorer.widgets import still
from explorer.widgets.assembly import script, style
from explorer.widgets.cell import Cell
from explorer.workbench import Workbench
from explorer.workbench.plans import Plan
from explorer.workspace import RunFolder, Workspace
from explorer.workspace.runs import ACTIVE, RESUMABLE

if TYPE_CHECKING:
    from pandas import DataFrame

PACE = 1.0  # seconds between two looks at the folder


class TrainingMonitor(Cell):
    """Watches a run by reading its folder; the kernel stays free, and the run goes on without it.

    >>> monitor = ex.TrainingMonitor(bench=bench, method="uae", student="adapter")
    >>> monitor.start()                       # or the button Start; then .cancel(), .resume(), .wait()
    >>> ex.TrainingMonitor("a1")              # after a restart of the kernel: the same run again

    ``run`` is a run or its id; without one, ``plan`` says what is to be trained, as on the command line (method, student,
    teacher, base, candidates, seed, budget in seconds, ...), and ``name`` what it is called.
    """

    _esm = script("mountMonitor", "monitor.js")
    _css = style("teachers.css", "distill.css")

    def __init__(
        self, run: RunFolder | str | None = None, bench: Workbench | None = None, *, name: str = "", **plan: Any
    ) -> None:
        super().__init__(bench)
        self.run: RunFolder | None = None
        self._name = name
        self._plan: Plan | None = None
        self._watching: threading.Thread | None = None
        self._closed = threading.Event()
        try:
            self._prepare(run, plan)
        except ExplorerError as error:
            self.view = {"message": str(error), "error": True}

    def _prepare(self, run: RunFolder | str | None, plan: Mapping[str, Any]) -> None:
        if run is not None:
            self._attach(run if isinstance(run, RunFolder) else self._workspace.existing_run(run))
            return
        try:
            self._plan = Plan.make(self.bench.collection.source, scoped=self.bench.scoped, **plan)
        except TypeError as error:  # an option nobody knows
            raise ExplorerError(f"no such option of a run: {str(error).split('() ')[-1]}") from error
        _ = self._plan.asked  # refuses a teacher nobody knows
        self.view = {
            "message": f"Ready to train {self._plan.student} by {self._plan.method} on {self._plan.collection}.",
            "actions": ["start"],
        }

    @property
    def _workspace(self) -> Workspace:
        return self._bench.workspace if self._bench else Workspace()

    # --- what can be done

    def start(self) -> None:
        """Starts the planned run in a process of its own and returns at once."""
        self._try(self._start)

    def cancel(self) -> None:
        """Asks the run to stop; the best student so far is kept."""
        self._try(lambda: jobs.cancel(self._known()))
        self._look()

    def resume(self) -> None:
        """Goes on with a run that was cancelled, failed or lost its process: see ``explorer.jobs.resume``."""
        self._try(lambda: jobs.resume(self._known(), self._device))
        self._watch()

    def wait(self, timeout: float | None = None) -> str:
        """Waits until the run has ended, at most ``timeout`` seconds; returns its state. This does keep the kernel."""
        if self._watching:
            self._watching.join(timeout)
        return self.state

    @property
    def state(self) -> str:
        """starting, running, finished, cancelled, failed, orphaned (its process is gone); "" before it is started."""
        return str(self.run.state["state"]) if self.run else ""

    def show(self, run: RunFolder | str) -> None:
        """Watches another run."""
        self._try(lambda: self._attach(run if isinstance(run, RunFolder) else self._workspace.existing_run(run)))

    def to_frame(self) -> DataFrame:
        """The dev measure over the steps: step, value, best; the first row is the base."""
        from pandas import DataFrame

        return DataFrame(self.view.get("curve", []), columns=["step", "value", "best"])

    def close(self) -> None:
        self._closed.set()
        super().close()

    def _start(self) -> None:
        if self._plan is None:
            raise ExplorerError("there is no plan to start; a run that ended goes on with resume()")
        if self.run:
            raise ExplorerError(f"{self.run.run_id} was started already; make another monitor for another run")
        workspace, plan = self._workspace, self._plan
        folder = workspace.run(self._name or workspace.new_run_id(plan.method, plan.student))
        folder.create(plan.record())
        jobs.start(folder, self._device)
        self._attach(folder)

    def _known(self) -> RunFolder:
        if self.run is None:
            raise ExplorerError("no run was started yet; press Start, or call start()")
        return self.run

    @property
    def _device(self) -> str | None:
        return self._bench.models.device if self._bench else None

    # --- watching

    def _attach(self, run: RunFolder) -> None:
        self.run = run
        self._watch()

    def _watch(self) -> None:
        """Looks now, and in a thread of its own for as long as the run goes on."""
        going = self._look()
        if going and not (self._watching and self._watching.is_alive()):
            self._watching = threading.Thread(target=self._keep_looking, name="explorer-monitor", daemon=True)
            self._watching.start()

    def _keep_looking(self) -> None:
        while not self._closed.wait(PACE) and self._look():
            pass

    def _look(self) -> bool:
        """Draws what the folder says; whether the run is still going on."""
        if self.run is None:
            return False
        try:
            view = views.run_detail(self.run)
        except (ExplorerError, FileNotFoundError):
            self.view = {"message": f"the run {self.run.run_id!r} is gone: its folder was deleted", "error": True}
            return False
        state = view["state"]
        resumable = state in RESUMABLE and not view["bundled"]
        view["actions"] = ["cancel"] if state in ACTIVE else ["resume"] if resumable else []
        if view != self.view:
            self.view = view
        return state in ACTIVE

    def _heard(self, event: str, detail: Mapping[str, Any]) -> None:
        acts = {"start": self._start, "cancel": lambda: jobs.cancel(self._known()), "resume": self._resumed}
        if event == "submit" and (act := acts.get(str(detail.get("action")))):
            try:
                act()
            finally:
                self._look()

    def _resumed(self) -> None:
        jobs.resume(self._known(), self._device)
        self._watch()

    def _still(self) -> str:
        run = self.view
        curve = [[str(one["step"]), still.number(one["value"]), "◆" if one["best"] else ""] for one in run["curve"]]
        facts = (
            f"state: {still.text(run['state'])}; method {still.text(run['method'])}, student {still.text(run['student'])}",
            f"dev: {still.text(run['dev_label'])}" if run["dev_label"] else "",
            f"<code>{still.text(run['command'], 1000)}</code>",
        )
        told = still.table(("step", f"dev {run['measure']}", "best"), curve, "measurements") if curve else ""
        return still.heading(run["run"], *facts) + told
