"""The report's parts as markup. Every text from outside passes ``escape`` here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

ROWS = 2_000  # queries listed; the rest are counted
GLYPHS = {"better": "▲", "worse": "▼", "no difference shown": "●"}


def number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}"


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def chance(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def summary(view: Mapping[str, Any]) -> str:
    """For who reads one screen: what changed, how sure, on what."""
    first, measure = view["first"], escape(view["measure"])
    low, high = first["ci95"]
    better = view["verdict"] != "no difference shown"
    sure = (
        f"The 95 % interval of the change, {signed(low)} to {signed(high)}, {'lies on one side of' if better else 'includes'} "
        f"zero ({chance(first['p'])})."
    )
    tone = {"better": "better", "worse": "worse"}.get(view["verdict"], "open")
    return (
        f'<header class="rp-head"><p class="rp-eyebrow"><bdi>{escape(view["collection"])}</bdi> · {view["queries"]:,} queries of the split '
        f"{escape(view['split'])} · {view['documents']:,} documents</p>"
        f'<h1 class="rp-{tone}"><span aria-hidden="true">{GLYPHS[view["verdict"]]}</span> {escape(view["headline"])}</h1>'
        f'<p class="rp-lead">{measure} goes from <b>{number(first["mean_a"])}</b> to <b>{number(first["mean_b"])}</b> '
        f"({signed(first['delta'])}). {sure}</p></header>"
        f'<section class="rp-cards">{_tally(first)}{_histogram(view)}</section>{_measures(view)}'
    )


def _tally(first: Mapping[str, Any]) -> str:
    total = max(1, first["wins"] + first["ties"] + first["losses"])
    bars = "".join(
        f'<div class="rp-bar"><span class="rp-name">{name}</span><span class="rp-track"><span class="rp-fill rp-{kind}" '
        f'style="width:{100 * first[key] / total:.1f}%"></span></span><b>{first[key]}</b></div>'
        for key, kind, name in (("wins", "up", "better"), ("ties", "same", "the same"), ("losses", "down", "worse"))
    )
    return f'<figure class="rp-card"><figcaption>Queries that changed</figcaption>{bars}</figure>'


def _histogram(view: Mapping[str, Any]) -> str:
    """Bars over the change from −1 to 1; heights on a square-root scale, so that single queries stay visible."""
    bins = view["histogram"]
    highest = max(1, *(one["count"] for one in bins)) ** 0.5
    width, height = 420 / len(bins), 110
    bars = []
    for place, one in enumerate(bins):
        tall = height * one["count"] ** 0.5 / highest
        kind = "up" if one["to"] > 0 else "down" if one["from"] < 0 else "same"
        label = f"{one['count']} queries: change from {signed(one['from'])} to {signed(one['to'])}"
        bars.append(
            f'<rect class="rp-{kind}" x="{place * width + 1:.1f}" y="{height - tall:.1f}" width="{width - 2:.1f}" '
            f'height="{tall:.1f}"><title>{label}</title></rect>'
        )
        if one["count"]:
            bars.append(f'<text x="{(place + 0.5) * width:.1f}" y="{height - tall - 3:.1f}">{one["count"]}</text>')
    return (
        f'<figure class="rp-card"><figcaption>Change of {escape(view["measure"])} per query</figcaption>'
        f'<svg viewBox="0 -14 420 {height + 34}" role="img" aria-label="histogram of changes">{"".join(bars)}'
        f'<line x1="0" x2="420" y1="{height}" y2="{height}"/><text x="8" y="{height + 16}">−1</text>'
        f'<text x="210" y="{height + 16}">0</text><text x="410" y="{height + 16}">+1</text></svg></figure>'
    )


def _measures(view: Mapping[str, Any]) -> str:
    head = ("measure", view["a"], view["b"], "change", "95 % interval", "p", "better / same / worse")
    rows = [
        [
            one["measure"],
            number(one["mean_a"]),
            number(one["mean_b"]),
            signed(one["delta"]),
            f"{signed(one['ci95'][0])} to {signed(one['ci95'][1])}",
            f"{one['p']:.4f}",
            f"{one['wins']} / {one['ties']} / {one['losses']}",
        ]
        for one in view["comparisons"]
    ]
    return f"<section><h2>All measures</h2>{_table(head, rows)}</section>"


def examples(view: Mapping[str, Any]) -> str:
    return _group(view["wins"], "Clearest wins", f"Queries {view['b']} answers better", view) + _group(
        view["losses"], "Clearest losses", f"Queries {view['b']} answers worse", view
    )


def _group(rows: Sequence[Mapping[str, Any]], title: str, what: str, view: Mapping[str, Any]) -> str:
    shown = "".join(_example(row, view) for row in rows)
    none = '<p class="rp-none">None: no query changed this way.</p>'
    return f'<section><h2>{title}</h2><p class="rp-note">{escape(what)}, the largest change first.</p>{shown or none}</section>'


def _example(row: Mapping[str, Any], view: Mapping[str, Any]) -> str:
    answers = " · ".join(row["answers"])
    told = f'<p class="rp-why"><b>Why</b> {escape(row["rationale"])}</p>' if row["rationale"] else ""
    asked = f'<p class="rp-answer"><b>Answer</b> {escape(answers)}</p>' if answers else ""
    kind = "up" if row["delta"] > 0 else "down"
    columns = "".join(_ranking(column) for column in row["view"]["columns"])
    return (
        f'<article class="rp-example"><header><span class="rp-delta rp-{kind}">{signed(row["delta"])}</span>'
        f"<h3>{escape(row['text'])}</h3></header>{asked}{told}"
        f'<div class="rp-host" data-query="{escape(row["query_id"])}"><div class="rp-columns">{columns}</div></div></article>'
    )


def _ranking(column: Mapping[str, Any]) -> str:
    items = "".join(_document(doc) for doc in column["documents"]) or "<li>No document was found.</li>"
    return f"<div><h4>{escape(column['title'])}</h4><ol>{items}</ol></div>"


def _document(doc: Mapping[str, Any]) -> str:
    grade = f' <b class="rp-grade">◆ gold {doc["grade"]}</b>' if doc["grade"] else ""
    grade = ' <span class="rp-note">○ useless</span>' if doc["grade"] == 0 else grade
    title = f"<strong>{escape(doc['title'])}</strong> " if doc["title"] else ""
    spans = [(span["start"], span["end"]) for span in doc["spans"]["text"]]
    return f"<li>{title}{grade}<p>{marked(doc['text'], spans)}</p></li>"


def marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Escaped text with characters [start, end) of each span as marks."""
    out, at = [], 0
    for start, end in spans:
        first, last = max(start, at), min(end, len(text))
        if first < last:
            out += [escape(text[at:first]), "<mark>", escape(text[first:last]), "</mark>"]
            at = last
    return "".join([*out, escape(text[at:])])


def details(view: Mapping[str, Any]) -> str:
    head = ("change", view["a"], view["b"], "query")
    rows = [[signed(row["delta"]), number(row["a"]), number(row["b"]), row["text"]] for row in view["rows"][:ROWS]]
    more = f"<p>{len(view['rows']) - ROWS:,} more are left out.</p>" if len(view["rows"]) > ROWS else ""
    unjudged = (
        f" {view['unjudged']} queries of the split have no relevant document and are not measured."
        if view["unjudged"]
        else ""
    )
    return (
        f"<details><summary>Every query ({len(view['rows']):,})</summary>{_table(head, rows)}{more}</details>"
        "<details><summary>How this was measured</summary><p>Both systems rank the same documents for the same queries; "
        f"values are paired by query.{unjudged} Intervals are percentile bootstraps over queries, p comes from Fisher's "
        "randomisation test (two-sided), measures are trec_eval's. “Better” is said only where the 95 % interval lies above "
        "zero. With several measures in one table some p fall below 0.05 by chance.</p>"
        f"<p>Made by Explorer {escape(view['version'])} with <code>explorer report</code>.</p></details>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="rp-scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
