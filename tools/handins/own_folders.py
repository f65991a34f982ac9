"""A folder that no LMS made: which of its parts are people, and which files are whose."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tools.handins.clues import without
from tools.handins.file_types import may_be_handed_in
from tools.handins.handin import Student, shown
from tools.handins.unpacking import SUFFIXES, Found
from tools.identity.person_names import squashed

# So many notebooks side by side are not one student's, even where nothing else is known.
MANY = 6
# Folders that hold hand-ins and are nobody's.
_NOBODYS = {"submitted", "submissions", "submission", "abgaben", "abgabe", "handins", "class"}


@dataclass
class Package:
    """The files of one student or group. `typed`: text was typed in as well, or instead.

    back, clues: see Handin.
    """

    label: str
    students: tuple[Student, ...]
    files: list[Found] = field(default_factory=list)
    submitted: str = ""
    late: str = ""
    typed: bool = False
    back: str = ""
    clues: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """What is known of the class: its assignment, and whom a name stands for."""

    assignment: str = ""
    person: Callable[[str], object] = lambda name: None


def folder_packages(files: Sequence[Found], own: Own) -> tuple[list[Package], list[str]]:
    """Make a package for each loose file, and for each folder with a file to grade."""
    homes = {each.parts[:-1] for each in files if each.gradable}
    if not homes:
        return [], []
    crowded = _crowded(files, own)
    homes = {_lifted(home, own, crowded) for home in homes} - crowded
    while inner := _everybodys(homes, own):
        homes = {_lifted(home[:-1] if home in inner else home, own, crowded) for home in homes}
    homes = {
        home for home in homes if not any(home[:depth] in homes for depth in range(1, len(home)))
    }
    above = {home[:depth] for home in homes | crowded for depth in range(len(home))} | crowded
    packages: dict[str, Package] = {}
    notes = []
    for found in files:
        home = _home(found.parts[:-1], homes, above)
        if home:
            label = "/".join(home)
            package = packages.setdefault(label, Package(label, ()))
            package.files.append(replace(found, name="/".join(found.parts[len(home) :])))
        elif found.gradable or (may_be_handed_in(found.parts[-1]) and _among(found, crowded)):
            # A report beside the notebook of the same name belongs to it.
            label = "/".join((*found.parts[:-1], stem(found.parts[-1])))
            packages.setdefault(label, Package(label, ())).files.append(
                replace(found, name=found.parts[-1])
            )
        else:
            notes.append(f"{shown(found.name)} is left out: it is not a notebook.")
    return _named(list(packages.values()), own), notes


def stem(name: str) -> str:
    """Return a file's name without the suffixes that its kind of file has, as in x.ipynb.txt."""
    while "." in name.strip(".") and len(name) - name.rindex(".") <= 7:
        bare = name.rpartition(".")[0]
        if not bare.lower().endswith(SUFFIXES) and not name.lower().endswith(
            (*SUFFIXES, ".gz", ".bz2", ".xz")
        ):
            return bare
        name = bare
    return name


def _crowded(files: Sequence[Found], own: Own) -> set[tuple[str, ...]]:
    """Return the folders whose notebooks are different students', each with a file of its own."""
    inside: dict[tuple[str, ...], list[str]] = {(): []}
    for found in files:
        if found.gradable and not found.name.lower().endswith(".py"):
            inside.setdefault(found.parts[:-1], []).append(stem(found.parts[-1]))
    found = {()}
    # Of sections, all are large; among students' own folders, one may be.
    typical = statistics.median([len(names) for folder, names in inside.items() if folder] or [0])
    for folder, names in inside.items():
        people = {person for name in names if (person := own.person(name))}
        many = len(named := [n for n in names if without(n, own.assignment)]) >= MANY <= typical
        if folder and own.person(folder[-1]):
            continue
        nobodys = folder and squashed(folder[-1]) in {squashed(own.assignment), *_NOBODYS}
        if len(people) > 1 or many or (nobodys and len(named) > 1):
            found.add(folder)
    return found


def _among(found: Found, crowded: set[tuple[str, ...]]) -> bool:
    return found.parts[:-1] in crowded


def _lifted(home: tuple[str, ...], own: Own, crowded: set[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the student's folder: nbgrader makes one for each assignment in it."""
    name = squashed(home[-1]) if home else ""
    is_assignments = bool(name) and name == squashed(own.assignment)
    return home[:-1] if len(home) > 1 and is_assignments and home not in crowded else home


def _everybodys(homes: set[tuple[str, ...]], own: Own) -> set[tuple[str, ...]]:
    """Return the folders that an LMS makes in everybody's, such as Sakai's for attachments.

    Most have the same name, and each is alone where it is: nobody else's files come into its place.
    """
    inside: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for home in homes:
        for depth in range(1, len(home)):
            inside[home[:depth]].append(home)
    alone = {home for home in homes if len(home) > 1 and len(inside[home[:-1]]) == 1}
    count = Counter(home[-1] for home in alone)
    return {h for h in alone if count[h[-1]] > max(1, len(homes) / 2) and not own.person(h[-1])}


def _home(folder: tuple[str, ...], homes: set, above: set) -> tuple[str, ...]:
    """Return the student's folder that a file is in: the outermost that holds no other's."""
    around = [folder[:depth] for depth in range(1, len(folder) + 1)]
    return next((each for each in around if each in homes and each not in above), ()) or next(
        (each for each in around if each not in above), ()
    )


def _named(packages: list[Package], own: Own) -> list[Package]:
    """Name each package by what tells it from the others, and never by the assignment."""
    parts = [package.label.split("/") for package in packages]
    count = Counter(part for path in parts for part in {*path})
    common = {part for part, times in count.items() if times == len(packages) > 1}
    for package, path in zip(packages, parts, strict=True):
        telling = [p for p in path if p not in common and without(p, own.assignment)]
        telling = telling or [p for p in path if without(p, own.assignment)]
        name = telling[-1] if telling else ""
        package.students = (Student(name=name),) if name else ()
        files = [stem(each.parts[-1]) for each in package.files if each.gradable]
        package.clues = tuple(dict.fromkeys([*path, *files]))
        start = next((at for at, part in enumerate(path) if part not in common), 0)
        package.label = "/".join(path[start:])
    return packages
