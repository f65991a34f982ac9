"""The YAML in a master's cells: what a question, a test or the assignment says about itself."""

from collections.abc import Collection
from typing import Any

from tools.errors import AuthorError, Place, nearest


def read(lines: list[str], first: int, keys: Collection[str], where: Place) -> dict[str, Any]:
    """The mapping in `lines`, the first of which is line `first` of its cell."""
    # YAML is needed only when a master is parsed; a build with nothing to do does without.
    import yaml

    try:
        values = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first + mark.line if mark else first
        raise AuthorError(
            f"this is not YAML: {getattr(error, 'problem', error)}",
            Place(where.file, where.cell, line),
            'Write one "key: value" in a line, and put texts with ":" or "#" in quotes.',
        ) from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise AuthorError(
            "the cell's YAML is not a mapping",
            Place(where.file, where.cell, first),
            'Write one "key: value" in a line.',
        )
    check_keys(values, keys, lines, first, where)
    return values


def check_keys(
    values: dict, keys: Collection[str], lines: list[str], first: int, where: Place
) -> None:
    """Raise for the first key that is not one of `keys`."""
    for key in values:
        if key not in keys:
            raise AuthorError(
                f'the key "{key}" is unknown',
                line_of(str(key), lines, where, first),
                nearest(str(key), list(keys)),
            )


def is_number(value: object) -> bool:
    """Whether a value is a number of points; YAML's `true` is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def line_of(key: str, lines: list[str], where: Place, first: int = 1) -> Place:
    """The line of a cell where a key stands, or the first where it should stand."""
    found = (i for i, line in enumerate(lines) if line.lstrip(" {,").startswith(key))
    return Place(where.file, where.cell, first + next(found, 0))
