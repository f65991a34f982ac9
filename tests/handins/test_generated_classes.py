"""Classes of any people in any form: no hand-in disappears, nobody stands twice, none are merged.

The people have different names; their ids collide, are placeholders, or are missing.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from test_classlist import notebook

from tools.file_names import folded
from tools.gradebook.gradebook import Gradebook
from tools.gradebook.lines import Status
from tools.gradebook.roll import Class
from tools.handins.classlist import read_class
from tools.handins.handin import Student
from tools.handins.people import match, settled
from tools.identity.person_ids import keys_of
from tools.identity.person_names import alike

NAMES = [
    "Łukasz Wałęsa",
    "Anna Lee",
    "Lucas Ode",
    "李小龙",
    "Анна Петрова",
    "שרה לוי",
    "José Núñez",
]
IDS = ["", "N/A", "7", "007", "S9", "2.024E+11"]
BUNDLE = SimpleNamespace(name="tiny", questions=(), answers=())  # all that rows ask of it
CONTENTS = {"fine": notebook("tiny"), "empty": b"", "paper": b"%PDF-1.7", "zip": b"PK\x03\x04 torn"}


@dataclass(frozen=True)
class One:
    """One hand-in: whose it is, and what is in it."""

    person: int
    contents: str = "fine"


people = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(IDS), st.sampled_from(IDS)),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each[0],
).map(lambda found: [Student(n, f"{e}@u.edu" if e else "", sid) for n, e, sid in found])
handed_in = st.lists(
    st.builds(One, st.integers(0, 4), st.sampled_from([*CONTENTS])), min_size=1, max_size=6
)


def canvas(n: int, who: Student, person: int) -> str:
    return f"{''.join(who.name.split()).lower()}_{40 + person}_{900 + n}_tiny"


def moodle(n: int, who: Student, person: int) -> str:
    return f"{who.name}_{40 + person}_assignsubmission_file/tiny{n}"


def brightspace(n: int, who: Student, person: int) -> str:
    return f"{70 + n}-9 - {who.name} - Mar 1, 2026 10{n} PM/tiny"


def blackboard(n: int, who: Student, person: int) -> str:
    user = who.sid.replace("/", "") or f"user{person}"
    return f"Lab_{user}_attempt_2026-03-01-12-0{n}-00_tiny"


def own_folders(n: int, who: Student, person: int) -> str:
    return f"{who.name} {n}/tiny"


def by_number(n: int, who: Student, person: int) -> str:
    return f"{who.sid.replace('/', '') or 'nobody'} {n}/tiny"


def gradescope(n: int, who: Student, person: int) -> str:
    return f"submission_{n}/tiny"


def metadata(owners: list[Student]) -> str:
    """Return what Gradescope says of the people: all that is known, collisions and all."""
    about = {
        f"submission_{n}": {
            ":submitters": [{":name": who.name, ":sid": who.sid, ":email": who.email}],
            ":created_at": f"2026-03-01 12:0{n}:00 Z",
        }
        for n, who in enumerate(owners)
    }
    return yaml.safe_dump(about, allow_unicode=True)


NAMED = (canvas, moodle, brightspace, gradescope, own_folders)


@settings(max_examples=40, deadline=None)
@given(
    people,
    handed_in,
    # Gradescope tells most of people, so most can go wrong there.
    st.sampled_from([*[gradescope] * 5, *NAMED, blackboard, by_number]),
    st.booleans(),
    st.sets(st.integers(0, 4)),
)
def test_hand_ins_in_are_rows_and_listed_refusals(everyone, ones, form, with_roster, dropped):
    # Something must be there to grade, or all is refused at once; nothing later replaces the last.
    ones = [*ones[:-1], One(ones[-1].person)]
    whose, packages = {}, set()
    folder = Path(tempfile.mkdtemp())
    try:
        for n, one in enumerate(ones):
            person = one.person % len(everyone)
            suffix = {"paper": ".pdf", "zip": ".zip"}.get(one.contents, ".ipynb")
            path = folder / "class" / (form(n, everyone[person], person) + suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(CONTENTS[one.contents] + b"\n" * n)
            whose[path] = everyone[person]
            packages.add(person if form in (canvas, moodle) else n)
        if form is gradescope:
            text = metadata([everyone[one.person % len(everyone)] for one in ones])
            (folder / "class/submission_metadata.yml").write_text(text, encoding="utf-8")
        roster = [who for n, who in enumerate(everyone) if n not in dropped] if with_roster else []
        found = read_class([folder / "class"], folder / "unpacked", None, "tiny", roster)
        check(found, roster, whose, form, len(packages), folder)
    finally:
        shutil.rmtree(folder)


def check(found, roster, whose, form, packages, folder) -> None:
    # Each package of the download has arrived, or is named as left out.
    left_out = sum("left out" in note or "not graded" in note for note in found.notes)
    assert len(found.arrived) + left_out >= packages
    matched = settled(match(found.handins, roster, "tiny")) if roster else None
    kept = matched.handins if matched else found.handins
    notes = (*found.notes, *(matched.notes if matched else ()))
    missing = matched.missing if matched else ()
    roll = Class(BUNDLE, missing, notes=notes, arrived=found.arrived)
    book = Gradebook(folder / "out", roll)
    for handin in kept:
        book.lines += roll.lines(handin, Status.UNREADABLE, None)
    book.lines += roll.missing_lines()
    assert book.account().startswith(f"{len(found.arrived)} hand-in")
    ids = [handin.id for handin in kept]
    assert len({*map(folded, found.arrived)}) == len(found.arrived) and {*ids} <= {*found.arrived}
    # Nobody has two rows, and a row is of the person who handed in, or of nobody known.
    listed = [line.student for line in book.lines if line.student in roster]
    assert len(listed) == len({*listed})
    # Whose id is somebody else's in the roster is taken for that one: nobody could know better.
    taken = {key for each in roster for key in keys_of(each)}
    known = {o for o in whose.values() if o in roster or taken.isdisjoint(keys_of(o))}
    for handin in kept:
        if handin.file is not None and form in NAMED and whose[handin.file] in known:
            owner = whose[handin.file]
            for student in handin.students:
                assert not student.name or alike(student.name, owner.name) or is_path(student)
                assert student not in roster or student == owner
    # Who is said to have replaced a hand-in of theirs has a hand-in here.
    gone = {*found.arrived} - {*ids}
    if form in NAMED:
        assert len({owner.name for owner in known}) <= len(kept)
    assert len(gone) == len(found.arrived) - len(kept)


def is_path(student: Student) -> bool:
    """Return whether the name is only what Canvas or a folder calls the hand-in."""
    return student.email == student.sid == ""
