"""Models from folders, on the best device there is, in the number format that is faster there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from explorer.models.folders import ModelFolder
from explorer.models.quiet import quiet_transformers
from explorer.records import ExplorerError

DEVICES = ("cuda", "mps", "cpu")
CROSS_LIMIT = 512  # tokens of query and document that a cross-encoder reads (RADIO's)


def pick_device(wanted: str | None = None) -> str:
    """cuda, mps or cpu: the one asked for (argument or EXPLORER_DEVICE), else the best there is."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    wanted = wanted or os.environ.get("EXPLORER_DEVICE")
    if not wanted:
        return next(device for device in DEVICES if there[device])
    if not there.get(wanted.split(":")[0], False):
        have = ", ".join(device for device in DEVICES if there[device])
        raise ExplorerError(f"device {wanted!r} is not here; this machine has {have}")
    return wanted


@lru_cache(maxsize=8)
def fast_dtype(device: str) -> str:
    """ "bfloat16" where it beats float32 on this device, by a probe of a fraction of a second; else "float32"."""
    import torch

    if device != "cpu":
        return "bfloat16" if device.startswith("cuda") and torch.cuda.is_bf16_supported() else "float32"

    def seconds(dtype: torch.dtype) -> float:
        # 64 rows tell: where bfloat16 is emulated, 512 took the start of every process three seconds
        left, right = torch.ones(64, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
        times = []
        for _ in range(4):
            begun = time.perf_counter()
            left @ right
            times.append(time.perf_counter() - begun)
        return min(times[1:])

    return "bfloat16" if seconds(torch.bfloat16) < 0.9 * seconds(torch.float32) else "float32"


def load_encoder(
    folder: ModelFolder, device: str | None = None, dtype: str | None = None, *, training: bool = False
) -> Any:
    """A SentenceTransformer. ``dtype``: "float32" (always for ``training``), "bfloat16", None: the faster here."""
    import torch
    from sentence_transformers import SentenceTransformer

    place = pick_device(device)
    kind = torch.float32 if training else getattr(torch, dtype or fast_dtype(place))
    # on a CPU the backward pass of fused attention takes half of a training step; the plain one a tenth
    attention = {"attn_implementation": "eager"} if training and place == "cpu" else {}
    with quiet_transformers(), _as_user_error(folder):
        return SentenceTransformer(
            str(folder.path),
            device=place,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": kind, **attention},
        )


def load_reader(folder: ModelFolder, device: str | None = None, dtype: str | None = None) -> tuple[Any, Any]:
    """(tokenizer, causal language model in evaluation mode). ``dtype``: "float32", "bfloat16", None: the faster here."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = pick_device(device)
    kind = getattr(torch, dtype or fast_dtype(place))
    with quiet_transformers(), _as_user_error(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder.path, trust_remote_code=False)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder.path, trust_remote_code=False, use_safetensors=True, dtype=kind
        )
    return tokenizer, model.to(place).eval()


def load_cross_encoder(folder: ModelFolder, device: str | None = None) -> tuple[Any, bool]:
    """(CrossEncoder in float32 with one label, whether its head is fresh: its last map zero, as the checkpoint ranks nothing)."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import AutoConfig

    place = pick_device(device)
    attention = {"attn_implementation": "eager"} if place == "cpu" else {}  # as in load_encoder
    with quiet_transformers(), _as_user_error(folder), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # what a fresh head draws before its last map is the same for every blend
        config = AutoConfig.from_pretrained(folder.path, trust_remote_code=False)
        fresh = not any(name.endswith("ForSequenceClassification") for name in config.architectures or ())
        model = CrossEncoder(
            str(folder.path),
            num_labels=1,
            max_length=min(CROSS_LIMIT, getattr(config, "max_position_embeddings", CROSS_LIMIT)),
            device=place,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": torch.float32, **attention},
        )
    if fresh:
        with torch.no_grad():
            maps = [one for one in model.modules() if isinstance(one, torch.nn.Linear)]
            for parameter in maps[-1].parameters():
                parameter.zero_()  # this map alone: with those before it at zero too, no gradient would pass
    return model, fresh


@contextlib.contextmanager
def _as_user_error(folder: ModelFolder) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ExplorerError(
            f"the model {folder.name!r} in {folder.path} cannot be loaded: {str(error).splitlines()[0]}"
        ) from error
