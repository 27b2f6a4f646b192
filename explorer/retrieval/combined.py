"""Retrievers made of others: fused by rank, reranked by a scorer, or read from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.records import Document, Progress, Query, Ranking, Retriever, Run, Scorer, silent

RRF_CONSTANT = 60  # Cormack, Clarke, Buettcher 2009
FUSED_DEPTH = 100
RERANKED_DEPTH = 20


class HybridRetriever:
    """Reciprocal rank fusion: the sum over retrievers of 1 / (60 + rank); not retrieved adds nothing."""

    def __init__(self, spec: str, parts: Sequence[Retriever]) -> None:
        self.spec = spec
        self._parts = parts

    def search(self, queries: Sequence[Query], k: int) -> Run:
        runs = [part.search(queries, max(k, FUSED_DEPTH)) for part in self._parts]
        rankings = {}
        for query in queries:
            fused: dict[str, float] = {}
            for run in runs:
                for doc in run.rankings[query.query_id]:
                    fused[doc.doc_id] = fused.get(doc.doc_id, 0.0) + 1 / (RRF_CONSTANT + doc.rank)
            rankings[query.query_id] = Ranking.from_scores(query.query_id, fused, k)
        return Run(self.spec, rankings)


class NoRetriever:
    """Retrieves nothing: what the reader knows without any document."""

    spec = "none"

    def search(self, queries: Sequence[Query], k: int) -> Run:
        return Run(self.spec, {query.query_id: Ranking(query.query_id, ()) for query in queries})


class RerankRetriever:
    """The first ``depth`` documents of a retriever in the order of a scorer; the others follow as they stood."""

    def __init__(
        self,
        spec: str,
        retriever: Retriever,
        scorer: Scorer,
        documents: Mapping[str, Document],
        progress: Progress = silent,
        depth: int = RERANKED_DEPTH,
    ) -> None:
        self.spec = spec
        self._depth = depth
        self._retriever = retriever
        self._scorer = scorer
        self._documents = documents
        self._progress = progress

    def search(self, queries: Sequence[Query], k: int) -> Run:
        run = self._retriever.search(queries, max(k, self._depth))
        rankings = {}
        for done, query in enumerate(queries):
            rankings[query.query_id] = self._rerank(query, run.rankings[query.query_id], k)
            self._progress(f"rerank by {self._scorer.name}", done + 1, len(queries))
        return Run(self.spec, rankings)

    def _rerank(self, query: Query, ranking: Ranking, k: int) -> Ranking:
        scores = self._scorer.score(query, [self._documents[doc.doc_id] for doc in ranking.docs[: self._depth]])
        if not scores.values:
            return Ranking.from_scores(query.query_id, ranking.scores, k)
        return ranking.lifted(scores.values, k)


class RecordedRetriever:
    """A run made elsewhere. A query it does not hold has an empty ranking; unknown documents are dropped."""

    def __init__(self, run: Run, documents: Mapping[str, Document]) -> None:
        self.spec = run.retriever
        self._rankings = {query_id: _known(ranking, documents) for query_id, ranking in run.rankings.items()}
        self.unknown = sum(d.doc_id not in documents for ranking in run.rankings.values() for d in ranking)

    def search(self, queries: Sequence[Query], k: int) -> Run:
        found = {query.query_id: self._rankings.get(query.query_id, Ranking(query.query_id, ())) for query in queries}
        return Run(self.spec, {query_id: Ranking(query_id, ranking.docs[:k]) for query_id, ranking in found.items()})


def _known(ranking: Ranking, documents: Mapping[str, Document]) -> Ranking:
    """The ranking without documents that are not there."""
    if all(doc.doc_id in documents for doc in ranking):
        return ranking
    return Ranking.from_scores(ranking.query_id, {d.doc_id: d.score for d in ranking if d.doc_id in documents})
