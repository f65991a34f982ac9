"""The YAML in a master's cells: settings of a question, a test or the assignment."""

import math
from collections.abc import Mapping
from typing import Any

from tools.errors import AuthorError, Place, nearest_key


def read(lines: list[str], first: int, keys: Mapping[str, str], where: Place) -> dict[str, Any]:
    """Return the mapping in `lines`; the first of them is line `first` of its cell.

    keys: those it may have, each with an example.
    """
    # Imported here because a build with nothing to do never needs YAML.
    import yaml

    try:
        values = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first + mark.line if mark else first
        raise AuthorError(
            f"this is not YAML: {getattr(error, 'problem', error)}",
            Place(where.file, where.cell, line),
            'Write one "key: value" per line, and put texts with ":" or "#" in quotes.',
        ) from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise AuthorError(
            "the cell's YAML is not a mapping",
            Place(where.file, where.cell, first),
            'Write one "key: value" per line.',
        )
    check_keys(values, keys, lines, first, where)
    return values


def check_keys(
    values: dict, keys: Mapping[str, str], lines: list[str], first: int, where: Place
) -> None:
    """Raise an AuthorError for the first key that is not one of `keys`."""
    for key in values:
        if key not in keys:
            raise AuthorError(
                f'the key "{key}" is unknown',
                line_of(str(key), lines, where, first),
                nearest_key(str(key), keys),
            )


def is_number(value: object) -> bool:
    """Return whether a value is a finite number; YAML's `true` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def line_of(key: str, lines: list[str], where: Place, first: int = 1) -> Place:
    """Return the line of a key in a cell, or the first line if the key is missing."""
    found = (i for i, line in enumerate(lines) if line.lstrip(" {,").startswith(key))
    return Place(where.file, where.cell, first + next(found, 0))
