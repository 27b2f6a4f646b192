"""Which requests reach the app: those of its own pages, at the addresses it is served under, of a bounded size."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.app.headers import PolicyMiddleware

# what the pages ask for; Gradio answers more, such as an editor of its source and files fetched from elsewhere
PAGES = r"|config|theme\.css|favicon\.ico|manifest\.json|robots\.txt|login|logout|(static|assets|svelte)/.+"
CALLS = (
    r"queue/(join|data)|heartbeat/\w+|cancel|reset|info|run/predict|startup-events|app_id|user|login_check|theme\.css"
    r"|component_server"
)
FILES = r"file=(?!\w{2,}:).+"
UPLOADS = r"upload|upload_progress"
LARGEST_CALL = 4 * 2**20  # bytes
LARGEST_FILE = 64 * 2**20


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def guards(host: str, *, uploads: bool) -> list[Middleware]:
    """The outermost first. ``uploads``: whether a page takes files."""
    found = [Middleware(PolicyMiddleware)]
    if is_loopback(host):
        # a page from elsewhere whose name was made to point at this machine (DNS rebinding) comes with its own name
        known = ["localhost", "127.0.0.1", "[::1]", f"[{host.strip('[]')}]" if ":" in host else host]
        found.append(Middleware(TrustedHostMiddleware, allowed_hosts=known, www_redirect=False))
    return [*found, Middleware(GateMiddleware, uploads=uploads)]


class GateMiddleware:
    """Refuses pages of other origins, routes no page of ours uses, and bodies that are too large."""

    def __init__(self, app: ASGIApp, *, uploads: bool) -> None:
        self.app = app
        calls = "|".join([CALLS, FILES, *([UPLOADS] if uploads else [])])
        self._known = re.compile(f"/({PAGES}|gradio_api/({calls}))/?")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no page opens a socket
        headers = Headers(scope=scope)
        limit = LARGEST_FILE if scope["path"].startswith("/gradio_api/upload") else LARGEST_CALL
        if refused := self._refused(scope["path"], headers, limit):
            await refused(scope, receive, send)
            return
        await self.app(scope, _bounded(receive, limit), send)

    def _refused(self, path: str, headers: Headers, limit: int) -> PlainTextResponse | None:
        if (origin := headers.get("origin")) is not None and urlsplit(origin).netloc != headers.get("host"):
            return PlainTextResponse("This app answers its own pages only.", 403)
        if not self._known.fullmatch(path):
            return PlainTextResponse("There is nothing here.", 404)
        length = headers.get("content-length", "0")
        return None if length.isdecimal() and int(length) <= limit else PlainTextResponse(_too_large(limit), 413)


def _too_large(limit: int) -> str:
    return f"A request may have {limit >> 20} MiB."


def _bounded(receive: Receive, limit: int) -> Receive:
    """``receive`` that stops where more than ``limit`` bytes of a body come, whatever the headers said."""
    left = limit

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, _too_large(limit))
        return message

    return bounded
