"""Class lists: each layout as its LMS writes it, and everything that goes wrong in downloads."""

import io
import json
import os
import re
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import ClassError
from tools.handins import people, unpacking
from tools.handins.classlist import Layout, read_class
from tools.handins.clues import guess
from tools.handins.handin import Handin, Student
from tools.handins.latest import one_each
from tools.handins.own_folders import Own, folder_packages
from tools.handins.provenance import from_elsewhere
from tools.handins.roster_index import Index
from tools.handins.unpacking import Found

METADATA = """\
submission_11:
  :submitters:
  - :name: María García
    :sid: '007'
    :email: maria@uni.edu
  :created_at: 2026-03-01 12:00:00.123456000 -07:00
  :history: []
submission_12:
  :submitters:
  - :name: Pair One
    :sid: '200'
    :email: one@uni.edu
  - :name: Pair Two
    :sid: null
    :email: two@uni.edu
  :created_at: !ruby/object:Time 2026-03-02 12:00:00 UTC
submission_13:
  :submitters:
  - :name: Only Paper
    :email: paper@uni.edu
"""


def notebook(assignment: str | None = "rnn", text: str = "x = 1") -> bytes:
    metadata = {"unroll": {"assignment": assignment}} if assignment else {}
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": text}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4}).encode()


def zipped(files: dict[str, bytes], damaged: str = "", **info) -> bytes:
    """Return a zip of these files; one byte of `damaged` is changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, contents in files.items():
            member = zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0))
            for key, value in info.items():
                setattr(member, key, value)
            archive.writestr(member, contents)
    data = bytearray(buffer.getvalue())
    if damaged:
        at = data.index(files[damaged], data.index(damaged.encode()))
        data[at] ^= 0xFF
    return bytes(data)


class Class:
    """A download, as a folder or a zip, and where its zips are unpacked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.unpacked = folder / "class", folder / "unpacked"
        self.folder.mkdir(parents=True)

    def put(self, **files: bytes) -> None:
        self.put_all(files)

    def put_all(self, files: dict[str, bytes]) -> None:
        for name, contents in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)

    def put_zip(self, contents: bytes, name: str = "submissions.zip") -> Path:
        path = self.folder / name
        path.write_bytes(contents)
        return path

    def read(self, *paths: Path, **options):
        return read_class(paths or [self.folder], self.unpacked, **options)


@pytest.fixture
def downloaded(tmp_path) -> Class:
    return Class(tmp_path)


def by_id(found) -> dict[str, Handin]:
    return {handin.id: handin for handin in found.handins}


# The same files in a folder, and in the LMS's zip.
GRADESCOPE = {
    "submission_metadata.yml": METADATA.encode(),
    "submission_11/rnn.ipynb": notebook(text="maria"),
    "submission_11/seqlab/checks.py": b"x = 1",
    "submission_12/work/final.zip": zipped({"rnn.ipynb": notebook()}),
    "submission_13/report.pdf": b"%PDF",
    "submission_14/rnn.ipynb": notebook(),
    "__MACOSX/._x.ipynb": b"",
}
CANVAS = {
    "garciamaria_4711_801_rnn_from_scratch.ipynb": notebook(text="old"),
    "garciamaria_4711_1002_rnn (1).v2.ipynb": notebook(text="maria"),
    "o_brienseán_LATE_4712_803_a_1_2_b.ipynb": notebook(),
    "müllerjürgen_4713_804_rnn.pdf": b"%PDF",
    "müllerjürgen_4713_805_rnn-1.zip": zipped({"a/rnn.ipynb": notebook()}),
    "typedtom_4714_text.html": b"<p>here you are</p>",
    "anon_aB3dE_806_rnn.ipynb": notebook(),
}
MOODLE = {
    "María García_4711_assignsubmission_file/rnn.ipynb": notebook(text="maria"),
    "María García_4711_assignsubmission_onlinetext/onlinetext.html": b"<p></p>",
    "שרה כהן_4712_assignsubmission_file_/work/deep/rnn.zip": zipped({"rnn.ipynb": notebook()}),
    "Jean Luc_4713_assignsubmission_onlinetext/onlinetext.html": b"<p>bonjour</p>",
    "Team 3_17_assignsubmission_file/rnn.ipynb": notebook(),
    "Default group_assignsubmission_file/rnn.ipynb": notebook(),
}
LAYOUTS = {Layout.GRADESCOPE: GRADESCOPE, Layout.CANVAS: CANVAS, Layout.MOODLE: MOODLE}


@pytest.mark.parametrize("outer", ["", "assignment_1_export/"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_the_same_as_a_folder_and_as_a_zip(downloaded, layout, outer):
    files = {outer + name: contents for name, contents in LAYOUTS[layout].items()}
    downloaded.put_all(files)
    as_folder = downloaded.read()
    archive = downloaded.put_zip(zipped(files), "../submissions.zip")
    as_zip = downloaded.read(archive)
    assert as_folder.layout == as_zip.layout == layout
    for one, other in zip(as_folder.handins, as_zip.handins, strict=True):
        assert (one.id, one.students, one.problem) == (other.id, other.students, other.problem)
        assert (one.file and one.file.read_bytes()) == (other.file and other.file.read_bytes())
    assert as_folder.notes == as_zip.notes


def test_gradescope(downloaded):
    downloaded.put_all(GRADESCOPE)
    found = downloaded.read()
    handins = by_id(found)
    maria = Student("María García", "maria@uni.edu", "007")
    assert handins["submission_11"].students == (maria,)
    assert handins["submission_11"].submitted == "2026-03-01T12:00:00-07:00"
    assert b"maria" in handins["submission_11"].file.read_bytes()
    pair = handins["submission_12"]
    assert [s.email for s in pair.students] == ["one@uni.edu", "two@uni.edu"]
    assert pair.students[1].sid == "", "null is no number"
    assert pair.file.name == "final.zip" and pair.submitted == "2026-03-02T12:00:00+00:00"
    assert handins["submission_13"].file is None
    assert "no notebook among the files (report.pdf)" in handins["submission_13"].problem
    assert handins["submission_14"].students == ()
    assert found.notes == ("submission_14: submission_metadata.yml does not say whose it is.",)
    assert found.describe() == (
        "Gradescope export: 4 hand-ins of 4 students, 1 of them with nothing to grade"
    )


def test_gradescope_without_metadata_keeps_the_folders(downloaded):
    downloaded.put_all({"submission_5/a.ipynb": notebook(), "submission_6/a.ipynb": notebook()})
    found = downloaded.read()
    assert found.layout == "gradescope" and list(by_id(found)) == ["submission_5", "submission_6"]
    assert found.describe() == "Gradescope export: 2 hand-ins"


@pytest.mark.parametrize(
    ("contents", "message"),
    [(b"a: [", "is not YAML"), (b"- 1", "names no submissions"), (b"\xff", "is not YAML")],
)
def test_gradescope_metadata_that_is_damaged(downloaded, contents, message):
    downloaded.put_all({"submission_metadata.yml": contents, "submission_1/a.ipynb": notebook()})
    with pytest.raises(ClassError, match=rf"submission_metadata.yml.*{message}.*again"):
        downloaded.read()


def test_canvas(downloaded):
    downloaded.put_all(CANVAS)
    handins = by_id(downloaded.read())
    assert sorted(handins) == [
        "anon_aB3dE",
        "garciamaria_4711",
        "müllerjürgen_4713",
        "o_brienseán_4712",
        "typedtom_4714",
    ]
    assert handins["garciamaria_4711"].students == (Student(name="garciamaria", lms_id="4711"),)
    # By the attachment's number, not as text: 1002 is later than 801.
    assert b"maria" in handins["garciamaria_4711"].file.read_bytes()
    assert handins["o_brienseán_4712"].late == "LATE"
    assert handins["o_brienseán_4712"].students[0].name == "o_brienseán"
    assert handins["müllerjürgen_4713"].file.suffix == ".zip"
    assert "Text was typed in" in handins["typedtom_4714"].problem
    assert handins["anon_aB3dE"].students == (Student(name="anon_aB3dE"),)


def test_canvas_names_what_it_leaves_out(downloaded):
    downloaded.put_all({**CANVAS, "README.txt": b""})
    assert any("README.txt is left out: Canvas" in note for note in downloaded.read().notes)


def test_moodle(downloaded):
    downloaded.put_all(MOODLE)
    found = downloaded.read()
    handins = by_id(found)
    assert handins["María_García_4711"].students == (Student("María García", lms_id="4711"),)
    (sara,) = [h for h in found.handins if h.students[0].lms_id == "4712"]
    assert sara.students[0].name == "שרה כהן" and sara.file.name == "rnn.zip"
    assert sara.id == "שרה_כהן_4712"
    assert "Text was typed in" in handins["Jean_Luc_4713"].problem
    assert handins["Team_3_17"].students == (Student("Team 3", lms_id="17"),)
    assert handins["Default_group"].students == (Student("Default group"),)


def test_moodle_without_folders(downloaded):
    """Moodle's other download: the folder's name is the file name's prefix."""
    name = "Ann Lee_5_assignsubmission_file_rnn_final.ipynb"
    files = {name: notebook(), name.replace("Ann Lee_5", "Bo_6"): notebook(), "notes.txt": b""}
    downloaded.put_all(files)
    found = downloaded.read()
    assert found.layout == "moodle" and found.handins[0].students[0].name == "Ann Lee"
    assert found.notes == ("notes.txt is left out: Moodle names files differently.",)


def test_a_roster_beside_the_export_changes_nothing(downloaded):
    downloaded.put_all({f"assignment_1_export/{name}": data for name, data in GRADESCOPE.items()})
    alone = downloaded.read()
    downloaded.put_all({"roster.csv": b"name,email"})
    assert downloaded.read() == alone


def test_names_that_a_student_chooses_decide_no_layout(downloaded):
    """Nor does one student's file name turn the class into another layout."""
    forged = "eve_5555_900_x_4711_88_assignsubmission_file_y.ipynb"
    downloaded.put_all({**CANVAS, forged: notebook()})
    found = downloaded.read()
    assert found.layout == "canvas" and by_id(found)["eve_5555"].students[0].lms_id == "5555"
    files = ["bob.ipynb", "cem.ipynb", "eve/submission_metadata.yml", "eve/a.ipynb"]
    other = Class(downloaded.folder / "other")
    other.put_all(dict.fromkeys([*files, "Eve_1_assignsubmission_file_a.ipynb"], notebook()))
    assert other.read().layout == "folder" and len(other.read().handins) == 4


def test_two_students_with_one_number_are_two_hand_ins(downloaded):
    files = [f"{name}_5_assignsubmission_file/rnn.ipynb" for name in ("Ann", "Bob")]
    downloaded.put_all(dict.fromkeys(files, notebook()))
    assert list(by_id(downloaded.read())) == ["Ann_5", "Bob_5"]


def test_a_folder_of_files_and_of_folders(downloaded):
    downloaded.put_all(
        {
            "ann.ipynb": notebook(),
            "ann.pdf": b"%PDF",
            "bob.zip": zipped({"x/rnn.ipynb": notebook(), "x/tests/t.py": b""}),
            "cem.pdf": b"%PDF",
            "dora/rnn.py": b"x = 1",
            "dora/parts/old.ipynb": notebook(),
            "section/eve/a.ipynb": notebook(),
            "section/roster.csv": b"",
            "fay/scan.pdf": b"%PDF",
            ".ipynb_checkpoints/ann.ipynb": notebook(),
            "README.md": b"",
        }
    )
    found = downloaded.read()
    handins = by_id(found)
    assert list(handins) == ["ann", "bob", "cem", "dora", "fay", "section_eve"]
    assert handins["dora"].file.name == "old.ipynb", "a script beside a notebook is its helper"
    assert handins["section_eve"].students == (Student(name="eve"),)
    assert {h.id for h in found.handins if h.problem} == {"cem", "fay"}
    assert found.notes == (
        "README.md is left out: it is not a notebook.",
        "section/roster.csv is left out: it is not a notebook.",
    )
    assert found.describe() == "files: 6 hand-ins of 6 students, 2 of them with nothing to grade"


def test_several_files_are_told_apart_by_their_folders(downloaded):
    downloaded.put_all({"ann/rnn.ipynb": notebook(), "bob/rnn.ipynb": notebook()})
    found = downloaded.read(*sorted(downloaded.folder.glob("*/rnn.ipynb")))
    assert [(h.id, h.file.parent.name) for h in found.handins] == [("ann", "ann"), ("bob", "bob")]
    with pytest.raises(ClassError, match="this is not a file"):
        downloaded.read(downloaded.folder, downloaded.folder / "ann/rnn.ipynb")


def test_one_zip_is_a_students_or_a_class(downloaded):
    own = downloaded.put_zip(zipped({"a/rnn.ipynb": notebook(), "a/seqlab/x.py": b""}), "ann.zip")
    assert [h.file for h in downloaded.read(own).handins] == [own]
    files = {f"class/{name}/rnn.ipynb": notebook() for name in ("ann", "bob")}
    assert list(by_id(downloaded.read(downloaded.put_zip(zipped(files))))) == ["ann", "bob"]
    # Only one of them can be read.
    files |= {"class/bob/rnn.ipynb": b"no notebook", "class/cem/rnn.zip": b"PK torn"}
    found = downloaded.read(downloaded.put_zip(zipped(files)))
    assert list(by_id(found)) == ["ann", "bob", "cem"]


def test_a_folder_that_holds_nothing_but_the_zip(downloaded):
    downloaded.put_zip(zipped(MOODLE))
    assert downloaded.read().layout == "moodle"


# Which of a student's files counts.


def several(downloaded, files: dict[str, bytes], **options):
    downloaded.put_all({f"ann/{name}": contents for name, contents in files.items()})
    for age, name in enumerate(files):
        os.utime(downloaded.folder / "ann" / name, (1000 + age, 1000 + age))
    found = downloaded.read(**options)
    return found.handins[0].file.name, found.notes


def test_the_notebook_that_names_the_assignment_counts(downloaded):
    files = {"b.ipynb": notebook("rnn"), "a.ipynb": notebook("lstm"), "c.ipynb": notebook(None)}
    name, notes = several(downloaded, files, assignment="rnn")
    assert name == "b.ipynb"
    assert notes == ("ann: b.ipynb counts, not a.ipynb, c.ipynb: it names the assignment.",)


def test_the_notebook_above_the_others_counts(downloaded):
    name, notes = several(downloaded, {"rnn.ipynb": notebook(), "old/rnn.ipynb": notebook()})
    assert name == "rnn.ipynb" and notes[0].endswith("it is above the others.")


def test_the_newest_notebook_counts(downloaded):
    files = {"b.ipynb": notebook(), "c.ipynb": notebook(), "a.ipynb": notebook()}
    name, notes = several(downloaded, files)
    assert name == "a.ipynb" and notes[0].endswith("it is the newest.")


def test_an_untouched_release_counts_only_where_nothing_is_answered(downloaded):
    def answer(line: str) -> bytes:
        return notebook(text=f"def f():\n    {line}")

    blank = answer('raise NotImplementedError("q1_f: write f")')
    files = {"work/rnn.ipynb": answer("return 1"), "rnn.ipynb": blank, "z.ipynb": blank}
    name, notes = several(downloaded, files)
    assert name == "rnn.ipynb" and notes[0].startswith("ann: work/rnn.ipynb counts, not")
    assert notes[0].endswith("nothing is answered in the others.")


def test_files_of_staff_beside_hand_ins_hide_no_layout(downloaded):
    downloaded.put_all(CANVAS | {f"grades{n}.xlsx": b"PK" for n in range(9)})
    found = downloaded.read()
    assert found.layout == "canvas" and len(found.notes) == 10


def test_a_file_that_can_be_read_counts(downloaded):
    files = {"good.ipynb": notebook(None), "bad.ipynb": b"{", "bad.zip": b"PK\x03\x04"}
    name, notes = several(downloaded, files)
    assert name == "good.ipynb" and notes[0].endswith("the others cannot be read.")


def test_of_two_hand_ins_the_latest_counts(downloaded):
    metadata = METADATA + METADATA.replace("submission_1", "submission_2").replace(
        "2026-03-01 12:00:00.123456000 -07:00", "2026-03-01 15:00:00 UTC"
    )
    files = {f"submission_{n}/rnn.ipynb": notebook() for n in (11, 12, 13, 21, 22, 23)}
    downloaded.put_all({"submission_metadata.yml": metadata.encode(), **files})
    found = downloaded.read()
    # 15:00 UTC is before 12:00 in the zone of -07:00.
    assert "submission_11" in by_id(found) and "submission_21" not in by_id(found)
    assert (
        "María García handed in submission_21 and submission_11: the latter counts." in found.notes
    )


def test_a_student_leaves_a_group_by_handing_in_alone():
    ann, bob = Student("Ann", "ann@x.edu"), Student("Bob", "bob@x.edu")
    together = Handin("g", (ann, bob), None, submitted="2026-03-01T12:00:00+00:00")
    alone = Handin("a", (Student("Ann", "ANN@x.edu"),), None, submitted="2026-03-02T12:00:00")
    kept, notes = one_each([together, alone])
    assert [(h.id, [s.name for s in h.students]) for h in kept] == [("g", ["Bob"]), ("a", ["Ann"])]
    assert notes == ["Ann handed in g and a: the latter counts."]


# What is wrong with downloads.


def test_a_damaged_zip_of_a_student_is_a_problem_of_that_student(downloaded):
    bad = zipped({"rnn.ipynb": notebook()}, damaged="rnn.ipynb")
    downloaded.put_all({"ann.ipynb": notebook(), "bob.zip": bad, "cem.zip": b"PK\x03\x04 no"})
    handins = by_id(downloaded.read())
    assert handins["ann"].file and not handins["bob"].file and not handins["cem"].file
    assert handins["bob"].problem == "The zip is damaged. Export it and submit it again."


def test_a_damaged_member_of_a_download_is_a_problem_of_that_student(downloaded):
    name = "garciamaria_4711_801_rnn_from_scratch.ipynb"
    files = {**CANVAS, name: notebook(text="this one only")}
    archive = downloaded.put_zip(zipped(files, damaged=name))
    found = downloaded.read(archive)
    assert by_id(found)["garciamaria_4711"].file, "the other one of the two counts"
    assert any("is damaged in the download" in note for note in found.notes)
    del files["garciamaria_4711_1002_rnn (1).v2.ipynb"]
    again = downloaded.read(downloaded.put_zip(zipped(files, damaged=name)))
    problem = by_id(again)["garciamaria_4711"].problem
    assert problem == f"{name} is damaged in the download."


def test_a_download_that_is_no_zip(downloaded):
    with pytest.raises(
        ClassError, match=r"submissions.zip: this is not a zip, or .*Download it again"
    ):
        downloaded.read(downloaded.put_zip(b"PK\x03\x04 cut off"))


def test_names_in_a_zip_lead_nowhere_else(downloaded, tmp_path):
    evil = ["../../evil.ipynb", "/evil.ipynb", "C:\\evil.ipynb", "..\\evil.ipynb"]
    files = {**MOODLE, **dict.fromkeys(evil, notebook())}
    found = downloaded.read(downloaded.put_zip(zipped(files)))
    assert sum("leads out of the zip" in note for note in found.notes) == len(evil)
    assert len(found.handins) == 5
    assert not list(tmp_path.rglob("*evil*"))
    linked = zipped(MOODLE, external_attr=0o120777 << 16)
    with pytest.raises(ClassError, match="nothing in it"):
        downloaded.read(downloaded.put_zip(linked), layout="moodle")


def test_a_link_in_a_folder_is_not_followed(downloaded, tmp_path):
    (tmp_path / "secret.ipynb").write_bytes(notebook())
    downloaded.put_all({"ann.ipynb": notebook()})
    (downloaded.folder / "bob.ipynb").symlink_to(tmp_path / "secret.ipynb")
    assert list(by_id(downloaded.read())) == ["ann"]


def test_a_class_with_a_password_is_not_called_damaged(downloaded):
    data = bytearray(zipped({"ann/rnn.ipynb": notebook(), "bob/rnn.ipynb": notebook()}))
    for at in (m.start() + 8 for m in re.finditer(b"PK\x01\x02", data)):
        data[at] |= 1
    with pytest.raises(ClassError, match=r"rnn.ipynb has a password in the download"):
        downloaded.read(downloaded.put_zip(bytes(data)))


def test_a_download_that_was_packed_once_more(downloaded):
    inner = zipped({f"{who}/rnn.ipynb": notebook() for who in ("ann", "bob")})
    found = downloaded.read(downloaded.put_zip(zipped({"all/s.zip": inner, "all/r.csv": b"x"})))
    assert list(by_id(found)) == ["ann", "bob"]
    assert found.notes == ("r.csv is left out: it is beside the download.",)
    own = zipped({"leeanna_11_9_rnn.zip": inner, "odeben_12_9_rnn.pdf": b"%PDF"})
    with pytest.raises(ClassError, match="The zip contains 2 notebooks"):
        downloaded.read(downloaded.put_zip(own))


def test_the_downloads_of_two_sections_are_one_class(downloaded):
    def section(*people: str) -> bytes:
        return zipped({f"{who}_9_rnn.ipynb": notebook(text=who) for who in people})

    a = downloaded.put_zip(section("leeanna_11", "odeben_12"), "A.zip")
    b = downloaded.put_zip(section("chomin_13", "raydan_14"), "B.zip")
    downloaded.put_all({"roster.csv": b"x"})
    for found in (downloaded.read(a, b), downloaded.read()):
        assert found.layout == "canvas"
        assert list(by_id(found)) == ["chomin_13", "leeanna_11", "odeben_12", "raydan_14"]
    assert found.notes == ("roster.csv is left out: it is beside a download.",)
    again = downloaded.put_zip(section("leeanna_11", "raydan_14"), "C.zip")
    with pytest.raises(ClassError, match=r"leeanna_11_9_rnn.ipynb is in more than one of the down"):
        downloaded.read(a, again)
    downloaded.put_all({"eve.ipynb": notebook()})
    with pytest.raises(ClassError, match=r"A.zip: this download has other hand-ins beside it. G"):
        downloaded.read(a, downloaded.folder / "eve.ipynb")


def test_the_lists_of_files_in_two_sections_are_no_hand_ins(downloaded):
    for section, two in {"A": ("Anna Lee", "Ben Ode"), "B": ("Cho Min", "Dan Ray")}.items():
        folders = [f"1-67 - {who} - Mar 1, 2026 1200 PM" for who in two]
        files = {f"{each}/rnn.ipynb": notebook() for each in folders} | {"index.html": b"list"}
        downloaded.put_zip(zipped(files), f"{section}.zip")
    found = downloaded.read()
    assert found.layout == "brightspace" and len(found.handins) == 4 and not found.notes


def test_a_zip_of_two_people_among_others_is_two_hand_ins(downloaded):
    two = zipped({f"{who}/rnn.ipynb": notebook(text=who) for who in ("Anna Lee", "Ben Ode")})
    one = zipped({f"try {n}/rnn.ipynb": notebook(text=f"Cho Min {n}") for n in (1, 2)})
    downloaded.put_all({"A.zip": two, "Cho Min.zip": one})
    found = downloaded.read(assignment="rnn", roster=CLASS)
    matched = people.settled(people.match(found.handins, CLASS, "rnn"))
    whose_file = [(s.name, bool(h.file)) for h in matched.handins for s in h.students]
    assert sorted(whose_file) == [("Anna Lee", True), ("Ben Ode", True), ("Cho Min", False)]


def test_folders_without_files_are_said(downloaded):
    files = {"Anna Lee/rnn.ipynb": notebook(), "Cho Min/.ipynb_checkpoints/rnn.ipynb": notebook()}
    folders = ["Ben Ode/sub", "Anna Lee/Feedback", "Dan/Feedback", "Dan/__MACOSX"]
    archive = downloaded.put_zip(zipped(files | {f"{each}/": b"" for each in folders}), "../c.zip")
    downloaded.put_all(files | {"Dan/a.txt": b"x"})
    for each in folders:
        (downloaded.folder / each).mkdir(parents=True)
    note = "2 folders hold nothing that was handed in: Ben Ode, Cho Min."
    assert note in downloaded.read(assignment="rnn").notes
    packed = downloaded.read(archive, assignment="rnn", roster=CLASS)
    assert [each.students[0].name for each in packed.handins] == ["Anna Lee"]
    assert packed.notes == (note.replace("2", "3", 1).replace("Min.", "Min, Dan."),)


def test_a_zip_with_nothing_in_it_or_a_member_without_a_name(downloaded):
    odd = zipped({".": b"x", "rnn.ipynb": notebook()})
    downloaded.put_all({"ann.zip": odd, "bob.ipynb": notebook()})
    assert list(by_id(downloaded.read())) == ["ann", "bob"]
    empty = Class(downloaded.folder / "empty")
    empty.put_zip(zipped({"__MACOSX/x": b""}))
    with pytest.raises(ClassError, match="there is nothing in it"):
        empty.read(layout="folder")


def test_limits_of_unpacking(downloaded, monkeypatch):
    archive = downloaded.put_zip(zipped(MOODLE))
    monkeypatch.setattr(unpacking, "MAX_BYTES", 50)
    with pytest.raises(ClassError, match=r"nothing in it can be graded.*too many to be graded"):
        downloaded.read(archive)
    monkeypatch.undo()
    monkeypatch.setattr(unpacking, "MAX_UNPACKED", 50)
    with pytest.raises(ClassError, match=r"it would unpack to 6 files and 0 GB. No class"):
        downloaded.read(archive)
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 3)
    downloaded.put_all(dict.fromkeys(["a.ipynb", "b.ipynb", "c.ipynb"], notebook()))
    with pytest.raises(ClassError, match="more than 3 files"):
        downloaded.read()


def test_a_full_disk_is_said_and_leaves_nothing_half(downloaded, monkeypatch):
    archive = downloaded.put_zip(zipped(MOODLE))

    def full(*_):
        raise OSError(28, "No space left on device")

    with (
        monkeypatch.context() as patch,
        pytest.raises(ClassError, match=r"No space left.*Make room"),
    ):
        patch.setattr(unpacking.os, "utime", full)
        downloaded.read(archive)
    assert len(downloaded.read(archive).handins) == 5


def test_unpacking_twice_writes_once(downloaded):
    archive = downloaded.put_zip(zipped(MOODLE))
    first = downloaded.read(archive)
    times = {path: path.stat().st_mtime_ns for path in downloaded.unpacked.rglob("*")}
    assert downloaded.read(archive) == first
    assert {path: path.stat().st_mtime_ns for path in downloaded.unpacked.rglob("*")} == times


def test_names_in_a_zip_that_file_systems_do_not_take(downloaded):
    long = "ü" * 200 + ".ipynb"
    files = {
        f'O"Neil: <x>|?*_5_assignsubmission_file/{long}': notebook(),
        "a_6_assignsubmission_file/A.ipynb": notebook(),
        "a_6_assignsubmission_file/a.ipynb": notebook(),
    }
    handins = downloaded.read(downloaded.put_zip(zipped(files))).handins
    oneil = handins[0]
    assert oneil.students[0].name == 'O"Neil: <x>|?*' and oneil.file.suffix == ".ipynb"
    assert len(handins) == 2 and handins[1].file.name in ("A.ipynb", "a.ipynb")


def test_names_in_a_zip_that_is_not_marked_as_utf8(downloaded):
    """macOS writes UTF-8 without the flag; DOS wrote its own code page."""
    for name, encoding in [("müller", "utf-8"), ("jürgen", "cp437")]:
        raw = f"{name}_5_assignsubmission_file/a.ipynb".encode(encoding)
        placeholder = b"n" * len(raw)
        data = zipped({placeholder.decode(): notebook()}).replace(placeholder, raw)
        archive = downloaded.put_zip(data, f"{encoding}.zip")
        assert downloaded.read(archive).handins[0].students[0].name == name


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there is nothing in it. Name the folder"),
        ({"a.pdf": b"%PDF", "b.pdf": b"%PDF"}, "there is no notebook in it.*Was it the notebook"),
        ({"a/x.pdf": b"%PDF"}, "there is no notebook in it"),
        ({"aa_1_2_a.pdf": b"%PDF", "bb_2_3_b.pdf": b"%PDF"}, "can be graded .*no notebook among"),
    ],
)
def test_nothing_to_grade_at_all(downloaded, files, message):
    downloaded.put_all(files)
    with pytest.raises(ClassError, match=f"class: .*{message}"):
        downloaded.read()


@pytest.mark.parametrize(
    ("layout", "missing"),
    [
        ("gradescope", "no submission_metadata.yml and no folder such as submission_123456"),
        ("canvas", "no file is named the way Canvas does it"),
        ("moodle", "no name looks like Moodle's"),
    ],
)
def test_a_forced_layout_says_what_is_missing(downloaded, layout, missing):
    downloaded.put_all({"ann.ipynb": notebook()})
    with pytest.raises(ClassError, match=f"{missing}.*folder, gradescope, canvas, moodle"):
        downloaded.read(layout=layout)


def test_a_layout_can_be_forced(downloaded):
    downloaded.put_all(CANVAS)
    found = downloaded.read(layout="folder")
    assert found.layout == "folder" and "garciamaria_4711_801_rnn_from_scratch" in by_id(found)


def test_a_path_that_is_not_there(downloaded):
    with pytest.raises(ClassError, match="no such file or folder"):
        downloaded.read(downloaded.folder / "submissons")


def test_names_of_files_that_are_no_text(downloaded):
    path = os.fsencode(downloaded.folder) + b"/m\xfcller\n.ipynb"
    with open(path, "wb") as file:
        file.write(notebook())
    (handin,) = downloaded.read().handins
    assert handin.students[0].name == "m�ller\n" and re.fullmatch(r"[a-z_]+", handin.id)


def test_ids_that_would_be_the_same_get_a_code(downloaded):
    downloaded.put_all(dict.fromkeys(["a b.ipynb", "a_b.ipynb", "A_b.ipynb"], notebook()))
    found = downloaded.read()
    assert all(re.fullmatch(r"[aA]_b-[0-9a-f]{8}", handin.id) for handin in found.handins)
    assert "a b: other names are like this one, so its id has a code." in found.notes


# --- layouts of other LMSs, and folders that people made ---------------------------------------

CLASS = [
    Student("Anna Lee", "alee@uni.edu", "s1001"),
    Student("Ben Ode", "bode@uni.edu", "s1002"),
    Student("Cho Min", "cmin@uni.edu", "s1003"),
]


def whose(downloaded, files, assignment="rnn", roster=CLASS) -> tuple[dict[str, str], object]:
    """Return whose each hand-in is, by the text in its notebook."""
    downloaded.put_all(
        {name: notebook(assignment, name) if name.endswith("b") else b"x" for name in files}
    )
    found = downloaded.read(assignment=assignment, roster=roster)
    matched = people.settled(people.match(found.handins, roster, assignment))
    people_of = {}
    for handin in matched.handins:
        text = json.loads(handin.file.read_bytes())["cells"][0]["source"] if handin.file else ""
        people_of[text or handin.id] = ", ".join(s.name for s in handin.students)
    return people_of, matched


@pytest.mark.parametrize(
    ("anna", "ben"),
    [
        pytest.param(
            "submitted/s1001/rnn/rnn.ipynb", "submitted/s1002/rnn/rnn.ipynb", id="nbgrader"
        ),
        pytest.param("rnn/s1001/rnn.ipynb", "rnn/s1002/rnn.ipynb", id="assignment outside"),
        pytest.param("rnn/anna.ipynb", "rnn/ben.ipynb", id="folder of the assignment"),
        pytest.param("A/Lee_Anna.ipynb", "A/Ode_Ben.ipynb", id="folder of a section"),
        pytest.param("Lee_Anna_rnn.ipynb", "Ode_Ben_rnn.ipynb", id="Last_First_assignment"),
        pytest.param(
            "RNN/Lee, Anna(alee)/Submission attachment(s)/rnn.ipynb",
            "RNN/Ode, Ben(bode)/Submission attachment(s)/rnn.ipynb",
            id="Sakai",
        ),
        pytest.param("Lee_Anna_alee_77/2026_rnn.ipynb", "Ode_Ben_bode_78/x.ipynb", id="ILIAS"),
        pytest.param(
            "RNN_alee_attempt_2026-03-01-12-00-00_rnn.ipynb",
            "RNN_bode_attempt_2026-03-01-12-30-00_x_1.ipynb",
            id="Blackboard",
        ),
        pytest.param(
            "1-67 - Anna Lee - Mar 1, 2026 1200 PM/rnn.ipynb",
            "2-67 - Ben Ode - Mar 1, 2026 100 PM/rnn.ipynb",
            id="Brightspace",
        ),
    ],
)
def test_whose_a_file_is_in_other_layouts(downloaded, anna, ben):
    found, matched = whose(downloaded, [anna, ben])
    assert found == {anna: "Anna Lee", ben: "Ben Ode"}
    assert [each.name for each in matched.missing] == ["Cho Min"] and not matched.strangers


def test_without_a_roster_the_assignment_is_nobodys_name(downloaded):
    files = [f"submitted/{who}/rnn/rnn.ipynb" for who in ("s1", "s2")]
    downloaded.put_all({name: notebook() for name in files} | {"submitted/s3/rnn/a.pdf": b"%PDF"})
    handins = downloaded.read(assignment="rnn").handins
    assert [(each.id, each.students[0].name) for each in handins] == [
        ("s1", "s1"),
        ("s2", "s2"),
        ("s3", "s3"),
    ]
    assert "no notebook among the files" in handins[2].problem


def test_many_files_side_by_side_are_many_students(downloaded):
    downloaded.put_all({f"all/s{n}.ipynb": notebook() for n in range(6)} | {"all/x.rar": b"Rar!"})
    handins = downloaded.read(assignment="rnn").handins
    assert len(handins) == 7 and handins[-1].problem.startswith("x.rar is a RAR archive. Hand in")


def test_a_student_with_many_notebooks_is_one_student(downloaded):
    files = [f"anna/part{n}.ipynb" for n in range(8)] + ["ben/a.ipynb", "cem/a.ipynb"]
    downloaded.put_all(dict.fromkeys(files, notebook()))
    assert list(by_id(downloaded.read(assignment="rnn"))) == ["anna", "ben", "cem"]
    other = Class(downloaded.folder / "other")
    found, _ = whose(other, ["Lee/Anna Lee.ipynb", "Lee/from Ben Ode.ipynb"])
    assert list(found.values()) == ["Anna Lee"]


def test_of_brightspaces_folders_of_one_student_the_latest_counts(downloaded):
    times = ["Mar 1, 2026 100 PM", "Mar 2, 2026 1200 AM", "Mar 1, 2026 1100 PM"]
    files = [f"{n}-67 - Ben Ode - {time}/rnn.ipynb" for n, time in enumerate(times)]
    found, matched = whose(downloaded, [*files, "index.html"])
    assert found == {files[1]: "Ben Ode"} and len(matched.notes) == 2
    alone = downloaded.read(assignment="rnn")
    assert alone.layout == "brightspace" and len(alone.arrived) == len(alone.handins) == 3


@pytest.mark.parametrize(
    "time",
    ["12 mars 2026 1400", "1 March, 2026 13 05", "2026年3月1日 1205", "1 mar. 2026 12 05 p. m."],
)
def test_brightspaces_times_in_any_language(downloaded, time):
    downloaded.put_all(
        {
            f"1-67 - Mary-Ann Lee - {time}/rnn.ipynb": notebook(),
            f"2-67 - Ben Ode - {time} - a - b.ipynb": notebook(),
        }
    )
    found = downloaded.read(assignment="rnn")
    assert found.layout == "brightspace"
    assert [each.students[0].name for each in found.handins] == ["Ben Ode", "Mary-Ann Lee"]


def test_a_folder_that_is_in_everybodys_is_nobodys_name(downloaded):
    """Sakai's, without a roster; what is about a hand-in belongs to it."""
    people = ["Lee, Anna(alee)", "Ode, Ben(bode)", "Min, Cho(cmin)"]
    downloaded.put_all(
        {f"RNN/{who}/Submission attachment(s)/r.ipynb": notebook() for who in people}
    )
    downloaded.put_all({f"RNN/{who}/timestamp.txt": b"2026" for who in people})
    found = downloaded.read(assignment="lstm")
    assert [each.students[0].name for each in found.handins] == sorted(people)
    assert not found.notes
    teams = [f"{section}/Team {n}/r.ipynb" for section in "AB" for n in (1, 2)]
    other = Class(downloaded.folder / "other")
    other.put_all(dict.fromkeys(teams, notebook()))
    assert len(other.read(assignment="lstm").handins) == 4


def test_blackboards_texts_about_attempts_are_not_hand_ins(downloaded):
    stem = "Lab_1_alee_attempt_2026-03-01-12-00-00"
    downloaded.put_all({f"{stem}_rnn.ipynb": notebook(), f"{stem}.txt": b"Name: Anna Lee (alee)"})
    found = downloaded.read()
    assert found.layout == "blackboard" and len(found.handins) == 1
    assert found.handins[0].submitted == "2026-03-01T12:00:00"


def test_notebooks_with_another_suffix(downloaded):
    suffixes = (".ipynb.txt", ".ipynb.json", "", ".ipynb")
    for at, suffix in enumerate(suffixes):
        downloaded.put_all({f"anna_1{at}_90{at}_rnn{suffix}": notebook(text=f"x = {at}")})
    as_folder = downloaded.read()
    files = {path.name: path.read_bytes() for path in downloaded.folder.iterdir()}
    as_zip = downloaded.read(downloaded.put_zip(zipped(files), "../class.zip"))
    for found in (as_folder, as_zip):
        assert found.layout == "canvas" and len(found.handins) == 4
        assert all(handin.file for handin in found.handins)


def test_a_group_with_a_number_for_a_name(downloaded):
    """Canvas: the group's name, then the number of the one student who uploaded."""
    roster = [Student("Anna Lee", lms_id="4751", groups="42"), Student("Ben Ode", groups="42")]
    roster += [Student("Cho Min", lms_id="9", groups="The RNNs!")]
    files = ["42_4751_777005_rnn.ipynb", "thernns_9_777006_rnn.ipynb"]
    found, _ = whose(downloaded, files, roster=roster)
    assert found == {files[0]: "Anna Lee, Ben Ode", files[1]: "Cho Min"}


@pytest.mark.parametrize("suffix", [".7z", ".rar", ".tar.gz", ".tgz"])
def test_an_archive_is_named_for_what_it_is(downloaded, suffix):
    what = {".7z": "a 7-Zip archive", ".rar": "a RAR archive"}.get(suffix, "a tar archive")
    downloaded.put_all({"ann.ipynb": notebook(), f"bob{suffix}": b"x"})
    (problem,) = [handin.problem for handin in downloaded.read().handins if not handin.file]
    assert problem == f"bob{suffix} is {what}. Hand in the notebook itself, or a zip."
    with pytest.raises(ClassError, match=f"this is {what}, which is not read here. Unpack it"):
        downloaded.read(downloaded.folder / f"bob{suffix}")


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp932", ["課題ソ", "表"]),  # the second byte of each last character is a backslash
        ("gbk", ["李小龙", "作业"]),
        ("cp437", ["müller", "José"]),
        ("cp850", ["João", "Søren"]),
    ],
)
def test_names_in_a_zip_in_a_code_page(downloaded, encoding, names):
    files = {f"{name}/rnn.ipynb": notebook() for name in names}
    data = zipped({f"{'n' * 8}{at}/rnn.ipynb": notebook() for at in range(len(files))})
    for at, name in enumerate(names):
        raw, placeholder = name.encode(encoding), f"{'n' * 8}{at}/rnn.ipynb".encode()
        padded = raw + b"/" * (len(placeholder) - len(raw) - len(b"rnn.ipynb")) + b"rnn.ipynb"
        data = data.replace(placeholder, padded)
    found = downloaded.read(downloaded.put_zip(data))
    assert sorted(h.students[0].name for h in found.handins) == sorted(names)


def test_a_name_in_the_extra_field_of_a_zip(downloaded):
    data = zipped({"anna.ipynb": notebook(), "?????.ipynb": notebook()})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, contents in members.items():
            info = zipfile.ZipInfo(name)
            if "?" in name:
                field = b"\x01" + struct.pack("<L", zlib.crc32(name.encode()))
                field += "Łukasz.ipynb".encode()
                info.extra = struct.pack("<HH", 0x7075, len(field)) + field
            archive.writestr(info, contents)
    found = downloaded.read(downloaded.put_zip(buffer.getvalue()))
    assert {h.students[0].name for h in found.handins} == {"Łukasz", "anna"}


def test_notebooks_in_places_without_answers_are_listed(downloaded):
    downloaded.put_all(
        {
            "ann/rnn.ipynb": notebook(),
            "ann/tests/rnn.ipynb": notebook(),
            "ann/.ipynb_checkpoints/rnn.ipynb": notebook(),
            ".bob.ipynb": notebook(),
        }
    )
    expected = (
        ".bob.ipynb is left out: what is called .bob.ipynb holds no answers.",
        "ann/tests/rnn.ipynb is left out: what is called tests holds no answers.",
    )
    assert downloaded.read().notes == expected
    files = {
        path.relative_to(downloaded.folder).as_posix(): path.read_bytes()
        for path in downloaded.folder.rglob("*.ipynb")
    }
    found = downloaded.read(downloaded.put_zip(zipped(files), "../class.zip"), layout="folder")
    assert set(found.notes) == set(expected)


def test_hand_ins_from_elsewhere_are_said(downloaded):
    def own(**about: str) -> bytes:
        return notebook().replace(b'"assignment": "rnn"', json.dumps(about)[1:-1].encode())

    downloaded.put_all(
        {
            "ann.ipynb": own(assignment="rnn", semester="2026 autumn"),
            "bob.ipynb": own(assignment="rnn", semester="2025 autumn"),
            "cem.ipynb": own(assignment="lstm", semester="2026 autumn"),
            "eve.ipynb": own(assignment="rnn", semester="2026 autumn", section="B"),
            "fay.ipynb": notebook(None, '"unroll": {"semester": "1999"}'),
        }
    )
    handins = [
        replace(each, students=(Student(each.id, section="A, C"),))
        for each in downloaded.read().handins
    ]
    assert from_elsewhere(handins, "rnn", "2026 autumn") == [
        "1 hand-in is from another semester (2025 autumn, not 2026 autumn): bob.",
        "1 hand-in is from another assignment (lstm, not rnn): cem.",
        "1 hand-in is from another section (B, not A, C): eve.",
    ]


parts = st.sampled_from(["s1001", "Lee_Anna", "rnn", "submitted", "A", "x", "Ben Ode", "tiny"])
leaves = st.sampled_from(["rnn.ipynb", "anna.ipynb", "a.zip", "b.pdf", "c.rar", "d", "f.py"])
folders = st.lists(parts, max_size=3)
paths = st.builds(lambda around, leaf: "/".join([*around, leaf]), folders, leaves)


@settings(max_examples=60, deadline=None)
@given(st.lists(paths, max_size=9, unique=True), st.booleans())
def test_every_file_of_a_folder_is_somebodys_or_listed(names, listed):
    """Whatever the folders: a file that may be graded is in one package, or a note names it."""
    names = [each for each in names if not any(o.startswith(f"{each}/") for o in names)]
    index = Index(CLASS if listed else [])
    own = Own("rnn", lambda name: next(iter(guess(index, [name], "rnn").students), None))
    packages, notes = folder_packages([Found(name, Path(name)) for name in names], own)
    placed = [each for package in packages for each in package.files]
    gradable = any(Found(name, None).gradable for name in names)
    assert len(placed) + len(notes) == (len(names) if gradable else 0)
    assert len({package.label for package in packages}) == len(packages)
