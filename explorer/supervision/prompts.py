"""What the reader is asked. The passage stands before the question, so that its key/value cache can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from explorer.records import ExplorerError


@dataclass(frozen=True, slots=True)
class Prompt:
    """``with_document`` and ``without_document`` end where the continuation to be scored begins.

    ``chat``: the text is sent as a user's message through the model's own chat template.
    """

    name: str
    with_document: str
    without_document: str
    joint: str = " "
    chat: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """A prompt's text with the character range of its document (empty range: none)."""

    text: str
    start: int
    end: int


PROMPTS: Mapping[str, Prompt] = {
    prompt.name: prompt
    for prompt in (
        Prompt("passage", "Passage: {document}\n\nQuestion: {question}\nAnswer:", "Question: {question}\nAnswer:"),
        Prompt(
            "context",
            "Context:\n{document}\n\nUsing the context, answer briefly.\nQ: {question}\nA:",
            "Answer briefly.\nQ: {question}\nA:",
        ),
        Prompt(
            "chat",
            "Read the passage and answer the question in a few words.\n\nPassage: {document}\n\nQuestion: {question}",
            "Answer the question in a few words.\n\nQuestion: {question}",
            joint="",
            chat=True,
        ),
        # how useful a passage is, as a digit or as yes or no (gold:judge, rerank:yesno)
        Prompt(
            "grade",
            "Passage: {document}\n\nQuestion: {question}\nHow well does the passage answer the question, "
            "from 0 (not at all) to 3 (completely)? Grade:",
            "",
        ),
        Prompt(
            "yesno",
            "Passage: {document}\n\nQuestion: {question}\nDoes the passage answer the question, Yes or No? Answer:",
            "",
        ),
        # the likelihood of the query itself, for reranking without an answer (Sachan et al. 2022)
        Prompt("question", "Passage: {document}\n\nA question that this passage answers:", "A question:"),
    )
}
DEFAULT_PROMPT = "passage"


def prompt_named(name: str) -> Prompt:
    if name not in PROMPTS:
        raise ExplorerError(f"unknown prompt {name!r}; choose from {', '.join(PROMPTS)}")
    return PROMPTS[name]


def fill(prompt: Prompt, question: str, document: str | None, tokenizer: Any) -> Filled:
    """The prompt for one question, with or without a document."""
    if document is None:
        text = prompt.without_document.format(question=question)
        return Filled(_through_chat(prompt, text, tokenizer), 0, 0)
    head, tail = prompt.with_document.split("{document}")
    text = _through_chat(prompt, head + document + tail.format(question=question), tokenizer)
    start = text.index(head + document) + len(head)
    return Filled(text, start, start + len(document))


def _through_chat(prompt: Prompt, text: str, tokenizer: Any) -> str:
    if not prompt.chat:
        return text
    if not getattr(tokenizer, "chat_template", None):
        raise ExplorerError(
            f"the reader has no chat template, which the prompt {prompt.name!r} needs; choose the prompt passage or context"
        )
    message = [{"role": "user", "content": text}]
    return str(tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True))


RATIONALE = (
    "Question: {question}\nAnswer: {answer}\nExplain in one or two sentences why this answer is correct.\nExplanation:"
)
RATIONALE_BLIND = "Question: {question}\nWhat would a passage that answers this question say?\nPassage:"
ANSWER = "{passages}Question: {question}\nAnswer in a few words.\nAnswer:"


Written = TypeVar("Written", str, list[int])


def without_middle(prompt: Written, room: int) -> Written:
    """At most ``room`` letters or tokens of a prompt: its beginning, and the last quarter of the room.

    A prompt holds its best documents first and its question last.
    """
    tail = room // 4
    return prompt if len(prompt) <= room else prompt[: room - tail] + prompt[len(prompt) - tail :]


def answer_text(question: str, documents: Sequence[str]) -> str:
    """What the reader completes with an answer; the passages stand before the question."""
    return ANSWER.format(passages="".join(f"Passage: {text}\n\n" for text in documents), question=question)
