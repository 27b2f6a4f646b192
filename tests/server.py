"""A local stand-in for an OpenAI-compatible server, with a small real causal model behind it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch

MODEL = "small"
FIRST_TOKEN = "<|begin_of_text|>"


@dataclass
class Standin:
    """What the server does, and what it was asked. ``kind``: right, ignores echo, or chat only."""

    reader: Any
    kind: str = "right"
    fail: int = 0  # answers 503 this many times first
    retry_after: str = ""
    hang_after: int | None = None  # from then on no request is answered
    key: str = ""  # the Bearer key it demands
    longest: int | None = None  # characters of a text beyond which it answers 400
    wants_a_token: bool = False  # max_tokens 0 is refused
    names_bos: bool = False  # like vLLM with Llama: a special token stands first and shifts every offset
    redirect: str = ""
    chance: bool = False  # echoes log-probabilities that know nothing of the language
    url: str = ""
    asked: list[dict] = field(default_factory=list)
    known: dict[tuple[int, ...], list[float | None]] = field(default_factory=dict)  # each text is computed once
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, fields: dict, key: str) -> tuple[int, dict]:
        with self.lock:
            self.asked.append(fields)
            number = len(self.asked)
        if self.hang_after is not None and number > self.hang_after:
            self.released.wait(60)
        if number <= self.fail:
            return 503, {"error": {"message": "overloaded"}}
        if self.redirect:
            return 307, {}
        if self.key and key != f"Bearer {self.key}":
            return 401, {"error": {"message": f"Incorrect API key provided: {key}"}}
        if fields["model"] != MODEL:
            return 404, {"error": {"message": f"The model `{fields['model']}` does not exist."}}
        if path == "/v1/chat/completions":
            text = self.write(fields["messages"][0]["content"], fields)
            return 200, {"choices": [{"message": {"role": "assistant", "content": text}}]}
        if path != "/v1/completions" or self.kind == "chat only":
            return 404, {"detail": "Not Found"}
        if self.longest is not None and len(fields["prompt"]) > self.longest:
            return 400, {"error": {"message": "This model's maximum context length is 64 tokens."}}
        if self.wants_a_token and fields["max_tokens"] < 1:
            return 400, {"error": {"message": "max_tokens must be at least 1"}}
        return 200, {"choices": [self.complete(fields)]}

    def complete(self, fields: dict) -> dict:
        text = fields["prompt"]
        ids = self.written(text, fields["max_tokens"])
        written = self.write(text, fields)
        if self.kind == "ignores echo" or not fields.get("echo"):
            return {"text": written, "logprobs": {"content": []} if self.kind == "ignores echo" else None}
        logprobs = self.logprobs(ids)
        tokens = [self.reader.tokenizer.decode([token]) for token in ids]  # parts of characters become U+FFFD
        if self.names_bos:
            tokens, logprobs = [FIRST_TOKEN, *tokens], [None, *logprobs]
        offsets = [sum(map(len, tokens[:number])) for number in range(len(tokens))]
        found = {"tokens": tokens, "token_logprobs": logprobs, "text_offset": offsets}
        return {"text": text + written, "logprobs": found}

    def logprobs(self, ids: list[int]) -> list[float | None]:
        """Natural log-probability of each token; the first has none."""
        if self.chance:
            return [None] + [-10.8] * (len(ids) - 1)
        if tuple(ids) not in self.known:
            with self.lock, torch.inference_mode():
                logits = self.reader.model(torch.tensor([ids])).logits[0].float().log_softmax(-1)
            self.known[tuple(ids)] = [None] + [logits[at - 1, ids[at]].item() for at in range(1, len(ids))]
        return self.known[tuple(ids)]

    def written(self, text: str, count: int) -> list[int]:
        """The tokens of ``text`` and the ``count`` likeliest after them, one by one."""
        ids = self.reader.tokenizer(text)["input_ids"]
        for _ in range(count):
            with self.lock, torch.inference_mode():
                ids.append(int(self.reader.model(torch.tensor([ids])).logits[0, -1].argmax()))
        return ids

    def write(self, text: str, fields: dict) -> str:
        """What comes after ``text``, up to a stop string."""
        ids = self.written(text, fields["max_tokens"])
        written = self.reader.tokenizer.decode(ids[len(ids) - fields["max_tokens"] :])
        for stop in fields.get("stop", ()):
            written = written.split(stop)[0]
        return written


@contextmanager
def serve(reader, **switches):
    """Yields a Standin that answers at its ``url``."""
    standin = Standin(reader, **switches)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = standin.answer(self.path, fields, self.headers.get("Authorization", ""))
            data = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
            headers |= {"Location": standin.redirect} if standin.redirect else {}
            headers |= {"Retry-After": standin.retry_after} if standin.retry_after else {}
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except ConnectionError:
                pass  # the client gave up waiting

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    standin.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield standin
    finally:
        standin.released.set()
        server.shutdown()
        server.server_close()
