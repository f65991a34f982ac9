"""What there is to say of a failed question: its known bugs, or how its results are related."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.diagnosis.known_bugs import diagnose
from autograder.diagnosis.relations import Relation, relate
from autograder.requests.recorded import Known, Made, Record


@dataclass(frozen=True)
class Explanation:
    """The slugs of known bugs, or relations where there are none; both may be missing."""

    slugs: Sequence[str] = ()
    relations: Sequence[Relation] = ()


def explain(
    record: Record,
    namespace: dict[str, Any],
    bugs: Sequence[tuple[str, str]],
    source: str = "",
    known: Known | None = None,
) -> Explanation:
    """Return what explains the answers of a submission.

    `namespace` has the right answers; `bugs`: known ones, as (slug, code); `source`: of the right
    answer, "" for known bugs alone; `known` grows by what is repeated here.
    """
    known = {} if known is None else known
    right = list(record.repeated(namespace, known=known))
    wrong = record.differing(right)
    if not wrong:
        return Explanation()
    calls = record.calls(namespace, known)
    bugs_found = diagnose(record, calls, right, namespace, bugs, known)
    slugs = [bug.slug for bug in bugs_found]
    if not source or wrong <= set().union(*(bug.explained for bug in bugs_found)):
        return Explanation(slugs)
    related = relate(calls, source)
    # Half of a mistake may look like a known bug, whose hint says that the other half is right.
    better = [each for each in related if _explains_all(each, calls, wrong)]
    if better or not slugs:
        return Explanation(relations=better or related)
    return Explanation(slugs)


def _explains_all(relation: Relation, calls: Sequence[Made], wrong: set[tuple]) -> bool:
    returned = {
        call.place
        for call in calls
        if call.name == relation.function and "value" in call.right and "value" in call.theirs
    }
    return relation.whole and {place[:2] for place in wrong} <= returned
