"""Talking to an OpenAI-compatible server: its address, the key, patience, and one sentence for what goes wrong.

The key comes from the environment when a request is sent; no object, message or log holds it.
"""

from __future__ import annotations

import email.utils
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from explorer.records import ExplorerError

EXAMPLE = "server:http://localhost:8000/v1#model"
KEYS = ("EXPLORER_API_KEY", "OPENAI_API_KEY")  # environment variables, the first that is set counts
LONGEST_PAUSE = 60.0  # seconds; a server that asks for more is not waited for longer
QUOTED = 200  # characters of a server's own message shown to the user
TOO_LONG = ("context", "length", "too long", "too large")  # how servers say that a text does not fit
MISSING = (404, 405, 501)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Patience:
    """``connect``, ``read`` and ``pause`` are seconds; the pause doubles with every try, with full jitter."""

    connect: float = 10.0
    read: float = 60.0
    tries: int = 4
    pause: float = 1.0
    concurrency: int = 8


class Refused(ExplorerError):
    """The server answered that it will not do this, with an HTTP status and perhaps a message."""

    def __init__(self, url: str, status: int, said: str) -> None:
        self.came = f"answered HTTP {status}" + (f" ({said})" if said else "")
        self.status = status
        advice = "is it the address of an OpenAI-compatible API, which mostly ends in /v1?"
        super().__init__(f"{url} {self.came}; {advice if status in MISSING else 'check the model and the request'}")


class TooLong(Refused):
    """The text does not fit into the server's context."""


def parse(spec: str) -> tuple[str, str]:
    """(base url, model) of ``server:<base url>#<model>``."""
    url, _, model = spec.removeprefix("server:").partition("#")
    url = url.strip().rstrip("/")
    if "@" in url:  # the address is not repeated: it holds a password
        raise ExplorerError(
            f"a server's address must not carry a user name or a password; put the key into {KEYS[0]} and give {EXAMPLE}"
        )
    if not spec.startswith("server:") or not model.strip() or not _is_address(url):
        raise ExplorerError(f"{spec!r} names no server and model; give an http or https address, as in {EXAMPLE}")
    return url, model.strip()


def _is_address(url: str) -> bool:
    try:
        parts, _ = urlsplit(url), httpx.URL(url)
        plain = not any(letter.isspace() or letter == "?" for letter in url)
        return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (ValueError, httpx.InvalidURL):  # a port that is no number, a host that cannot be one
        return False


class Server:
    """One model behind one address. Safe for several threads."""

    def __init__(self, url: str, model: str, patience: Patience) -> None:
        self.url = url
        self.model = model
        self.patience = patience
        # no pool timeout: waiting for one's own turn is no fault of the server
        self._client = httpx.Client(
            timeout=httpx.Timeout(patience.read, connect=patience.connect, pool=None),
            limits=httpx.Limits(max_connections=patience.concurrency),
            follow_redirects=False,
        )

    def post(self, path: str, fields: Mapping[str, Any], stopped: threading.Event) -> dict[str, Any]:
        """The answer of {url}/{path}; tries again where waiting can help, unless ``stopped``."""
        content = json.dumps({"model": self.model, **fields}).encode()
        trouble, asked = "", None
        for attempt in range(self.patience.tries):
            if stopped.is_set() or (attempt and stopped.wait(self._pause(attempt, asked))):
                break
            try:
                response = self._client.post(f"{self.url}/{path}", content=content, headers=_headers(self.url))
            except httpx.RequestError as error:
                trouble, asked = self._trouble(error), None
                continue
            if response.status_code != 429 and (response.status_code < 500 or response.status_code in MISSING):
                return self._answer(response)
            trouble, asked = f"HTTP {response.status_code}", response.headers.get("Retry-After")
        raise ExplorerError(
            f"{self.url} failed {self.patience.tries} times, at last with {trouble}; see whether the server runs and "
            "try again: what was scored before is kept"
        )

    def each(self, things: Sequence[T], ask: Callable[[T, threading.Event], R]) -> Iterator[tuple[int, R]]:
        """(number, ``ask(thing, stopped)``) as they come, several at a time; what waits is dropped at the end."""
        stopped = threading.Event()
        pool = ThreadPoolExecutor(self.patience.concurrency)

        def ask_once(thing: T) -> R:
            try:
                return ask(thing, stopped)
            except BaseException:
                stopped.set()  # at once: the next thread must not start another request meanwhile
                raise

        try:
            waiting = {pool.submit(ask_once, thing): number for number, thing in enumerate(things)}
            for future in as_completed(list(waiting)):
                if future.exception():
                    # what else is done by now is handed out before the error, so that it can be kept
                    yield from [(waiting[other], other.result()) for other in waiting if _succeeded(other)]
                yield waiting.pop(future), future.result()
        finally:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _pause(self, attempt: int, asked: str | None) -> float:
        """Seconds until the next try: what the server asked for, else exponential with full jitter."""
        if asked and (seconds := _retry_after(asked)) is not None:
            return min(seconds, LONGEST_PAUSE)
        return secrets.SystemRandom().uniform(0, min(LONGEST_PAUSE, self.patience.pause * 2 ** (attempt - 1)))

    def _trouble(self, error: httpx.RequestError) -> str:
        if isinstance(error, httpx.ConnectTimeout):
            return f"no connection within {self.patience.connect:g} s"
        if isinstance(error, httpx.TimeoutException):
            return f"no answer within {self.patience.read:g} s"
        return _quoted(str(error)) or type(error).__name__

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        """The JSON object of a response that no second try would change."""
        status = response.status_code
        if status in (401, 403):  # the body is not quoted: servers repeat the key in it
            name, _ = _key(self.url)
            state = f"refused the key in {name}" if name else "asks for a key"
            raise ExplorerError(
                f"{self.url} {state} (HTTP {status}); put the right one into the environment variable {name or KEYS[0]}"
            )
        if 300 <= status < 400:
            target = _quoted(response.headers.get("Location", "elsewhere"))
            raise ExplorerError(f"{self.url} redirects to {target}; give that address if you trust it")
        if status == 404 and "model" in response.text.lower() and self.model in response.text:
            raise ExplorerError(
                f"{self.url} does not know the model {self.model!r}; choose one that {self.url}/models lists"
            )
        if not response.is_success:
            said = _message(response)
            long = status in (400, 413, 422) and any(word in said.lower() for word in TOO_LONG)
            raise (TooLong if long else Refused)(self.url, status, said)
        return self._object(response)

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise ExplorerError(
                f"{self.url} answered with something else than a JSON object; give the address of an "
                f"OpenAI-compatible API, as in {EXAMPLE}"
            )
        return answer


def _key(url: str) -> tuple[str, str]:
    """(name of the environment variable, the key in it), or two empty strings.

    OPENAI_API_KEY was set for others: it does not travel to another machine in clear text.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")
    names = KEYS if safe else KEYS[:1]
    return next(((name, os.environ[name].strip()) for name in names if os.environ.get(name, "").strip()), ("", ""))


def _headers(url: str) -> dict[str, str]:
    name, key = _key(url)
    if not all("!" <= letter <= "~" for letter in key):  # httpx would repeat the whole header in its error
        raise ExplorerError(f"the key in {name} holds characters no key has, such as a line break; set it again")
    return {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}


def _quoted(text: str) -> str:
    """What another machine said, short, on one line and without the key."""
    for key in filter(None, (os.environ.get(name, "").strip() for name in KEYS)):
        text = text.replace(key, "…")
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else line[:QUOTED] + "…"


def _message(response: httpx.Response) -> str:
    """The sentence within an error response, else its body."""
    try:
        body = response.json()
    except ValueError:
        return _quoted(response.text)
    error = body.get("error") or body.get("detail") or body if isinstance(body, dict) else body
    return _quoted(str(error.get("message", error) if isinstance(error, dict) else error))


def _retry_after(header: str) -> float | None:
    """Seconds, from a number of them or an HTTP date."""
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None


def _succeeded(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None
