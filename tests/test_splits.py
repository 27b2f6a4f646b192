"""Splits: no group in two of them, published ones kept."""

from hypothesis import given
from hypothesis import strategies as st

from explorer.collections.splits import assign_splits

word = st.text("abcdefgh0123456789-", min_size=1, max_size=8)


@given(st.dictionaries(word, st.frozensets(word, max_size=3), max_size=30))
def test_no_group_is_in_two_splits(groups):
    """A shared group would let a student be measured on documents it was trained for."""
    splits = assign_splits(groups, {})
    seen = {}
    for query_id, names in groups.items():
        for name in names:
            assert seen.setdefault(name, splits[query_id]) == splits[query_id]


@given(st.dictionaries(word, st.frozensets(word, max_size=3), max_size=20))
def test_splits_do_not_depend_on_the_order_of_the_file(groups):
    assert assign_splits(groups, {}) == assign_splits(dict(reversed(groups.items())), {})


def test_published_splits_stay_and_what_is_missing_is_carved_out_of_train():
    groups = {f"q{n}": frozenset([f"g{n}"]) for n in range(60)}
    published = {q: "test" if n < 10 else "train" for n, q in enumerate(groups)}
    splits = assign_splits(groups, published)
    assert [splits[f"q{n}"] for n in range(10)] == ["test"] * 10
    assert {splits[f"q{n}"] for n in range(10, 60)} == {"train", "dev"}
