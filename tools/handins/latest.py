"""Which hand-in of a student counts: the latest one, where it is known to be one student."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tools.handins.handin import Handin, Student, shown
from tools.identity.person_ids import contested, identifying, told


def one_each(
    handins: Sequence[Handin], listed: Mapping[Student, object] | None = None
) -> tuple[tuple[Handin, ...], list[str]]:
    """Return each student's latest hand-in, and a note on each that does not count.

    A group's hand-in keeps only the students who have no later one. An id that stands for two
    people merges nothing. `listed`: the students who are in the roster, each with whatever stands
    for the row there, which alone then decides who is who.
    """
    listed = listed or {}
    everyone = [student for handin in handins for student in handin.students]
    shared = contested(student for student in everyone if student not in listed)
    # Moodle numbers groups as well as participants: one number for two of them is no surprise.
    notes = [told(key, who, "hand-ins") for key, who in shared.items() if key[0] != "lms_id"]

    def keys(student: Student) -> list[object]:
        if student in listed:
            return [("listed", listed[student])]
        return list(identifying(student, shared))

    latest: dict[object, Handin] = {}
    for handin in handins:
        for key in (key for student in handin.students for key in keys(student)):
            latest[key] = max(latest.get(key, handin), handin, key=_time)
    kept: list[Handin] = []
    for handin in handins:
        staying = []
        for student in handin.students:
            later = [latest[key] for key in keys(student) if latest[key] is not handin]
            if later:
                who = shown(student.name or student.email or student.sid or student.lms_id)
                notes.append(f"{who} handed in {handin.id} and {later[0].id}: the latter counts.")
            else:
                staying.append(student)
        if staying or not handin.students:
            kept.append(replace(handin, students=tuple(staying)))
    return tuple(kept), notes


def _time(handin: Handin) -> tuple[datetime, float, str]:
    submitted = datetime.min.replace(tzinfo=UTC)
    if handin.submitted:
        submitted = datetime.fromisoformat(handin.submitted)
        submitted = submitted if submitted.tzinfo else submitted.replace(tzinfo=UTC)
    return submitted, handin.file.stat().st_mtime if handin.file else 0.0, handin.id
