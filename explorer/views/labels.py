"""Labelling: one pool of documents, what was said of it so far, how far teachers agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.records import Query
from explorer.views.terms import taught
from explorer.workbench import Workbench
from explorer.workbench.labelling import agreements, pool

ENOUGH = 10  # pairs of documents from which an agreement is told
GRADES: Mapping[int, str] = {
    0: "useless",
    1: "on the subject, does not help",
    2: "helps: a part of the answer, or a step towards it",
    3: "states the answer",
}
TEACH = taught(
    "agreement",
    "pairs",
    "blind",
)


def labels(bench: Workbench, query: Query, specs: Sequence[str], person: str) -> dict[str, Any]:
    """The pool of one query with this person's grades, without a word about which system found what."""
    grades = bench.labels(person)
    said = grades.get(query.query_id, {})
    documents = [bench.collection.documents[doc_id] for doc_id in pool(bench, query, specs)]
    given = [grade for row in grades.values() for grade in row.values()]
    found = agreements(bench, grades)
    return {
        "query": {"query_id": query.query_id, "text": query.text, "answers": list(query.answers), "scope": query.scope},
        "documents": [
            {"doc_id": doc.doc_id, "title": doc.title, "text": doc.text, "grade": said.get(doc.doc_id)}
            for doc in documents
        ],
        "grades": [{"grade": grade, "what": what} for grade, what in GRADES.items()],
        "labelled": {"documents": len(given), "queries": len(grades), "useful": sum(grade >= 2 for grade in given)},
        "agreement": [
            {"source": source, "share": share if pairs >= ENOUGH else None, "pairs": pairs}
            for source, (share, pairs) in found.items()
        ],
        "enough": ENOUGH,
        "teach": TEACH,
    }
