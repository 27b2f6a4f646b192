import math

import numpy as np
import pytest
from scipy import stats

from explorer.collections import trec
from explorer.evaluation import parity
from explorer.evaluation.measures import means, per_query
from explorer.evaluation.significance import difference, holm
from explorer.records import ExplorerError, Ranking, Run

QRELS = {"q1": {"a": 2, "b": 0, "c": 1}, "q2": {"x": 1}}


def run(**rankings):
    return Run("test", {q: Ranking.from_scores(q, {d: -n for n, d in enumerate(docs)}) for q, docs in rankings.items()})


def test_ndcg_uses_linear_gains_worked_by_hand():
    """DCG = 0/log2(2) + 2/log2(3) + 1/log2(4); ideal = 2/log2(2) + 1/log2(3)."""
    value = per_query(run(q1=["b", "a", "c"], q2=["x"]), QRELS, ["nDCG@10"])["nDCG@10"]["q1"]
    assert value == pytest.approx((2 / math.log2(3) + 1 / 2) / (2 + 1 / math.log2(3)))


def test_average_precision_divides_by_all_relevant_documents():
    """Only "a" is found, at rank 1, of two relevant: 1/2."""
    assert per_query(run(q1=["a", "b"], q2=["x"]), QRELS, ["AP"])["AP"]["q1"] == pytest.approx(0.5)


def test_a_judged_query_without_results_counts_zero():
    values = per_query(run(q1=["a", "c"]), QRELS, ["AP"])
    assert values["AP"] == {"q1": 1.0, "q2": 0.0}
    assert means(values) == {"AP": 0.5}


def test_the_mean_over_no_queries_is_absent_not_zero():
    """A system nobody judged must not look like one that found nothing."""
    assert means(per_query(run(q1=["a"]), {}, ["AP"])) == {}


def test_unjudged_documents_do_not_count_as_relevant():
    assert per_query(run(q1=["unjudged", "a"], q2=["x"]), QRELS, ["P@1"])["P@1"]["q1"] == 0.0


@pytest.mark.parametrize("name", ["foo", "nDCG@x", "IPrec@0.1", "__import__('os')"])
def test_an_unknown_measure_names_those_there_are(name):
    with pytest.raises(ExplorerError, match="choose from AP, nDCG"):
        per_query(run(q1=["a"]), QRELS, [name])


def test_six_wins_of_six_have_an_exact_two_sided_p_of_one_in_thirty_two():
    a = {str(n): 0.0 for n in range(6)}
    found = difference(a, dict.fromkeys(a, 1.0))
    assert (found.p, found.wins, found.ties, found.losses, found.delta, found.ci95) == (
        1 / 32,
        6,
        0,
        0,
        1.0,
        (1.0, 1.0),
    )


@pytest.mark.parametrize("count", [9, 60])
def test_p_and_interval_agree_with_scipys_tests(count):
    """Ours flip bits where scipy permutes pairs, which took half a minute for 10,000 queries."""
    rng = np.random.default_rng(1)
    deltas = np.round(rng.normal(0.1, 0.3, count), 1)
    queries = [str(n) for n in range(count)]
    found = difference(dict.fromkeys(queries, 0.0), dict(zip(queries, deltas.tolist(), strict=True)))
    theirs = stats.permutation_test((deltas,), np.mean, permutation_type="samples", vectorized=True, rng=rng)
    assert found.p == pytest.approx(theirs.pvalue, abs=0 if count == 9 else 0.01)
    interval = stats.bootstrap((deltas,), np.mean, method="percentile", rng=rng).confidence_interval
    assert found.ci95 == pytest.approx(tuple(interval), abs=0.01)


def test_no_change_at_all_has_p_one():
    a = {str(n): n / 7 for n in range(7)}
    assert difference(a, dict(a)).p == 1.0


def test_the_same_inputs_give_the_same_interval():
    a = {str(n): (n * 37 % 11) / 11 for n in range(40)}
    b = {q: min(1.0, v + (int(q) % 3 - 0.8) / 10) for q, v in a.items()}
    assert difference(a, b) == difference(a, b)


def test_values_are_joined_by_query_id_not_by_position():
    a, b = {"q1": 0.0, "q2": 1.0}, {"q2": 1.0, "q1": 0.0}
    assert difference(a, b).ties == 2


def test_holm_steps_down_and_stays_monotone():
    """Holm 1979: 3 x 0.01, 2 x 0.03, then no smaller than before."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


TREC = [
    ("out.test", "qrels.test", "results.test", {}, 13),
    ("out.test", "qrels.test.with-comments", "results.test", {}, 13),
    ("out.comment.test", "qrels.comment.test", "results.comment.test", {}, 13),
    ("out.test.a", "qrels.test", "results.test", {}, 44),
    ("out.test.aq", "qrels.test", "results.test", {}, 176),
    ("out.test.aqc", "qrels.test", "results.trunc", {}, 176),
    ("out.test.aqcM", "qrels.test", "results.trunc", {"depth": 100}, 176),
    ("out.test.aql", "qrels.rel_level", "results.test", {"level": 2}, 176),
    ("out.test.meas_params", "qrels.test", "results.test", {}, 44),
]


@pytest.mark.shared
@pytest.mark.parametrize(("expected", "qrels", "results", "options", "values"), TREC)
def test_every_measure_offered_agrees_with_trec_evals_own_output(
    shared_data, expected, qrels, results, options, values
):
    folder = shared_data / "trec_eval"
    compared, wrong = parity.compare(
        folder / expected, trec.run(folder / results), trec.read_qrels(folder / qrels), **options
    )
    assert (compared, wrong) == (values, [])


def test_ids_with_null_bytes_stay_apart():
    """trec_eval's strings end there: two documents would be judged as one, and the query not be found again."""
    found = per_query(
        Run("x", {"q\0a": Ranking.from_scores("q\0a", {"d\0wrong": 2.0, "d\0right": 1.0})}),
        {"q\0a": {"d\0right": 1}},
        ("RR",),
    )
    assert found == {"RR": {"q\0a": 0.5}}
