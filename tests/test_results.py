"""What README claims is what was stored; nothing is typed by hand."""

from pathlib import Path

import pytest

from explorer.benches.results import details, stored, summary, written_into
from explorer.records import ExplorerError

ROOT = Path(__file__).parents[1]
RECORD = {
    "collection": "small.json",
    "queries": 9,
    "answered": 8,
    "documents": 40,
    "trained_on": 20,
    "rows": [
        {"system": "dense:minilm", "kind": "baseline", "measures": {"AP": 0.5}},
        {
            "system": "student:s-uae-query",
            "kind": "student",
            "method": "uae",
            "student": "query",
            "seconds": 12.4,
            "gap_closed": 0.25,
            "command": "explorer distill small.json --method uae --student query --run s-uae-query",
            "measures": {"AP": 0.6},
            "change": {"AP": {"delta": 0.1, "ci95": [0.02, 0.18], "p": 0.01, "verdict": "better"}},
        },
        {"system": "s-radio-full", "kind": "student", "method": "radio", "student": "full", "note": "no answers"},
    ],
}


def test_a_gain_is_marked_only_where_its_interval_leaves_zero_out():
    cells = [cell.strip() for cell in summary([RECORD]).splitlines()[-1].split("|")[1:-1]]
    assert cells == ["small.json", "9", "0.500", "–", "–", "–", "–", "0.600▲", "–", "–", "–"]


def test_the_details_hold_interval_p_seconds_gap_and_command():
    text = details(RECORD)
    assert "| student:s-uae-query | 0.600▲ | +0.100 [+0.020, +0.180], 0.0100 | 12 | 0.25 |" in text
    assert "| s-radio-full | no answers |" in text and "explorer distill small.json --method uae" in text


def test_a_row_of_another_run_names_the_baseline_it_was_measured_beside():
    ceiling = {"system": "perfect order", "kind": "ceiling", "measures": {"AP": 1.0}, "beside": {"AP": 0.51}}
    text = details({**RECORD, "rows": [*RECORD["rows"], ceiling]})
    assert "Measured later, with a baseline of AP 0.510 in the same run: perfect order." in text
    assert "Measured later" not in details(RECORD)


def test_runs_under_other_settings_tell_what_dev_said_and_stay_out_of_the_summary():
    trial = {"system": "student:warm", "kind": "trial", "measures": {"AP": 0.7}, "dev": 0.61, "method": "uae"}
    record = {**RECORD, "rows": [*RECORD["rows"], {**trial, "student": "query"}]}
    assert "nDCG@10 on dev queries: student:warm 0.610." in details(record)
    assert summary([record]) == summary([RECORD]) and "on dev" not in details(RECORD)


def test_what_is_forgotten_stands_by_student_and_share():
    def row(system, value, verdict):
        change = {"nDCG@10": {"delta": 0.0, "ci95": [0, 0], "p": 1.0, "verdict": verdict}}
        return {"system": system, "kind": "guard", "measures": {"nDCG@10": value}, "change": change}

    guard = {
        "collection": "other",
        "queries": 7,
        "rows": [
            {"system": "dense:minilm", "kind": "guard", "measures": {"nDCG@10": 0.9}},
            row("student:a@1", 0.8, "worse"),
            row("student:a@0.5", 0.91, "better"),
        ],
        "kept_base": ["student:b"],
        "not_measured": ["student:c"],
    }
    text = details({**RECORD, "guards": [guard]})
    assert "| forgetting: nDCG@10 on other, 7 queries | alpha 1 | alpha 0.5 |" in text
    assert "| dense:minilm | 0.900 |  |" in text and "| student:a | 0.800▼ | 0.910▲ |" in text
    assert "| student:b | kept its base |  |\n| student:c | not measured |  |" in text
    last = summary([RECORD, {**RECORD, "guards": [guard]}]).splitlines()[-1]
    assert "ranks worse on other (" in last and last.endswith("in 1 of 1 cases at alpha 1, 0 of 1 cases at alpha 0.5.")
    assert "Trained anew" not in text
    guard["anew"] = [{"student": "student:a", "dtype": "float32", "AP": [0.5, 0.61], "queries": 9}]
    text = details({**RECORD, "guards": [guard]})
    assert "in float32: student:a (AP 0.500 → 0.610 on its own 9 test queries)." in text
    guard["anew"].append({"student": "student:d", "dtype": "bfloat16", "AP": [0.5, 0.4], "queries": 9})
    text = details({**RECORD, "guards": [guard]})
    assert "9 test queries).\n\nTrained anew for this, in bfloat16: student:d (AP 0.500 → 0.400" in text


def test_why_a_teacher_helps_or_not_stands_by_order():
    def row(system, first, with_answer, without_answer):
        return {
            "system": system,
            "right_first": first,
            "failures": {"lexical echo above gold": 2},
            "with_answer": {"documents": 5, "rank": with_answer},
            "without_answer": {"documents": 0, "rank": without_answer},
        }

    reasons = {
        "queries": 4,
        "candidates": 10,
        "rows": [row("dense:minilm", 3, 2.04, None), row("utility", 1, 1.5, None)],
        "utility": {"among_candidates": 0.3, "between_prompts": 0.1},
        "command": "explorer bench reasons small.json",
    }
    text = details({**RECORD, "reasons": reasons})
    assert "| why: 4 queries, 10 candidates each | relevant document first | lexical echo above gold | " in text
    assert "| dense:minilm | 3 | 2 | 2.0 | – |\n| utility | 1 | 2 | 1.5 | – |" in text
    assert "0.30 nats" in text and "`explorer bench reasons small.json`" in text
    assert "why:" not in details(RECORD)


def test_a_block_replaces_what_stood_between_the_marks():
    page = "a\n<!-- results -->\nold\n<!-- /results -->\nb\n"
    assert written_into(page, "new") == "a\n<!-- results -->\nnew\n<!-- /results -->\nb\n"
    with pytest.raises(ExplorerError, match="the page has no <!-- results -->"):
        written_into("a", "new")


def test_readme_shows_the_stored_tables():
    """make results writes both pages."""
    records = stored(ROOT / "assets" / "results" / "methods")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert records and written_into(readme, summary(records)) == readme
    page = "\n".join([summary(records), *("\n" + details(record) for record in records)]) + "\n"
    assert (ROOT / "assets" / "results" / "methods.md").read_text(encoding="utf-8") == page
