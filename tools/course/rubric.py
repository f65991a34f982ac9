"""Rubrics: the criteria by which a written answer is marked, from assignment.toml.

[rubrics.q13_extrapolation]
"Says up to which n it counts" = 2
"""

import math
import tomllib
from pathlib import Path

from tools.course.settings import line_of
from tools.errors import AuthorError, Place

Rubric = tuple[tuple[str, float], ...]


def read_rubrics(root: Path, name: str) -> dict[str, Rubric]:
    """Read the rubrics of an assignment by question; none without an assignment.toml."""
    file = f"assignments/{name}/assignment.toml"
    if not (root / file).is_file():
        return {}
    return parse_rubrics((root / file).read_text(encoding="utf-8"), file)


def parse_rubrics(text: str, file: str) -> dict[str, Rubric]:
    """Parse the table [rubrics] of an assignment.toml."""
    found = {}
    for question, criteria in tomllib.loads(text).get("rubrics", {}).items():
        if not isinstance(criteria, dict) or not criteria:
            place = Place(file, line=line_of(text, f"[rubrics.{question}"))
            what = f"[rubrics.{question}] has no criteria"
            raise AuthorError(what, place, 'Below it, write lines such as "Names the gate" = 2.')
        for criterion, points in criteria.items():
            if type(points) not in (int, float) or not 0 < points < math.inf:
                place = Place(file, line=line_of(text, criterion))
                what = f'the criterion "{criterion}" has no number of points above 0'
                raise AuthorError(what, place, f'Write "{criterion}" = 2, or another number.')
        found[question] = tuple((key, float(value)) for key, value in criteria.items())
    return found
