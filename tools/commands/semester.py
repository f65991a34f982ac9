"""`unroll semester`: another semester of a course, rebuilt, and what changes for students."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from tools.course.settings import COURSE_FILE, read_course, read_text
from tools.errors import AuthorError, Place
from tools.files import swap_in
from tools.release import build as building
from tools.release.freshness import committed_files

_SEMESTER = re.compile(r"^(\s*semester\s*=\s*)(\"[^\"\n]*\"|'[^'\n]*')", re.MULTILINE)
_TABLE = re.compile(r"^\s*\[")
MOST_NAMED = 5


def change(root: Path, semester: str) -> Iterator[str]:
    """Change the semester, build everything, and yield what changed, line by line.

    Where a build fails, everything is as it was.
    """
    course = read_course(root)
    if not semester.strip() or '"' in semester or "\n" in semester:
        raise click.UsageError('A semester is a short text, such as "2027 spring".')
    if semester == course.semester:
        raise click.UsageError(f"{COURSE_FILE} has the semester {semester} already.")
    before = {name: committed_files(root, name) for name in course.assignments}
    text = read_text(root, COURSE_FILE, "Restore it.")
    changed, dates = with_semester(text, semester)
    swap_in(root, {COURSE_FILE: changed.encode()}, [COURSE_FILE])
    try:
        building.build(root, list(course.assignments))
    except BaseException:
        swap_in(root, {COURSE_FILE: text.encode()}, [COURSE_FILE])
        raise
    yield f"{course.semester} → {semester}"
    for line in dates:
        yield f"{COURSE_FILE}: the due date `{line}` is a comment now. Write the new one."
    for name in course.assignments:
        after = committed_files(root, name)
        yield f"{name}: {_for_students(before[name], after, (course.semester, semester), name)}"


def with_semester(text: str, semester: str) -> tuple[str, list[str]]:
    """Return the text of course.toml for another semester, and the due dates that went with it."""
    changed, count = _SEMESTER.subn(lambda m: f"{m[1]}{json.dumps(semester)}", text)
    if count != 1:
        what = "the semester is not on a line of its own"
        raise AuthorError(what, Place(COURSE_FILE), f'Write semester = "{semester}" there.')
    lines, dates, in_due = [], [], False
    for line in changed.split("\n"):
        if _TABLE.match(line):
            in_due = line.strip() == "[late.due]"
        elif in_due and line.strip() and not line.lstrip().startswith("#"):
            dates.append(line.strip())
            line = f"# {line}"
        lines.append(line)
    return "\n".join(lines), dates


def _for_students(
    before: Mapping[str, bytes], after: Mapping[str, bytes], semesters: tuple[str, str], name: str
) -> str:
    """Say what students get that they did not get before."""
    release = f"student_release/{name}/"
    old, new = (word.encode() for word in semesters)
    paths = {path for path in before.keys() | after.keys() if path.startswith(release)}
    other = [path for path in sorted(paths) if before.get(path) != after.get(path)]
    more = [p for p in other if before.get(p, b"").replace(old, new) != after.get(p)]
    hidden = [path for path in after if "/hidden_tests/" in path and path.endswith(".py")]
    drawn = sum(before.get(path) != after[path] for path in hidden)
    tests = f"new hidden inputs in {drawn} of {len(hidden)} files of tests"
    if not before:
        return f"was never built before; {tests}"
    if not more:
        return f"students see another semester in {len(other)} of {len(paths)} files; {tests}"
    named = ", ".join(path.removeprefix(release) for path in more[:MOST_NAMED])
    named += f" and {len(more) - MOST_NAMED} more" if len(more) > MOST_NAMED else ""
    return f"students get other contents in {named}; {tests}"
