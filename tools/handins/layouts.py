"""How LMSs lay out what a class handed in.

Only names matter here: a list of files goes in, a package for each student comes out.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from tools.errors import ClassError
from tools.handins.file_types import may_be_handed_in
from tools.handins.handin import Student, shown
from tools.handins.own_folders import Own, Package, folder_packages
from tools.handins.unpacking import METADATA, Found


class Layout(StrEnum):
    """Where the files come from, judging by their names."""

    FOLDER = "folder"
    GRADESCOPE = "gradescope"
    CANVAS = "canvas"
    MOODLE = "moodle"
    BRIGHTSPACE = "brightspace"
    BLACKBOARD = "blackboard"


# lib/content_zipper.rb of Canvas: NAME[_LATE]_USER_ATTACHMENT_FILE, where NAME is "lastfirst" in
# lower case. In anonymous grading, anon_ID replaces both name and user. Typed text becomes a page
# without an attachment.
_CANVAS = re.compile(
    r"(?:(?P<name>[^\s./]*?)_)?(?:(?P<late>LATE)_)?(?:(?P<user>\d+)|(?P<anon>anon_[^\W_]+))_"
    r"(?:(?P<attachment>\d+)_(?P<file>.+)|(?:text|link)\.html)",
    re.DOTALL | re.IGNORECASE,
)
# mod/assign/classes/downloader.php of Moodle: NAME_ID_assignsubmission_TYPE, a folder or the
# prefix of a file name. The id is the participant's, or the group's when groups hand in.
_MOODLE = re.compile(
    r"(?P<name>.*?)(?:_(?P<id>\d+))?_assignsubmission_(?P<type>[a-z]+)_?(?P<file>.*)", re.DOTALL
)
_GRADESCOPE = re.compile(r"submission_\d+")
# Brightspace: NUMBER-FOLDER - NAME - TIME, a folder or the beginning of a file's name. The number
# is new with each hand-in, the time in the language of the site.
_BRIGHTSPACE = re.compile(
    r"(?P<number>\d+-\d+) ?- ?(?P<name>.+?) ?- ?"
    r"(?P<time>(?=[^-/]*20\d\d\D)[^-/]*\d{1,2}[:. ]?\d\d\s*(?:[^\W\d_]\.? ?[^\W\d_]\.?)?)"
    r"(?: ?- ?(?P<file>.+))?",
    re.DOTALL | re.IGNORECASE,
)
LIST_OF_FILES = "index.html"  # Brightspace puts one into each download
# Blackboard: ASSIGNMENT_USER_attempt_TIME_FILE, and a text about each attempt without FILE.
_BLACKBOARD = re.compile(
    r"(?P<what>.*)_(?P<user>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)",
    re.DOTALL,
)


def bare(files: Sequence[Found]) -> list[Found]:
    """Strip the folders around all submissions, such as assignment_123_export/.

    Anything beside such a folder, perhaps a roster, is not a submission and is dropped.
    """
    found = list(files)
    while found:
        weighty = [f for f in found if f.gradable or f.parts[-1] == METADATA] or found
        (top, *others) = {each.parts[0] for each in weighty}
        own = any(each.fullmatch(top) for each in (_MOODLE, _GRADESCOPE, _BRIGHTSPACE))
        if others or own or any(len(each.parts) == 1 for each in weighty):
            break
        inside = [each for each in found if each.parts[0] == top and len(each.parts) > 1]
        found = [replace(each, name=each.name.partition("/")[2]) for each in inside]
    return found


def recognise(files: Sequence[Found]) -> Layout:
    """Return the layout of most names: one name that a student chose decides nothing."""
    files = bare(files)
    # What staff or the LMS put beside hand-ins is in the way of no layout.
    handed_in = [f for f in files if f.gradable or may_be_handed_in(f.parts[-1])] or files
    tops = {each.parts[0] for each in handed_in}
    flat = [each.name for each in files if len(each.parts) == 1]
    if METADATA in flat or (tops and all(map(_GRADESCOPE.fullmatch, tops))):
        return Layout.GRADESCOPE
    if sum(map(bool, map(_MOODLE.fullmatch, tops))) > len(tops) / 2:
        return Layout.MOODLE
    own = [top for top in tops if top != LIST_OF_FILES]
    if sum(map(bool, map(_BRIGHTSPACE.fullmatch, own))) > len(own) / 2:
        return Layout.BRIGHTSPACE
    if sum(map(bool, map(_BLACKBOARD.fullmatch, flat))) > len(tops) / 2:
        return Layout.BLACKBOARD
    if sum(map(bool, map(_CANVAS.fullmatch, flat))) > len(tops) / 2:
        return Layout.CANVAS
    return Layout.FOLDER


def arrange(
    layout: Layout, files: Sequence[Found], where: object, own: Own
) -> tuple[list[Package], list[str]]:
    """Return the packages of a class, and notes on the files that belong to none."""
    if layout is Layout.FOLDER:
        packages, notes = folder_packages(files, own)
    else:
        packages, notes = _ARRANGE[layout](bare(files), where)
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
    Layout.BRIGHTSPACE: "no name looks like Brightspace's (1-2 - Name - Mar 1, 2026 1200 PM)",
    Layout.BLACKBOARD: "no name looks like Blackboard's (Lab_me_attempt_2026-03-01-12-00-00_a.py)",
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


def _brightspace(files: Sequence[Found], where: object) -> tuple[list[Package], list[str]]:
    packages: dict[str, Package] = {}
    notes = []
    for found in files:
        top, _, rest = found.name.partition("/")
        match = _BRIGHTSPACE.fullmatch(top)
        if not match:
            if top != LIST_OF_FILES:
                notes.append(f"{shown(found.name)} is left out: Brightspace names it differently.")
            continue
        label = f"{match['name']} {match['number'].partition('-')[0]} {match['time']}"
        own = Package(label, (Student(name=match["name"]),), submitted=_time(match["time"]))
        own = packages.setdefault(label, own)
        own.files.append(replace(found, name=rest or match["file"] or top))
    return list(packages.values()), notes


def _time(text: str) -> str:
    """Return Brightspace's English time in ISO format, nothing for one in another language."""
    match = re.fullmatch(r"(\w{3})\w* (\d+),? (\d{4}),? (\d{1,2})[: ]?(\d\d)\s*([AP]M)", text, re.I)
    try:
        return datetime.strptime(" ".join(match.groups()), "%b %d %Y %I %M %p").isoformat()
    except (AttributeError, ValueError):
        return ""


def _blackboard(files: Sequence[Found], where: object) -> tuple[list[Package], list[str]]:
    packages: dict[str, Package] = {}
    notes = []
    for found in files:
        match = _BLACKBOARD.fullmatch(found.name)
        if not match:
            notes.append(f"{shown(found.name)} is left out: Blackboard names files differently.")
            continue
        day, clock = match["time"][:10], match["time"][11:].replace("-", ":")
        label = f"{match['user']} {match['time']}"
        who = Student(name=match["user"])
        own = Package(label, (who,), submitted=f"{day}T{clock}", clues=(match["user"],))
        own = packages.setdefault(label, own)
        if match["file"]:
            own.files.append(replace(found, name=match["file"]))
        else:
            own.typed = True
    return list(packages.values()), notes


_ARRANGE: dict[Layout, Callable[[Sequence[Found], object], tuple[list[Package], list[str]]]] = {
    Layout.GRADESCOPE: _gradescope,
    Layout.CANVAS: _canvas,
    Layout.MOODLE: _moodle,
    Layout.BRIGHTSPACE: _brightspace,
    Layout.BLACKBOARD: _blackboard,
}
