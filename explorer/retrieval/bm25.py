"""BM25 over stemmed English words (bm25s, Lucene's variant, k1 1.5, b 0.75)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.records import Document, ExplorerError, Query, Ranking, Run


class Bm25Retriever:
    """A document that shares no word with the query is not retrieved. Word statistics are of the whole corpus."""

    spec = "bm25"

    def __init__(self, documents: Mapping[str, Document]) -> None:
        import bm25s
        import Stemmer

        self.doc_ids = list(documents)
        self._groups = np.array([doc.group for doc in documents.values()], dtype=object)
        self._stemmer = Stemmer.Stemmer("english")
        self._tokenize = bm25s.tokenize
        tokens = self._words([doc.content for doc in documents.values()], return_ids=True)
        if not tokens.vocab:
            raise ExplorerError("no document holds a word BM25 can index; use a dense retriever, e.g. dense:minilm")
        self._index = bm25s.BM25()
        self._index.index(tokens, show_progress=False)

    def search(self, queries: Sequence[Query], k: int) -> Run:
        words = self._words([query.text for query in queries], return_ids=False)
        return Run(self.spec, {q.query_id: self._ranking(q, w, k) for q, w in zip(queries, words, strict=True)})

    def _words(self, texts: list[str], *, return_ids: bool):  # type: ignore[no-untyped-def]  # bm25s' own type
        return self._tokenize(
            texts, stopwords="en", stemmer=self._stemmer, return_ids=return_ids, show_progress=False, allow_empty=True
        )

    def _ranking(self, query: Query, words: list[str], k: int) -> Ranking:
        known = [word for word in words if word in self._index.vocab_dict]
        if not known:
            return Ranking(query.query_id, ())
        scores = np.round(self._index.get_scores(known).astype(np.float64), 6)
        if query.scope:
            scores = np.where(self._groups == query.scope, scores, 0.0)
        # the best k and all that tie with the last of them
        floor = np.partition(scores, -k)[-k] if len(scores) > k else 0.0
        rows = np.flatnonzero((scores >= floor) & (scores > 0))
        return Ranking.from_scores(query.query_id, {self.doc_ids[row]: float(scores[row]) for row in rows}, k)
