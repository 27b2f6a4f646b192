"""A reader that remembers: likelihoods and texts are kept by content, in this process and the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from explorer.files import content_hash
from explorer.records import Progress, silent
from explorer.supervision.prompts import Prompt
from explorer.supervision.reader import Reading, Request

WRITE_EVERY = 64  # readings or texts; a killed run loses at most these


class LanguageModel(Protocol):
    """What a reader can do, be it on this machine or behind a server. ``key`` changes whenever its answers would."""

    key: str

    def readings(
        self, requests: Sequence[Request], prompt: Prompt, *, share: bool = True
    ) -> Iterator[tuple[int, Reading]]: ...

    def generate(
        self,
        texts: Sequence[str],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 42,
        stop: Sequence[str] = ("\n",),
    ) -> list[str]: ...


class Memory(Protocol):
    """Where answers are kept by key; a missing key is absent from what ``get`` returns."""

    def get(self, keys: Iterable[str]) -> dict[str, Any]: ...

    def put(self, records: Mapping[str, Any]) -> None: ...


class Forgetful:
    """Keeps nothing, for work whose time is to be measured."""

    def get(self, keys: Iterable[str]) -> dict[str, Any]:
        return {}

    def put(self, records: Mapping[str, Any]) -> None:
        pass


class CachedReader:
    """Never reads the same request and never writes the same text twice."""

    def __init__(self, reader: LanguageModel, cache: Memory) -> None:
        self.reader = reader
        self._cache = cache

    def read(self, requests: Sequence[Request], prompt: Prompt, progress: Progress = silent) -> dict[Request, Reading]:
        """Readings by request; new ones are written as they come."""
        keys = {request: self._key(request, prompt) for request in dict.fromkeys(requests)}
        stored = self._cache.get(keys.values())
        found = {request: Reading(*stored[key]) for request, key in keys.items() if key in stored}
        missing = [request for request in keys if request not in found]
        progress("read", len(found), len(keys))
        fresh: dict[str, tuple[float, int, bool]] = {}
        try:
            for number, reading in self.reader.readings(missing, prompt) if missing else ():
                request = missing[number]
                found[request] = reading
                fresh[keys[request]] = (reading.nll, reading.tokens, reading.cut)
                if len(fresh) >= WRITE_EVERY:
                    self._cache.put(fresh)
                    fresh = {}
                    progress("read", len(found), len(keys))
        finally:  # a server that fails halfway has still answered so far
            self._cache.put(fresh)
        progress("read", len(found), len(keys))
        return found

    def generate(
        self,
        texts: Sequence[str],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 42,
        progress: Progress = silent,
    ) -> list[str]:
        """One continuation per text, up to its first line break."""
        how = (str(max_tokens), str(temperature), str(seed))
        keys = {text: content_hash("text", self.reader.key, *how, text) for text in dict.fromkeys(texts)}
        found = self._cache.get(keys.values())
        # by length, so that a batch computes little padding
        missing = sorted((text for text, key in keys.items() if key not in found), key=len)
        for start in range(0, len(missing), WRITE_EVERY):
            progress("write", start, len(missing))
            chunk = missing[start : start + WRITE_EVERY]
            written = self.reader.generate(chunk, max_tokens=max_tokens, temperature=temperature, seed=seed)
            fresh = {keys[text]: answer for text, answer in zip(chunk, written, strict=True)}
            self._cache.put(fresh)
            found |= fresh
        return [found[keys[text]] for text in texts]

    def _key(self, request: Request, prompt: Prompt) -> str:
        document = ("without",) if request.document is None else ("with", request.document)
        template = (prompt.with_document, prompt.without_document, prompt.joint, str(prompt.chat))
        return content_hash("nll", self.reader.key, *template, request.question, request.continuation, *document)
