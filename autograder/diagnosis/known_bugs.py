"""Which known bugs do exactly what a submission did.

It repeats the requests of a failed question's tests on the right answer and on each known bug, and
compares the answers with the submission's. A submission has a bug if the two agree wherever the bug
differs from the right answer. Results are compared piece by piece: two bugs that spoil different
gradients are both found.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from autograder.requests.recorded import Known, Record, Session

MOST_NAMED = 2


def diagnose(
    sessions: Sequence[Session],
    namespace: dict[str, Any],
    bugs: Sequence[tuple[str, str]],
    reset: Callable[[], None],
    known: Known | None = None,
    variables: Collection[str] = (),
) -> list[str]:
    """Return the slugs of at most two of `bugs`, given as (slug, code), the likeliest first.

    `namespace` has the right answers; `reset` seeds all generators as for the submission; `known`
    grows by what is repeated here; `variables`: names whose values are answers.
    """
    record = Record(sessions, variables, reset)
    known = {} if known is None else known
    right = list(record.repeated(namespace, "", known))
    found: list[tuple[str, set]] = []
    for slug, code in bugs:
        names = dict(namespace)
        try:
            exec(compile(code, f"<{slug}>", "exec"), names)
        except Exception:  # what it needs is not here; then it cannot be compared with anything
            continue
        explained = record.explained(right, record.repeated(names, slug, known))
        if explained:
            found.append((slug, explained))
    return _named(found)


def _named(found: list[tuple[str, set]]) -> list[str]:
    """Return the bug that explains most, and one more that explains something else or the same."""
    found = sorted(found, key=lambda bug: -len(bug[1]))  # stable: ties stay in file order
    named: list[str] = []
    for slug, explained in found:
        if not named or not explained <= found[0][1] or explained == found[0][1]:
            named.append(slug)
        if len(named) == MOST_NAMED:
            break
    return named
