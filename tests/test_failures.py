import pytest

from explorer.evaluation.failures import CLASSES, RULES, TIE, Case, classes
from explorer.records import Ranking

TEXTS = {
    "gold": "Ada Oake looks after the lamp.",
    "echo": "Who keeps the light at Tern Point? Ask at the office.",
    "twin": "Ada Oake looks after the lamp!",
    "other": "A pike is a fish.",
}


def ranking(*doc_ids):
    return Ranking.from_scores("q", {doc_id: -float(place) for place, doc_id in enumerate(doc_ids)})


def words(text):
    return frozenset(text.lower().rstrip(".!").replace("?", "").split())


def of_document(doc_id):
    return words(TEXTS.get(doc_id, doc_id))


def case(after, before=("gold",), **more):
    given = {"grades": {"gold": 2}, **more}
    return Case(
        words("who keeps the light at tern point"), ranking(*before), ranking(*after), words=of_document, **given
    )


FILLERS = [f"f{n}" for n in range(12)]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (case(["other"]), ["not retrieved", "unjudged on top", "forgotten"]),
        (case([*FILLERS, "gold"], before=["other"]), ["gold below cut-off", "unjudged on top"]),
        (case(["echo", "gold"], grades={"gold": 2, "echo": 0}), ["lexical echo above gold", "forgotten"]),
        (case(["twin", "gold"], before=["other"]), ["near-duplicate above gold", "unjudged on top"]),
        (case(["gold", "other"], grades={"gold": 2, "hop": 2}, hops=["gold", "hop"]), ["bridge document missing"]),
        (case(["other", "gold"], before=["other"], cut={"gold"}), ["evidence cut off", "unjudged on top"]),
        (case(["other", "gold"], before=["other"], teacher=["other", "gold"]), ["unjudged on top", "teacher wrong"]),
        (
            case(["other", "gold"], before=["other"], teacher=["gold", "other"]),
            ["unjudged on top", "teacher right, student did not follow"],
        ),
        (case(["gold"]), []),
        (case(["other"], grades={}), []),
    ],
)
def test_each_rule_on_a_case_worked_by_hand(one, expected):
    assert classes(one) == expected


def test_every_class_has_a_rule_and_a_sentence():
    assert [*RULES, TIE] == list(CLASSES)
