"""Checks of the committed files: they leak nothing and match a build of the sources."""

from collections.abc import Collection, Iterator
from pathlib import Path

from tools.course.settings import Assignment, read_course
from tools.errors import AuthorError, AuthorErrors
from tools.files import files_below, sha256, swap_in
from tools.leaks.leak import check_messages, check_release
from tools.master.known_answers import read_bank
from tools.master.master import Master
from tools.release.build import Built, assemble, folders_of
from tools.release.stamp import Stamp, fingerprint, read_stamp, stamp_file
from tools.release.testing_folder import read_testing


def committed_files(root: Path, name: str) -> dict[str, bytes]:
    """Return the generated files of an assignment on disk, by path from the project."""
    paths = [path for folder in folders_of(name) for path in files_below(root, folder)]
    if (root / f"solutions/{name}.ipynb").is_file():
        paths.append(f"solutions/{name}.ipynb")
    return {path: (root / path).read_bytes() for path in sorted(paths)}


def leaks(root: Path, master: Master, assignment: Assignment) -> list[str]:
    """Return the secrets in the committed release, by the same gate as a build."""
    release = f"student_release/{master.name}/"
    files = {p: d for p, d in committed_files(root, master.name).items() if p.startswith(release)}
    policy = f"assignments/{master.name}/assignment.toml"
    try:
        secret = read_testing(root, assignment).private, read_bank(root, master)
        found = check_release(master, files, assignment.may_repeat, policy, *secret)
        return [str(error) for error in [*check_messages(master), *found]]
    except (AuthorErrors, ValueError, KeyError) as error:
        return [f"{release}: this is not a release that a build wrote: {error}"]


def differences(root: Path, built: Built) -> Iterator[str]:
    """Yield how the committed files differ from a build that was not written to disk."""
    name = built.name
    expected = {path: data for path, data in built.outputs.items() if not path.startswith("build/")}
    found = committed_files(root, name)
    stale = sorted(p for p in expected | found if expected.get(p) != found.get(p))
    for path in stale[:1]:
        if path not in found:
            what = "is missing"
        elif path not in expected:
            what = "is not written by a build"
        else:
            what = (
                f"is not what a build writes, from line {_first_line(found[path], expected[path])}"
            )
        more = f", and {len(stale) - 1} more" if len(stale) > 1 else ""
        yield f"{path} {what}{more}. Run `unroll build {name}`, and edit the master instead."


def stale(root: Path, built: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each assignment not `built` whose committed files are out of date.

    A module of the support package, a setting of the course or the kit itself may have changed.
    """
    course = read_course(root)
    for name in course.assignments:
        mark = fingerprint(root, name)
        if name in built or read_stamp(root, name).holds(root, mark, folders_of(name)):
            continue
        try:
            other = assemble(root, course, name)
        except (AuthorError, AuthorErrors) as error:
            first = str(error).splitlines()[0]
            yield f"{name}: what is committed may be stale, and cannot be built now: {first}"
            continue
        found = list(differences(root, other))
        yield from (f"{name}: stale: {what}" for what in found)
        stamp = Stamp(mark, {path: sha256(data) for path, data in other.outputs.items()})
        if not found and stamp.holds(root, mark, folders_of(name)):
            swap_in(root, {stamp_file(name): stamp.text().encode()}, [stamp_file(name)])


def _first_line(found: bytes, expected: bytes) -> int:
    pairs = zip(found.split(b"\n"), expected.split(b"\n"), strict=False)
    return next((i for i, (a, b) in enumerate(pairs, start=1) if a != b), 1)
