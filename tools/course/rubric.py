"""Rubrics: the criteria by which a written answer is marked, from assignment.toml.

[rubrics.q13_extrapolation]
"Says up to which n it counts" = 2
"""

import math
from collections.abc import Mapping

from tools.course.rules import LineOf
from tools.errors import AuthorError, Place

# Criteria with their points, in the order in which they are ticked.
Rubric = tuple[tuple[str, float], ...]


def parse_rubrics(table: Mapping[str, object], file: str, line_of: LineOf) -> dict[str, Rubric]:
    """Parse the table [rubrics]; its questions are checked later, against the tests."""
    found = {}
    for question, criteria in table.items():
        if not isinstance(criteria, dict) or not criteria:
            place = Place(file, line=line_of(f"[rubrics.{question}") or line_of(question))
            what = f"[rubrics.{question}] has no criteria"
            raise AuthorError(what, place, 'Below it, write lines such as "Names the gate" = 2.')
        for criterion, points in criteria.items():
            if type(points) not in (int, float) or not 0 < points < math.inf:
                place = Place(file, line=line_of(criterion))
                what = f'the criterion "{criterion}" has no number of points above 0'
                raise AuthorError(what, place, f'Write "{criterion}" = 2, or another number.')
        found[question] = tuple((key, float(value)) for key, value in criteria.items())
    return found
