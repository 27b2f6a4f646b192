"""Log-likelihood of a continuation under a causal language model, right to the token and fast.

Prompt and continuation are tokenised together and parted by character offsets; the first token of the
continuation is predicted by the last token of the prompt; logits become float32 before the softmax; padding
stands on the right, where no real token attends to it, with positions written out. Requests that share a
document share the key/value cache of their common beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from explorer import cores
from explorer.records import ExplorerError
from explorer.supervision.generation import complete
from explorer.supervision.prompts import Filled, Prompt, fill

BATCH_TOKENS = 2048  # padded tokens per forward pass
SHARED_FROM = 16  # a common beginning shorter than this is not worth a cache of its own


@dataclass(frozen=True, slots=True)
class Request:
    """How likely is ``continuation`` after ``question``, given ``document`` (None: given nothing)?"""

    question: str
    continuation: str
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Negative log-likelihood in nats per token, over ``tokens`` tokens. ``cut``: the document was shortened to fit.

    Where question and continuation alone exceed the reader's window nothing was read: NaN over 0 tokens.
    """

    nll: float
    tokens: int
    cut: bool = False

    @property
    def read(self) -> bool:
        return self.tokens > 0


UNREAD = Reading(math.nan, 0)
TOO_LONG = "question and answer alone exceed the reader's window"


@dataclass(frozen=True, slots=True)
class _Item:
    """One tokenised request: the continuation is ids[start:end]."""

    number: int
    ids: tuple[int, ...]
    start: int
    end: int
    cut: bool


class Reader:
    """A local causal language model. ``key`` changes whenever its likelihoods would."""

    def __init__(self, tokenizer: Any, model: Any, key: str, limit: int | None = None) -> None:
        if not tokenizer.is_fast:
            raise ExplorerError(
                f"the tokenizer of {key} gives no character offsets; choose a reader with a tokenizer.json"
            )
        self.tokenizer = tokenizer
        self.model = model
        self.key = key
        self.limit = limit or int(getattr(model.config, "max_position_embeddings", 2048))
        kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
        self._can_share = kinds == {"full_attention"} and not getattr(model.config, "sliding_window", None)

    def read(self, requests: Sequence[Request], prompt: Prompt, *, share: bool = True) -> list[Reading]:
        """One reading per request, in their order."""
        found = dict(self.readings(requests, prompt, share=share))
        return [found[number] for number in range(len(requests))]

    def readings(
        self, requests: Sequence[Request], prompt: Prompt, *, share: bool = True
    ) -> Iterator[tuple[int, Reading]]:
        """(number of the request, its reading), batch by batch in the order that costs least."""
        cores.settle()
        tokenised = [self._tokenise(number, request, prompt) for number, request in enumerate(requests)]
        yield from ((number, UNREAD) for number, item in enumerate(tokenised) if item is None)
        items = [item for item in tokenised if item is not None]
        shared, single = _by_document(items, requests) if share and self._can_share else ([], items)
        for batch in _batches(sorted(single, key=lambda item: len(item.ids)), lambda item: len(item.ids)):
            yield from self._score(batch)
        for families in _batches(sorted(shared, key=lambda family: family.shared), lambda family: family.shared):
            yield from self._score_shared(families)

    def generate(
        self,
        texts: Sequence[str],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 42,
        stop: Sequence[str] = ("\n",),
    ) -> list[str]:
        """What the model writes after each text, up to a stop string."""
        how: dict[str, Any] = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed, "stop": stop}
        return complete(self.tokenizer, self.model, self.limit, texts, **how)

    def _tokenise(self, number: int, request: Request, prompt: Prompt) -> _Item | None:
        """None: too long even without the document."""
        document = request.document
        while True:
            filled = fill(prompt, request.question, document, self.tokenizer)
            text = filled.text + prompt.joint + request.continuation
            # a chat template writes its own beginning-of-sequence token
            tokens = self.tokenizer(
                text, return_offsets_mapping=True, add_special_tokens=not prompt.chat, verbose=False
            )
            ids, offsets = tokens["input_ids"], tokens["offset_mapping"]
            if len(ids) <= self.limit:
                break
            document = _shorten(document, filled, offsets, len(ids) - self.limit)
            if document is None:
                return None
        scored = [place for place, (_, end) in enumerate(offsets) if end > len(filled.text)]
        if not request.continuation.strip() or not scored:
            raise ExplorerError(f"nothing to score after the question {request.question[:60]!r}: the answer is empty")
        return _Item(number, tuple(ids), max(scored[0], 1), scored[-1] + 1, document != request.document)

    def _score(
        self, items: Sequence[_Item], cache: Any = None, known: Sequence[int] | None = None
    ) -> list[tuple[int, Reading]]:
        """Readings of ``items``, of whose ids the first ``known[row]`` are in row ``row`` of ``cache``."""
        import torch

        known = known or [0] * len(items)
        device = self.model.device
        rest = [item.ids[skip:] for item, skip in zip(items, known, strict=True)]
        ids, mask = _right_padded(rest, device)
        positions = torch.arange(ids.shape[1], device=device) + torch.tensor(known, device=device)[:, None]
        if cache is not None:
            mask = torch.cat([_prefix_mask(known, cache.get_seq_length(), device), mask], dim=1)
        # the logits at place p - 1 predict the token at place p
        predicts = [range(item.start - 1 - skip, item.end - 1 - skip) for item, skip in zip(items, known, strict=True)]
        keep = sorted({place for places in predicts for place in places})
        with torch.inference_mode():
            logits = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=cache is not None,
                logits_to_keep=torch.tensor(keep, device=device),
            ).logits
            column = {place: number for number, place in enumerate(keep)}
            return [
                (item.number, self._reading(item, logits[row, [column[place] for place in predicts[row]]]))
                for row, item in enumerate(items)
            ]

    def _reading(self, item: _Item, logits: Any) -> Reading:
        import torch

        targets = torch.tensor(item.ids[item.start : item.end], device=logits.device)
        nll = float(torch.nn.functional.cross_entropy(logits.float(), targets))
        if not math.isfinite(nll):
            raise ExplorerError(f"the reader {self.key} gave {nll} as a likelihood; try float32 or another reader")
        return Reading(nll, item.end - item.start, item.cut)

    def _score_shared(self, families: Sequence[_Family]) -> Iterator[tuple[int, Reading]]:
        """Reads each family's common beginning once, then the rest of all its members."""
        import torch

        ids, mask = _right_padded([family.items[0].ids[: family.shared] for family in families], self.model.device)
        positions = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        with torch.inference_mode():
            prefix = self.model(
                input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1
            ).past_key_values
        members = [(row, item) for row, family in enumerate(families) for item in family.items]
        members.sort(key=lambda member: len(member[1].ids) - families[member[0]].shared)
        width = ids.shape[1]
        for batch in _batches(members, lambda member: len(member[1].ids) - families[member[0]].shared + width // 8):
            rows = [row for row, _ in batch]
            known = [families[row].shared for row in rows]
            yield from self._score([item for _, item in batch], _rows_of(prefix, rows), known)


@dataclass(frozen=True, slots=True)
class _Family:
    """Items whose first ``shared`` ids are the same."""

    items: Sequence[_Item]
    shared: int


def _by_document(items: Sequence[_Item], requests: Sequence[Request]) -> tuple[list[_Family], list[_Item]]:
    """(families that share a document, items that stand alone)."""
    groups: dict[str | None, list[_Item]] = {}
    for item in items:
        groups.setdefault(requests[item.number].document, []).append(item)
    families, single = [], []
    for document, members in groups.items():
        shared = _common(members)
        if document is None or len(members) < 2 or shared < SHARED_FROM:
            single += members
        else:
            families.append(_Family(members, shared))
    return families, single


def _common(items: Sequence[_Item]) -> int:
    """Length of the beginning all items share; ends before the token that predicts any continuation."""
    first, last = min(item.ids for item in items), max(item.ids for item in items)
    same = next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return min(same, *(item.start - 1 for item in items))


def _batches(things: Iterable[Any], length: Any) -> Iterator[list[Any]]:
    """Consecutive ``things`` whose padded size stays within BATCH_TOKENS; one alone may exceed it."""
    batch: list[Any] = []
    longest = 0
    for thing in things:
        longest = max(longest, length(thing))
        if batch and longest * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch, longest = [], length(thing)
        batch.append(thing)
    if batch:
        yield batch


def _right_padded(rows: Sequence[Sequence[int]], device: Any) -> tuple[Any, Any]:
    """(ids, mask), each (len(rows), longest row) int64; the padding id is never attended to."""
    import torch

    width = max(map(len, rows))
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = 1
    return ids.to(device), mask.to(device)


def _prefix_mask(known: Sequence[int], width: int, device: Any) -> Any:
    import torch

    return (torch.arange(width, device=device) < torch.tensor(known, device=device)[:, None]).long()


def _rows_of(cache: Any, rows: Sequence[int]) -> Any:
    """A new cache that holds the given rows (repeated at will) of ``cache``."""
    import torch
    from transformers import DynamicCache

    picked = torch.tensor(rows, device=cache.layers[0].keys.device)
    return DynamicCache([(layer.keys[picked], layer.values[picked]) for layer in cache.layers])


def _shorten(document: str | None, filled: Filled, offsets: Sequence[tuple[int, int]], excess: int) -> str | None:
    """The document without its last ``excess`` tokens; None when it has no more than that."""
    inside = [start for start, end in offsets if filled.start <= start and end <= filled.end and end > start]
    if document is None or len(inside) <= excess:
        return None
    return document[: inside[-excess] - filled.start]
