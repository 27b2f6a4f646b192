"""What a browser is told with every answer: to run the app's own scripts alone, and to ask nobody else for anything."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Mapping[str, str] = {
    "default-src": "'self'",
    # a script in the page runs if it carries this answer's nonce, an event handler in markup never does; Gradio makes
    # functions of the renderers' text, that is 'unsafe-eval', and sets styles in attributes
    "script-src": "'self' 'nonce-{nonce}' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "frame-src": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
    "base-uri": "'self'",  # Gradio's page begins with <base href="./">
    "object-src": "'none'",
}
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SCRIPT = b"<script"


class PolicyMiddleware:
    """Adds HEADERS to every answer, and the nonce to the scripts of Gradio's page.

    Texts are escaped where Gradio writes them into that page, so every "<script" in it is Gradio's own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        page: list[Message] = []  # the start of an HTML answer, held back until its whole body is there
        body = b""

        async def answer(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({name: value.format(nonce=nonce) for name, value in HEADERS.items()})
                if headers.get("content-type", "").startswith("text/html"):
                    page.append(message)
                    return
            if not page:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                marked = body.replace(SCRIPT, SCRIPT + f' nonce="{nonce}"'.encode())
                if "content-length" in (headers := MutableHeaders(scope=page[0])):
                    headers["content-length"] = str(len(marked))
                await send(page[0])
                await send({"type": "http.response.body", "body": marked})

        await self.app(scope, receive, answer)
