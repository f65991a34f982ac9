"""The settings beside a master: course.toml and assignment.toml."""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.assignment.bundle import Limits
from autograder.results.feedback import Profile
from tools.course.pins import normalised
from tools.course.rubric import Rubric, parse_rubrics
from tools.course.rules import LateRule, parse_extra_credit, parse_late
from tools.errors import AuthorError, Place, nearest, nearest_key, unreadable


class Stub(StrEnum):
    """What a stub returns instead of the right result; see `tools.proof.stub_values`."""

    CONSTANT = "constant"
    ZERO = "zero"
    IDENTITY = "identity"
    NAN = "nan"
    NEGATED = "negated"
    TRANSPOSED = "transposed"
    WRONG_SHAPE = "wrong_shape"
    WRONG_DTYPE = "wrong_dtype"
    VANDAL = "vandal"
    RECALL = "recall"


KINDS = tuple(Stub)


COURSE_FILE = "assignments/course.toml"
SUPPORT_PACKAGE = "seqlab"

# Key: type of its value, and how it is written. Any other key is an error, so that a typo cannot
# disable a setting.
COURSE_KEYS = {
    "course": (str, 'course = "Deep Learning"'),
    "semester": (str, 'semester = "2027 spring"'),
    "release_url": (str, 'release_url = "https://example.edu/{assignment}-student.zip"'),
    "torch_index": (str, 'torch_index = "https://example.org/whl/cpu"'),
    "assignments": (list, 'assignments = ["rnn_from_scratch"]'),
    "late": (dict, "[late]"),
}
# A key that is missing here must be there.
COURSE_DEFAULTS = {"torch_index": "https://download.pytorch.org/whl/cpu", "late": {}}
ASSIGNMENT_KEYS = {
    "title": (str, 'title = "A recurrent network from scratch"'),
    "files": (list, 'files = ["rnn_parts.py"]'),
    "requirements": (list, 'requirements = ["numpy", "matplotlib", "tqdm", "otter-grader"]'),
    "released_testing": (list, 'released_testing = ["shapes"]'),
    "may_repeat": (list, 'may_repeat = ["rng = np.random.default_rng(0)"]'),
    "feedback": (str, 'feedback = "graded"'),
    "limits": (dict, "[limits]"),
    "leaderboard": (bool, "leaderboard = true"),
    "nearest_edit": (bool, "nearest_edit = false"),
    "bonus": (list, 'bonus = ["q9_faster"]'),
    "slow": (list, 'slow = ["q7_train"]'),
    "numpy_only": (list, 'numpy_only = ["q4_softmax"]'),
    "builds_on": (dict, "[builds_on]"),
    "stubs": (dict, "[stubs]"),
    "rubrics": (dict, "[rubrics.q9_explain]"),
    "extra_credit": (dict, "[extra_credit]"),
}
# What every release imports: in seqlab, and in the check and export cells.
NEEDED = ("numpy", "matplotlib", "tqdm", "otter-grader")
LISTS = (
    *("files", "requirements", "may_repeat", "bonus", "slow", "numpy_only", "released_testing"),
)
DEFAULTS = {
    **{name: [] for name in LISTS},
    **{"requirements": list(NEEDED), "feedback": "graded", "leaderboard": False, "limits": {}},
    "nearest_edit": True,
    **{"builds_on": {}, "stubs": {}, "rubrics": {}, "extra_credit": {}},
}
# The Python that grades, in Gradescope's image and in Otter's; a release tells students. Otter's
# own default is newer than the lock's packages support; Gradescope's image has 3.10, too old for
# PyTorch.
GRADING_PYTHON = "3.12"
PROFILES = tuple(Profile)
LIMITS = tuple(limit.name for limit in fields(Limits))
_LIMITS = {limit.name: f"{limit.name} = {limit.default:g}" for limit in fields(Limits)}


@dataclass(frozen=True)
class Course:
    """One semester of the course."""

    course: str
    semester: str
    release_url: str
    torch_index: str
    assignments: tuple[str, ...]
    late: LateRule | None = None

    def release_address(self, assignment: str) -> str:
        """Return the address where students' notebooks fetch the release of an assignment."""
        return self.release_url.replace("{assignment}", assignment)


@dataclass(frozen=True)
class Assignment:
    """The policy of one assignment; its questions are only in the master."""

    name: str
    title: str
    files: tuple[str, ...]
    requirements: tuple[str, ...]
    may_repeat: tuple[str, ...]
    # Modules of the folder `testing` that students get too.
    released_testing: tuple[str, ...]
    feedback: str
    limits: Limits
    leaderboard: bool
    # Whether students are told which line of the right answer they have otherwise.
    nearest_edit: bool
    # Questions whose points come on top: the maximum leaves them out.
    bonus: tuple[str, ...]
    # Questions whose tests take seconds, such as training a model.
    slow: tuple[str, ...]
    # Questions in whose process PyTorch cannot be used.
    numpy_only: tuple[str, ...]
    # For each question, the earlier questions it depends on: right answers cannot replace theirs.
    builds_on: Mapping[str, tuple[str, ...]]
    # Points that a stub may earn, by question and kind of stub; 0 if not listed.
    stubs: Mapping[tuple[str, Stub], float]
    # Points that staff may give beyond the maximum, by question; "total" is the whole assignment.
    extra_credit: Mapping[str, float]
    # Criteria with their points, by question that is marked by hand.
    rubrics: Mapping[str, Rubric]


def parse_course(text: str) -> Course:
    """Parse the contents of course.toml."""
    values = _parse(text, COURSE_FILE, COURSE_KEYS, COURSE_DEFAULTS)
    if "{assignment}" not in values["release_url"]:
        raise AuthorError(
            '"release_url" does not contain {assignment}',
            Place(COURSE_FILE, line=line_of(text, "release_url")),
            "Write {assignment} in place of the assignment's name in the address.",
        )
    lists = {"assignments": tuple(values["assignments"])}
    late = parse_late(values["late"], COURSE_FILE, lambda key: line_of(text, key))
    _check_course(values, text, late)
    return Course(**{**values, **lists, "late": late})


def _check_course(values: Mapping[str, Any], text: str, late: LateRule | None) -> None:
    names = values["assignments"]
    for name in late.due if late else ():
        if name not in names:
            what = f'[late.due]: there is no assignment "{name}"'
            place = Place(COURSE_FILE, line=line_of(text, name))
            raise AuthorError(what, place, nearest(name, names))
    for name in names:
        if names.count(name) > 1:
            place = Place(COURSE_FILE, line=line_of(text, "assignments"))
            raise AuthorError(f'"{name}" is twice in the list', place, "Name it once.")
    for key in ("course", "semester"):
        if not values[key].strip():
            place = Place(COURSE_FILE, line=line_of(text, key))
            what_now = f"Write a line such as {COURSE_KEYS[key][1]}."
            raise AuthorError(f'"{key}" is empty', place, what_now)
    if not values["release_url"].startswith(("https://", "http://")):
        place = Place(COURSE_FILE, line=line_of(text, "release_url"))
        what_now = "Begin it with https://, as in a browser."
        raise AuthorError('"release_url" is no address of a page', place, what_now)


def parse_assignment(text: str, name: str) -> Assignment:
    """Parse the contents of assignment.toml."""
    file = f"assignments/{name}/assignment.toml"
    title = name.replace("_", " ").capitalize()
    values = _parse(text, file, ASSIGNMENT_KEYS, DEFAULTS | {"title": title})
    for path in values["files"]:
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or "\\" in path:
            raise AuthorError(
                f'the support file "{path}" is outside the folder of the assignment',
                Place(file, line=line_of(text, "files")),
                f"Move it into assignments/{name}/ and write its path from there, with slashes.",
            )
    listed = [normalised(name) for name in values["requirements"]]
    for needed in NEEDED:
        if needed not in listed:
            raise AuthorError(
                f'"{needed}" is not among the requirements: seqlab or the checks import it',
                Place(file, line=line_of(text, "requirements")),
                f'Add "{needed}" to the list.',
            )
    if values["feedback"] not in PROFILES:
        raise AuthorError(
            f'there is no feedback profile "{values["feedback"]}"',
            Place(file, line=line_of(text, "feedback")),
            nearest(values["feedback"], PROFILES),
        )
    for key, value in values["limits"].items():
        place = Place(file, line=line_of(text, key))
        if key not in LIMITS:
            raise AuthorError(f'the limit "{key}" is unknown', place, nearest_key(key, _LIMITS))
        default = getattr(Limits(), key)
        kinds = (int, float) if isinstance(default, float) else (int,)
        if type(value) not in kinds or not 0 < value < math.inf:
            kind = "number" if isinstance(default, float) else "whole number"
            remedy = f"Write {key} = {default:g}, the default, or another {kind}."
            raise AuthorError(f'"{key}" is not a {kind} above 0', place, remedy)
    for key, value in values["builds_on"].items():
        if not _is(value, list):
            what = f'"{key}" below [builds_on] is not a list of strings'
            remedy = f'Write {key} = ["…"], with the questions it depends on.'
            raise AuthorError(what, Place(file, line=line_of(text, key)), remedy)
    lists = {key: tuple(values[key]) for key in LISTS}
    return Assignment(
        name=name,
        title=values["title"],
        feedback=values["feedback"],
        leaderboard=values["leaderboard"],
        nearest_edit=values["nearest_edit"],
        limits=Limits(**values["limits"]),
        builds_on={key: tuple(value) for key, value in values["builds_on"].items()},
        stubs=dict(_stubs(values["stubs"], text, file)),
        extra_credit=parse_extra_credit(
            values["extra_credit"], file, lambda key: line_of(text, key)
        ),
        rubrics=parse_rubrics(values["rubrics"], file, lambda key: line_of(text, key)),
        **lists,
    )


def _stubs(
    table: Mapping[str, object], text: str, file: str
) -> Iterator[tuple[tuple[str, Stub], float]]:
    """Parse the table [stubs]. Its questions are checked later, against the master."""
    for key, value in table.items():
        place = Place(file, line=line_of(text, key))
        question, _, kind = key.partition(".")
        if kind not in KINDS:
            what = f'there is no stub kind "{kind}", in "{key}"'
            example = f'Write it with quotes, as in "q5_init.{KINDS[0]}" = 5.'
            raise AuthorError(what, place, nearest(kind, KINDS) if kind else example)
        if type(value) not in (int, float) or not 0 < value < math.inf:
            what = f'"{key}" is not a number of points above 0'
            raise AuthorError(what, place, "Write the maximum points that the stub may earn.")
        yield (question, Stub(kind)), value


def read_course(root: Path) -> Course:
    """Read the course of the project folder `root`."""
    return parse_course(read_text(root, COURSE_FILE, "Write it as assignments/README.md says."))


def read_assignment(root: Path, name: str) -> Assignment:
    """Read the policy of the assignment `name`."""
    file = f"assignments/{name}/assignment.toml"
    return parse_assignment(read_text(root, file, "Write it as assignments/README.md says."), name)


def read_text(root: Path, file: str, what_now: str) -> str:
    """Read a project file as text; raise an AuthorError with `what_now` if it is missing."""
    try:
        return (root / file).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise AuthorError("there is no such file", Place(file), what_now) from None
    except UnicodeDecodeError as error:
        raise AuthorError(
            f"this is not UTF-8 text ({error.reason} at byte {error.start})",
            Place(file),
            "Save it with the encoding UTF-8.",
        ) from None


def _parse(
    text: str,
    file: str,
    keys: Mapping[str, tuple[type, str]],
    defaults: Mapping[str, object],
) -> dict:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = f"this is not TOML: {error}"
        raise unreadable(text, Place(file), what, "Fix that line.") from None
    examples = {key: example for key, (_, example) in keys.items()}
    for key in values:
        if key not in keys:
            place = Place(file, line=line_of(text, key))
            raise AuthorError(f'the key "{key}" is unknown', place, nearest_key(key, examples))
    values = defaults | values
    for key, (kind, example) in keys.items():
        if key not in values:
            remedy = f"Add a line such as {example}."
            raise AuthorError(f'the key "{key}" is missing', Place(file), remedy)
        if not _is(values[key], kind):
            raise AuthorError(
                f'"{key}" is not {_KINDS[kind][0]}',
                Place(file, line=line_of(text, key)),
                f"Write {_KINDS[kind][1].format(key)}.",
            )
    return values


# What a value of each type is called, and how it is written.
_KINDS = {
    str: ("a string", '{} = "…"'),
    list: ("a list of strings", '{} = ["…", "…"]'),
    bool: ("true or false", "{} = true"),
    dict: ("a table", "[{}] on a line of its own, and its keys below"),
}


def _is(value: object, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)


def line_of(text: str, key: str) -> int | None:
    """Return the first line of a TOML file that begins with a key."""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(rf"\s*[\"']?{re.escape(key)}\b", line):
            return number
    return None
