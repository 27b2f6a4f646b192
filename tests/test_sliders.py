"""The sliders of Teachers compute in the browser what Python computes: mixes, ranks and measures, query by query."""

import itertools
import random
from pathlib import Path

import browser
import pytest

import explorer
from explorer import views
from explorer.evaluation.measures import per_query
from explorer.records import Ranking, Run
from explorer.supervision.mixing import minmax, mix, zscore
from explorer.workbench import Workbench

pytestmark = [pytest.mark.browser, browser.needed]


STATIC = Path(explorer.__file__).parent / "static"
MEASURES = ("nDCG@10", "AP", "R@1")
HOSTILE = "<img src=x onerror=alert(1)> ${alert(2)} {{constructor}}"
ASK = """([view, radio, fusion]) => {
  %s
  const matrix = teachersMatrix(view);
  const plain = (rows) => rows.map((row) => row && row.values);
  const told = (one) => one && Array.from(one, (value) => (Number.isNaN(value) ? null : value));
  const scores = (of) => view.queries.map((_, n) => told(of(n)));
  return {
    baseline: plain(matrix.baseline()),
    alone: Object.fromEntries(view.teachers.map((one) => [one.name, plain(matrix.alone(one.name))])),
    radio: radio.map(([name, lambda]) => [scores(matrix.radioScores(name, lambda)), plain(matrix.radio(name, lambda))]),
    fusion: fusion.map(([names, weights]) => [scores(matrix.fusionScores(names, weights)), plain(matrix.fusion(names, weights))]),
  };
}"""


class Matrix:
    """The view's columns as the dictionaries Python mixes."""

    def __init__(self, view, qrels):
        self.view, self.qrels = view, qrels
        self.teachers = {one["name"]: self._rows(one["values"]) for one in view["teachers"]}
        self.retriever = self._rows(view["retriever"])
        self.ids = self._rows(view["ids"])

    def _rows(self, values):
        starts, ids = self.view["starts"], self.view["ids"]
        return [
            {ids[n]: values[n] for n in range(start, end) if values[n] is not None}
            for start, end in itertools.pairwise(starts)
        ]

    def radio(self, name, lam):
        """As ``workbench.teaching`` does: what the baseline missed stands at its lowest score."""
        rows = []
        for own, scored in zip(self.retriever, self.teachers[name], strict=True):
            floor = min(own.values(), default=0.0)
            parts = {"rationale": scored, "retriever": {d: own.get(d, floor) for d in scored}}
            rows.append(mix(parts, {"rationale": lam, "retriever": 1 - lam}, minmax))
        return rows

    def fusion(self, names, weights):
        graded = [{d: gold.get(d, 0.0) for d in ids} for gold, ids in zip(self.teachers["gold"], self.ids, strict=True)]
        columns = {name: graded if name == "gold" else self.teachers[name] for name in names}
        weight = dict(zip(names, weights, strict=True))
        return [mix({name: rows[n] for name, rows in columns.items()}, weight, zscore) for n in range(len(self.ids))]

    def measured(self, rows):
        """[[nDCG@10, AP, R@1] or None] per query, by ir_measures."""
        rankings = {q: Ranking.from_scores(q, row) for q, row in zip(self.view["queries"], rows, strict=True) if row}
        values = per_query(Run("x", rankings), {q: self.qrels[q] for q in self.view["queries"]}, MEASURES)
        return [[values[m][q] for m in MEASURES] if q in rankings else None for q in self.view["queries"]]


def assert_agree(page, view, qrels, radio, fusion):
    """Every score and every measure of every query, to 1e-6."""
    page.goto("about:blank")
    found = page.evaluate(ASK % (STATIC / "mixing.js").read_text(), [view, radio, fusion])
    python = Matrix(view, qrels)
    assert_same(found["baseline"], python.measured(python.retriever))
    for name, rows in python.teachers.items():
        if name != "gold":
            assert_same(found["alone"][name], python.measured(rows))
    mixes = [python.radio(*asked) for asked in radio] + [python.fusion(*asked) for asked in fusion]
    for (scores, values), rows in zip([*found["radio"], *found["fusion"]], mixes, strict=True):
        for theirs, ours, ids in zip(scores, rows, python.ids, strict=True):
            there = {d: v for d, v in zip(ids, theirs or [], strict=False) if v is not None}
            assert there == pytest.approx(ours, abs=1e-6)
        assert_same(values, python.measured(rows))


def assert_same(theirs, ours):
    assert [row is None for row in theirs] == [row is None for row in ours]
    for left, right in zip(theirs, ours, strict=True):
        if right is not None:
            assert left == pytest.approx(right, abs=1e-6)


def test_the_browser_measures_and_mixes_the_demo_as_python_does(page, models, shared_workspace):
    """Two implementations of one number drift apart unnoticed, and then a slider shows what training will not give."""
    bench = Workbench.open("harbour", shared_workspace)
    bench.models = models
    view = views.teachers(bench, "dense:minilm", "all")["mixing"]
    assert len(view["queries"]) == 92
    radio = [("rationale:answer", lam) for lam in (0.0, 0.13, 0.5, 0.87, 1.0)]
    names = ["utility", "rationale:answer", "gold"]
    weights = ([0.7, 0.3, 0.0], [0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0])
    assert_agree(page, view, bench.collection.qrels, radio, [(names, one) for one in weights])


def test_ties_gaps_and_constant_lists_are_ranked_as_python_ranks_them(page):
    """Twins tie under every teacher; teachers score parts of the candidates, one score for all of them, or nothing."""
    chance = random.Random(7)
    names = ("retriever", "utility", "rationale:given", "gold")
    columns = {name: [] for name in names}
    queries, starts, ids, qrels, ideal = [], [0], [], {}, []
    for n in range(120):
        doc_ids = sorted((f"d{m}" for m in range(chance.choice((1, 2, 9, 14)))), reverse=True)
        rows = [[chance.gauss(0, 1) for _ in range(3)] + [chance.choice((None, None, 0, 1, 2))] for _ in doc_ids]
        rows = [chance.choice(rows) if chance.random() < 0.3 else row for row in rows]
        flat, silent = chance.random() < 0.1, chance.random() < 0.15
        for row in rows:
            told = [None if chance.random() < 0.1 else 0.75 if flat else value for value in row[:3]]
            for name, value in zip(names, [told[0], None if silent else told[1], told[2], row[3]], strict=True):
                columns[name].append(value)
        queries.append(f"q{n}")
        grades = {d: row[3] for d, row in zip(doc_ids, rows, strict=True) if row[3] is not None}
        qrels[f"q{n}"] = {**grades, "elsewhere": 1}
        ids += doc_ids
        starts.append(len(ids))
        ideal.append(sorted((grade for grade in qrels[f"q{n}"].values() if grade > 0), reverse=True))
    view = {
        "queries": queries,
        "starts": starts,
        "ids": ids,
        "retriever": columns.pop("retriever"),
        "ideal": ideal,
        "teachers": [{"name": name, "values": values} for name, values in columns.items()],
    }
    radio = [("rationale:given", 0.25), ("rationale:given", 0.75)]
    assert_agree(page, view, qrels, radio, [(["utility", "rationale:given", "gold"], [0.5, 0.25, 0.25])])
