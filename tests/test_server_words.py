"""Answers found by spelling backward, and specs of servers."""

import pytest

from explorer.records import ExplorerError
from explorer.supervision.echo import Echo
from explorer.supervision.server import parse

pytestmark = pytest.mark.reader


SECRET = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["A", ":", " Pa", "ris"], [3.0, 4.0]),
        (["A", ": Pa", "ris"], [2.0, 3.0]),  # over the boundary: it ends beyond, so it counts
        (["<s>", "A", ":", " Paris", "</s>"], [4.0]),
        (["A", ":", "Pa", "ris"], [3.0, 4.0]),  # sentencepiece hides the space
        (["A", ":", "", "Paris"], [3.0, 4.0]),
        (["odd", ":", " Paris"], [3.0]),  # what stands before the boundary need not be understood
        (["A", ":", " Lyon", "ris"], None),
        (["ris"], None),
        ([], None),
    ],
)
def test_the_answer_is_found_by_spelling_backward(tokens, expected):
    """The logprobs stand for the token's number, counted from 1."""
    echo = Echo("A: Paris", tuple(tokens), tuple(float(n) for n in range(1, len(tokens) + 1)))
    assert echo.after(2) == expected


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["é", ":", " �", "�", "�", "3", "�", "�"], [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        (["é", ":", "", "", " №", "3", "", "é"], [3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),  # newer vLLM
        (["�", "�", ":", " №", "3", "é"], [4.0, 5.0, 6.0]),
    ],
)
@pytest.mark.parametrize("generated", [[], [" and"], ["�"], [""], ["</s>"]])
def test_split_characters_and_a_generated_token_are_told_apart(tokens, expected, generated):
    tokens = (*tokens, *generated)
    echo = Echo("é: №3é", tokens, tuple(float(n) for n in range(1, len(tokens) + 1)), len(generated))
    assert echo.after(2) == expected


def test_a_spec_names_address_and_model():
    assert parse("server:http://host:8000/v1/#org/model") == ("http://host:8000/v1", "org/model")
    assert parse("server:https://host#m") == ("https://host", "m")


@pytest.mark.parametrize(
    "spec",
    [
        "server:",
        "server:#m",
        "server:http://host/v1",
        "server:host:80#m",
        "server:ftp://host#m",
        "server:file:///etc#m",
        "server:http://host:port/v1#m",
        "server:http://[host/v1#m",
        "server:http://ho st/v1#m",
        "server:http://h?a=b#m",
    ],
)
def test_a_spec_that_names_no_server_is_refused(spec):
    with pytest.raises(ExplorerError, match="names no server and model; give an http or https address, as in server:"):
        parse(spec)


def test_an_address_with_a_password_is_refused_without_showing_it():
    with pytest.raises(ExplorerError, match="put the key into EXPLORER_API_KEY") as error:
        parse(f"server:https://me:{SECRET}@host/v1#m")
    assert SECRET not in str(error.value)
