"""A folder of texts: .txt, .md and .pdf, cut into overlapping chunks; questions in questions.csv or .jsonl beside them.

The file is the group. A question may name its file in a column "file"; the chunks of that file that hold one of its
answers then have grade 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from explorer.collections import chunks, columns, read, rows
from explorer.collections.collection import Judgement, Parts, noted
from explorer.collections.stating import stated
from explorer.records import Document, ExplorerError, Query

KINDS = (".txt", ".md", ".markdown", ".pdf")
QUESTIONS = ("questions.csv", "questions.tsv", "questions.jsonl")
HEADING = re.compile(r"^#+[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


def recognise(path: Path) -> bool:
    """A text, or a folder in which most files are: a lone README does not make a folder one of texts."""
    if not path.is_dir():
        return path.is_file() and path.suffix.lower() in KINDS
    found = len(list(_files(path)))
    return found > 0 and 2 * found >= sum(file.is_file() for file in path.rglob("[!.]*"))


def load(path: Path) -> Parts:
    files = list(_files(path)) if path.is_dir() else [path]
    if not files or not all(file.exists() for file in files):
        raise ExplorerError(f"{path} holds no text; expected a folder with files ending in {', '.join(KINDS)}")
    root = path if path.is_dir() else path.parent
    documents: list[Document] = []
    silent, guessed = [], []
    for file in files:
        source = file.relative_to(root).as_posix()
        text, encoding = _pdf(file) if file.suffix.lower() == ".pdf" else read.decoded(file)
        heading = HEADING.search(text) if file.suffix.lower() != ".pdf" else None
        found = list(chunks.documents(source, heading[1] if heading else file.stem, text))
        documents += found
        silent += [] if found else [source]
        guessed += [f"{source} ({encoding})"] if encoding else []
    if not documents:
        raise ExplorerError(
            f"none of the {len(silent)} files of {path} holds text (first: {silent[0]}); a scanned PDF must go through OCR first"
        )
    notes = noted([("files without text", silent), (read.FOREIGN, guessed)])
    return replace(_questions(root, documents), documents=documents, notes=notes)


def _files(path: Path) -> Iterator[Path]:
    """Texts of the folder and its folders, hidden ones left out; a link that leads out of the folder is not followed."""
    root = path.resolve()
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if not hidden and file.suffix.lower() in KINDS and file.is_file() and file.resolve().is_relative_to(root):
            yield file


def _pdf(file: Path) -> tuple[str, str]:
    """(the text of all pages, two line ends between them, "")."""
    import logging

    import pypdf

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it reports every oddity of a file that can still be read
    try:
        reader = pypdf.PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ExplorerError(f"{file} needs a password; save a copy without one")
        return "\n\n".join(page.extract_text().strip() for page in reader.pages), ""
    except (pypdf.errors.PyPdfError, ValueError, KeyError, OSError) as error:
        raise ExplorerError(f"{file} is not a PDF that can be read ({error}); save it again, or take it out") from error


def _questions(root: Path, documents: Sequence[Document]) -> Parts:
    for name in QUESTIONS:
        if (root / name).is_file():
            asked = rows.READERS[Path(name).suffix](root / name)
            return _asked(asked, documents)
    return Parts((), ())


def _asked(asked: rows.Rows, documents: Sequence[Document]) -> Parts:
    groups: dict[str, list[Document]] = {}
    for doc in documents:
        groups.setdefault(doc.group, []).append(doc)
    queries, judgements = [], []
    for number, (where, row) in enumerate(asked, start=1):
        roles = columns.roles(row, where)
        text, file = (
            str(row.get(roles[role][0]) or "").strip() if role in roles else "" for role in ("query", "group")
        )
        answers = tuple(columns.texts(row, roles, "answers"))
        if file and file not in groups:
            raise ExplorerError(
                f"{where} names the file {file!r}, which the folder lacks; it has {', '.join(list(groups)[:5])}"
            )
        query = Query(f"q{number}", text, answers)
        queries.append(query)
        judgements += [Judgement(query.query_id, d.doc_id, 1) for d in groups.get(file, ()) if stated(d.text, answers)]
    return Parts((), queries, judgements)
