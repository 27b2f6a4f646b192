"""Text written by a local language model: batches of similar length, padded on the left, seeded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from explorer import cores
from explorer.supervision.prompts import without_middle

BATCH_TOKENS = 8192  # padded prompt tokens per batch


def complete(
    tokenizer: Any,
    model: Any,
    limit: int,
    texts: Sequence[str],
    *,
    max_tokens: int,
    temperature: float,
    seed: int,
    stop: Sequence[str],
) -> list[str]:
    """What the model writes after each text, without the stop string.

    ``temperature`` 0 takes the likeliest token; above 0 ``seed`` makes a call repeatable as a whole: what is drawn for
    a text depends on the others of its batch. A text too long for the model is shortened by
    ``without_middle``.
    """
    import torch

    cores.settle()
    ids = tokenizer(list(texts), verbose=False)["input_ids"]
    ids = [without_middle(row, limit - max_tokens) for row in ids]
    written = [""] * len(texts)
    with torch.inference_mode(), torch.random.fork_rng():
        torch.manual_seed(seed)
        for rows in _batches(ids):
            tokens = _generate(tokenizer, model, [ids[row] for row in rows], max_tokens, temperature, stop)
            for row, text in zip(rows, tokenizer.batch_decode(tokens, skip_special_tokens=True), strict=True):
                written[row] = _until(text, stop).strip()
    return written


def _batches(ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Row numbers, shortest first, as many as fit."""
    batch: list[int] = []
    for row in sorted(range(len(ids)), key=lambda row: len(ids[row])):
        if batch and len(ids[row]) * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _generate(
    tokenizer: Any, model: Any, rows: Sequence[Sequence[int]], max_tokens: int, temperature: float, stop: Sequence[str]
) -> Any:
    """(rows, up to max_tokens) ids of the continuations alone."""
    import torch

    width = max(len(row) for row in rows)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id or 0
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, width - len(row) :] = torch.tensor(row)
        mask[number, width - len(row) :] = 1
    sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
    found = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        max_new_tokens=max_tokens,
        pad_token_id=pad,
        stop_strings=list(stop),
        tokenizer=tokenizer,
        **sampling,
    )
    return found[:, width:]


def _until(text: str, stop: Sequence[str]) -> str:
    text = text.lstrip()  # a line break before the first word ends nothing
    return text[: min([text.find(end) for end in stop if end in text], default=len(text))]
