"""Rules for marks: what being late costs, and where points beyond the maximum are meant."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from tools.errors import AuthorError, Place, nearest_key

LineOf = Callable[[str], int | None]


@dataclass(frozen=True)
class LateRule:
    """What late hand-ins lose: `percent_per_day` of their points for each day that has begun.

    free_days: late days that cost nothing; grace_minutes: not late yet; last_day: after that many
    late days there are no points, 0 for no limit; due: due dates by assignment, needed only where
    the LMS says when something was handed in but not how late that was.
    """

    percent_per_day: float
    free_days: int = 0
    grace_minutes: float = 0.0
    last_day: int = 0
    due: Mapping[str, datetime] = field(default_factory=dict)


_KEYS = tuple(each.name for each in fields(LateRule))
_EXAMPLES = {key: f"{key} = 1" for key in _KEYS} | {"due": "[late.due]"}


def parse_late(table: Mapping[str, object], file: str, line_of: LineOf) -> LateRule | None:
    """Parse the table [late] of course.toml; without it, being late costs nothing."""
    if not table:
        return None
    for key, value in table.items():
        place = Place(file, line=line_of(key))
        if key not in _KEYS:
            raise AuthorError(
                f'the key "{key}" below [late] is unknown', place, nearest_key(key, _EXAMPLES)
            )
        if key != "due":
            _check_number(key, value, place)
    if "percent_per_day" not in table:
        place = Place(file, line=line_of(next(iter(table))))
        remedy = "Write percent_per_day = 10, or remove the table: then being late costs nothing."
        raise AuthorError("[late] does not say what a day costs", place, remedy)
    due = table.get("due", {})
    for name, moment in due.items() if isinstance(due, dict) else [("due", None)]:
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            remedy = f"Write {name} = 2026-03-01T23:59:00+01:00 below [late.due]."
            what = f'"{name}" is not a moment with its distance from UTC'
            raise AuthorError(what, Place(file, line=line_of(name)), remedy)
    return LateRule(**table)


def _check_number(key: str, value: object, place: Place) -> None:
    most = 100 if key == "percent_per_day" else math.inf
    whole = key in ("free_days", "last_day")
    kinds = (int,) if whole else (int, float)
    if type(value) not in kinds or not 0 <= value <= most or not math.isfinite(value):
        kind = "a whole number" if whole else "a number"
        upto = "of at least 0" if most == math.inf else "from 0 to 100"
        raise AuthorError(f'"{key}" is not {kind} {upto}', place, f"Write {key} = 1.")


def parse_extra_credit(table: Mapping[str, object], file: str, line_of: LineOf) -> dict[str, float]:
    """Parse the table [extra_credit]; its questions are checked later, against the tests."""
    for key, value in table.items():
        if type(value) not in (int, float) or not 0 < value < math.inf:
            what = f'"{key}" below [extra_credit] is not a number of points above 0'
            remedy = f"Write {key} = 5 for at most 5 points beyond the maximum."
            raise AuthorError(what, Place(file, line=line_of(key)), remedy)
    return {key: float(value) for key, value in table.items()}
