"""A class of 60 in each form in which it is exported: graded, adjusted, regraded, sent back.

What must come out is computed here by hand rules, from the points written into the hand-ins; not
by anything of the product.
"""

import csv
import io
from dataclasses import dataclass

import pytest
from test_class_desk import desk  # noqa: F401 - a fixture
from test_grade_class import rows

FIRST = ["Łukasz", "Anna", "小龙", "José", "Şeyma", "Søren", "Анна", "שרה"]
FIRST += ["محمد", "Zoë", "Ngọc", "Bo"]
LAST = ["Wałęsa", "Иванов", "李", "García", "Çelik", "Ødegård", "לוי", "Núñez", "O'Brien", "Lee"]


@dataclass(frozen=True)
class Person:
    """One of sixty; no two have the same name."""

    number: int

    @property
    def first(self) -> str:
        return FIRST[self.number % 12]

    @property
    def last(self) -> str:
        return LAST[self.number % 10] + ("" if self.number < 30 else " Öz")

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def low(self) -> str:
        """As Canvas writes it: last and first name, letters only, in lower case."""
        return "".join(c for c in self.last + self.first if c.isalpha()).lower()

    @property
    def sid(self) -> str:
        return f"{self.number:03}70"

    @property
    def email(self) -> str:
        return f"u{self.number}@uni.edu"

    @property
    def lms(self) -> str:
        return str(4000 + self.number)

    @property
    def points(self) -> int:
        """What the hand-in is worth in the first question, of 30."""
        return 7 * self.number % 29


CLASS = [Person(number) for number in range(60)]
# What staff decide, and whose points they have entered into the LMS themselves.
ADJUSTED, EXCUSED, ADDED, KEPT = CLASS[7], CLASS[11], CLASS[23], CLASS[31]


def total(person: Person) -> int | None:
    """70 points for two questions; one more in the first for all after the regrade."""
    if person == EXCUSED:
        return None
    first = 11 if person == ADJUSTED else person.points + 1
    return 70 + first + (2 if person == ADDED else 0)


# --- the forms ----------------------------------------------------------------------------------


def canvas(p: Person) -> str:
    return f"{p.low}_{'LATE_' if p.number % 9 == 4 else ''}{p.lms}_{9000 + p.number}_tiny.ipynb"


def moodle(p: Person) -> str:
    return f"{p.name}_{p.lms}_assignsubmission_file/tiny.ipynb"


def moodle_flat(p: Person) -> str:
    return f"{p.name}_{p.lms}_assignsubmission_file_tiny.ipynb"


def brightspace(p: Person) -> str:
    return f"{7000 + p.number}-99 - {p.name} - Mar 1, 2026 {100 + p.number % 60} PM/tiny.ipynb"


def blackboard(p: Person) -> str:
    user = p.email.partition("@")[0]
    return f"Lab 3_{user}_attempt_2026-03-01-12-{p.number:02}-00_tiny.ipynb"


def gradescope(p: Person) -> str:
    return f"submission_{p.number}/tiny.ipynb"


def nbgrader(p: Person) -> str:
    return f"{p.sid}/tiny/tiny.ipynb"


def plain(p: Person) -> str:
    return f"{p.last}_{p.first}_tiny.ipynb"


FORMS = {
    "canvas": (canvas, "canvas"),
    "moodle": (moodle, "moodle"),
    "moodle without folders": (moodle_flat, "moodle"),
    "gradescope": (gradescope, "gradescope"),
    # These import nothing that we write: their points go into a gradebook of Canvas or Moodle.
    "brightspace": (brightspace, "canvas"),
    "blackboard": (blackboard, "moodle"),
    "nbgrader": (nbgrader, "canvas"),
    "plain": (plain, "moodle"),
}


def metadata() -> str:
    """Return Gradescope's submission_metadata.yml."""
    lines = []
    for p in CLASS:
        lines += [f"submission_{p.number}:", "  :submitters:", f"  - :name: {p.name}"]
        lines += [f"    :sid: '{p.sid}'", f"    :email: {p.email}"]
        lines += [f"  :created_at: 2026-03-01 12:{p.number:02}:00.000000000 -07:00"]
    return "\n".join(lines) + "\n"


# --- the LMS's own files ------------------------------------------------------------------------


def told(person: Person) -> str:
    return "" if total(person) is None else str(total(person))


SUBMITTED = "Submitted for grading"


def canvas_gradebook(cell) -> list[list[str]]:
    """Return Canvas's export with a cell for each student."""
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 1 (1)"]
    table = [[*header, "A tiny assignment (2)", "Final Score"]]
    table.append(["    Points Possible", "", "", "", "", "10.00", "100.00", "(read only)"])
    table += [
        [f"{p.last}, {p.first}", p.lms, p.sid, p.email, "A", "8.00", cell(p), "80.00"]
        for p in CLASS
    ]
    return [*table, ["Fox, Fay", "4999", "99970", "fay@uni.edu", "A", "8.00", "EX", "80.00"]]


def moodle_worksheet(cell, comment) -> list[list[str]]:
    """Return Moodle's grading worksheet, with a cell and a comment for each student."""
    header = ["Identifier", "Full name", "Email address", "ID number", "Status", "Grade"]
    header += ["Maximum grade", "Grade can be changed", "Feedback comments"]
    rest = ["100.00", "Yes"]
    return [
        header,
        *(
            [f"Participant {p.lms}", p.name, p.email, p.sid, SUBMITTED, cell(p), *rest, comment(p)]
            for p in CLASS
        ),
        ["Participant 4999", "Fay Fox", "fay@uni.edu", "99970", "No submission", "-", *rest, ""],
    ]


def comment(p: Person) -> str:
    """Return what Moodle's student reads of staff's decisions."""
    if p == ADJUSTED:
        return f"Adjusted by staff: q1_double: {p.points + 1} → 11. The test was wrong."
    if p == ADDED:
        return f"Adjusted by staff: total: {71 + p.points} → {73 + p.points}."
    return "Excused. Ill." if p == EXCUSED else ""


def gradescope_scores() -> list[list[str]]:
    """Return Gradescope's "Download Scores" as far as a grader knows it."""
    names = ["1: q1_double (30.0 pts)", "2: q2_center (40.0 pts)", "3: q3_quiet (30.0 pts)"]
    header = ["First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points"]
    header += ["Status", "Submission ID", "Submission Time", "Lateness (H:M:S)", "View Count"]
    table = [[*header, "Submission Count", *names]]
    for p in sorted(CLASS, key=lambda p: f"submission_{p.number}"):
        counts = p != EXCUSED
        *first, last = p.name.split()
        each = ["11" if p == ADJUSTED else str(p.points + 1), "40", "30"] if counts else [""] * 3
        status = "Graded" if counts else "Ungraded"
        about = [" ".join(first), last, p.sid, p.email, "", told(p), "100", status]
        about += [f"submission_{p.number}", f"2026-03-01 12:{p.number:02}:00 -0700"]
        table.append([*about, "00:00:00", "0", "1", *each])
    return table


def before(p: Person) -> str:
    """Return what the export holds at first: one number is of the staff's own."""
    return "12.50" if p == KEPT else ""


def after(p: Person) -> str:
    """Return what must be in it in the end."""
    return "12.50" if p == KEPT else told(p)


def text_of(table: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(table)
    return text.getvalue()


@pytest.fixture(autouse=True)
def without_pages(monkeypatch):
    """Pages are not what is looked at here, and sixty of them take seconds."""
    for name in ("staff_pages.staff_page", "staff_pages.class_page", "pages.feedback_page"):
        monkeypatch.setattr(f"tools.gradebook.{name}", lambda *_, **__: "")
    monkeypatch.setattr("tools.commands.class_files.known_answers", lambda *_: [])


@pytest.mark.parametrize("form", FORMS)
def test_a_class_of_sixty(desk, form, capsys):  # noqa: F811
    path_of, kind = FORMS[form]
    desk.put({path_of(p): p.points for p in CLASS})
    if form == "gradescope":
        (desk.folder / "submission_metadata.yml").write_text(metadata(), encoding="utf-8")
    options: list[object] = ["--csv", kind]
    if kind == "canvas":
        export = desk.file("export.csv", text_of(canvas_gradebook(before)))
        options += ["--csv-template", export]
    if kind == "moodle":
        export = desk.file("export.csv", text_of(moodle_worksheet(before, lambda _: "")))
        options += ["--csv-template", export]
    assert desk.grade(*options) == 0
    assert "60 hand-ins in = 60 with a row" in capsys.readouterr().out

    # Staff decide; then the first question's tests turn out to give a point too little.
    adjusted = [(ADJUSTED, "q1_double,11,The test was wrong."), (ADDED, "total,add 2,")]
    adjusted.append((EXCUSED, "total,excused,Ill."))
    desk.adjust("".join(f"{p.email},{line}\n" for p, line in adjusted))
    if form == "canvas":
        # The number that Canvas put into the file's name, this time.
        desk.adjust("".join(f"{p.lms},{line}\n" for p, line in adjusted))
    desk.grader["more"] = 1
    assert desk.grade("--question", "q1_double") == 0
    said = capsys.readouterr()
    assert "60 points changed" in said.out and "q1_double" in said.out

    found = {row["sid"] or row["lms_id"]: row for row in rows(desk.out) if row["id"]}
    assert len(found) == 60
    for p in CLASS:
        assert found[p.sid]["total"] == told(p), p.name
        assert found[p.sid]["name"] in (p.name, f"{p.last}, {p.first}")
    sent = (desk.out / f"scores-{kind}.csv").read_bytes().decode("utf-8")
    if kind == "gradescope":
        assert sent == text_of(gradescope_scores())
    elif kind == "canvas":
        in_canvas = canvas_gradebook(lambda p: "EX" if p == EXCUSED else after(p))
        assert sent == text_of(in_canvas)
        assert f"{KEPT.last}, {KEPT.first}: 12.50 stays; here {told(KEPT)} points" in said.err
    else:
        assert sent == text_of(moodle_worksheet(after, comment))
