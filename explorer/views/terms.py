"""What the app's numbers and words mean: each in one sentence, with where the definition comes from.

The "teach me" layer of the app tells them, and so do tooltips. A renderer marks what it draws with the term's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from explorer.evaluation.failures import CLASSES

EXPLORER = "Explorer's own rule"
FORM = "Explorer's own count"
TREC = "trec_eval"
SQUAD = "Rajpurkar et al. 2016, SQuAD's evaluation script"
KL = "Hinton, Vinyals & Dean 2015"
RADIO = "RADIO, arXiv 2412.08519"
KENDALL = "Kendall 1945"
MEASURES: Mapping[str, tuple[str, str]] = {
    "nDCG@k": (
        "gain of the relevant documents within rank k, discounted by rank, as a share of the best order there is",
        f"Järvelin & Kekäläinen 2002; {TREC}: ndcg_cut",
    ),
    "AP": (
        "mean precision at the ranks of the relevant documents; one that was not found counts as 0; its mean is MAP",
        f"{TREC}: map",
    ),
    "R@k": ("share of the relevant documents that stand within rank k", f"{TREC}: recall"),
    "RR": ("1 divided by the rank of the first relevant document; 0 if none was found", f"{TREC}: recip_rank"),
    "P@k": ("share of the first k documents that are relevant", f"{TREC}: P"),
}
COMPARISON: Mapping[str, tuple[str, str]] = {
    "change": ("mean of the measure after, minus before (delta), over the same queries", FORM),
    "95 % interval": (
        "percentile bootstrap over queries: where the change would lie for other queries like these",
        "Efron 1979; Sakai 2006",
    ),
    "p": (
        "how often chance alone would give a change this large: randomisation test, two-sided",
        "Fisher 1935; Smucker, Allan & Carterette 2007",
    ),
    "better · same · worse": ("queries whose value rose, stayed or fell: won, tied and lost", FORM),
    "unjudged": (
        "without a judgement: unknown, and never counted as useless; of such queries no measure is taken",
        TREC,
    ),
    "unmatched": ("queries for which one of the systems returned nothing", FORM),
    "first relevant": ("rank of the first relevant document, before and after; –: not retrieved", FORM),
    "hop": ("one step of the chain of documents that a question needs together", "Yang et al. 2018, HotpotQA"),
}
RANKING: Mapping[str, tuple[str, str]] = {
    "grade": ("how relevant people judged this document for this query: 0 is useless, above 0 is gold", "TREC's qrels"),
    "move": ("ranks gained or lost against the baseline; new: not in the baseline's view", FORM),
    "percentile": (
        "share of the system's own scores for the first documents of other queries that lie below this one: scores of two "
        "systems have no common unit",
        EXPLORER,
    ),
    "coverage": ("share of the rationale's words that occur in this document", EXPLORER),
    "cut-off": ("the last rank the measure looks at: what stands below counts as not found", TREC),
    "truncation": ("an encoder or reader takes a limited number of tokens; what comes after is not read", EXPLORER),
    "rationale": ("sentences that explain the answer; documents that say the same are good candidates", RADIO),
    "evidence": ("the place that states the answer or a step to it, as the collection marks it", "the collection"),
    "gold": ("documents judged relevant to this query", "TREC's qrels"),
}
TEACHING: Mapping[str, tuple[str, str]] = {
    "utility": (
        "how much likelier the document makes the reference answer, in nats per token of the answer; below 0 it harms",
        "UAE, Aligning Dense Retrievers with LLM Utility via Distillation, 2026",
    ),
    "spread over prompts": (
        "standard deviation of the score over several prompts: how far the wording decides",
        EXPLORER,
    ),
    "teacher's score": ("what the chosen teacher says of this document, in the unit that stands beside it", EXPLORER),
    "lambda": (
        "share of the rationale in the mix: 0 is the retriever alone, 1 the rationale alone; per query both run from 0 to 1",
        RADIO,
    ),
    "tau of the teacher": (
        "temperature of the target: the smaller, the more of it falls on the teacher's first document",
        KL,
    ),
    "tau": ("temperature of the retriever: its scores are divided by it before they become shares", KL),
    "fusion weight": (
        "share of a teacher in the mix; each is standardised per query first (mean 0, standard deviation 1)",
        "Montague & Aslam 2001",
    ),
    "target share": ("the document's share in softmax(teacher's score / τᵤ): what a student is to imitate", KL),
    "baseline share": ("the document's share in softmax(baseline's score / τ): what the baseline believes now", KL),
    "to learn": ("KL(target ‖ baseline) in nats over these candidates: how much there is to learn; 0 is nothing", KL),
    "target falls on": ("exp(entropy) of the target: over how many documents it is spread", "Shannon 1948"),
    "first documents": ("whether target and baseline put the same document first", FORM),
    "ceiling": ("the candidates by their grades: no order of them can be better", EXPLORER),
    "above the diagonal": (
        "queries whose candidates the teacher orders better than the baseline: here it can teach",
        EXPLORER,
    ),
    "same first document": (
        "share of queries on which both name the same first document; beside gold: whose first document is relevant",
        FORM,
    ),
    "Kendall's τ-b": (
        "rank correlation, ties counted, over the candidates both scored, mean over queries: 1 same order, −1 reversed",
        KENDALL,
    ),
}
TRAINING: Mapping[str, tuple[str, str]] = {
    "dev curve": ("the measure on dev queries during training: it chooses the student, so it flatters", EXPLORER),
    "loss": ("what training makes small, such as the divergence of student and teacher; read only its fall", KL),
    "kept": ("the student that is kept: the newest among the best on dev; the base counts as step 0", EXPLORER),
    "held out": ("the verdict on queries that neither trained nor chose the student", EXPLORER),
    "guard": ("a second collection: whether the student forgot what the base could do", EXPLORER),
    "the teacher itself": (
        "the teacher's own order of the training candidates, measured: a student can hardly beat it",
        EXPLORER,
    ),
    "examples": ("training queries with their candidates and the teacher's scores, after what was left out", FORM),
    "negatives refused": ("documents not used as negatives, since they may be relevant", EXPLORER),
    "training time": ("seconds of the optimiser's steps on this machine, without scoring and encoding", FORM),
    "rank over steps": ("place in the ranking at that step, from 1; the axis is logarithmic", FORM),
    "blend alpha": (
        "weight of the student when its parameters are averaged with the base's: 0 base, 1 student",
        "Wortsman et al. 2022",
    ),
    "likeness": (
        "cosine of both queries under the base encoder: 1 is the same direction; no proof of a cause",
        EXPLORER,
    ),
    "time estimate": ("guessed from runs on this machine, or from a table until there is one", EXPLORER),
}
ANSWERING: Mapping[str, tuple[str, str]] = {
    "EM": (
        "exact match: 1 if the answer equals a reference once case, punctuation and articles are gone, else 0",
        SQUAD,
    ),
    "F1": (
        "harmonic mean of the share of the answer's words that are in a reference and the share of the reference's words "
        "that are in the answer; the best of all references",
        SQUAD,
    ),
    "Accuracy": ("1 if the option the reader finds likeliest, per token, is a reference answer, else 0", EXPLORER),
    "states the answer": (
        "a reference answer stands in this passage word for word, case and punctuation aside",
        EXPLORER,
    ),
    "tokens": ("words in lower case without punctuation and articles: what EM and F1 see", SQUAD),
    "leave-one-out effect": (
        "score of the whole document, minus its score without this sentence: below 0 the sentence holds it back",
        EXPLORER,
    ),
    "whole document": (
        "what the system gives the whole document, scored live; a full bar is its largest change, or a tenth of its score",
        EXPLORER,
    ),
    "rank without it": ("the document's rank if it lacked this sentence, all other documents unchanged", EXPLORER),
    "latency p50": ("half of the queries took no longer than this, from the query's text to its ranking", FORM),
    "latency p95": ("19 of 20 queries took no longer; over a few queries it is close to the slowest", FORM),
    "against the slowest": ("how many times as fast as the slowest row, by the medians", FORM),
    "queries per hour": ("what this machine answers one after the other, each as fast as the median", FORM),
    "1,000 queries cost": ("the hour's price times the hours that 1,000 queries take at the median", FORM),
}
LABELLING: Mapping[str, tuple[str, str]] = {
    "agreement": (
        "share of pairs of documents with different grades of yours that the source orders as you do; 50 % is chance",
        EXPLORER,
    ),
    "pairs": ("two documents of one query that you graded differently and the source scored both", FORM),
    "blind": (
        "the first documents of both systems, mixed: neither rank nor system is shown, so they cannot lead you",
        EXPLORER,
    ),
}
MAPPING: Mapping[str, tuple[str, str]] = {
    "map rank": ("place in the system's ranking of this query, from 1", FORM),
    "cosine": (
        "cosine of the query's and the document's vector, in all their dimensions and not in these two",
        "Salton 1971",
    ),
    "variance": (
        "share of the squared distances from the documents' mean that these two axes keep",
        "Pearson 1901, PCA",
    ),
}
COLLECTION: Mapping[str, tuple[str, str]] = {
    "judged queries": ("queries with at least one relevant document: only these can be measured", TREC),
    "split": ("train teaches, dev chooses the student, test is measured; they share no group of documents", EXPLORER),
}
PRINTED: Mapping[str, tuple[str, str]] = {  # of tables that the command line prints
    "Cohen's κ": ("agreement of two judges beyond what chance gives: 1 is full, 0 is chance", "Cohen 1960"),
    "Krippendorff's α": (
        "agreement of any number of judges, gaps allowed, larger disagreements counting more",
        "Krippendorff 2004",
    ),
    "gap closed": ("change of the student as a share of the change from the baseline to its teacher", EXPLORER),
}
FAILURES: Mapping[str, tuple[str, str]] = {
    name: (what, f"{EXPLORER}: evaluation/failures.py") for name, what in CLASSES.items()
}
SHOWN: Mapping[str, tuple[str, str]] = {
    **MEASURES,
    **COMPARISON,
    **FAILURES,
    **RANKING,
    **TEACHING,
    **TRAINING,
    **ANSWERING,
    **LABELLING,
    **MAPPING,
    **COLLECTION,
}
TERMS: Mapping[str, tuple[str, str]] = {**SHOWN, **PRINTED}  # name -> (sentence, source)


def taught(*names: str) -> dict[str, str]:
    """name -> sentence, as a view brings it along for tooltips; a measure by its own name, such as nDCG@10."""
    return {name: TERMS[name if name in TERMS else family(name)][0] for name in names}


def family(measure: str) -> str:
    """The term of a measure: nDCG@10 is nDCG@k, and AP@10 is AP."""
    name = re.sub(r"@\d+$", "@k", measure)
    return name if name in MEASURES else name.partition("@")[0]
