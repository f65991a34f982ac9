"""Whose a hand-in is: what is known of its students, looked up in the roster."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.handins.clues import guess
from tools.handins.handin import Handin, Student, shown
from tools.handins.latest import one_each
from tools.handins.roster_index import Index
from tools.identity.person_ids import contested, keys_of, repaired, told


@dataclass(frozen=True)
class Matched:
    """A class held against its roster. `strangers`: hand-ins with a student who is not in it."""

    handins: tuple[Handin, ...]
    missing: list[Student]
    strangers: list[Handin]
    notes: tuple[str, ...] = ()
    # Each student who was found, with the row that was found.
    listed: dict[Student, Student] | None = None


def match(handins: Sequence[Handin], roster: Sequence[Student], assignment: str = "") -> Matched:
    """Return the hand-ins with completed students, who handed in nothing, and strangers.

    A hand-in under a group's name belongs to its members. Two by one student are both kept: see
    `settled`.
    """
    everyone = [student for handin in handins for student in handin.students]
    shared = contested(everyone)
    index = Index(roster, shared)
    notes = [told(key, who, "roster") for key, who in index.contested.items()]
    told_of = {*shared} - {*index.contested}
    notes += [told(key, shared[key], "hand-ins") for key in told_of if key[0] != "lms_id"]
    rows: list[list[tuple[Student, Student | None]]] = []
    for handin in handins:
        found: list[tuple[Student, Student | None]] = [
            (student, index.find(student)) for student in handin.students
        ]
        if len(found) <= 1 and not any(listed or who.email or who.sid for who, listed in found):
            found, why = _guessed(handin, found, index, assignment)
            notes += [f"{handin.id}: {why}"] if why else []
        rows.append(found)
    notes += _rivals(handins, rows, index)
    return _completed_class(handins, rows, roster, notes)


def _guessed(handin: Handin, found: list, index: Index, assignment: str) -> tuple[list, str]:
    """Return whom the parts of the path name, or else what was found, and a note."""
    names = [student.name for student in handin.students]
    guessed = guess(index, [*handin.clues, *names], assignment)
    if not guessed.students:
        return found, guessed.why
    # The number in an LMS's name is one student's; a group has others.
    base = found[0][0] if found and not handin.clues else Student()
    alone = len(guessed.students) == 1
    return [(base if alone else Student(), each) for each in guessed.students], guessed.why


def _rivals(handins, rows, index: Index) -> list[str]:
    """Undo matches by name alone where another's id or two different ids say it is not so."""
    claims: dict[Student, list[tuple[int, int, Student]]] = defaultdict(list)
    for at, row in enumerate(rows):
        for place, (student, found) in enumerate(row):
            if found and keys_of(student):
                claims[found].append((at, place, student))
    notes = []
    for found, claimed in claims.items():
        sure = [each for each in claimed if index.identified(each[2]) == found]
        for at, place, student in claimed:
            if (at, place, student) in sure:
                continue
            others = [each for each in sure or claimed if each[0] != at]
            if any(_contradict(student, other) for *_, other in others):
                rows[at][place] = (student, None)
                who = shown(found.name or found.email or found.sid)
                notes.append(
                    f"{handins[at].id}: the name is that of {who}, but another hand-in has it "
                    "too, with other ids. Whose it is cannot be known."
                )
    return notes


def _contradict(one: Student, other: Student) -> bool:
    theirs = dict(keys_of(other))
    return any(
        kind in theirs and repaired(kind, theirs[kind]) != repaired(kind, value)
        for kind, value in keys_of(one)
    )


def _completed_class(handins, rows, roster, notes: list[str]) -> Matched:
    completed, strangers, seen = [], [], set()
    listed: dict[Student, Student] = {}
    for handin, row in zip(handins, rows, strict=True):
        seen.update(found for _, found in row if found)
        students = tuple(dict.fromkeys(_completed(student, found) for student, found in row))
        listed |= {_completed(student, found): found for student, found in row if found}
        completed.append(replace(handin, students=students))
        if not row or any(found is None for _, found in row):
            strangers.append(completed[-1])
    missing = [each for each in roster if each not in seen]
    return Matched(tuple(completed), missing, strangers, tuple(notes), listed)


def _completed(student: Student, listed: Student | None) -> Student:
    """Complete a student from the roster, whose values take precedence."""
    if listed is None:
        return student
    return Student(**{key: getattr(listed, key) or value for key, value in vars(student).items()})


def settled(matched: Matched) -> Matched:
    """Keep each student's latest hand-in; the roster may show that two names are one student."""
    handins, notes = one_each(matched.handins, matched.listed)
    ids = {handin.id for handin in handins}
    strangers = [handin for handin in matched.strangers if handin.id in ids]
    return replace(matched, handins=handins, strangers=strangers, notes=(*matched.notes, *notes))


def nobody_matches(handins: Sequence[Handin], roster: Sequence[Student], where: object) -> str:
    """Say that no hand-in is by anybody in the roster, with examples of both."""

    def some(names: list[str]) -> str:
        return ", ".join(shown(name, 40) for name in names[:3]) + (", …" if len(names) > 3 else "")

    theirs = [h.students[0].name if h.students else h.id for h in handins]
    number = f"{len(handins)} hand-in{'' if len(handins) == 1 else 's'}"
    listed = [s.name or s.email or s.sid or s.lms_id for s in roster]
    return (
        f"Nobody matches: none of {number} ({some(theirs)}) is by one of the "
        f"{len(roster)} students in {where} ({some(listed)}). Is it the roster of this class?"
    )
