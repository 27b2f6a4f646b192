"""The task downstream, on the embedded reader: written and chosen answers, per query, compared like any measure."""

from types import SimpleNamespace

import pytest

from explorer.collections import Parts, assemble
from explorer.collections.collection import Judgement
from explorer.records import Document, ExplorerError, Query, Ranking, Run
from explorer.supervision.cached import CachedReader
from explorer.workbench.answering import answers
from explorer.workspace import Workspace

pytestmark = pytest.mark.reader

HELPS = Document("helps", "The tide mill at Sallow was built by Ada Oake.")
PIKE = Document("pike", "A pike is a fish with many teeth.")
ASKED = Query("q", "Who built the tide mill?", ("Ada Oake",))
CHOICE = Query("c", "Who built the tide mill?", ("Ada Oake",), options=("Tom Reed", "Ada Oake"))
SILENT = Query("s", "Who mends the nets?")


@pytest.fixture
def small():
    queries = [ASKED, CHOICE, SILENT]
    return assemble(
        "small", Parts([HELPS, PIKE], queries, [Judgement(q.query_id, "helps", 1, "test") for q in queries])
    )


@pytest.fixture
def cached(reader, tmp_path):
    return CachedReader(reader, Workspace(tmp_path).utilities())


def run_of(*doc_ids):
    scores = {doc_id: float(-place) for place, doc_id in enumerate(doc_ids)}
    return Run("run", {q: Ranking.from_scores(q, scores) for q in ("q", "c", "s")})


def test_the_right_document_gives_the_right_answer_and_the_wrong_one_does_not(small, cached):
    right = answers(small, cached, run_of("helps", "pike"), [ASKED, SILENT], context=1)
    wrong = answers(small, cached, run_of("pike", "helps"), [ASKED, SILENT], context=1)
    assert right.values["F1"]["q"] > 0.4 > wrong.values["F1"]["q"]
    assert set(right.values["F1"]) == {"q"}, "without a reference answer nothing can be right or wrong"


def test_options_are_chosen_by_their_likelihood(small, cached):
    found = answers(small, cached, run_of("helps"), [CHOICE], context=1)
    assert found.values == {"Accuracy": {"c": 1.0}} and found.texts == {"c": "Ada Oake"}


def test_the_same_context_is_answered_once(small, cached):
    """Systems that agree on the first documents cost no second reading."""
    first = answers(small, cached, run_of("helps", "pike"), [ASKED], context=2)
    cached.reader = SimpleNamespace(key=cached.reader.key)  # it could not read or write any more
    assert answers(small, cached, run_of("helps", "pike"), [ASKED], context=2) == first


def test_a_collection_without_answers_says_so(small, cached):
    with pytest.raises(ExplorerError, match="small has no reference answers among these queries; leave out --answers"):
        answers(small, cached, run_of("helps"), [SILENT])


def test_evaluate_answers_on_the_command_line(explorer, beir_folder):
    """No document at all against the right one: the reader's own knowledge is the floor."""
    folder = beir_folder(
        [{"_id": "helps", "title": "", "text": HELPS.text}, {"_id": "pike", "title": "", "text": PIKE.text}],
        [{"_id": "q", "text": ASKED.text, "metadata": {"answers": ["Ada Oake"]}}, {"_id": "s", "text": SILENT.text}],
        {"test": [("q", "helps", 1), ("s", "pike", 1)]},
    )
    done = explorer("evaluate", folder, "-r", "none", "-r", "bm25", "--answers", "--context", "1", "--json")
    assert done.returncode == 0, done.stderr
    systems = done.json["systems"]
    assert systems["none"]["answers"]["F1"] < systems["bm25"]["answers"]["F1"]
    rows = {row["measure"]: row for row in done.json["comparisons"]}
    assert rows["F1"]["a"] == "none" and rows["F1"]["wins"] == 1 and "EM" in rows
