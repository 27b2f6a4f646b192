"""The measured tables as text: what README shows is drawn from the stored records, never typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.benches.table import STUDENTS
from explorer.files import read_json
from explorer.records import ExplorerError

SIGNS = {"better": "▲", "worse": "▼", "no difference shown": ""}
BEGIN, END = "<!-- results -->", "<!-- /results -->"


def stored(folder: Path) -> list[dict[str, Any]]:
    """The records of ``explorer bench methods --json``, one per collection, in the order of their file names."""
    return [dict(read_json(path)) for path in sorted(folder.glob("*.json"))]


def summary(records: Sequence[Mapping[str, Any]]) -> str:
    """One line per collection: MAP of the baseline, of the utility teacher and of every student; then what was forgotten."""
    names = [f"{method} {student}" for method, student in STUDENTS]
    head = ["collection", "test queries", "baseline", "teacher utility", *names]
    lines = [_line(head), _line(["---"] * len(head))]
    for record in records:
        rows = {row["system"]: row for row in record["rows"]}
        students = {(row.get("method"), row.get("student")): row for row in record["rows"] if row["kind"] == "student"}
        cells = [_cell(rows.get(name), "AP") for name in ("dense:minilm", "utility")]
        cells += [_cell(students.get(pair), "AP") for pair in STUDENTS]
        lines.append(_line([record["collection"], str(record["queries"]), *cells]))
    return "\n".join([*lines, *_forgotten(records)])


def _forgotten(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """How often a student that left its base ranks worse on a collection it was not trained on, by its share in the blend."""
    guards = [guard for record in records for guard in record.get("guards", [])]
    asked, worse = Counter[str](), Counter[str]()
    for row in (row for guard in guards for row in guard["rows"][1:]):
        alpha = row["system"].partition("@")[2] or "1"
        asked[alpha] += 1
        worse[alpha] += row["change"]["nDCG@10"]["verdict"] == "worse"
    if not asked:
        return []
    where = " or ".join(dict.fromkeys(guard["collection"] for guard in guards))
    told = ", ".join(f"{worse[alpha]} of {asked[alpha]} cases at alpha {alpha}" for alpha in asked)
    return ["", f"Forgetting: a trained student ranks worse on {where} (nDCG@10, interval below zero) in {told}."]


def details(record: Mapping[str, Any]) -> str:
    """All rows of one collection: measures with their intervals and p, answers, seconds, share of the gap closed."""
    measures = list(next(row["measures"] for row in record["rows"] if "measures" in row))
    head = ["system", *measures, "change in AP [95 %], p", "seconds", "gap closed"]
    lines = [f"## {record['collection']}", "", _about(record), "", _line(head), _line(["---"] * len(head))]
    for row in record["rows"]:
        if "note" in row:
            lines.append(_line([row["system"], row["note"], *[""] * (len(head) - 2)]))
            continue
        change = row.get("change", {}).get("AP")
        told = (
            f"{change['delta']:+.3f} [{change['ci95'][0]:+.3f}, {change['ci95'][1]:+.3f}], {change['p']:.4f}"
            if change
            else ""
        )
        gap = row.get("gap_closed")
        cells = [_cell(row, measure) for measure in measures]
        seconds = f"{row['seconds']:.0f}" if row.get("seconds") is not None else ""
        lines.append(_line([row["system"], *cells, told, seconds, "" if gap is None else f"{gap:.2f}"]))
    lines += _beside(record["rows"]) + _tried(record["rows"])
    commands = [row["command"] for row in record["rows"] if row.get("command")] + record.get("commands", [])
    lines += ["", "```sh", *dict.fromkeys(commands), "```"]
    if "reasons" in record:
        lines += ["", _reasons(record["reasons"])]
    for guard in record.get("guards", []):
        lines += ["", _guard(guard)]
    return "\n".join(lines)


def written_into(page: str, block: str) -> str:
    """The page with everything between its two marks replaced by ``block``."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ExplorerError(f"the page has no {BEGIN} followed by {END}; put both where the table belongs")
    return f"{head}{BEGIN}\n{block}\n{END}{tail}"


def _beside(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows measured later, on another machine: their changes are against what the baseline had in the same run."""
    together: dict[str, list[str]] = {}
    for row in (row for row in rows if "beside" in row):
        had = ", ".join(f"{measure} {value:.3f}" for measure, value in row["beside"].items())
        together.setdefault(had, []).append(row["system"])
    return [
        line
        for had, systems in together.items()
        for line in ("", f"Measured later, with a baseline of {had} in the same run: {'; '.join(systems)}.")
    ]


def _tried(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Runs under other settings than the presets: which one to choose was to be read from dev alone."""
    told = "; ".join(f"{row['system']} {row['dev']:.3f}" for row in rows if "dev" in row)
    return ["", f"Other settings and seeds, nDCG@10 on dev queries: {told}."] if told else []


def _about(record: Mapping[str, Any]) -> str:
    return (
        f"{record['documents']} documents, {record['queries']} held-out queries ({record['answered']} with an answer), "
        f"trained on at most {record['trained_on']} queries."
    )


def _reasons(reasons: Mapping[str, Any]) -> str:
    """``explorer bench reasons``: one line per order of the same candidates; what each does to the evidence."""
    first = reasons["rows"][0]
    head = [
        f"why: {reasons['queries']} queries, {reasons['candidates']} candidates each",
        "relevant document first",
        *first["failures"],
        f"mean rank of evidence with the answer ({first['with_answer']['documents']})",
        f"of evidence without it ({first['without_answer']['documents']})",
    ]
    lines = [_line(head), _line(["---"] * len(head))]
    for row in reasons["rows"]:
        counts = [str(row["right_first"]), *map(str, row["failures"].values())]
        ranks = [row[name]["rank"] for name in ("with_answer", "without_answer")]
        lines.append(_line([row["system"], *counts, *("–" if rank is None else f"{rank:.1f}" for rank in ranks)]))
    noise = reasons["utility"]
    return "\n".join(lines) + (
        f"\n\nUtility: standard deviation {noise['among_candidates']:.2f} nats per answer token among a query's candidates, "
        f"{noise['between_prompts']:.2f} between two prompts (medians). `{reasons['command']}`"
    )


def _guard(guard: Mapping[str, Any]) -> str:
    """One line per student, one column per share of it in the blend with its base."""
    baseline, *others = guard["rows"]
    cells: dict[str, dict[str, str]] = {}
    for row in others:
        student, _, alpha = row["system"].partition("@")
        cells.setdefault(student, {})[alpha or "1"] = _cell(row, "nDCG@10")
    alphas = list(dict.fromkeys(alpha for row in cells.values() for alpha in row)) or ["1"]
    head = [
        f"forgetting: nDCG@10 on {guard['collection']}, {guard['queries']} queries",
        *(f"alpha {a}" for a in alphas),
    ]
    lines = [_line(head), _line(["---"] * len(head))]
    lines.append(_line([baseline["system"], _cell(baseline, "nDCG@10"), *[""] * (len(alphas) - 1)]))
    lines += [_line([student, *(row.get(alpha, "") for alpha in alphas)]) for student, row in cells.items()]
    lines += [_line([student, "kept its base", *[""] * (len(alphas) - 1)]) for student in guard.get("kept_base", [])]
    lines += [_line([student, "not measured", *[""] * (len(alphas) - 1)]) for student in guard.get("not_measured", [])]
    return "\n".join([*lines, *_anew(guard.get("anew", []))])


def _anew(students: Sequence[Mapping[str, Any]]) -> list[str]:
    """Students of a guard that are not those of the table above it: trained by the same commands on another machine."""
    lines = []
    for dtype in dict.fromkeys(one["dtype"] for one in students):
        told = [
            f"{one['student']} (AP {one['AP'][0]:.3f} → {one['AP'][1]:.3f} on its own {one['queries']} test queries)"
            for one in students
            if one["dtype"] == dtype
        ]
        lines += ["", f"Trained anew for this, in {dtype}: {'; '.join(told)}."]
    return lines


def _cell(row: Mapping[str, Any] | None, measure: str) -> str:
    """The value, with ▲ or ▼ where the 95 % interval of its change leaves zero out."""
    if row is None or measure not in row.get("measures", {}):
        return "–"
    said = row.get("change", {}).get(measure, {}).get("verdict", "")
    return f"{row['measures'][measure]:.3f}{SIGNS.get(said, '')}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
