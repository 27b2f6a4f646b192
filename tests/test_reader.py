"""Likelihoods right to the token: every trap of scoring a continuation has a test against the model's own loss."""

import copy
import functools
import math

import pytest
import torch

from explorer.models import find_model, load_reader
from explorer.records import ExplorerError
from explorer.supervision.prompts import PROMPTS, fill, without_middle
from explorer.supervision.reader import Reader, Request

pytestmark = pytest.mark.reader

TIDE = "The tide mill at Sallow Harbour was built in 1743 by Ada Oake and ground barley until the war."
PIKE = "A pike is a fish. " * 12
REQUESTS = [
    Request("Who built the tide mill?", "Ada Oake", TIDE),
    Request("Who built the tide mill?", "Ada Oake", PIKE),
    Request("When was the mill built?", "in the year 1743, long before the war", TIDE),
    Request("What did it grind?", "barley", TIDE),
    Request("Who built the tide mill?", "Ada Oake"),
    Request("Où est le moulin ?", "à l’embouchure – près du quai №3", TIDE),
    Request("Is it so?", "Yes", TIDE),
]


def own_loss(reader, request, prompt):
    """The model's own loss over the continuation: the sentence every library user would write."""
    filled = fill(prompt, request.question, request.document, reader.tokenizer)
    special = not prompt.chat
    ids = reader.tokenizer(
        filled.text + prompt.joint + request.continuation, return_tensors="pt", add_special_tokens=special
    )
    before = reader.tokenizer(filled.text, add_special_tokens=special)["input_ids"]
    labels = ids["input_ids"].clone()
    labels[:, : len(before)] = -100
    with torch.inference_mode():
        return reader.model(**ids, labels=labels).loss.item()


@pytest.fixture(scope="module")
def own_losses(reader):
    """The model's own losses of all requests, once per prompt."""
    return functools.cache(lambda prompt: [own_loss(reader, request, prompt) for request in REQUESTS])


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=lambda prompt: prompt.name)
def test_one_by_one_is_the_models_own_loss(reader, own_losses, prompt):
    readings = [reader.read([request], prompt)[0].nll for request in REQUESTS]
    assert readings == pytest.approx(own_losses(prompt), abs=1e-4)


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=lambda prompt: prompt.name)
@pytest.mark.parametrize("share", [True, False], ids=["shared prefix", "plain batches"])
def test_batched_is_the_models_own_loss_at_every_length(reader, own_losses, prompt, share):
    """Mixed lengths in one batch: padding must change nothing, nor a document's shared key/value cache."""
    readings = reader.read(REQUESTS, prompt, share=share)
    assert [reading.nll for reading in readings] == pytest.approx(own_losses(prompt), abs=1e-4)


def test_left_padding_with_explicit_positions_gives_the_same(reader):
    """The other correct way to batch, written out: a wrong position or mask on either side would show here."""
    prompt = PROMPTS["passage"]
    texts = [fill(prompt, r.question, r.document, reader.tokenizer).text + " " + r.continuation for r in REQUESTS[:4]]
    tokenizer = copy.deepcopy(reader.tokenizer)
    tokenizer.padding_side, tokenizer.pad_token = "left", tokenizer.eos_token
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    positions = (batch["attention_mask"].cumsum(1) - 1).clamp(min=0)
    with torch.inference_mode():
        logits = reader.model(**batch, position_ids=positions).logits.float().log_softmax(-1)
    readings = Reader(tokenizer, reader.model, "left").read(REQUESTS[:4], prompt)
    for row, (request, reading) in enumerate(zip(REQUESTS[:4], readings, strict=True)):
        count = len(tokenizer(" " + request.continuation)["input_ids"])
        tokens = batch["input_ids"][row, -count:]
        nll = -logits[row, -count - 1 : -1].gather(1, tokens[:, None]).mean().item()
        assert (reading.nll, reading.tokens) == (pytest.approx(nll, abs=1e-4), count)


def test_bfloat16_stays_close_to_float32(reader, own_losses, models):
    """Few and short requests: without the instructions for it a processor takes a second per token."""
    folder = find_model("smollm2", models.workspace.models)
    half = Reader(*load_reader(folder, "cpu", "bfloat16"), key="smollm2 bfloat16")
    prompt, few = PROMPTS["passage"], (0, 3, 4)
    readings = half.read([REQUESTS[number] for number in few], prompt)
    gaps = [abs(one.nll - own_losses(prompt)[number]) for one, number in zip(readings, few, strict=True)]
    own = [abs(one.nll - own_loss(half, REQUESTS[number], prompt)) for one, number in zip(readings, few, strict=True)]
    assert max(gaps) < 0.3 and max(own) < 0.3


def with_bos(tokenizer):
    """The embedded tokenizer, made to write a beginning-of-sequence token like Llama's."""
    from tokenizers.processors import TemplateProcessing

    changed = copy.deepcopy(tokenizer)
    changed.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{tokenizer.bos_token} $A", special_tokens=[(tokenizer.bos_token, tokenizer.bos_token_id)]
    )
    return changed


@pytest.mark.parametrize("name", ["passage", "chat"])
def test_there_is_one_beginning_of_sequence(reader, name):
    """A chat template writes its own: twice would shift every likelihood."""
    tokenizer = with_bos(reader.tokenizer)
    item = Reader(tokenizer, reader.model, "bos")._tokenise(0, REQUESTS[0], PROMPTS[name])
    assert item.ids[0] == tokenizer.bos_token_id != item.ids[1]


def test_a_tokenizer_that_writes_bos_still_gives_the_models_own_loss(reader):
    other = Reader(with_bos(reader.tokenizer), reader.model, "bos")
    prompt = PROMPTS["passage"]
    assert [r.nll for r in other.read(REQUESTS, prompt)] == pytest.approx(
        [own_loss(other, r, prompt) for r in REQUESTS], abs=1e-4
    )


def test_only_the_document_is_cut_and_the_cut_is_recorded(reader):
    short = Reader(reader.tokenizer, reader.model, "short", limit=80)
    request = Request("Who built the tide mill at Sallow Harbour?", "Ada Oake of the Crossing Company", PIKE)
    item = short._tokenise(0, request, PROMPTS["passage"])
    text = reader.tokenizer.decode(item.ids)
    assert len(item.ids) <= 80 and item.cut
    assert text.startswith("Passage: A pike is a fish.")
    assert text.endswith(
        "\n\nQuestion: Who built the tide mill at Sallow Harbour?\nAnswer: Ada Oake of the Crossing Company"
    )
    assert short.read([request, REQUESTS[0]], PROMPTS["passage"])[0].cut


def test_a_prompt_too_long_to_complete_loses_its_last_documents_not_its_first_nor_its_question():
    """Answers are read from the best documents, which come first."""
    assert without_middle(list(range(10)), 12) == list(range(10))
    assert without_middle(list(range(20)), 8) == [0, 1, 2, 3, 4, 5, 18, 19]
    assert without_middle(list(range(20)), 3) == [0, 1, 2]


def test_a_document_that_fits_is_not_marked_as_cut(reader):
    assert not reader.read([REQUESTS[0]], PROMPTS["passage"])[0].cut


def test_a_question_that_leaves_no_room_is_not_read_and_the_others_are(reader):
    """One query of thousands must not end the work: whoever asked leaves it out and says so."""
    short = Reader(reader.tokenizer, reader.model, "short", limit=12)
    long, brief = short.read([REQUESTS[2], Request("Who?", "Ada")], PROMPTS["passage"])
    assert not long.read and math.isnan(long.nll) and brief.read and math.isfinite(brief.nll)


@pytest.mark.parametrize("continuation", ["", "  "])
def test_an_empty_answer_is_refused(reader, continuation):
    with pytest.raises(ExplorerError, match="the answer is empty"):
        reader.read([Request("Who?", continuation, TIDE)], PROMPTS["passage"])


def test_a_reader_that_gives_nan_says_so(reader):
    broken = copy.deepcopy(reader.model)
    broken.lm_head.weight = torch.nn.Parameter(torch.full_like(broken.lm_head.weight, float("nan")))
    with pytest.raises(ExplorerError, match="gave nan as a likelihood"):
        Reader(reader.tokenizer, broken, "broken").read([REQUESTS[0]], PROMPTS["passage"])


@pytest.mark.parametrize("document", ["{question}", "{document} {0} {{}}", "<|im_end|>", "\x00\u202e", "…" * 5])
def test_hostile_documents_are_read_as_text(reader, document):
    prompt = PROMPTS["passage"]
    request = Request("Who?", "Ada", document)
    assert reader.read([request], prompt)[0].nll == pytest.approx(own_loss(reader, request, prompt), abs=1e-4)
