"""The files that staff name: a folder, a download, one in another zip, or several downloads."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.submission.reading import NO_ANSWERS, SubmissionError, read_submission
from tools.errors import ClassError
from tools.handins.file_types import archive_of, head_of, looks_like_a_notebook
from tools.handins.handin import shown
from tools.handins.layouts import LIST_OF_FILES, Layout, arrange, bare, recognise
from tools.handins.own_folders import Own, stem
from tools.handins.unpacking import SUFFIXES, Found, files_below, members, unpack


def files_of(
    paths: Sequence[Path], unpacked: Path, layout: str | None, own: Own
) -> tuple[list[Found], list[str]]:
    """Return the files in what staff named, and notes on those left out.

    Zips are unpacked into `unpacked` where they hold a class, not one student's work.
    """
    if len(paths) > 1:
        for path in paths:
            if not path.is_file():
                raise ClassError("this is not a file", path, "Give one folder, one zip, or files.")
        return _with_sections(_named(paths), [], unpacked, own)
    (path,) = paths
    if not path.exists():
        raise ClassError("there is no such file or folder", path, "Look for a typing mistake.")
    if not path.is_dir():
        head = head_of(path)
        if what := archive_of(path.name, head):
            what_now = "Unpack it, and name the folder."
            raise ClassError(f"this is {what}, which is not read here", path, what_now)
        if path.suffix.lower() != ".zip" or not (layout or _is_class(path, own)):
            odd = not path.name.lower().endswith(SUFFIXES)
            return [Found(path.name, path, notebook=odd and looks_like_a_notebook(head))], []
        files, notes = _class_in(path, unpacked, own)
    else:
        files, notes = files_below(path)
    if inner := _only_zip(files):
        # Staff named the folder that contains the download, or packed it once more.
        within, more = files_of([inner.file], unpacked, layout, own)
        if not within or within[0].file != inner.file:
            beside = [shown(each.name) for each in files if each is not inner]
            notes += [f"{name} is left out: it is beside the download." for name in beside]
            return within, notes + more
    return _with_sections(files, notes, unpacked, own)


def _class_in(archive: Path, unpacked: Path, own: Own) -> tuple[list[Found], list[str]]:
    """Unpack a zip, which may hold a folder around all, or just its contents."""
    files, notes = unpack(archive, unpacked)
    one_students = any(own.person(each.parts[0]) for each in files)
    return (files if one_students else bare(files)), notes


def _with_sections(
    files: list[Found], notes: list[str], unpacked: Path, own: Own
) -> tuple[list[Found], list[str]]:
    """Return the files with those of the downloads among them, such as one of each section."""
    sections = _sections(files, own)
    if not sections:
        return files, notes
    beside = [each for each in files if each not in sections]
    kinds = {*sections.values()}
    what_now = "Grade it by itself, with another --out; or unpack all of it into one folder."
    first = next(iter(sections)).name
    if len(kinds) > 1 or (kinds != {Layout.FOLDER} and any(each.gradable for each in beside)):
        raise ClassError("this download has other hand-ins beside it", shown(first), what_now)
    if kinds != {Layout.FOLDER}:
        notes = notes + [f"{shown(f.name)} is left out: it is beside a download." for f in beside]
        beside = []
    found = list(beside)
    for each, kind in sections.items():
        inside, more = _class_in(each.file, unpacked, own)
        section = f"{each.name[: -len('.zip')]}/" if kind is Layout.FOLDER else ""
        found += [replace(one, name=section + one.name) for one in inside]
        notes = notes + more
    names = Counter(each.name for each in found if each.name != LIST_OF_FILES)
    if twice := [name for name, times in names.items() if times > 1]:
        what = f"{shown(twice[0])} is in more than one of the downloads"
        raise ClassError(what, shown(first), what_now)
    return sorted(found, key=lambda each: each.name), notes


def _sections(files: Sequence[Found], own: Own) -> dict[Found, Layout]:
    """Return the zips with hand-ins of several students, by an LMS's names or the roster's."""
    found: dict[Found, Layout] = {}
    zips = [each for each in files if each.file and each.name.lower().endswith(".zip")]
    for each in zips if recognise(files) is Layout.FOLDER else ():
        try:
            inside = members(each.file)
            kind = recognise(inside)
            if kind is Layout.FOLDER:
                work = [m for m in inside if m.gradable and not m.name.lower().endswith(".py")]
                parts = {part for m in work for part in (*m.parts[:-1], stem(m.parts[-1]))}
                several = len({person for part in parts if (person := own.person(part))}) > 1
            else:
                several = len(arrange(kind, inside, each.name, own)[0]) > 1
        except ClassError:
            continue  # damaged: its student's problem
        if several:
            found[each] = kind
    return found


def _only_zip(files: Sequence[Found]) -> Found | None:
    """Return the zip that may hold the class, since nothing else here can be graded."""
    gradable = [each for each in files if each.gradable]
    alone = len(gradable) == 1 and recognise(files) == Layout.FOLDER
    return next((f for f in gradable if alone and f.file and f.name.lower().endswith(".zip")), None)


def _named(paths: Sequence[Path]) -> list[Found]:
    """Name several files by the shortest paths that tell them apart."""
    paths = list(dict.fromkeys(path.absolute() for path in paths))
    for depth in range(1, max(len(path.parts) for path in paths)):
        names = ["/".join(path.parts[-depth:]) for path in paths]
        if len(set(names)) == len(names):
            break
    return [
        Found(name, path, notebook=looks_like_a_notebook(head_of(path)))
        for name, path in zip(names, paths, strict=True)
    ]


# What a browser adds to the name of a second download.
_COPY = re.compile(r"(?:\s*\(\d+\)|-Copy\d*)+$")


def _is_class(archive: Path, own: Own) -> bool:
    """Return whether a zip holds a class, not one student's export."""
    found = members(archive)
    if recognise(found) != Layout.FOLDER:
        return True
    if any(own.person(part) for each in found for part in each.parts[:-1]):
        return True
    # Notebooks side by side under different names are different people's, even if they are equal:
    # a class has many untouched ones.
    notebooks = [
        each for each in found if each.gradable and not NO_ANSWERS.intersection(each.parts)
    ]
    top = min((len(each.parts) for each in notebooks), default=0)
    if len({_COPY.sub("", stem(n.parts[-1])) for n in notebooks if len(n.parts) == top}) > 1:
        return True
    # So are those in folders side by side, even if only one of them is answered or can be read.
    work = bare([each for each in notebooks if not each.name.lower().endswith(".py")])
    if len({n.parts[0] for n in work}) > 1 and all(len(n.parts) > 1 for n in work):
        return True
    try:
        read_submission(archive)
    except SubmissionError:
        gradable = [each.name.lower() for each in found if each.gradable]
        return len(gradable) > 1 or any(name.endswith(".zip") for name in gradable)
    return False
