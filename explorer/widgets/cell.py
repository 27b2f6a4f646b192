"""What every widget is: a renderer of the app in a cell, a selection shared with others, and a view that stays."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
from traitlets import Bytes, Dict, Instance, Unicode

from explorer.records import ExplorerError
from explorer.widgets import still
from explorer.widgets.selection import Selection
from explorer.workbench import Workbench

WIDGET = "application/vnd.jupyter.widget-view+json"
PACE = 0.2  # seconds between two words about how far it is


class Cell(anywidget.AnyWidget):
    """A subclass names its renderer in ``_esm`` and ``_css``, fills ``view``, and says what a selection means to it.

    ``selection`` is shared by passing it on: ``Compare(bench, selection=flips.selection)`` follows ``flips``.
    """

    _packed = Bytes().tag(sync=True)
    _selected = Dict().tag(sync=True)
    _notice = Unicode().tag(sync=True)
    _key = Unicode().tag(sync=True)
    selection = Instance(Selection)

    def __init__(self, bench: Workbench | None, selection: Selection | None = None) -> None:
        super().__init__(selection=selection or Selection(), _key=uuid.uuid4().hex)
        self._bench = bench
        self._view: dict[str, Any] = {}
        self._told = 0.0
        self._selected = self._marks()
        self.selection.observe(self._moved)
        self.on_msg(self._listen)

    @property
    def view(self) -> dict[str, Any]:
        """What is drawn, as a plain record: the same the app's page draws. {"message", "error"?} where nothing can be."""
        return self._view

    @view.setter
    def view(self, view: Mapping[str, Any]) -> None:
        self._view = dict(view)
        self._packed = gzip.compress(json.dumps(self._view).encode("ascii"), 4, mtime=0)

    @property
    def bench(self) -> Workbench:
        if self._bench is None:
            raise ExplorerError("this widget was given no workbench; pass bench=ex.open(...)")
        return self._bench

    def close(self) -> None:
        self.selection.unobserve(self._moved)
        super().close()

    # --- what a subclass says

    def _follow(self, name: str) -> None:
        """``name`` of the selection has changed: redraw, if that is another view. Raises ExplorerError for an unknown id."""

    def _heard(self, event: str, detail: Mapping[str, Any]) -> None:
        """A reader did something. What came from the browser may be anything."""

    def _still(self) -> str:
        """``view`` as markup: readable without JavaScript, capped, escaped."""
        raise NotImplementedError

    def _marks(self) -> dict[str, Any]:
        """What the renderer is to mark as selected."""
        return self.selection.record()

    # --- drawing

    def _draw(self, compute: Callable[[Workbench], Mapping[str, Any]], meanwhile: str = "Searching …") -> None:
        """Draws ``compute(bench)``; says ``meanwhile``, and how far it is, before; a problem is drawn in its place."""
        self._notice = ""
        self.view = {"message": meanwhile}
        try:
            _ = self.bench.retrievers  # made once, for every copy of the workbench that tells how far it is
            self.view = compute(self.bench.reporting(self._progress))
        except ExplorerError as error:
            self.view = {"message": str(error), "error": True}

    def _progress(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told > PACE:
            self._told = now
            self.view = {"message": f"{stage} {done} of {total} …" if total > 1 else f"{stage} …"}

    def _try(self, act: Callable[..., None], *arguments: Any) -> None:
        """A problem of the user's becomes a sentence above what is shown."""
        self._notice = ""
        try:
            act(*arguments)
        except ExplorerError as error:
            self._notice = str(error)

    # --- selecting

    def _select(self, **chosen: Any) -> None:
        for name, value in chosen.items():
            setattr(self.selection, name, value)

    def _moved(self, change: Mapping[str, Any]) -> None:
        self._try(self._follow, change["name"])
        self._selected = self._marks()

    def _listen(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and isinstance(event := content.get("event"), str):
            self._try(self._heard, event, content)

    # --- in a cell

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle, about = super()._repr_mimebundle_(**options) or ({}, {})
        return {**bundle, "text/html": self._page()}, about

    def _ipython_display_(self) -> None:
        """The static view first, which the live widget hides: JupyterLab shows only an error in place of a widget whose
        kernel is gone, and never what else its bundle holds."""
        from IPython.display import display

        bundle, about = self._repr_mimebundle_()
        display({"text/html": bundle.pop("text/html"), "text/plain": repr(self)}, raw=True)
        display(bundle, metadata=about, raw=True)

    def _page(self) -> str:
        shown = self._view
        body = f"<p>{still.text(shown.get('message', ''))}</p>" if "message" in shown else self._still()
        return still.page(self._key, body)

    def __repr__(self) -> str:
        return f"<explorer {type(self).__name__}>"
