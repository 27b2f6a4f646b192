"""A reader behind a server: the same likelihoods as the model itself, or a plain sentence why not."""

import logging
import threading
import time

import pytest
from server import MODEL, serve

from explorer.records import Document, ExplorerError, Query
from explorer.supervision.cached import CachedReader
from explorer.supervision.http import _headers
from explorer.supervision.prompts import PROMPTS
from explorer.supervision.reader import Request
from explorer.supervision.server import Patience, ServerReader
from explorer.supervision.utility import UtilityTeacher
from explorer.workspace import Workspace

pytestmark = pytest.mark.reader

PROMPT = PROMPTS["passage"]
SECRET = "sk-very-secret-0123456789"
TIDE = "The tide mill at Sallow Harbour was built in 1743 by Ada Oake and ground barley until the war."
REQUESTS = [
    Request("Who built the tide mill?", "Ada Oake", TIDE),
    Request("Who built the tide mill?", "Ada Oake"),
    Request("When was the mill built?", "in the year 1743, long before the war", TIDE),
    Request("Où est le moulin ?", "à l’embouchure – près du quai №3", TIDE),
    Request("Was steht dort?", "№ 中文 ok ☃☃", "☃ 中文 \x00\u202e <|im_end|> {question}"),
    Request("Is it so?", "Yes", ""),
]


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("EXPLORER_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def reader_of(standin, model=MODEL, **patience):
    return ServerReader(standin.url, model, Patience(**{"read": 20.0, "pause": 0.01, **patience}))


@pytest.mark.parametrize(
    "switches",
    [{}, {"wants_a_token": True}, {"names_bos": True}],
    ids=["echo alone", "one token generated", "offsets shifted by a special token"],
)
@pytest.mark.parametrize("name", ["passage", "context", "question"])
def test_a_server_gives_the_models_own_likelihoods(reader, switches, name):
    """The harm prevented: utilities that are off by a token because a server counts its tokens its own way."""
    expected = reader.read(REQUESTS, PROMPTS[name])
    with serve(reader, **switches) as standin:
        readings = reader_of(standin).read(REQUESTS, PROMPTS[name])
    assert [r.nll for r in readings] == pytest.approx([r.nll for r in expected], abs=1e-3)
    assert [(r.tokens, r.cut) for r in readings] == [(r.tokens, False) for r in expected]


def test_utilities_through_a_server_are_those_of_the_model(reader, tmp_path):
    query = Query("q", "Who built the tide mill?", ("Ada Oake", "Mrs Oake"))
    documents = [Document("tide", TIDE), Document("pike", "A pike is a fish with many teeth.")]
    local = UtilityTeacher(CachedReader(reader, Workspace(tmp_path / "a").utilities())).score(query, documents)
    with serve(reader) as standin:
        cached = CachedReader(reader_of(standin), Workspace(tmp_path / "b").utilities())
        served = UtilityTeacher(cached).score(query, documents)
    assert served.values == pytest.approx(local.values, abs=2e-3)


AS_ASKED = "cannot tell how likely a given text is: asked to echo a text with its log-probabilities, it"
AS_EXPECTED = (
    "; expected one per token of that text, as vLLM returns: serve the model with vLLM, or choose a local reader"
)


@pytest.mark.parametrize(
    ("switches", "came"),
    [
        ({"kind": "ignores echo"}, "returned none"),
        ({"kind": "chat only"}, "answered HTTP 404 (Not Found)"),
        (
            {"chance": True},
            "gave ' Paris' after 'The capital of France is' -10.80 nats per token and ' of the xylophone quickly' "
            "-10.80, though only the first is likely",
        ),
    ],
    ids=["ignores echo", "chat only", "no language model"],
)
def test_a_server_that_gives_no_likelihoods_is_refused_but_may_write(reader, switches, came):
    """llama.cpp's server and transformers serve accept the fields: numbers from them would be believed."""
    with serve(reader, **switches) as standin:
        served = reader_of(standin)
        with pytest.raises(ExplorerError) as refusal:
            served.read(REQUESTS, PROMPT)
        assert str(refusal.value) == f"{standin.url} {AS_ASKED} {came}{AS_EXPECTED}"
        tested = len(standin.asked)
        with pytest.raises(ExplorerError, match="cannot tell how likely"):
            served.read(REQUESTS, PROMPT)
        assert len(standin.asked) == tested <= 4  # what the test found is kept, and no request was scored
        assert served.generate(["The capital of France is"], max_tokens=2) == [" Paris."]


def test_texts_come_back_in_the_order_they_were_given(reader):
    with serve(reader) as standin:
        texts = ["The capital of France is", "One, two, three,"]
        forth, back = (reader_of(standin).generate(order, max_tokens=2) for order in (texts, texts[::-1]))
        assert forth == back[::-1] and forth[0] == " Paris."
        assert standin.asked[0]["stop"] == ["\n"] and standin.asked[0]["seed"] == 42


def test_the_chat_prompt_is_refused_before_anything_is_sent(reader):
    with serve(reader) as standin:
        with pytest.raises(ExplorerError, match="choose the prompt passage or context"):
            reader_of(standin).read(REQUESTS, PROMPTS["chat"])
        assert reader_of(standin).read([], PROMPT) == [] and standin.asked == []


def test_a_busy_server_is_asked_again(reader):
    with serve(reader, fail=3) as standin:
        assert len(reader_of(standin).read(REQUESTS[:1], PROMPT)) == 1


def test_a_server_that_stays_busy_is_one_sentence(reader):
    with serve(reader, fail=99) as standin:
        with pytest.raises(ExplorerError) as error:
            reader_of(standin).read(REQUESTS[:1], PROMPT)
        assert str(error.value) == (
            f"{standin.url} failed 4 times, at last with HTTP 503; see whether the server runs and try again: "
            "what was scored before is kept"
        )
        assert len(standin.asked) == 4


def test_a_server_that_says_when_is_asked_then(reader):
    with serve(reader, fail=1, retry_after="1") as standin:
        begun = time.monotonic()
        reader_of(standin).generate(["One, two,"], max_tokens=1)
        assert time.monotonic() - begun >= 1


def test_nobody_at_the_address_is_one_sentence(reader):
    with serve(reader) as standin:
        gone = reader_of(standin, tries=2)
    with pytest.raises(ExplorerError, match="failed 2 times, at last with .*refused"):
        gone.read(REQUESTS[:1], PROMPT)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_server_that_hangs_halfway_keeps_what_was_read(reader, tmp_path, concurrency):
    """Scoring is the expensive part: a second attempt asks only for the rest."""
    requests = [Request("Who?", "Ada", f"Entry {number} of the log book.") for number in range(24)]
    cache = Workspace(tmp_path).utilities()
    with serve(reader) as standin:
        reader_of(standin).read(
            requests, PROMPT
        )  # computed beforehand: what is late then is the server, not this machine
        standin.asked.clear()
        standin.hang_after = 16
        served = reader_of(standin, read=3.0, tries=1, concurrency=concurrency)
        with pytest.raises(ExplorerError, match="at last with no answer within 3 s; .* what was scored before is kept"):
            CachedReader(served, cache).read(requests, PROMPT)
        standin.hang_after = None
        standin.released.set()
        standin.asked.clear()
        again = reader_of(standin, concurrency=concurrency)  # another process, hours later
        assert len(CachedReader(again, cache).read(requests, PROMPT)) == 24
        assert len(standin.asked) == 2 + 24 - (16 - 2)  # two are the test of the server, as two of the 16 were


def test_who_stops_listening_cancels_what_waits(reader):
    """Ctrl-C in the middle of thousands of requests must not go on asking in the background."""
    with serve(reader) as standin:
        readings = reader_of(standin, concurrency=2).readings(REQUESTS * 20, PROMPT)
        next(readings)
        readings.close()
        asked = len(standin.asked)
        time.sleep(0.5)
        assert len(standin.asked) <= asked + 2 < 20


@pytest.mark.parametrize("name", ["EXPLORER_API_KEY", "OPENAI_API_KEY"])
def test_the_key_comes_from_the_environment_and_is_never_shown(reader, monkeypatch, caplog, capfd, name):
    monkeypatch.setenv(name, SECRET)
    caplog.set_level(logging.DEBUG)
    with serve(reader, key=SECRET) as standin:
        served = reader_of(standin)
        served.read(REQUESTS[:1], PROMPT)
        monkeypatch.setenv(name, SECRET + "-wrong")
        with pytest.raises(ExplorerError) as error:
            served.generate(["Who?"], max_tokens=1)
    assert str(error.value) == (
        f"{standin.url} refused the key in {name} (HTTP 401); put the right one into the environment variable {name}"
    )
    shown = f"{caplog.text}{capfd.readouterr()}{served.key}{vars(served)!r}{vars(served._server)!r}{error.getrepr()}"
    assert served.key == f"server:{standin.url}#{MODEL}" and SECRET not in shown


def test_a_server_that_wants_a_key_says_where_to_put_it(reader):
    with (
        serve(reader, key=SECRET) as standin,
        pytest.raises(ExplorerError, match="asks for a key .* environment variable EXPLORER_API_KEY"),
    ):
        reader_of(standin).read(REQUESTS[:1], PROMPT)


def test_a_key_with_a_line_break_is_refused_without_showing_it(reader, monkeypatch):
    monkeypatch.setenv("EXPLORER_API_KEY", f"{SECRET}\nX: y")
    with serve(reader) as standin, pytest.raises(ExplorerError, match="the key in EXPLORER_API_KEY holds") as error:
        reader_of(standin).read(REQUESTS[:1], PROMPT)
    assert SECRET not in str(error.value)


def test_a_redirect_is_not_followed(reader, monkeypatch):
    """It could carry the key and the documents to another host."""
    monkeypatch.setenv("EXPLORER_API_KEY", SECRET)
    with serve(reader) as other, serve(reader, redirect=f"{other.url}/completions") as standin:
        with pytest.raises(ExplorerError, match="redirects to .*; give that address if you trust it"):
            reader_of(standin).read(REQUESTS[:1], PROMPT)
        assert other.asked == []


def test_an_unknown_model_is_named(reader):
    with serve(reader) as standin, pytest.raises(ExplorerError, match="does not know the model 'nobody'"):
        reader_of(standin, model="nobody").generate(["Who?"], max_tokens=1)


def test_only_the_document_is_cut_to_half_until_it_fits(reader):
    long = Request("Who built the tide mill?", "Ada Oake", "A pike is a fish. " * 40)
    with serve(reader, longest=260) as standin:
        readings = reader_of(standin).read([long, REQUESTS[0]], PROMPT)
        fitting = [fields["prompt"] for fields in standin.asked if "pike" in fields["prompt"]][-1]
    assert [reading.cut for reading in readings] == [True, False]
    assert fitting == f"Passage: {long.document[:180]}\n\nQuestion: Who built the tide mill?\nAnswer: Ada Oake"
    cut = Request(long.question, long.continuation, long.document[:180])
    assert readings[0].nll == pytest.approx(reader.read([cut], PROMPT)[0].nll, abs=1e-3)


@pytest.mark.parametrize("document", [None, "A pike is a fish. " * 400], ids=["nothing to cut", "still too long"])
def test_a_question_that_leaves_no_room_is_left_out_and_the_others_are_read(reader, document):
    long = Request("Who built the tide mill? " * 3, "Ada Oake", document)
    short = Request("Who?", "Ada Oake")
    with serve(reader, longest=60) as standin:
        readings = reader_of(standin).read([long, short], PROMPT)
    assert [reading.read for reading in readings] == [False, True]


def test_a_text_too_long_to_complete_keeps_its_beginning_and_its_question(reader):
    text = f"Passage: {TIDE}\n\nPassage: {'A pike is a fish. ' * 40}\n\nQuestion: Who built the tide mill?\nAnswer:"
    with serve(reader, longest=500) as standin:
        reader_of(standin).generate([text], max_tokens=2)
        sent = standin.asked[-1]["prompt"]
    assert len(sent) <= 500 and sent.startswith(f"Passage: {TIDE}") and sent.endswith("tide mill?\nAnswer:")


@pytest.mark.parametrize(
    ("name", "url", "sent"),
    [
        ("EXPLORER_API_KEY", "http://models.example/v1", True),
        ("OPENAI_API_KEY", "http://models.example/v1", False),  # made for others: not to another machine in clear text
        ("OPENAI_API_KEY", "https://models.example/v1", True),
        ("OPENAI_API_KEY", "http://127.0.0.1:8000/v1", True),
    ],
)
def test_a_key_goes_only_where_its_owner_would_send_it(monkeypatch, name, url, sent):
    monkeypatch.setenv(name, SECRET)
    assert (_headers(url).get("Authorization") == f"Bearer {SECRET}") == sent


def test_an_empty_answer_is_refused(reader):
    with serve(reader) as standin, pytest.raises(ExplorerError, match="the answer is empty"):
        reader_of(standin).read([Request("Who?", "  ", TIDE)], PROMPT)


def test_threads_share_one_test_of_the_server(reader):
    with serve(reader) as standin:
        served = reader_of(standin)
        threads = [threading.Thread(target=served.read, args=(REQUESTS[:1], PROMPT)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(standin.asked) == 2 + 4
