"""Written answers in a notebook, found by the text above them: editors rename cells."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.submission.reading import SubmissionError, read_notebook

ANSWER_TAG = "otter_answer_cell"
MAX_TEXT = 100_000  # characters of one answer
# Each part has an end, and none runs over the start of the next image: without both, a flood of
# starts takes a time that grows with its square.
_IMAGE = re.compile(r"!\[[^\[\]]{0,500}\]\([^()\[\]]{0,2000}\)|<img\b[^<>]*>", re.IGNORECASE)
# An image pasted as text, as some editors do: megabytes.
_DATA = re.compile(r"\bdata:[\w/+.-]+;base64,[\w+/=\s]*")


@dataclass(frozen=True)
class Essay:
    """One written answer, and how many images belong to it."""

    text: str
    images: int = 0


@dataclass(frozen=True)
class Prompt:
    """Where an answer belongs: the text above it, the cell's id, and the cell's initial text."""

    above: str
    cell: str
    placeholder: str


@dataclass(frozen=True)
class AnswerSheet:
    """The questions of a release answered in words. `given`: all the release's own texts."""

    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    given: frozenset[str] = frozenset()


def read_sheet(release: Mapping[str, Any], questions: Iterable[str]) -> AnswerSheet:
    """Find where the release expects the answers to these questions."""
    texts = _texts(release)
    prompts = {}
    for question in questions:
        prefix = question.split("_")[0]
        for above, cell in itertools.pairwise(texts):
            if ANSWER_TAG in cell.tags and cell.id.split("_")[0] == prefix:
                prompts[question] = Prompt(_plain(above.source), cell.id, _plain(cell.source))
    given = {_plain(cell.source) for cell in texts if ANSWER_TAG not in cell.tags}
    return AnswerSheet(prompts, frozenset(given))


def read_essays(file: Path, sheet: AnswerSheet, assignment: str | None = None) -> dict[str, Essay]:
    """Read the answers in a file; none if it is not a notebook."""
    if not sheet.prompts:
        return {}
    try:
        return essays(read_notebook(file, assignment), sheet)
    except SubmissionError:
        return {}


def essays(notebook: Mapping[str, Any], sheet: AnswerSheet) -> dict[str, Essay]:
    """Return the answer to each question of the sheet; an empty one if nothing was written."""
    texts = _texts(notebook)
    plain = [_plain(cell.source) for cell in texts]
    found = {}
    for question, prompt in sheet.prompts.items():
        cells = []
        if prompt.above in plain:
            for cell, text in list(zip(texts, plain, strict=True))[plain.index(prompt.above) + 1 :]:
                if text in sheet.given:
                    break
                cells.append(cell)
        else:
            cells = [cell for cell in texts if cell.id == prompt.cell]
        cells = [cell for cell in cells if _plain(cell.source) != prompt.placeholder]
        text = "\n\n".join(cell.source.strip() for cell in cells).strip()
        counted = _IMAGE.finditer(_DATA.sub("data", text)[:MAX_TEXT])
        found[question] = Essay(_DATA.sub("(an image)", text)[:MAX_TEXT], sum(1 for _ in counted))
    return found


@dataclass(frozen=True)
class _Text:
    id: str
    source: str
    tags: tuple[str, ...]


def _texts(notebook: Mapping[str, Any]) -> list[_Text]:
    """Return the Markdown cells. A student's notebook may hold anything anywhere."""
    found = []
    cells = notebook.get("cells")
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict) or cell.get("cell_type") not in ("markdown", "raw"):
            continue
        source = cell.get("source", "")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        tags = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        if isinstance(source, str):
            found.append(_Text(str(cell.get("id", "")), source, tuple(tags)))
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())
