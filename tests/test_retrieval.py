import numpy as np
import pytest

from explorer.collections import open_collection, trec
from explorer.models import Description
from explorer.records import Document, ExplorerError, Query, Ranking, Retriever, Run
from explorer.retrieval.bm25 import Bm25Retriever
from explorer.retrieval.combined import HybridRetriever, RecordedRetriever
from explorer.retrieval.dense import DenseIndex, DenseRetriever
from explorer.retrieval.encoder import DeferredEncoder, Encoder
from explorer.workbench import Workbench
from explorer.workbench.specs import Retrievers
from explorer.workspace import Workspace

SPECS = ["bm25", "dense:minilm", "hybrid:bm25+dense:minilm", "rerank:llm(bm25)", "run"]


@pytest.fixture(scope="session")
def retrievers(harbour, models):
    return Retrievers(harbour, models)


@pytest.fixture(params=[pytest.param(s, marks=pytest.mark.reader) if "llm" in s else s for s in SPECS])
def retriever(request, retrievers, harbour, tmp_path_factory):
    if request.param != "run":
        return retrievers.get(request.param)
    path = tmp_path_factory.mktemp("run") / "bm25.run"
    trec.save_run(retrievers.get("bm25").search(harbour.split("test"), 50), "bm25", path)
    return retrievers.get(f"run:{path}")


def test_contract_of_every_retriever(retriever, harbour):
    """Same spec, every query answered, at most k, no document twice, scores falling, ties by doc_id falling."""
    queries = harbour.split("test")[:3]
    run = retriever.search(queries, 7)
    assert isinstance(retriever, Retriever) and run.retriever == retriever.spec
    assert list(run.rankings) == [query.query_id for query in queries]
    for ranking in run.rankings.values():
        assert 0 < len(ranking) <= 7 and len(set(ranking.doc_ids)) == len(ranking)
        keys = [(doc.score, doc.doc_id) for doc in ranking]
        assert keys == sorted(keys, reverse=True)
        assert [doc.rank for doc in ranking] == list(range(1, len(ranking) + 1))
        assert set(ranking.doc_ids) <= harbour.documents.keys()


def test_one_by_one_and_together_give_the_same_ranking(retriever, harbour):
    queries = harbour.split("test")[:3]
    together = retriever.search(queries, 5).rankings
    assert [retriever.search([q], 5).rankings[q.query_id].doc_ids for q in queries] == [
        together[q.query_id].doc_ids for q in queries
    ]


def test_no_queries_is_an_empty_run(retriever):
    assert retriever.search([], 5).rankings == {}


@pytest.mark.parametrize("spec", ["bm25", "dense:minilm", "hybrid:bm25+dense:minilm"])
def test_a_scoped_query_finds_only_documents_of_its_group(retrievers, harbour, spec):
    query = Query("q", "When does the museum open?", scope="museum")
    found = retrievers.get(spec).search([query], 50).rankings["q"]
    assert {harbour.documents[d].group for d in found.doc_ids} == {"museum"}


def test_dense_search_is_the_exact_cosine_order(retrievers, harbour):
    """FAISS against the obvious matrix product."""
    retriever = retrievers.dense("minilm")
    query = harbour.split("test")[0]
    vector = retriever.query_encoder.queries([query.text])[0]
    cosines = np.round((retriever.index.vectors @ vector).astype(float), 6)
    expected = Ranking.from_scores("x", dict(zip(retriever.index.doc_ids, cosines.tolist(), strict=True)), 10)
    assert retriever.search([query], 10).rankings[query.query_id].doc_ids == expected.doc_ids


class CountingModel:
    """A real encoder that counts what it encodes."""

    def __init__(self, model):
        self.model, self.encoded = model, 0

    def __getattr__(self, name):
        return getattr(self.model, name)

    def encode_document(self, texts, **options):
        self.encoded += len(texts)
        return self.model.encode_document(texts, **options)

    def encode_query(self, texts, **options):
        self.encoded += len(texts)
        return self.model.encode_query(texts, **options)


def test_the_second_start_encodes_nothing(models, tmp_path):
    model = CountingModel(models.trainable("minilm"))
    documents = {d: Document(d, text) for d, text in {"a": "The mill.", "b": "The quay."}.items()}
    for _ in range(2):
        encoder = Encoder(model, "key")
        DenseIndex(documents, encoder, Workspace(tmp_path).vectors())
    assert model.encoded == 2


def test_vectors_are_kept_by_content_model_and_prompt(models, tmp_path):
    """A cache keyed by name would serve vectors of an older text."""
    model = CountingModel(models.trainable("minilm"))
    cache = Workspace(tmp_path).vectors()
    Encoder(model, "key").documents(["The mill."], cache)
    Encoder(model, "key").documents(["The mill!"], cache)
    Encoder(model, "another model").documents(["The mill."], cache)
    model.model.prompts = {**model.model.prompts, "document": "passage: "}
    Encoder(model, "key").documents(["The mill."], cache)
    assert model.encoded == 4


def test_a_splits_queries_are_encoded_once_and_one_alone_each_time(models):
    """Kept for a single query, its latency would be told as nothing."""
    model = CountingModel(models.trainable("minilm"))
    encoder = Encoder(model, "key")
    first = encoder.queries(["tide", "quay", "tide"])
    assert model.encoded == 2 and np.array_equal(first[0], first[2])
    assert np.array_equal(encoder.queries(["quay", "tide"]), first[[1, 0]])
    assert np.array_equal(encoder.queries(["mill", "tide"])[1], first[0])
    assert model.encoded == 3
    assert np.allclose(encoder.queries(["tide"]), first[:1], atol=1e-6) and encoder.queries(["tide"]).shape == (1, 384)
    assert model.encoded == 5


def test_what_was_encoded_once_is_searched_without_a_model(models, harbour, tmp_path):
    """By the next process, too; queries of a split by the words they were asked in."""
    loaded = []

    def load():
        loaded.append(CountingModel(models.trainable("minilm")))
        return loaded[-1]

    def retriever():
        described = Description({"query": "", "document": ""}, 256)
        encoder = DeferredEncoder(load, "key", described, Workspace(tmp_path).vectors())
        return DenseRetriever("dense:minilm", DenseIndex(documents, encoder, Workspace(tmp_path).vectors()), encoder)

    documents = dict(list(harbour.documents.items())[:5])
    queries = [Query(str(number), text) for number, text in enumerate(("tide", "quay", "mill"))]
    first = retriever().search(queries, 3)
    assert len(loaded) == 1 and loaded[0].encoded == 8
    later = retriever()
    assert later.search(queries, 3) == first and len(loaded) == 1
    later.search(queries[:1], 3)
    assert len(loaded) == 2 and loaded[1].encoded == 1, "one alone is encoded each time"


def test_prompts_of_a_model_are_applied_to_its_own_side(models, tmp_path):
    model = models.trainable("minilm")
    plain = Encoder(model, "plain").documents(["passage: tide"], Workspace(tmp_path).vectors())
    model.prompts = {"query": "query: ", "document": "passage: "}
    encoder = Encoder(model, "prompted")
    assert encoder.prompts == {"query": "query: ", "document": "passage: "}
    assert np.allclose(encoder.documents(["tide"], Workspace(tmp_path).vectors()), plain, atol=1e-5)
    assert not np.allclose(encoder.queries(["tide"]), plain, atol=1e-2)


def test_documents_past_the_encoders_limit_are_marked(models, tmp_path):
    documents = {"long": Document("long", "tide " * 400), "short": Document("short", "tide")}
    encoder = Encoder(models.trainable("minilm"), "key")
    index = DenseIndex(documents, encoder, Workspace(tmp_path).vectors())
    assert (encoder.limit, index.cut) == (256, {"long"})


def test_above_the_exact_limit_an_approximate_index_still_scores_exactly(models, harbour):
    """Cells may miss a document, they must not misstate a score."""
    encoder, cache = models.encoder("minilm"), models.workspace.vectors()
    exact, near = (
        DenseRetriever("dense:minilm", DenseIndex(harbour.documents, encoder, cache, exact_limit=limit), encoder)
        for limit in (200, 10)
    )
    for query in harbour.split("test")[:5]:
        a, b = (r.search([query], 10).rankings[query.query_id].scores for r in (exact, near))
        assert len(a.keys() & b.keys()) >= 9
        assert all(a[d] == b[d] for d in a.keys() & b.keys())


def test_bm25_prefers_the_rarer_word_and_drops_documents_without_any():
    """Lucene's idf: "pike" is in one document, "tide" in two."""
    texts = {"a": "tide mill", "b": "tide pike", "c": "quay wall"}
    found = Bm25Retriever({d: Document(d, t) for d, t in texts.items()}).search([Query("q", "tide pikes")], 10)
    assert found.rankings["q"].doc_ids == ("b", "a")


def test_reciprocal_rank_fusion_worked_by_hand():
    """1/61 + 1/62 beats 1/61; a document one retriever misses adds nothing from it."""

    class Fixed:
        def __init__(self, *docs):
            self.spec, self.docs = "fixed", docs

        def search(self, queries, k):
            return Run(
                "fixed",
                {
                    q.query_id: Ranking.from_scores(q.query_id, {d: -n for n, d in enumerate(self.docs)})
                    for q in queries
                },
            )

    fused = HybridRetriever("hybrid:x", [Fixed("a", "b"), Fixed("b", "c")]).search([Query("q", "x")], 10).rankings["q"]
    assert fused.scores == pytest.approx({"b": 1 / 62 + 1 / 61, "a": 1 / 61, "c": 1 / 62})


def test_a_recorded_run_counts_documents_the_collection_lacks():
    run = Run("run:x", {"q": Ranking.from_scores("q", {"a": 2.0, "gone": 1.0})})
    recorded = RecordedRetriever(run, {"a": Document("a", "x")})
    assert recorded.unknown == 1
    assert recorded.search([Query("q", "x"), Query("other", "x")], 5).rankings["other"].docs == ()


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("foo", "unknown retriever 'foo'; write one of bm25"),
        ("dense:", "dense: needs a model"),
        ("dense:nowhere", "give an embedded name \\(minilm, smollm2\\), a local folder .* or the id of a hub model"),
        ("hybrid:bm25", "fewer than two retrievers"),
        ("rerank:foo(bm25)", "names no reranker; .* one of llm"),
        ("student:gone", "there is no run 'gone'"),
        ("student:../../etc", "cannot name a run"),
        ("run:/nowhere.run", "/nowhere.run does not exist"),
    ],
)
def test_a_spec_that_names_nothing_says_what_to_write(harbour, workspace, spec, sentence):
    with pytest.raises(ExplorerError, match=sentence):
        Workbench(harbour, workspace).search(spec, harbour.split("test")[:1])


def test_a_collection_without_words_is_no_index_for_bm25(beir_folder, workspace):
    folder = beir_folder([{"_id": "d", "text": "the of and"}], [{"_id": "q", "text": "x"}], {"test": []})
    with pytest.raises(ExplorerError, match="no document holds a word BM25 can index"):
        Workbench(open_collection(str(folder)), workspace).search("bm25", [Query("q", "x")])
