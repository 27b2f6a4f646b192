from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.supervision.locate import content_words, coverage, locate, sentences

VALVE = "Anatomy.\nThe  mitral VALVE prevents backflow. It is small; the backflow of the mitral kind is rare."
pieces = st.sampled_from(
    [
        "valve",
        "Valves",
        "the",
        "of",
        "backflow",
        "3.5",
        "Dr.",
        "e.g.",
        ". ",
        "! ",
        "\n\n",
        " ",
        "İ",
        "ß",
        "“",
        "don’t",
        "心",
        "。",
        "é",
        "🫀",
    ]
)
texts = st.lists(pieces, max_size=25).map("".join) | st.text(max_size=60)


def said(rationale, document):
    return [(document[span.start : span.end], span.weight) for span in locate(rationale, document)]


def split(text):
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "We follow Smith et al. (2019), e.g. Fig. 3 of it. Done.",
            ["We follow Smith et al. (2019), e.g. Fig. 3 of it.", "Done."],
        ),
        ("Dr. Smith and J. R. Roe measured 3.5 mm. It grew.", ["Dr. Smith and J. R. Roe measured 3.5 mm.", "It grew."]),
        ("See No. 3. The answer is no. We left.", ["See No. 3.", "The answer is no.", "We left."]),
        ("It began in 2019. 40 took part.", ["It began in 2019.", "40 took part."]),
        ("1. First reason. 2. Second reason.", ["1. First reason.", "2. Second reason."]),
        ('He said "Stop." Then (it rained.) They left …', ['He said "Stop."', "Then (it rained.)", "They left …"]),
        ("About five vs. six, etc. and so on.", ["About five vs. six, etc. and so on."]),
        ("the sun is a star. a star gives light.", ["the sun is a star.", "a star gives light."]),
        ("A heading\n \nText over\ntwo lines", ["A heading", "Text over\ntwo lines"]),
        ("ACME Inc.\n\nAgreement", ["ACME Inc.", "Agreement"]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("  no full stop at all ", ["no full stop at all"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert split(text) == expected


@given(texts)
def test_sentences_hold_everything_but_the_white_space_between_them(text):
    spans = sentences(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@pytest.mark.parametrize("character", [".", "\n", " ", "。", "a. ", "1."])
def test_a_hostile_text_takes_no_longer_than_an_ordinary_one(character):
    """A regular expression that tries again from every place would take minutes."""
    assert sentences(character * 100_000 + " ") is not None


def test_content_words_are_stems_without_stopwords_numbers_whole():
    assert content_words("The valves’ flow is 3.5; it doesn't flow") == {"valv", "flow", "3.5"}


def test_coverage_is_the_share_of_distinct_words_of_the_rationale():
    """mitral, valv, prevent, backflow stand there, strong does not; repeating one changes nothing."""
    assert coverage("Strong mitral valves, mitral valves, prevent the backflow.", VALVE) == pytest.approx(0.8)


def test_a_rationale_without_content_words_covers_nothing():
    assert coverage("It is the.", "It is the.") == 0.0
    assert locate("It is the.", "It is the.") == ()


def test_a_sentence_that_stands_in_the_document_weighs_one_whatever_its_case_and_white_space():
    assert said("the mitral valve\nprevents backflow.", VALVE) == [("The  mitral VALVE prevents backflow.", 1.0)]


def test_every_place_where_a_sentence_stands_is_marked():
    assert said("Yes, Paris.", "Yes, Paris. Or: yes, paris.") == [("Yes, Paris.", 1.0), ("yes, paris.", 1.0)]


def test_a_sentence_is_never_found_inside_a_word_or_a_number():
    """The answer "5" stands neither in 15 nor in 3.5."""
    assert said("5", "15 or 3.5 or 5.2 but 5.") == [("5", 1.0)]
    assert said("cat", "concatenate the category") == []


def test_sentences_that_overlap_in_the_document_are_one_span():
    assert said("Rain fell. Rain fell. Fell", "Then rain fell. Then snow") == [("rain fell.", 1.0)]


def test_words_said_otherwise_weigh_their_share_of_the_rationale():
    """Of backflow, mitral, valv, prevent, heart: four, then two. "backflow" alone is no run."""
    assert said("Backflow: the heart's mitral valves prevent it", VALVE) == [
        ("mitral VALVE prevents backflow", 0.8),
        ("backflow of the mitral", 0.4),
    ]


def test_a_run_ends_with_content_words_and_needs_two_different_ones():
    assert said("red cars drive", "the red of the car drove by a red, red bus") == [
        ("red of the car", pytest.approx(2 / 3))
    ]


def test_words_are_looked_for_only_where_no_sentence_stands():
    """Of rain, fell, snow, melt: the first sentence stands there, the words of both are looked for elsewhere."""
    assert said("Rain fell. Snow melts.", "Rain fell. Rain, melting the snow. Fell.") == [
        ("Rain fell.", 1.0),
        ("Rain, melting the snow. Fell", 1.0),
    ]


def test_a_rationale_found_sentence_by_sentence_marks_nothing_else():
    """Else a quoted passage would light up every other mention of its words."""
    assert said("Rain fell.", "Rain fell. It fell: rain.") == [("Rain fell.", 1.0)]


def test_offsets_are_those_of_the_document_where_lower_case_is_longer():
    """ "İ" has two characters in lower case: offsets taken from a lowered copy would slip."""
    assert said("mitral valves", "İİİ İstanbul: valve, mitral") == [("valve, mitral", 1.0)]


@given(texts, texts)
def test_spans_lie_in_the_document_in_order_and_apart(rationale, document):
    spans = locate(rationale, document)
    assert all(0 <= span.start < span.end <= len(document) and 0 < span.weight <= 1 for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert 0 <= coverage(rationale, document) <= 1


@given(texts)
def test_a_document_says_every_sentence_of_its_own(text):
    for sentence in split(text):
        assert not content_words(sentence) or any(span.weight == 1 for span in locate(sentence, text))
        assert coverage(sentence, sentence) in (0.0, 1.0)


@given(texts, texts, texts)
def test_a_document_that_holds_the_whole_rationale_covers_all_of_it(rationale, before, after):
    whole = f"{before} {rationale} {after}"
    assert coverage(rationale, whole) == (1.0 if content_words(rationale) else 0.0)
