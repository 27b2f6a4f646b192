"""Is a generated answer right? Exact match and token F1 against reference answers, as SQuAD and QASPER count them.

SQuAD: Rajpurkar et al. 2016, evaluate-v2.0.py. QASPER: Dasigi et al. 2021, whose yes/no answers are the words
"Yes" and "No".
"""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence

from explorer.records import ExplorerError

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(answer: str) -> str:
    """SQuAD's normal form: lower case, no ASCII punctuation, no English articles, single blanks."""
    return " ".join(_ARTICLES.sub(" ", answer.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, references: Sequence[str]) -> float:
    """1.0 if the normal form equals that of any reference, else 0.0. Rajpurkar et al. 2016."""
    _require(references)
    return float(normalise(prediction) in {normalise(reference) for reference in references})


def token_f1(prediction: str, references: Sequence[str]) -> float:
    """The largest F1 in [0, 1] over the references (SQuAD: Rajpurkar et al. 2016; QASPER: Dasigi et al. 2021).

    F1 is of the two bags of words in normal form; two empty ones are equal, an empty and a filled one share nothing.
    """
    _require(references)
    return max(_f1(normalise(prediction).split(), normalise(reference).split()) for reference in references)


def _f1(predicted: list[str], expected: list[str]) -> float:
    if not predicted or not expected:
        return float(predicted == expected)
    shared = (Counter(predicted) & Counter(expected)).total()
    return 2 * shared / (len(predicted) + len(expected))


def _require(references: Sequence[str]) -> None:
    if isinstance(references, str):  # would be read letter by letter and score 0
        raise ValueError(f"references are a sequence of answers, not one string: pass ({references!r},)")
    if not references:
        raise ValueError("a query without reference answers has no score, not 0: leave it out before scoring")


def choose(likelihoods: Mapping[str, float]) -> str:
    """The option with the highest log-likelihood; among equals the first."""
    if not likelihoods:
        raise ValueError("there is nothing to choose from: pass at least one option")
    if bad := [option for option, value in likelihoods.items() if math.isnan(value)]:
        # NaN compares false with everything: max would return whichever option stands first
        raise ExplorerError(
            f"the log-likelihood of {len(bad)} options is NaN (first: {bad[0]!r}); it must be a number: check the model that produced it"
        )
    return max(likelihoods, key=likelihoods.__getitem__)
