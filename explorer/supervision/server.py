"""A reader behind an OpenAI-compatible server: the likelihood of a continuation from echoed log-probabilities.

Many servers accept ``echo`` and ``logprobs`` and return nothing useful, so each is tested before it is believed.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from explorer.records import ExplorerError
from explorer.supervision.echo import Echo, echo_of, first_choice
from explorer.supervision.http import MISSING, Patience, Refused, Server, TooLong, parse
from explorer.supervision.prompts import PROMPTS, Prompt, fill, without_middle
from explorer.supervision.reader import UNREAD, Reading, Request

__all__ = ["Patience", "ServerReader", "parse"]

HALVINGS = 4  # how often a document, or a text to complete, that is too long for the server is cut to half
BEGINNING, LIKELY, UNLIKELY = "The capital of France is", " Paris", " of the xylophone quickly"
MARGIN = 1.0  # nats per token by which a causal model must prefer the likely continuation; SmolLM2 135M does by 9.5
ROUNDING = 1e-4  # a certain token's log-probability may come out this far above 0


class ServerReader:
    """One model of a server. ``key`` changes whenever its likelihoods would, as far as one can know from outside."""

    def __init__(self, url: str, model: str, patience: Patience | None = None) -> None:
        self.key = f"server:{url}#{model}"
        self._server = Server(url, model, patience or Patience())
        self._lock = threading.Lock()
        self._tested = False
        self._refusal = ""
        self._generated = 0  # tokens to ask for beside the echo: some servers want at least one
        self._chat_only = False

    def read(self, requests: Sequence[Request], prompt: Prompt, *, share: bool = True) -> list[Reading]:
        """One reading per request, in their order."""
        found = dict(self.readings(requests, prompt, share=share))
        return [found[number] for number in range(len(requests))]

    def readings(
        self, requests: Sequence[Request], prompt: Prompt, *, share: bool = True
    ) -> Iterator[tuple[int, Reading]]:
        """(number of the request, its reading) as they come. ``share``: the server itself decides what it caches."""
        if prompt.chat:
            plain = [p.name for p in PROMPTS.values() if not p.chat and "{question}" in p.without_document]
            raise ExplorerError(
                f"the prompt {prompt.name!r} needs the model's chat template, which a server does not give; "
                f"choose the prompt {' or '.join(plain)}"
            )
        for request in requests:
            if not request.continuation.strip():
                raise ExplorerError(
                    f"nothing to score after the question {request.question[:60]!r}: the answer is empty"
                )
        if requests:
            self._must_echo()
            yield from self._server.each(requests, lambda request, stopped: self._reading(request, prompt, stopped))

    def generate(
        self,
        texts: Sequence[str],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 42,
        stop: Sequence[str] = ("\n",),
    ) -> list[str]:
        """What the model writes after each text, up to a stop string; as a chat where the server has nothing else."""
        fields: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
        fields |= {"stop": list(stop)} if stop else {}
        found = dict(self._server.each(texts, lambda text, stopped: self._write(text, fields, stopped)))
        return [found[number] for number in range(len(texts))]

    def _write(self, text: str, fields: dict[str, Any], stopped: threading.Event) -> str:
        for halving in range(HALVINGS + 1):
            try:
                return self._written(without_middle(text, len(text) >> halving), fields, stopped)
            except TooLong as error:
                refused = error
        raise refused

    def _written(self, text: str, fields: dict[str, Any], stopped: threading.Event) -> str:
        if not self._chat_only:
            try:
                answer = self._server.post("completions", {"prompt": text, **fields}, stopped)
                return self._text(first_choice(answer).get("text"))
            except Refused as refused:
                if refused.status not in MISSING:
                    raise
                self._chat_only = True
        messages = [{"role": "user", "content": text}]
        answer = self._server.post("chat/completions", {"messages": messages, **fields}, stopped)
        message = first_choice(answer).get("message")
        return self._text(message.get("content") if isinstance(message, dict) else None)

    def _text(self, written: Any) -> str:
        if not isinstance(written, str):
            raise ExplorerError(f"{self._server.url} answered without a text; choose another model or server")
        return written

    def _reading(self, request: Request, prompt: Prompt, stopped: threading.Event) -> Reading:
        for document in _shorter(request.document):
            before = fill(prompt, request.question, document, None).text
            try:
                echo = self._echo(before + prompt.joint + request.continuation, self._generated, stopped)
            except TooLong:
                continue
            mean = _mean(logprobs := (echo and echo.after(len(before))) or [])
            if not math.isfinite(mean):
                raise ExplorerError(
                    f"{self._server.url} returned no log-probability for each token of the answer "
                    f"{request.continuation[:60]!r}; choose another server, such as vLLM, or a local reader"
                )
            return Reading(-mean, len(logprobs), document != request.document)
        return UNREAD  # as a local reader says it: the query is left out and counted

    def _echo(self, text: str, generated: int, stopped: threading.Event) -> Echo | None:
        fields = {"prompt": text, "echo": True, "logprobs": 1, "max_tokens": generated, "temperature": 0.0}
        return echo_of(text, self._server.post("completions", fields, stopped), generated)

    def _must_echo(self) -> None:
        """Tests the server at the first call; raises what it found at every one."""
        with self._lock:
            if not self._tested:
                self._refusal = self._test()
                self._tested = True
        if self._refusal:
            raise ExplorerError(
                f"{self._server.url} cannot tell how likely a given text is: asked to echo a text with its "
                f"log-probabilities, it {self._refusal}; expected one per token of that text, as vLLM returns: "
                "serve the model with vLLM, or choose a local reader"
            )

    def _test(self) -> str:
        """Why the server's log-probabilities are of no use, else ""."""
        came = ""
        for generated in (0, 1):
            try:
                texts = (BEGINNING + LIKELY, BEGINNING + UNLIKELY)
                echoes = [self._echo(text, generated, threading.Event()) for text in texts]
                came = next(filter(None, map(_fault, echoes)), "")
                if not came:
                    self._generated = generated
                    return _preference(*echoes)
            except Refused as refused:
                came = refused.came
        return came


def _shorter(document: str | None) -> Iterator[str | None]:
    """The document, then its first half, and so on while there is one."""
    yield document
    for halving in range(1, HALVINGS + 1):
        if document and (half := document[: len(document) >> halving]):
            yield half


def _fault(echo: Echo | None) -> str:
    """What is wrong with the echo of a whole text, else ""."""
    if echo is None:
        return "returned none"
    logprobs = echo.after(0)
    if logprobs is None or len(logprobs) < 2:
        return f"returned {len(echo.tokens)} for tokens that do not spell it"
    bad = [value for value in logprobs[1:] if value is None or not -math.inf < value <= ROUNDING]
    return f"returned {bad[0]} as one of them" if bad else ""


def _mean(logprobs: Sequence[float | None]) -> float:
    """Nats per token; nan where one is missing."""
    return statistics.fmean(math.nan if value is None else value for value in logprobs or [None])


def _preference(*echoes: Echo | None) -> str:
    """What is wrong with how likely the server finds LIKELY and UNLIKELY, else ""."""
    likely, unlikely = (_mean((echo and echo.after(len(BEGINNING))) or []) for echo in echoes)
    if likely - unlikely >= MARGIN:
        return ""
    return (
        f"gave {LIKELY!r} after {BEGINNING!r} {likely:.2f} nats per token and {UNLIKELY!r} {unlikely:.2f}, "
        "though only the first is likely"
    )
