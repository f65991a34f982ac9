"""Checks of the committed files: they leak nothing and match a build of the sources."""

from collections.abc import Iterator
from pathlib import Path

from tools.course.settings import Assignment
from tools.errors import AuthorErrors
from tools.files import files_below
from tools.master.known_answers import read_bank
from tools.master.master import Master
from tools.release.build import Built, folders_of
from tools.release.leak import check_messages, check_release


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
        accepted = read_bank(root, master).accepted
        found = check_release(master, files, assignment.may_repeat, policy, accepted)
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


def _first_line(found: bytes, expected: bytes) -> int:
    pairs = zip(found.split(b"\n"), expected.split(b"\n"), strict=False)
    return next((i for i, (a, b) in enumerate(pairs, start=1) if a != b), 1)
