"""Which known bugs do exactly what a submission did.

It repeats the requests of a failed question's tests on the right answer and on each known bug, and
compares the answers with the submission's. A submission has a bug if the two agree wherever the bug
differs from the right answer. Results are compared piece by piece: two bugs that spoil different
gradients are both found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.requests.recorded import Known, Made, Record
from autograder.requests.tried import Trial

MOST_NAMED = 2
Pieces = list[dict | None]


@dataclass(frozen=True)
class Found:
    """A known bug that a submission has, and the places that it explains."""

    slug: str
    explained: set[tuple]


def diagnose(
    record: Record,
    calls: Sequence[Made],
    right: Pieces,
    namespace: dict[str, Any],
    bugs: Sequence[tuple[str, str]],
    known: Known | None = None,
) -> list[Found]:
    """Return at most two of `bugs`, given as (slug, code), the likeliest first.

    `namespace` has the right answers, and `right` is what they answer; `known` grows by what is
    repeated here.
    """
    known = {} if known is None else known
    trial = Trial(calls, record.differing(right), by_itself=True)
    found: list[Found] = []
    for slug, code in bugs:
        names = dict(namespace)
        try:
            exec(compile(code, f"<{slug}>", "exec"), names)
        except Exception:  # what it needs is not here; then it cannot be compared with anything
            continue
        # A few calls tell most of them apart, but not those that draw without a seed.
        if "default_rng()" not in code and trial.explained(names) is False:
            continue
        explained = record.explained(right, record.repeated(names, slug, known))
        if explained:
            found.append(Found(slug, explained))
    return _named(found)


def _named(found: Sequence[Found]) -> list[Found]:
    """Return the bug that explains most, and one more that explains something else or the same."""
    found = sorted(found, key=lambda bug: -len(bug.explained))  # stable: ties stay in file order
    named: list[Found] = []
    for bug in found:
        most = found[0].explained
        if not named or not bug.explained <= most or bug.explained == most:
            named.append(bug)
    return named[:MOST_NAMED]
