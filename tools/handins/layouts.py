"""How Gradescope, Canvas, Moodle and people lay out what a class handed in.

Only names matter here: a list of files goes in, a package for each student comes out.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tools.errors import ClassError
from tools.handins.handin import Student, shown
from tools.handins.unpacking import METADATA, Found


class Layout(StrEnum):
    """Where the files come from, judging by their names."""

    FOLDER = "folder"
    GRADESCOPE = "gradescope"
    CANVAS = "canvas"
    MOODLE = "moodle"


# lib/content_zipper.rb of Canvas: NAME[_LATE]_USER_ATTACHMENT_FILE, where NAME is "lastfirst" in
# lower case. In anonymous grading, anon_ID replaces both name and user. Typed text becomes a page
# without an attachment.
_CANVAS = re.compile(
    r"(?:(?P<name>[^\s./]*?)_)??(?:(?P<late>LATE)_)?(?:(?P<user>\d+)|(?P<anon>anon_[^\W_]+))_"
    r"(?:(?P<attachment>\d+)_(?P<file>.+)|(?:text|link)\.html)",
    re.DOTALL | re.IGNORECASE,
)
# mod/assign/classes/downloader.php of Moodle: NAME_ID_assignsubmission_TYPE, a folder or the
# prefix of a file name. The id is the participant's, or the group's when groups hand in.
_MOODLE = re.compile(
    r"(?P<name>.*?)(?:_(?P<id>\d+))?_assignsubmission_(?P<type>[a-z]+)_?(?P<file>.*)", re.DOTALL
)
_GRADESCOPE = re.compile(r"submission_\d+")
# What else students hand in by mistake.
_PAPERS = (".pdf", ".html", ".docx", ".doc", ".txt", ".odt", ".pages")


@dataclass
class Package:
    """The files of one student or group. `typed`: text was typed in as well, or instead.

    back: see Handin.
    """

    label: str
    students: tuple[Student, ...]
    files: list[Found] = field(default_factory=list)
    submitted: str = ""
    late: str = ""
    typed: bool = False
    back: str = ""


def bare(files: Sequence[Found]) -> list[Found]:
    """Strip the folders around all submissions, such as assignment_123_export/.

    Anything beside such a folder, perhaps a roster, is not a submission and is dropped.
    """
    found = list(files)
    while found:
        weighty = [f for f in found if f.gradable or f.parts[-1] == METADATA] or found
        (top, *others) = {each.parts[0] for each in weighty}
        own = _MOODLE.fullmatch(top) or _GRADESCOPE.fullmatch(top)
        if others or own or any(len(each.parts) == 1 for each in weighty):
            break
        inside = [each for each in found if each.parts[0] == top and len(each.parts) > 1]
        found = [replace(each, name=each.name.partition("/")[2]) for each in inside]
    return found


def recognise(files: Sequence[Found]) -> Layout:
    """Return the layout of most names: one name that a student chose decides nothing."""
    files = bare(files)
    tops = {each.parts[0] for each in files}
    flat = [each.name for each in files if len(each.parts) == 1]
    if METADATA in flat or (tops and all(map(_GRADESCOPE.fullmatch, tops))):
        return Layout.GRADESCOPE
    if sum(map(bool, map(_MOODLE.fullmatch, tops))) > len(tops) / 2:
        return Layout.MOODLE
    if sum(map(bool, map(_CANVAS.fullmatch, flat))) > len(tops) / 2:
        return Layout.CANVAS
    return Layout.FOLDER


def arrange(
    layout: Layout, files: Sequence[Found], where: object
) -> tuple[list[Package], list[str]]:
    """Return the packages of a class, and notes on the files that belong to none."""
    if layout is not Layout.FOLDER:
        files = bare(files)
    packages, notes = _ARRANGE[layout](files, where)
    if not packages:
        choices = ", ".join(Layout)
        what_now = f"Give the LMS's own download, or another --layout ({choices})."
        if layout is Layout.FOLDER:
            what_now = "Was it the notebook that students had to hand in? It ends in .ipynb."
        raise ClassError(_MISSING[layout], where, what_now)
    return packages, notes


_MISSING = {
    Layout.FOLDER: "there is no notebook in it, and no script or zip",
    Layout.GRADESCOPE: f"there is no {METADATA} and no folder such as submission_123456",
    Layout.CANVAS: "no file is named the way Canvas does it (lastfirst_4711_98765_notebook.ipynb)",
    Layout.MOODLE: "no name looks like Moodle's (Full Name_4711_assignsubmission_file)",
}


def _canvas(files: Sequence[Found], where: object) -> tuple[list[Package], list[str]]:
    packages: dict[str, Package] = {}
    notes = []
    for found in files:
        match = _CANVAS.fullmatch(found.name)
        if not match:
            notes.append(f"{shown(found.name)} is left out: Canvas names files differently.")
            continue
        name, user = match["name"] or match["anon"] or "", match["user"] or ""
        label = "_".join(dict.fromkeys(part for part in (name, user) if part))
        package = packages.setdefault(label, Package(label, (Student(name=name, lms_id=user),)))
        package.late = package.late or ("LATE" if match["late"] else "")
        if match["attachment"]:
            own = replace(found, name=match["file"], order=int(match["attachment"]))
            # Canvas assigns a returned file to a student by the numbers of user and attachment.
            if own.order >= max((file.order for file in package.files), default=0):
                package.back = found.name[: match.start("file")]
            package.files.append(own)
        else:
            package.typed = True
    return list(packages.values()), notes


def _moodle(files: Sequence[Found], where: object) -> tuple[list[Package], list[str]]:
    packages: dict[str, Package] = {}
    notes = []
    for found in files:
        top, _, rest = found.name.partition("/")
        match = _MOODLE.fullmatch(top)
        if not match:
            notes.append(f"{shown(found.name)} is left out: Moodle names files differently.")
            continue
        label = "_".join(part for part in (match["name"], match["id"]) if part)
        student = Student(name=match["name"], lms_id=match["id"] or "")
        package = packages.setdefault(label, Package(label, (student,)))
        name = rest or match["file"]
        if match["type"] == "file" and name:
            # Moodle finds participants and groups by the number that it put in the name.
            back = f"{top}/" if rest else top[: match.start("file")]
            package.back = back if match["id"] else ""
            package.files.append(replace(found, name=name))
        elif match["type"] == "onlinetext":
            package.typed = True
    return list(packages.values()), notes


def _gradescope(files: Sequence[Found], where: object) -> tuple[list[Package], list[str]]:
    packages: dict[str, Package] = {}
    notes = []
    metadata = next((each.file for each in files if each.name == METADATA), None)
    if metadata:
        # Imported here: the command line lists the layouts, and should not wait for yaml.
        from tools.handins.gradescope_metadata import read_metadata

        for label, (students, submitted) in read_metadata(metadata).items():
            packages[label] = Package(label, students, submitted=submitted)
    for found in files:
        top, _, rest = found.name.partition("/")
        if top not in packages and _GRADESCOPE.fullmatch(top):
            notes.append(f"{shown(top)}: {METADATA} does not say whose it is.")
            packages[top] = Package(top, ())
        if top in packages:
            packages[top].files.append(replace(found, name=rest or top))
        elif top != METADATA:
            notes.append(f"{shown(found.name)} is left out: {METADATA} does not name it.")
    return list(packages.values()), notes


def _folder(files: Sequence[Found], where: object) -> tuple[list[Package], list[str]]:
    """Make a package for each loose file, and for each folder with a file to grade."""
    packages: dict[str, Package] = {}
    notes = []
    homes = {each.parts[:-1] for each in files if each.gradable}
    shared = {home[0] for home in homes if home}
    for found in files:
        folder = found.parts[:-1]
        # The outermost folder with a notebook is a student's: everything below belongs to it.
        around = [folder[:depth] for depth in range(1, len(folder) + 1)]
        home = next((each for each in around if each in homes), ())
        if not home and folder and folder[0] not in shared:
            home = folder[:1]
        if home:
            label = "/".join(home)
            package = packages.setdefault(label, Package(label, (Student(name=home[-1]),)))
            package.files.append(replace(found, name="/".join(found.parts[len(home) :])))
        elif not folder and (found.gradable or found.name.lower().endswith(_PAPERS)):
            stem = found.name.rpartition(".")[0]
            # A report beside the notebook of the same name belongs to it.
            packages.setdefault(stem, Package(stem, (Student(name=stem),))).files.append(found)
        else:
            notes.append(f"{shown(found.name)} is left out: it is not a notebook.")
    if not homes:
        return [], notes
    return list(packages.values()), notes


_ARRANGE: dict[Layout, Callable[[Sequence[Found], object], tuple[list[Package], list[str]]]] = {
    Layout.FOLDER: _folder,
    Layout.GRADESCOPE: _gradescope,
    Layout.CANVAS: _canvas,
    Layout.MOODLE: _moodle,
}
