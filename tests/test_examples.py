from explorer.records import Scores, TeacherScores
from explorer.training.examples import examples_from


def teacher(**by_query):
    return TeacherScores(
        "utility", "nats", {q: s if isinstance(s, Scores) else Scores(q, s) for q, s in by_query.items()}
    )


def test_a_query_teaches_only_when_its_utilities_part_the_candidates():
    scores = teacher(
        good={"a": 1.0, "b": 0.2, "c": 0.0},
        flat={"a": 0.55, "b": 0.5, "c": 0.5},
        harmful={"a": -0.1, "b": -2.0},
        alone={"a": 1.0},
        silent=Scores("silent", {}, left_out="no reference answer"),
    )
    examples, dropped = examples_from(scores, {"good": {"b": 2, "c": 0}})
    assert [(e.query_id, e.doc_ids, e.scores, e.relevant) for e in examples] == [
        ("good", ("a", "b", "c"), (1.0, 0.2, 0.0), frozenset({"b"}))
    ]
    assert dropped == {
        "no reference answer": 1,
        "utilities do not separate (best less than 0.1 above the median)": 1,
        "no candidate helps (utility at most 0)": 1,
        "fewer than two candidates": 1,
    }
