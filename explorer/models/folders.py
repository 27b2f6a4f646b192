"""The folder behind a model's name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from explorer.files import sha256
from explorer.models.embedded import minilm, smollm2
from explorer.records import ExplorerError, Progress, silent

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
HUB_FILES = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
EMBEDDED: dict[str, Callable[[Path, Progress, bool], Path]] = {"minilm": minilm, "smollm2": smollm2}


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


def find_model(name: str, cache: Path, progress: Progress = silent, *, fetch: bool = True) -> ModelFolder:
    """The folder behind an embedded name, a local folder or a hub id; with ``fetch`` put into ``cache`` when needed."""
    if name in EMBEDDED:
        return ModelFolder(name, EMBEDDED[name](cache, progress, fetch))
    folder = Path(name).expanduser()
    if folder.is_dir():
        return ModelFolder(name, _with_weights(folder.resolve()))
    if HUB_ID.fullmatch(name):
        return ModelFolder(name, _from_hub(name, cache, fetch))
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


def _from_hub(name: str, cache: Path, fetch: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(name, cache_dir=cache / "hub", allow_patterns=HUB_FILES, local_files_only=not fetch)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ExplorerError(_not_found(name, str(error).splitlines()[0])) from error
    return _with_weights(Path(folder))
