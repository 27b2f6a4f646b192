"""The README of an exported student: what it is, how it was made, what was measured, how to use it."""

from __future__ import annotations

from typing import Any

from explorer.training.students import student_kind
from explorer.workspace import RunFolder

CITED = {
    "uae": "utility: the fall in a language model's perplexity of the answer, given the document (UAE)",
    "radio": "rationales: an explanation of the right answer re-ranks the candidates (RADIO)",
    "gold": "gold relevance: labels, with mined hard negatives",
    "fusion": "a standardised mix of several teachers",
}


def card(run: RunFolder, prior: float) -> str:
    """Markdown with the front matter model hubs read. ``prior``: weight of the base's cosine beside a reranker's logit."""
    plan, result = run.plan, run.result or {}
    kind = student_kind(plan["student"])
    library = "cross-encoder" if kind.reranks else "sentence-similarity"
    front = [
        "---",
        "library_name: sentence-transformers",
        f"pipeline_tag: {'text-ranking' if kind.reranks else library}",
    ]
    front += [
        "tags:",
        f"- {'cross-encoder' if kind.reranks else 'sentence-transformers'}",
        "- distillation",
        "- explorer",
        "---",
    ]
    made = [
        f"# {run.run_id}",
        "",
        f"A student of kind **{kind.name}** ({kind.what}), trained from `{plan['base']}` with Explorer.",
        "",
        "## How it was made",
        "",
        f"- method: **{plan['method']}**, {CITED[plan['method']]}",
        f"- teacher: `{plan['teacher']}`, reader: `{plan['reader']}`",
        f"- collection: `{plan['collection'].rsplit('/', 1)[-1]}`, split {plan['split']}, {result.get('examples', '–')} examples",
        *[f"- left out: {count} ({reason})" for reason, count in result.get("dropped", {}).items()],
        f"- {result.get('steps', '–')} steps in {result.get('seconds', '–')} s; kept: step {result.get('best_step', '–')}",
        "- settings: " + ", ".join(f"{name} {value}" for name, value in plan["settings"].items()),
    ]
    return "\n".join([*front, "", *made, "", *_measured(result), *_use(kind, prior)]) + "\n"


def _measured(result: dict[str, Any]) -> list[str]:
    lines = ["## What was measured", ""]
    for measure, (before, after) in result.get("dev", {}).items():
        lines.append(f"- dev {measure}: {before:.4f} → {after:.4f} (dev chose the student: it flatters it)")
    gate = result.get("gate")
    queries = "dev queries, which chose the student" if gate and gate["split"] == "dev" else "held-out queries"
    for title, found in ((queries, gate), ("another collection", result.get("guard"))):
        if found:
            lines += [
                "",
                f"On {title} (split {found['split']}, {found['queries']} queries): **{found['verdict']}**.",
                "",
            ]
            lines += ["| measure | base | student | change | 95 % interval | p |", "|---|---|---|---|---|---|"]
            lines += [_row(measure, row) for measure, row in found["measures"].items()]
    return [*lines, ""]


def _row(measure: str, row: dict[str, Any]) -> str:
    low, high = row["ci95"]
    means = f"{row['mean_a']:.4f} | {row['mean_b']:.4f} | {row['delta']:+.4f}"
    return f"| {measure} | {means} | {low:+.4f} to {high:+.4f} | {row['p']:.4f} |"


def _use(kind: Any, prior: float) -> list[str]:
    if not kind.reranks:
        code = [
            "from sentence_transformers import SentenceTransformer",
            "",
            'model = SentenceTransformer("this/folder")',
            'queries = model.encode_query(["your question"], normalize_embeddings=True)',
            'documents = model.encode_document(["Title\\nText of a document"], normalize_embeddings=True)',
            "print(queries @ documents.T)",
        ]
        side = (
            "Only the query side was trained: an index of the base model stays valid. " if kind.documents_fixed else ""
        )
        return [
            "## How to use it",
            "",
            f"{side}A document is its title, a line end, its text.",
            "",
            "```python",
            *code,
            "```",
        ]
    code = [
        "from sentence_transformers import CrossEncoder",
        "",
        'model = CrossEncoder("this/folder")',
        'scores = model.predict([("your question", "Title\\nText of a document")], activation_fn=None)',
    ]
    plus = f"It was trained beside the base's cosine: the score Explorer ranks by is this logit plus {prior:g} times the cosine. "
    return ["## How to use it", "", plus if prior else "", "", "```python", *code, "```"]
