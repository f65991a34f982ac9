"""CSV as spreadsheets and LMSs read and write it: separators, quotes, and formula cells."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tools.errors import ClassError
from tools.text_encoding import decoded

# Excel treats a cell that begins like this as a formula. It also accepts full-width signs, and
# drops leading white space. A sign alone is not a formula.
_FORMULA = re.compile(r"[\s']*[=+\-@\t\uff1d\uff0b\uff0d\uff20].", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
# The first line that Excel writes, and reads, when the separator is not the system's.
_DECLARED = re.compile(r"\s*\"?sep=(.)\"?[^\S\n]*\r?\n", re.IGNORECASE)
SAMPLED = 50  # rows that show which separator it is
_NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or another zip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
}
csv.field_size_limit(2**24)  # one cell holds a whole text that a student typed into Moodle


def guarded(cell: str) -> str:
    """Return the cell, with an apostrophe in front if a spreadsheet would run it."""
    return f"'{cell}" if _runs(cell) else cell


def unguarded(cell: str) -> str:
    """Undo `guarded`."""
    return cell[1:] if cell.startswith("'") and _runs(cell[1:]) else cell


def _runs(cell: str) -> bool:
    return bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell)


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return the rows as CSV, each cell guarded and on one line: LMSs count lines, not rows.

    The header is left unchanged, because an LMS identifies columns by it.
    """
    one_line = ([guarded(" ".join(cell.splitlines())) for cell in row] for row in rows)
    return csv_of([header, *one_line])


def csv_of(rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """Return the rows as CSV, unchanged."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def read_table(text: str, where: object = "CSV") -> list[list[str]]:
    """Return the non-empty rows of a CSV, header first; cells stay guarded."""
    separator = separator_of(text)
    text = _DECLARED.sub("", text.removeprefix("\ufeff"))
    _check_csv(text, separator, where, "Export it again.")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        raise ClassError("the table is empty", where, "Export it again.")
    width = len(rows[0])
    return [row + [""] * (width - len(row)) for row in rows]


def _check_csv(text: str, separator: str, where: object, what_now: str) -> None:
    """Raise a ClassError unless this is a CSV; a quote never closed takes in all rows below it."""
    reader = csv.reader(io.StringIO(f"{text}\nend", newline=""), delimiter=separator)
    try:
        (_, before), (last, _) = [([], 0), *((row, reader.line_num) for row in reader)][-2:]
        if last != ["end"]:
            raise csv.Error(f"the quote that opens in line {before + 1} is never closed")
    except csv.Error as error:
        raise ClassError(f"this is not a CSV file ({error})", where, what_now) from None


def separator_of(text: str) -> str:
    """Return the separator: Excel uses ";" where the comma is the decimal point.

    It is the one that gives most rows the same number of cells; a title above the header may have
    none, or another one.
    """
    text = text.removeprefix("\ufeff")
    if declared := _DECLARED.match(text):
        return declared[1]
    lines = [line for line in text.splitlines() if line.strip()]
    header = re.sub(r'"[^"]*"', "", lines[0] if lines else "")
    return max(",;\t|", key=lambda each: (_regular(text, each), header.count(each)))


def _regular(text: str, separator: str) -> int:
    """Return how many cells are in the rows of the most frequent width, if that is above one."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        widths = Counter(len(row) for row in itertools.islice(reader, SAMPLED) if any(row))
    except csv.Error:
        return 0
    return max((width * count for width, count in widths.items() if width > 1), default=0)


def text_of(path: Path) -> str:
    """Return the text of a CSV file, in whatever encoding."""
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise ClassError(f"cannot be read: {error.strerror}", path, "Check the path.") from None
    for start, what in _NO_TEXT.items():
        if contents.startswith(start):
            raise ClassError(f"this is {what}, not a CSV file", path, "Save it as CSV UTF-8.")
    return decoded(contents)


def points(value: float) -> str:
    """Format points for any LMS: a decimal point, at most four decimals, no exponent."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def numbered_rows(
    text: str, columns: Sequence[str], where: object, what_now: str, optional: Sequence[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table that staff filled in: the line each ends on, and its cells.

    Only the named columns count, in any order; those that are `optional` may be missing. Cells are
    unguarded, empty rows left out.
    """
    text = text.removeprefix("\ufeff")
    separator = separator_of(text)
    _check_csv(text, separator, where, what_now)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = [cell.strip().casefold() for cell in next(reader, [])]
    if missing := [name for name in columns if name not in header]:
        what = f"there is no column {', '.join(missing)}"
        raise ClassError(what, f"{where}, line 1", what_now)
    for row in reader:
        cells = dict(zip(header, (unguarded(cell.strip()) for cell in row), strict=False))
        if any(cells.values()):
            yield reader.line_num, {name: cells.get(name, "") for name in (*columns, *optional)}
