"""What a submission is once it has been read: cells of code, and what lies beside them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_CELLS = 5_000
MAX_SOURCE = 2 * 2**20  # characters in all cells together: as long as a book

IGNORE_TAG = "otter_ignore"
_CHECK = re.compile(r"""\.\s*check\s*\(\s*["']([\w.-]+)["']""")
_OTTER_LINE = re.compile(r"\s*grader\s*\.\s*(?:check|check_all|export)\s*\(")


class SubmissionError(Exception):
    """Nothing in this file can be graded; the message is for the student."""


@dataclass(frozen=True)
class Cell:
    """One code cell."""

    source: str
    ignored: bool = False

    @property
    def checks(self) -> list[str]:
        """The questions that this cell checks."""
        return _CHECK.findall(self.source)

    @property
    def is_otters(self) -> bool:
        """Whether the cell does nothing but call Otter."""
        lines = [line for line in self.source.splitlines() if line.partition("#")[0].strip()]
        return bool(lines) and all(map(_OTTER_LINE.match, lines))

    @property
    def label(self) -> str:
        """The cell's name in messages: its first line."""
        first = self.source.strip().partition("\n")[0].strip() or "(empty)"
        return first if len(first) <= 50 else first[:49] + "…"


@dataclass(frozen=True)
class Submission:
    """The code of a submission, and the file's own metadata.

    files: modules that lie beside the notebook, by path from its folder. What the assignment
    itself puts there comes first: a file of the same path replaces the student's.
    """

    file: str
    cells: tuple[Cell, ...]
    assignment: str | None = None
    semester: str | None = None
    notes: tuple[str, ...] = field(default=())
    files: Mapping[str, bytes] = field(default_factory=dict)


def checked(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return the cells that hold code; raise a SubmissionError for none, or far too much."""
    cells = tuple(cell for cell in cells if cell.source.strip())
    if not cells:
        raise SubmissionError(
            "There is no code in this file. Is it the notebook that you worked in?"
        )
    if len(cells) > MAX_CELLS or sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise SubmissionError(
            "The notebook contains far more code than an answer needs. Remove what is not yours."
        )
    return cells
