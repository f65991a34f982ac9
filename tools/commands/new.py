"""`unroll new`: a first assignment that builds and proves, with one question of each kind."""

import keyword
import re
import tomllib
from pathlib import Path

import click

import tools
from tools.course.settings import COURSE_FILE, SUPPORT_PACKAGE, read_course
from tools.errors import AuthorError, Place
from tools.files import files_below, swap_in
from tools.release.stamp import LOCK_FILE

KIT = Path(tools.__file__).parent.parent
TEMPLATE = Path(tools.__file__).parent / "course/first_assignment"
# Templates have this at their end, so that no tool takes them for modules of ours.
SUFFIX = ".j2"
TAKEN = {SUPPORT_PACKAGE, "testing", "tests"}
_LIST = re.compile(r"^assignments\s*=\s*\[(.*?)\]", re.MULTILINE | re.DOTALL)

COURSE = """\
# The course, once per semester. What belongs to one assignment is in its own assignment.toml.

course = "My course"
# Hidden tests draw their inputs from it: `unroll semester "2027 spring"` changes it.
semester = "2026 autumn"
# Where students' notebooks fetch a release when it is not beside them (Google Colab).
release_url = "https://example.edu/my-course/{assignment}-student.zip"
# PyTorch's own index of CPU builds, for the grading image and for `make`.
torch_index = "{{ torch_index }}"
assignments = []
"""


def new(root: Path, name: str, title: str = "") -> list[str]:
    """Write the assignment `name`, and a course around it where there is none; return the paths."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,40}", name) or keyword.iskeyword(name) or name in TAKEN:
        raise click.UsageError(
            f'"{name}" cannot name an assignment. Write lower-case letters, digits and '
            "underscores, such as gru_from_scratch."
        )
    folder = f"assignments/{name}"
    if (root / folder).exists():
        what_now = "Choose another name, or remove that folder first."
        raise click.UsageError(f"{root / folder} is already there. {what_now}")
    files = {} if (root / COURSE_FILE).is_file() else _course(root)
    course = files.get(COURSE_FILE) or (root / COURSE_FILE).read_bytes()
    files[COURSE_FILE] = with_assignment(course.decode("utf-8-sig"), name).encode()
    words = {"{{ name }}": name, "{{ title }}": title or name.replace("_", " ").capitalize()}
    for path in files_below(TEMPLATE, "."):
        text = (TEMPLATE / path).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        target = path.removesuffix(SUFFIX).replace("first.ipynb", f"{name}.ipynb")
        files[f"{folder}/{target}"] = text.encode()
    swap_in(root, files, files)
    return sorted(files)


def with_assignment(text: str, name: str) -> str:
    """Return the text of course.toml with one more assignment at the end of its list."""
    match = _LIST.search(text)
    if match:
        listed = match[1].rstrip()
        line = "\n    " if "\n" in listed else (" " if listed else "")
        bare = re.sub(r"#.*", "", listed).rstrip()
        comma = "" if not bare or bare.endswith(",") else ","
        closing = match[1][len(listed) :]
        added = f'{listed}{comma}{line}"{name}"{"," if closing else ""}{closing}'
        changed = text[: match.start(1)] + added + text[match.end(1) :]
        expected = [*tomllib.loads(text)["assignments"], name]
        try:
            if tomllib.loads(changed)["assignments"] == expected:
                return changed
        except tomllib.TOMLDecodeError:
            pass
    what = "the list of assignments is not written as usual"
    what_now = f'Write it as assignments = ["{name}"], or add "{name}" to it, and try again.'
    raise AuthorError(what, Place(COURSE_FILE), what_now)


def _course(root: Path) -> dict[str, bytes]:
    """Return what a course needs: its settings, the support package, and the versions."""
    if root.exists() and any(path.name != "build" for path in root.iterdir()):
        what_now = f"Name an empty folder, or one with {COURSE_FILE}."
        raise click.UsageError(f"{root} holds other files, and no course. {what_now}")
    course = COURSE.replace("{{ torch_index }}", read_course(KIT).torch_index)
    files = {COURSE_FILE: course.encode(), LOCK_FILE: (KIT / LOCK_FILE).read_bytes()}
    assignments = KIT / "assignments"
    for path in files_below(assignments, SUPPORT_PACKAGE):
        files[f"assignments/{path}"] = (assignments / path).read_bytes()
    return files
