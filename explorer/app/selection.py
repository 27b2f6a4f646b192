"""What the pages share: one selection per visitor, in the address of the page, carried from tab to tab."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from explorer import views
from explorer.app.compare_page import BASELINES, TEACHER, other_system
from explorer.app.hosts import renderer
from explorer.app.pages import QUIET, SELECTION, Jump, Page
from explorer.workbench import Workbench

BETWEEN = "|"  # systems in a link
LONGEST = {"within": 4000}  # characters of one value in a link; 500 of any other
USUAL: Mapping[str, Any] = {"text": "", "answer": "", "a": BASELINES[0], "teacher": TEACHER, "k": 10}
"""What a link need not say: the same for everybody."""


def restored(bench: Workbench, asked: Mapping[str, str], pages: Mapping[str, Page]) -> dict[str, Any]:
    """The selection a link asks for; what it leaves out, or names wrongly, is what a first visit shows."""
    first = next(iter(pages))
    selection: dict[str, Any] = {**USUAL, "b": other_system(bench), "query": _first_query(bench)}
    for name in SELECTION:
        value = str(asked.get(name, ""))[: LONGEST.get(name, 500)]
        if value and _can_show(pages.values(), name, value):
            selection[name] = value
    selection["more"] = [spec for spec in selection.get("more", "").split(BETWEEN) if spec]
    if selection["query"] not in bench.collection.queries:
        selection["query"] = _first_query(bench)
    try:
        selection["k"] = min(100, max(1, int(selection["k"])))
    except ValueError:
        selection["k"] = USUAL["k"]
    return {**selection, "page": asked.get("tab") if asked.get("tab") in pages else first}


def _can_show(pages: Iterable[Page], field: str, value: str) -> bool:
    """Whether the fields take this value: of another one Gradio says so, and what it says is shown as HTML."""
    shown = [page.fields[field] for page in pages if field in page.fields]
    lists = [one for one in shown if isinstance(one, gr.Dropdown) and not one.allow_custom_value]
    return all(value in [choice for _, choice in one.choices] for one in lists)


def _first_query(bench: Workbench) -> str | None:
    return views.telling_query(bench, BASELINES[0], TEACHER) or next(iter(bench.collection.queries), None)


def link(selection: Mapping[str, Any], page: Page) -> dict[str, str]:
    """What the address is to say: the page and those of its fields that are not as usual."""
    told = {name: selection.get(name) for name in SELECTION if name in page.fields}
    if told.get("text"):
        told["query"] = None  # one's own text stands instead
    told["more"] = BETWEEN.join(told.get("more") or ())
    pairs = {name: value for name, value in told.items() if value not in (None, "", USUAL.get(name))}
    return {"search": urlencode({"tab": selection["page"], **pairs})}


class Selection:
    """Wires the pages of one app together. ``drawn``: set once somebody was shown a page."""

    def __init__(self, bench: Workbench, pages: Mapping[str, Page], tabs: gr.Tabs) -> None:
        self._bench, self._pages, self._tabs = bench, pages, tabs
        self.drawn = threading.Event()
        self.state = gr.State({"page": next(iter(pages))})
        self.opened = gr.State("")  # the tab whose fields say what is selected
        self.address = renderer("address.js", "mountAddress", {}, "address")

    def wire(self, page: gr.Blocks, opened: Mapping[str, gr.Tab]) -> None:
        for name, one in self._pages.items():
            for field, component in one.fields.items():
                # a text counts when it is sent, not letter by letter; a query is also changed by other parts of its page
                event = {"text": "submit", "answer": "submit", "query": "change"}.get(field, "input")
                getattr(component, event)(
                    self._remember(name, field), [self.state, component], [self.state, self.address], **QUIET
                )
            carried = [self.state, self.address, self.opened, *self._fields(name)]
            self._draw(opened[name].select(self._open(name), self.state, carried, **QUIET), name)
            for jump in one.jumps:
                self._jump(jump)
        begun = page.load(self._restore, None, [self.state, self.address, self._tabs], **QUIET)
        landing = next(iter(self._pages))
        filled = begun.then(self._carry(landing), self.state, self._fields(landing), **QUIET)
        self._draw(filled, landing, only_if_shown=True)

    def _jump(self, jump: Jump) -> None:
        def move(event: gr.EventData, selection: dict[str, Any], *values: Any) -> list[Any]:
            return [{**selection, **jump.chosen(event, *values)}, gr.Tabs(selected=jump.to)]

        # a tab that becomes the selected one tells so, by whomever it was selected: that draws its page
        jump.event(move, [self.state, *jump.inputs], [self.state, self._tabs], **QUIET)

    def _fields(self, name: str) -> list[Any]:
        return [*self._pages[name].fields.values()]

    def _draw(self, event: Any, name: str, *, only_if_shown: bool = False) -> None:
        page = self._pages[name]
        nothing = gr.skip() if len(page.outputs) == 1 else [gr.skip() for _ in page.outputs]

        def waits(selection: Mapping[str, Any], opened: str) -> bool:
            return selection["page"] != name if only_if_shown else opened != name

        def draw(selection: Mapping[str, Any], opened: str, *values: Any) -> Any:
            if waits(selection, opened):
                return nothing
            found = page.draw(*values)
            self.drawn.set()
            return found

        def draw_in_steps(
            request: gr.Request, selection: Mapping[str, Any], opened: str, *values: Any
        ) -> Iterator[Any]:
            if waits(selection, opened):
                yield nothing
            else:
                yield from page.draw(request, *values)
                self.drawn.set()

        drawn = draw_in_steps if inspect.isgeneratorfunction(page.draw) else draw
        # once, as is usual, would forget a page that is opened again while it is drawn
        inputs = [self.state, self.opened, *page.inputs]
        event.then(drawn, inputs, page.outputs, trigger_mode="multiple", **QUIET)

    def _open(self, name: str) -> Callable[..., list[Any]]:
        def show(request: gr.Request, selection: dict[str, Any]) -> list[Any]:
            if "a" not in selection:  # the link is not read yet
                if name == next(iter(self._pages)):  # selected by itself; whoever reads the link draws it
                    return [gr.skip(), gr.skip(), gr.skip(), *(gr.skip() for _ in self._pages[name].fields)]
                selection = restored(self._bench, dict(request.query_params), self._pages)
            now = {**selection, "page": name}
            return [now, link(now, self._pages[name]), name, *self._carry(name)(now)]

        return show

    def _carry(self, name: str) -> Callable[[dict[str, Any]], list[Any]]:
        page = self._pages[name]

        def values(selection: dict[str, Any]) -> list[Any]:
            found = []
            for field in page.fields:
                update = page.refresh[field]() if field in page.refresh else {}
                if selection.get(field) is not None:
                    update["value"] = selection[field]
                found.append(gr.update(**update))
            return found

        return values

    def _remember(self, page: str, field: str) -> Callable[..., list[Any]]:
        def remember(selection: dict[str, Any], value: Any) -> list[Any]:
            if selection.get(field) == value:
                return [gr.skip(), gr.skip()]
            now = {**selection, field: value, "page": page}
            if field == "query":
                now |= {"text": "", "answer": ""}
            return [now, link(now, self._pages[page])]

        return remember

    def _restore(self, request: gr.Request) -> list[Any]:
        now = restored(self._bench, dict(request.query_params), self._pages)
        # who was quicker than this answer and opened another tab stays there
        elsewhere = now["page"] != next(iter(self._pages))
        return [now, link(now, self._pages[now["page"]]), gr.Tabs(selected=now["page"]) if elsewhere else gr.skip()]
