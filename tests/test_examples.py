from explorer.records import Query, Ranking, Run, Scores, TeacherScores
from explorer.training.examples import label_lesson, list_lesson, utility_lesson


def teacher(name="utility", **by_query):
    scores = {q: s if isinstance(s, Scores) else Scores(q, s) for q, s in by_query.items()}
    return TeacherScores(name, "nats", scores)


def told(lesson):
    return [(e.query_id, e.doc_ids, e.scores, e.relevant) for e in lesson.examples]


def test_a_query_teaches_only_when_its_utilities_part_the_candidates():
    scores = teacher(
        good={"a": 1.0, "b": 0.2, "c": 0.0},
        flat={"a": 0.55, "b": 0.5, "c": 0.5},
        equal={"a": 0.5, "b": 0.5, "c": 0.5},
        harmful={"a": -0.1, "b": -2.0},
        alone={"a": 1.0},
        silent=Scores("silent", {}, left_out="no reference answer"),
    )
    lesson = utility_lesson(scores, {"good": {"b": 2, "c": 0}})
    assert told(lesson) == [("good", ("a", "b", "c"), (1.0, 0.2, 0.0), frozenset({"b"}))]
    assert lesson.dropped == {
        "no reference answer": 1,
        "utilities do not separate (best less than 0.1 above the median)": 1,
        "all candidates have the same score": 1,
        "no candidate helps (utility at most 0)": 1,
        "fewer than two candidates": 1,
    }


def test_a_mix_is_judged_by_the_utilities_it_was_made_of():
    """Standardised scores always part the candidates; whether they mean anything is for the utilities to say."""
    harmful = Scores("q", {"a": 1.0, "b": -1.0}, parts={"utility": {"a": -0.2, "b": -3.0}})
    helpful = Scores("p", {"a": 1.0, "b": -1.0}, parts={"utility": {"a": 0.9, "b": -3.0}})
    lesson = utility_lesson(teacher("fusion:utility=1", q=harmful, p=helpful), {})
    assert [example.query_id for example in lesson.examples] == ["p"]
    assert lesson.dropped == {"no candidate helps (utility at most 0)": 1}


def test_radios_list_is_the_best_and_six_negatives_at_its_ranks():
    order = {f"d{rank:02}": float(-rank) for rank in range(50)}
    (example,) = list_lesson(teacher("rationale:answer", q=order), {}).examples
    assert example.doc_ids == ("d00", "d03", "d04", "d06", "d09", "d13", "d18")


def test_a_shorter_list_has_the_ranks_that_exist_and_at_least_the_last():
    five = {f"d{rank}": float(-rank) for rank in range(5)}
    two = {"d0": 1.0, "d1": 0.5}
    lesson = list_lesson(teacher("rationale:answer", q=five, p=two, r={"d0": 1.0, "d1": 1.0}), {})
    assert [example.doc_ids for example in lesson.examples] == [("d0", "d3", "d4"), ("d0", "d1")]
    assert lesson.dropped == {"all candidates have the same score": 1}


def test_labels_become_positives_and_the_baselines_list_gives_the_negatives():
    texts = {
        "gold": "The mill dates from 1743.",
        "echo": "When was the mill built?",
        "far": "A pike.",
        "twin": "In 1743.",
    }
    found = Run("base", {"q": Ranking.from_scores("q", {"echo": 0.7, "twin": 0.69, "gold": 0.65, "far": 0.1})})
    queries = {"q": Query("q", "When was the mill built?", ("1743",))}
    lesson = label_lesson(teacher("gold:qrels", q={"gold": 2.0}), {"q": {"gold": 2}}, queries, found, texts, 2, 0.0)
    assert told(lesson) == [("q", ("gold", "echo", "far"), (2.0, 0.0, 0.0), frozenset({"gold"}))]
    assert lesson.refused == {"contains a reference answer": 1}


def test_a_judges_expected_grade_counts_as_relevant_above_its_floor():
    texts = {"a": "one", "b": "two", "c": "three"}
    found = Run("base", {"q": Ranking.from_scores("q", {"a": 0.5, "b": 0.4, "c": 0.3})})
    lesson = label_lesson(
        teacher("gold:judge", q={"a": 1.4, "b": 2.5, "c": 0.2}), {}, {"q": Query("q", "?")}, found, texts, 5, 1.5
    )
    assert told(lesson) == [("q", ("b", "a", "c"), (2.5, 0.0, 0.0), frozenset({"b"}))]


def test_a_label_of_the_reader_does_not_make_a_relevant_document_a_negative():
    """The reader failed with the document that people judged relevant, and with one that holds the answer."""
    texts = {"gold": "The mill dates from 1743.", "twin": "In 1743.", "other": "It was rebuilt.", "bad": "Not in 1743."}
    found = Run("base", {"q": Ranking.from_scores("q", {"gold": 0.7, "twin": 0.69, "bad": 0.68, "other": 0.65})})
    queries = {"q": Query("q", "When was the mill built?", ("1743",))}
    labels = teacher("gold:task", q={"gold": 0.0, "twin": 0.0, "bad": 0.0, "other": 1.0})
    lesson = label_lesson(labels, {"q": {"gold": 1, "bad": 0}}, queries, found, texts, 5, 0.0)
    assert told(lesson) == [("q", ("other", "bad"), (1.0, 0.0), frozenset({"gold", "other"}))]
    assert lesson.refused == {"contains a reference answer": 1}


def test_one_training_query_still_makes_one_example():
    assert len(utility_lesson(teacher(only={"a": 1.0, "b": 0.0, "c": 0.0}), {}).examples) == 1
