"""Scores the collection brings along of a teacher somebody else asked, such as FlagEmbedding's pos_scores."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.records import Document, Progress, Query, Scores, TeacherScores, silent

NO_SCORES = "the collection gives no scores"
Task = tuple[Query, Sequence[Document]]


class GivenTeacher:
    """A document the collection gives no score of stays unscored. The unit is the source's own."""

    name = "given"
    unit = "score of the source"

    def score(self, query: Query, documents: Sequence[Document]) -> Scores:
        values = {doc.doc_id: query.scores[doc.doc_id] for doc in documents if doc.doc_id in query.scores}
        return Scores(query.query_id, values, left_out="" if values else NO_SCORES)

    def score_all(self, tasks: Sequence[Task], progress: Progress = silent) -> TeacherScores:
        return TeacherScores(self.name, self.unit, {query.query_id: self.score(query, docs) for query, docs in tasks})
