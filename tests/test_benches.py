"""Benches compare like with like; what they print can be believed."""

import sys

import browser
import pytest
import torch

from explorer.benches import BENCHES, SPEED
from explorer.benches.browsing import peak_of_app
from explorer.benches.learning import _Columns, _row
from explorer.benches.timing import command, ratio, rounds
from explorer.records import TrainingExample
from explorer.training.examples import batch_documents, batch_scores
from explorer.training.losses import loss_named
from explorer.training.modules import BiEncoderLoss
from explorer.training.settings import PRESETS, Texts
from explorer.workbench import Workbench


def test_the_plain_trainer_of_the_bench_has_the_loss_it_is_compared_with(models):
    """Else a faster step might be one that does less."""
    model, settings = models.trainable("minilm").eval(), PRESETS["full"]
    documents = {
        f"d{n}": text for n, text in enumerate(("tide mill", "pike", "a quay of stone", "reeds", "the old boat"))
    }
    examples = [
        TrainingExample("q1", ("d0", "d1", "d2"), (1.0, 0.2, 0.0)),
        TrainingExample("q2", ("d3", "d4"), (0.1, 0.9)),
    ]
    texts = Texts({"q1": "what turns?", "q2": "who rows?"}, documents, {}, {})
    rows = [_row(example, texts, width=3) for example in examples]
    columns = [[row[name] for row in rows] for name in ("query", "document_0", "document_1", "document_2")]
    label = torch.tensor([row["label"] for row in rows])
    plain = _Columns(model, settings)([model.preprocess(column) for column in columns], label)
    doc_ids = batch_documents(examples)
    features = [model.preprocess(list(texts.queries.values())), model.preprocess([documents[d] for d in doc_ids])]
    teacher = batch_scores(examples, doc_ids, documents)
    ours = BiEncoderLoss(model, None, loss_named(settings))(features, teacher)
    assert plain.item() == pytest.approx(ours.item(), abs=1e-5)


def test_rounds_take_turns_and_the_ratio_is_the_median_of_their_ratios():
    order = []
    seconds = rounds({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, lambda *_: None, count=2)
    assert order == ["a", "b", "a", "b"] and [len(times) for times in seconds.values()] == [2, 2]
    assert ratio({"slow": [2.0, 9.0, 4.0], "fast": [1.0, 1.0, 1.0]}, "slow", "fast") == 4.0


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts resident memory in KiB")
def test_a_command_is_timed_and_its_memory_told():
    seconds, peak = command(["--help"], {})
    assert 0.05 < seconds < 60 and 10 < peak < 2000


@pytest.mark.browser
@browser.needed
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what a process held at most")
def test_the_bench_of_the_app_finds_its_pages_drawn(workspace):
    """It waits for what each page draws: a renamed class would end an hour of measuring with nothing."""
    assert 100 < peak_of_app(Workbench.open("harbour", workspace)) < 8000


def test_what_all_runs_are_benches():
    assert set(SPEED) < set(BENCHES)
