"""Teachers by spec, on the embedded models: what they score, leave out, and mix."""

import dataclasses
import math

import pytest

from explorer.collections import Parts, assemble, open_collection
from explorer.collections.collection import Judgement
from explorer.evaluation.answers import exact_match, token_f1
from explorer.records import Document, ExplorerError, Query, Scorer, silent
from explorer.supervision.cached import CachedReader
from explorer.supervision.gold import JudgeTeacher, TaskTeacher, expected_grade
from explorer.supervision.prompts import PROMPTS
from explorer.supervision.rationale import RationaleTeacher, shortlist
from explorer.supervision.rerank import Labelled, YesNo, with_examples
from explorer.workbench import Workbench
from explorer.workbench.scorefile import load_scores, save_scores
from explorer.workbench.specs import RERANKERS, Retrievers
from explorer.workbench.teachers import Teacher
from explorer.workbench.teaching import candidates_of, compute, recorded_scores, scores_for
from explorer.workspace import Label, Workspace

DOCUMENTS = [
    Document("helps", "The tide mill at Sallow was built in 1743. Its builder was Ada Oake."),
    Document("echo", "Who built the tide mill? Every visitor asks who built the tide mill."),
    Document("pike", "A pike is a fish with many teeth."),
]
QUERY = Query("q", "Who built the tide mill?", ("Ada Oake",), rationale="The builder of the mill was Ada Oake.")
SILENT = Query("silent", "Who mends the nets?")


@pytest.fixture
def small():
    judged = [Judgement("q", "helps", 2, "test"), Judgement("q", "pike", 0, "test")]
    return assemble("small", Parts(DOCUMENTS, [QUERY, SILENT], judged))


@pytest.fixture
def retrievers(small, models):
    return Retrievers(small, models)


@pytest.fixture
def cached(reader, tmp_path):
    return CachedReader(reader, Workspace(tmp_path).utilities())


ALL = {"q": ("helps", "echo", "pike"), "silent": ("helps", "pike")}


def test_gold_scores_what_is_judged_and_nothing_else(retrievers):
    scores = scores_for(retrievers, Teacher("gold"), ALL).by_query
    assert scores["q"].values == {"helps": 2.0, "pike": 0.0}, "echo is unjudged, not useless"
    assert scores["silent"].left_out == "not judged"


def test_labels_of_people_teach_like_judgements_and_are_kept_apart_from_them(retrievers):
    file = retrievers.models.workspace.labels("small")
    for doc_id, grade in (("pike", 3), ("helps", 0)):
        file.add(Label("q", doc_id, grade))
    run = retrievers.get("dense:minilm").search([QUERY], 1)
    teacher = Teacher("gold:labels")
    candidates = candidates_of(retrievers, run, teacher)
    assert candidates["q"] == ("echo", "pike", "helps")
    scores = scores_for(retrievers, teacher, {**candidates, "silent": ("helps",)})
    assert scores.by_query["q"].values == {"pike": 3.0, "helps": 0.0} and scores.teacher == "gold:labels"
    assert scores.by_query["silent"].left_out == "not judged"


def test_a_bundled_rationale_is_read_unmixed_and_mixed_under_the_lambda_asked_for(models):
    meridian = Retrievers(open_collection("meridian"), models)
    query = meridian.collection.split("test")[0]
    ids = meridian.get("dense:minilm").search([query], 5).rankings[query.query_id].doc_ids
    by_lambda = [
        scores_for(meridian, Teacher("rationale:given", lam=lam), {query.query_id: ids}).by_query[query.query_id].values
        for lam in (0.0, 1.0)
    ]
    teacher = Teacher("rationale:given")
    (fresh,) = compute(
        meridian, teacher, [(query, [meridian.collection.documents[d] for d in ids])], silent
    ).by_query.values()
    recorded = recorded_scores(meridian.collection, teacher).by_query[query.query_id]
    assert {d: recorded.values[d] for d in ids} == pytest.approx(fresh.values, abs=5e-3)
    assert max(by_lambda[0], key=by_lambda[0].get) == ids[0], "lambda 0 is the retriever's own order"
    assert max(by_lambda[1], key=by_lambda[1].get) == max(fresh.values, key=fresh.values.get)
    assert recorded_scores(meridian.collection, Teacher("rationale:given", base="bm25")) is None


@pytest.mark.reader
def test_a_document_that_no_utility_was_recorded_for_is_read_alone(models):
    """Rounding differs from machine to machine: a neighbour more must not have the reader read all of them again."""
    meridian = Retrievers(open_collection("meridian"), models)
    query = meridian.collection.split("test")[0]
    recorded = recorded_scores(meridian.collection, Teacher()).by_query[query.query_id]
    first, other = list(recorded.values)[:3], next(d for d in meridian.collection.documents if d not in recorded.values)
    readings = []

    def hear(what, done, total):
        readings.append(total)

    one = scores_for(meridian, Teacher(), {query.query_id: [*first, other]}, hear).by_query[query.query_id]
    assert {d: one.values[d] for d in first} == {d: recorded.values[d] for d in first}
    alone = compute(meridian, Teacher(), [(query, [meridian.collection.documents[other]])], silent)
    assert one.values[other] == alone.by_query[query.query_id].values[other]
    assert max(readings) == 2 * len(query.answers), "this document, and none at all"


@pytest.mark.parametrize("source", ["answer", "given"])
def test_a_rationale_lifts_the_document_that_says_why(retrievers, source):
    scores = scores_for(retrievers, Teacher(f"rationale:{source}", lam=1.0), ALL)
    assert max(scores.by_query["q"].values, key=scores.by_query["q"].values.get) == "helps"
    assert scores.by_query["silent"].left_out == "no reference answer"


def test_lambda_mixes_the_rationale_with_the_retrievers_own_score(retrievers):
    """lambda 0 is the retriever's order, lambda 1 the rationale's; both lie between 0 and 1."""
    own = retrievers.get("dense:minilm").search([QUERY], 3).rankings["q"].doc_ids
    zero, one = (scores_for(retrievers, Teacher("rationale:answer", lam=lam), ALL) for lam in (0.0, 1.0))
    assert zero.run().rankings["q"].doc_ids == own and own[0] == "echo"
    assert one.run().rankings["q"].doc_ids[0] == "helps"
    assert {min(s.by_query["q"].values.values()) for s in (zero, one)} == {0.0}


@pytest.mark.reader
def test_an_extractive_rationale_picks_the_sentence_that_gives_the_answer(retrievers):
    scores = scores_for(retrievers, Teacher("rationale:extractive", lam=1.0), ALL)
    rationale = scores.rationales["q"]
    assert "Ada Oake" in rationale.text and rationale.source == "extractive"
    span = rationale.spans["helps"][-1]
    assert "Ada Oake" in DOCUMENTS[0].content[span.start : span.end]
    assert scores.by_query["q"].parts["coverage"]["helps"] > scores.by_query["q"].parts["coverage"]["pike"]


@pytest.mark.reader
def test_a_generated_rationale_is_the_same_for_the_same_seed(retrievers, cached):
    from explorer.supervision.cached import Forgetful

    texts = []
    for _ in range(2):
        fresh = CachedReader(cached.reader, Forgetful())
        teacher = RationaleTeacher("generated", retrievers.cosines("dense:minilm"), fresh)
        texts.append(teacher.score_all([(QUERY, DOCUMENTS)]).rationales["q"].text)
    assert texts[0] == texts[1] and len(texts[0].split()) > 3


def test_the_shortlist_prefers_words_of_the_answer_to_words_of_the_question():
    assert shortlist(QUERY, DOCUMENTS, 2) == ["Its builder was Ada Oake.", "The tide mill at Sallow was built in 1743."]


def test_a_collection_without_rationales_says_so(retrievers):
    bare = retrievers.with_query(dataclasses.replace(QUERY, rationale=""))
    assert scores_for(bare, Teacher("rationale:given"), {"q": ("helps", "pike")}).by_query["q"].left_out == (
        "the collection gives no rationale"
    )


@pytest.mark.reader
def test_a_fusion_standardises_its_parts_and_gold_joins_where_it_exists(retrievers):
    fused = scores_for(retrievers, Teacher("fusion:utility=0.7,rationale:answer=0.3,gold=0.5"), ALL)
    one = fused.by_query["q"]
    assert sum(one.values.values()) == pytest.approx(0.0, abs=1e-9) and set(one.values) == set(ALL["q"])
    assert one.parts["gold"] == {"helps": 2.0, "echo": 0.0, "pike": 0.0}
    assert max(one.values, key=one.values.get) == "helps"
    assert fused.by_query["silent"].left_out == "no reference answer"


def test_candidates_of_a_teacher_that_uses_judgements_include_what_the_baseline_missed(small, retrievers):
    run = retrievers.get("dense:minilm").search([QUERY], 1)
    assert candidates_of(retrievers, run, Teacher("utility"))["q"] == ("echo",)
    assert candidates_of(retrievers, run, Teacher("gold"))["q"] == ("echo", "helps", "pike")


def test_an_expected_grade_weighs_the_digits_by_their_probability():
    """Probabilities 0.1, 0.2, 0.3, 0.4: 0.2 + 0.6 + 1.2."""
    assert expected_grade([math.log(p) for p in (0.1, 0.2, 0.3, 0.4)]) == pytest.approx(2.0)
    assert expected_grade([-5000.0, -5000.0, -5000.0, -5000.0]) == pytest.approx(1.5)


@pytest.mark.reader
def test_the_task_labels_what_turns_a_wrong_answer_right(cached):
    """Both measures are kept: what EM calls wrong, F1 may call right."""
    teacher = TaskTeacher(cached, {"EM": exact_match, "F1": token_f1})
    scores = teacher.score_all([(QUERY, DOCUMENTS), (SILENT, DOCUMENTS)]).by_query
    assert scores["q"].values == scores["q"].parts["label by F1"]
    assert scores["q"].values["helps"] == 1.0 and scores["q"].values["pike"] == 0.0
    assert scores["q"].parts["F1 without"]["helps"] < 0.5 <= scores["q"].parts["F1 with"]["helps"]
    assert scores["silent"].left_out == "no reference answer"


def test_scores_with_parts_and_rationales_survive_the_disk(small, retrievers, tmp_path):
    scores = scores_for(retrievers, Teacher("rationale:given"), ALL)
    save_scores(scores, Teacher("utility"), small, tmp_path / "scores.parquet")
    loaded, about = load_scores(tmp_path / "scores.parquet")
    assert loaded == scores and about["reader"] == "smollm2" and scores.rationales["q"].spans


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("magic", "unknown teacher 'magic'; choose from gold, utility, rationale, given, fusion"),
        ("gold:guess", "unknown teacher 'gold:guess'; write gold:qrels, gold:labels, gold:task, gold:judge"),
        ("rationale:none", "write rationale:generated, rationale:extractive, rationale:given, rationale:answer"),
        ("utility:x", "unknown teacher 'utility:x'; write utility"),
        ("fusion:utility", "'utility' in 'fusion:utility' is no TEACHER=WEIGHT"),
        ("fusion:utility=-1", "no TEACHER=WEIGHT with a weight above 0"),
        ("fusion:magic=1", "unknown teacher 'magic'"),
    ],
)
def test_a_teacher_that_does_not_exist_is_one_sentence(spec, sentence):
    with pytest.raises(ExplorerError, match=sentence):
        Teacher(spec)


@pytest.fixture(params=["judge", "task", "rationale", "yesno", "incontext", "blind"])
def scorer(request, cached, retrievers):
    from explorer.supervision.rationale import BlindRationale

    cosines = retrievers.cosines("dense:minilm")
    examples = [Labelled("Who mends the nets?", "Tom mends the nets.", True), Labelled("Who sings?", "A pike.", False)]
    return {
        "judge": lambda: JudgeTeacher(cached),
        "task": lambda: TaskTeacher(cached, {"EM": exact_match, "F1": token_f1}),
        "rationale": lambda: RationaleTeacher("answer", cosines),
        "yesno": lambda: YesNo(cached),
        "incontext": lambda: YesNo(cached, examples),
        "blind": lambda: BlindRationale(cosines, cached),
    }[request.param]()


@pytest.mark.reader
def test_contract_of_every_scorer(scorer):
    """Every document gets a finite score; neither its neighbours nor their order change it."""
    together = scorer.score(QUERY, DOCUMENTS)
    assert isinstance(scorer, Scorer) and list(together.values) == ["helps", "echo", "pike"]
    assert all(math.isfinite(value) for value in together.values.values())
    assert scorer.score(QUERY, DOCUMENTS[::-1]).values == pytest.approx(together.values, abs=1e-3)
    alone = scorer.score(QUERY, DOCUMENTS[:1])
    assert alone.values == pytest.approx({"helps": together.values["helps"]}, abs=1e-3)


@pytest.mark.reader
def test_a_query_does_not_read_its_own_label_in_the_prompt(cached):
    own, other = Labelled(QUERY.text, DOCUMENTS[0].text, True), Labelled("Who sings?", "A pike.", False)
    with_own, without = YesNo(cached, [own, other]), YesNo(cached, [other])
    assert with_own.score(QUERY, DOCUMENTS).values == without.score(QUERY, DOCUMENTS).values
    asked = Query("x", "Who sings loudest?")
    assert with_own.score(asked, DOCUMENTS).values != without.score(asked, DOCUMENTS).values


def test_an_example_in_the_prompt_cannot_smuggle_in_a_place_for_the_document():
    prompt = with_examples(PROMPTS["yesno"], [Labelled("{question}", "a {document} of {question}", True)])
    assert prompt.with_document.count("{document}") == 1
    assert prompt.with_document.startswith("Passage: a { document } of {question}\n\nQuestion: {question}\nDoes")


@pytest.mark.reader
@pytest.mark.parametrize("name", ["llm", "yesno", "rationale"])
def test_an_answer_never_reaches_a_reranker(retrievers, name):
    """What reranks at query time says the same whether the collection knows the answer or not."""
    scorer = RERANKERS[name](retrievers, "")
    blind = dataclasses.replace(QUERY, answers=(), rationale="")
    assert scorer.score(QUERY, DOCUMENTS).values == pytest.approx(scorer.score(blind, DOCUMENTS).values, abs=1e-6)


@pytest.mark.reader
def test_teachers_taught_together_are_kept_apart_and_their_labels_compared(workspace, small):
    bench = Workbench(small, workspace)
    results = bench.teach_all(["gold", "gold:judge"], split="all", k=3)
    assert [result["teacher"] for result in results] == ["gold:qrels", "gold:judge"]
    pairs = {(row["a"], row["b"]): row["pairs"] for row in results[-1]["agreement"]}
    # two judged documents of one query; all three candidates once the unjudged one is drawn as 0
    assert pairs["gold", "gold:judge"] == 2 and pairs["gold, unjudged as 0", "gold:judge"] == 3
