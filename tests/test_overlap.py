import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.collections.overlap import near_duplicates

texts = st.dictionaries(
    st.integers(0, 9).map(str), st.lists(st.sampled_from(["red", "Red", "car", "is", "…"]), max_size=8).map(" ".join)
)
SIX = "one two three four five six"


def jaccard(left, right):
    """The obvious definition, for words of ASCII letters and blanks between them."""
    a, b = (
        {tuple(words[n : n + 3]) for n in range(max(1, len(words) - 2))} if words else set()
        for words in ([word for word in text.casefold().split() if word.isalnum()] for text in (left, right))
    )
    return len(a & b) / len(a | b) if a and b else 0.0


def test_similarity_is_that_of_the_sets_of_word_triples():
    """Four triples each, three shared: 3/5."""
    assert near_duplicates({"a": SIX}, {"b": "one two three four five seven"}, 0.6) == [("a", "b", 0.6)]


def test_nothing_below_the_threshold_is_reported():
    assert near_duplicates({"a": SIX}, {"b": "one two three four five seven"}, 0.61) == []


def test_case_punctuation_and_white_space_make_no_difference():
    left, right = {"a": "The mitral valve—it closes."}, {"b": "the MITRAL\nvalve: it  closes"}
    assert near_duplicates(left, right) == [("a", "b", 1.0)]


def test_a_ligature_is_the_letters_it_joins():
    """Text out of a PDF has them, the same text out of HTML does not."""
    assert near_duplicates({"a": "the ﬁnal ﬂow of work"}, {"b": "the final flow of work"}) == [("a", "b", 1.0)]


def test_a_text_below_three_words_is_compared_as_a_whole():
    left = {"a": "Yes.", "b": "the cat"}
    right = {"x": "yes", "y": "The cat!", "z": "the cat sat", "w": "cat the"}
    assert near_duplicates(left, right, 0.1) == [("a", "x", 1.0), ("b", "y", 1.0)]


def test_texts_without_words_resemble_nothing():
    """Empty documents would otherwise all be duplicates of each other."""
    assert near_duplicates({"a": "", "b": "…"}, {"c": "", "d": "?!"}) == []


def test_every_pair_is_named_in_the_order_of_ids():
    found = near_duplicates({"b": SIX, "a": SIX}, {"y": SIX, "x": SIX})
    assert found == [("a", "x", 1.0), ("a", "y", 1.0), ("b", "x", 1.0), ("b", "y", 1.0)]


@given(texts, texts, st.sampled_from([0.3, 0.8, 1.0]))
def test_what_is_reported_is_exact_and_equal_texts_are_always_found(left, right, threshold):
    found = near_duplicates(left, right, threshold)
    assert all(value == jaccard(left[a], right[b]) >= threshold for a, b, value in found)
    equal = {(a, b) for a in left for b in right if jaccard(left[a], right[b]) == 1.0}
    assert equal <= {(a, b) for a, b, _ in found}


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8, 0.95])
def test_the_index_finds_what_the_loop_over_all_pairs_finds(threshold):
    chance = random.Random(7)
    words = [f"word{n}" for n in range(500)]
    left = {f"l{n}": " ".join(chance.choices(words, k=40)) for n in range(120)}
    right = {}
    for n, text in enumerate(left.values()):
        changed = text.split()
        for place in chance.sample(range(40), n % 8):
            changed[place] = "changed"
        right[f"r{n}"] = " ".join(changed)
    loop = [(a, b, jaccard(left[a], right[b])) for a in left for b in right]
    assert near_duplicates(left, right, threshold) == sorted(pair for pair in loop if pair[2] >= threshold)


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.1])
def test_a_threshold_outside_its_range_is_refused(threshold):
    """At 0 every pair would be a duplicate."""
    with pytest.raises(ValueError, match="above 0 and at most at 1"):
        near_duplicates({"a": SIX}, {"b": SIX}, threshold)
