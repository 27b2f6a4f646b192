import copy
import math

import pytest

from explorer.records import Document, ExplorerError, Query, Scorer
from explorer.supervision.cached import CachedReader
from explorer.supervision.prompts import PROMPTS
from explorer.supervision.reader import Reader, Request
from explorer.supervision.rerank import QueryLikelihood
from explorer.supervision.utility import UtilityTeacher
from explorer.workspace import Workspace

pytestmark = pytest.mark.reader

HELPS = Document("helps", "The tide mill at Sallow Harbour was built by Ada Oake in 1743.")
ECHOES = Document("echoes", "Who built the tide mill? Many visitors ask who built the tide mill.")
QUERY = Query("q", "Who built the tide mill?", ("Ada Oake", "Mrs Oake"))


@pytest.fixture
def cached(reader, tmp_path):
    return CachedReader(reader, Workspace(tmp_path).utilities())


def test_utility_is_the_fall_in_nats_per_answer_token_and_the_best_answer_counts(reader, cached):
    """U(d) = max over answers of nll(a | q) - nll(a | q, d)."""
    prompt = PROMPTS["passage"]
    expected = max(
        reader.read([Request(QUERY.text, a)], prompt)[0].nll
        - reader.read([Request(QUERY.text, a, HELPS.content)], prompt)[0].nll
        for a in QUERY.answers
    )
    scores = UtilityTeacher(cached).score(QUERY, [HELPS, ECHOES])
    assert scores.values["helps"] == pytest.approx(expected, abs=1e-4)
    assert scores.values["helps"] > 1.0 > scores.values["echoes"]


def test_several_prompts_give_mean_and_spread(cached):
    one, two = (UtilityTeacher(cached, [name]).score(QUERY, [HELPS]).values["helps"] for name in ("passage", "context"))
    both = UtilityTeacher(cached, ["passage", "context"]).score(QUERY, [HELPS])
    assert both.values["helps"] == pytest.approx((one + two) / 2)
    assert both.spread["helps"] == pytest.approx(abs(one - two) / 2**0.5)


def test_a_query_without_answers_is_left_out_and_says_why(cached):
    assert UtilityTeacher(cached).score(Query("q", "Who?"), [HELPS]).left_out == "no reference answer"


def test_an_answer_longer_than_the_readers_window_is_left_out_and_says_why(reader, tmp_path):
    """With another answer that fits, the query still counts."""
    short = Reader(reader.tokenizer, reader.model, "short", limit=60)
    teacher = UtilityTeacher(CachedReader(short, Workspace(tmp_path).utilities()))
    long = "and so on " * 60
    found = teacher.score_all([(Query("a", "Who?", (long,)), [HELPS]), (Query("b", "Who?", (long, "Ada")), [HELPS])])
    assert found.by_query["a"].left_out == "question and answer alone exceed the reader's window"
    assert [found.by_query[q].unread for q in "ab"] == [0, 1], "one answer of b is left out, and counted"
    assert list(found.by_query["b"].values) == ["helps"] and found.left_out == {found.by_query["a"].left_out: 1}


def test_a_document_cut_under_one_prompt_only_counts_as_cut(reader, tmp_path):
    document, names = Document("long", "A tide mill is moved by the sea. " * 4), ("passage", "context")
    request = Request(QUERY.text, QUERY.answers[0], document.content)
    sizes = [len(reader._tokenise(0, request, PROMPTS[name]).ids) for name in names]
    short = Reader(reader.tokenizer, reader.model, "short", limit=max(sizes) - 1)
    cached = CachedReader(short, Workspace(tmp_path).utilities())
    cuts = [UtilityTeacher(cached, [name]).score(QUERY, [document]).cut for name in names]
    assert sorted(map(len, cuts)) == [0, 1]
    for order in (("passage", "context"), ("context", "passage")):
        assert UtilityTeacher(cached, order).score(QUERY, [document]).cut == {"long"}


def test_a_reader_without_chat_template_says_which_prompts_it_can_take(reader, tmp_path):
    plain = copy.deepcopy(reader.tokenizer)
    plain.chat_template = None
    cached = CachedReader(Reader(plain, reader.model, "plain"), Workspace(tmp_path).utilities())
    with pytest.raises(
        ExplorerError, match="no chat template, which the prompt 'chat' needs; choose the prompt passage or context"
    ):
        UtilityTeacher(cached, ["chat"]).score(QUERY, [HELPS])


class Interrupted:
    """A real reader that is killed after some readings, and counts what it is asked."""

    def __init__(self, reader, after):
        self.reader, self.key, self.after, self.asked = reader, reader.key, after, 0

    def readings(self, requests, prompt, **options):
        for count, item in enumerate(self.reader.readings(requests, prompt, **options)):
            if count == self.after:
                raise KeyboardInterrupt
            self.asked += 1
            yield item


def test_a_killed_teacher_goes_on_where_it_was(reader, tmp_path):
    """Scoring is the expensive part: what was read must survive."""
    documents = [Document(f"d{n}", f"Entry {n} of the log book.") for n in range(90)]
    cache = Workspace(tmp_path).utilities()
    first = Interrupted(reader, after=80)
    with pytest.raises(KeyboardInterrupt):
        UtilityTeacher(CachedReader(first, cache)).score(QUERY, documents)
    second = Interrupted(reader, after=10**6)
    scores = UtilityTeacher(CachedReader(second, cache)).score(QUERY, documents)
    assert len(scores.values) == 90
    assert second.asked == 2 * 91 - 80  # two answers, 90 documents and none; what was read is on disk


def test_likelihoods_are_kept_by_content(reader, cached, tmp_path):
    UtilityTeacher(cached).score(QUERY, [HELPS])
    again = Interrupted(reader, after=10**6)
    teacher = UtilityTeacher(CachedReader(again, Workspace(tmp_path).utilities()))
    teacher.score(QUERY, [HELPS])
    assert again.asked == 0
    teacher.score(QUERY, [Document("helps", HELPS.text + " It stands.")])
    assert again.asked == 2


def test_query_likelihood_prefers_what_the_question_is_about(cached):
    scores = QueryLikelihood(cached).score(QUERY, [HELPS, Document("pike", "A pike is a fish with many teeth.")])
    assert scores.values["helps"] > scores.values["pike"]


@pytest.fixture(params=["utility", "query likelihood"])
def scorer(request, reader, cached):
    return UtilityTeacher(cached) if request.param == "utility" else QueryLikelihood(cached)


def test_contract_of_every_scorer(scorer):
    """Every document gets a finite score; neither its neighbours nor their order change it."""
    documents = [HELPS, ECHOES, Document("long", "The pike lies in the reeds. " * 40), Document("empty", "")]
    together = scorer.score(QUERY, documents)
    assert isinstance(scorer, Scorer)
    assert list(together.values) == ["helps", "echoes", "long", "empty"] and together.query_id == "q"
    assert all(math.isfinite(value) for value in together.values.values())
    backwards = scorer.score(QUERY, documents[::-1])
    assert backwards.values == pytest.approx(together.values, abs=1e-4)
    for doc in documents:
        assert scorer.score(QUERY, [doc]).values == pytest.approx({doc.doc_id: together.values[doc.doc_id]}, abs=1e-4)


def test_no_documents_are_no_scores(scorer):
    assert scorer.score(QUERY, []).values == {}
