"""Where two answers differ, token by token."""

from hypothesis import given
from hypothesis import strategies as st

from explorer.evaluation.tokens import Piece, diff, tokens

words = st.lists(st.sampled_from(["tide", "mill", "ada", "oake", "1851", "é"]), max_size=12)


def joined(pieces, *kinds):
    return [word for piece in pieces if piece.kind in kinds for word in piece.tokens]


@given(words, words)
def test_kept_and_removed_pieces_are_the_old_answer_kept_and_added_ones_the_new(before, after):
    pieces = diff(before, after)
    assert joined(pieces, "kept", "removed") == before
    assert joined(pieces, "kept", "added") == after
    assert all(piece.tokens for piece in pieces)


@given(words)
def test_an_answer_does_not_differ_from_itself(answer):
    assert joined(diff(answer, answer), "removed", "added") == []
    assert len(diff(answer, answer)) == bool(answer)


def test_what_differs_stands_where_it_is_said():
    assert diff(tokens("It was built by Tom Reed."), tokens("Built by Ada Oake in 1851")) == (
        Piece("removed", ("it", "was")),
        Piece("kept", ("built", "by")),
        Piece("removed", ("tom", "reed")),
        Piece("added", ("ada", "oake", "in", "1851")),
    )


def test_a_frequent_word_is_compared_like_any_other():
    """difflib's guess at junk would call the word popular and find nothing in common."""
    assert diff(["mill"] * 300, ["mill"] * 299) == (Piece("kept", ("mill",) * 299), Piece("removed", ("mill",)))


def test_case_punctuation_and_articles_make_no_difference():
    assert tokens("The Mill, at Sallow!") == tokens("mill at sallow") == ("mill", "at", "sallow")
