"""CSV as spreadsheets and LMS read and write it: separators, marks, and cells that are formulas."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.errors import ClassError

# Excel takes a cell that begins so for a formula, with full-width signs too, and drops white space
# before it. A sign alone is none.
_FORMULA = re.compile(r"[\s']*[=+\-@\t\uff1d\uff0b\uff0d\uff20].", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
csv.field_size_limit(2**24)  # a student's text typed into Moodle is one cell


def guarded(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would run."""
    return f"'{cell}" if _runs(cell) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _runs(cell[1:]) else cell


def _runs(cell: str) -> bool:
    return bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell)


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV, each cell guarded and on one line: LMS count lines, not rows.

    The header stays as it is, because an LMS knows its columns by it.
    """
    one_line = ([guarded(" ".join(cell.splitlines())) for cell in row] for row in rows)
    return csv_of([header, *one_line])


def csv_of(rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """The rows as CSV, just as they are."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def read_table(text: str, where: object = "CSV") -> list[list[str]]:
    """The rows of a CSV that have anything in them, the header first; cells are not unguarded."""
    text = text.removeprefix("\ufeff")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text)))
    except csv.Error as error:
        raise ClassError(f"this is no CSV ({error})", where, "Export it again.") from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise ClassError("the table is empty", where, "Export it again.")
    width = len(rows[0])
    return [row + [""] * (width - len(row)) for row in rows]


def separator_of(text: str) -> str:
    """Which separator the header has: Excel takes ";" where the comma is the decimal point."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    header = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=header.count)


def text_of(path: Path) -> str:
    """The text of a CSV file."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        what_now = 'Save it as "CSV UTF-8" in the spreadsheet.'
        raise ClassError("the text is not in UTF-8", path, what_now) from None
    except OSError as error:
        raise ClassError(f"cannot be read: {error.strerror}", path, "Check the path.") from None


def points(value: float) -> str:
    """Points as every LMS reads them: a point for the decimals, at most four of them, no 1e-5."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
