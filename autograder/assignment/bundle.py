"""What the examiner knows of an assignment: its questions, their tests, its limits."""

import base64
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.answers import Answers, read_answers
from autograder.assignment.manner import AS_ALWAYS, Manner
from autograder.assignment.otter_tests import TestCase, read_tests

FILE = "assignment.json"


class BundleError(Exception):
    """The bundle is incomplete: an instructor's problem, never a student's."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are of CPU; the clock only stops what sleeps."""

    cell_seconds: float = 120.0
    # One question with all its tests; the slowest, a training, takes two.
    question_seconds: float = 60.0
    submission_seconds: float = 540.0
    # All processes of a submission together. A container on Gradescope has 768 MB by default.
    memory_mb: int = 2048
    processes: int = 32
    # What it writes: each file, and all files and folders that are there at a time.
    file_mb: int = 64
    disk_mb: int = 1024
    files: int = 10_000


@dataclass(frozen=True)
class Question:
    """One question; a manual one has no tests."""

    name: str
    points: float
    manual: bool
    # Whether it is to be answered with NumPy alone.
    numpy_only: bool = False
    # Whether its points come on top: the maximum leaves them out.
    bonus: bool = False


@dataclass(frozen=True)
class Bundle:
    """The folder `hidden_tests/NAME`, read."""

    name: str
    title: str
    course: str
    semester: str
    feedback: str
    packages: tuple[str, ...]
    leaderboard: bool
    questions: tuple[Question, ...]
    limits: Limits
    # What lies beside the notebook, by path, in Base64.
    files: Mapping[str, str]
    folder: Path
    # The modules that tests alone import, by path from the folder.
    testing: tuple[str, ...] = ()
    manner: Manner = AS_ALWAYS
    # Whether students are told which line of the right answer they have otherwise.
    nearest_edit: bool = True

    @property
    def graded(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if not question.manual)

    @property
    def numpy_only(self) -> bool:
        """Whether no question may use PyTorch, and students are not told to install it."""
        return all(q.numpy_only for q in self.graded) and "torch" not in self.packages

    @property
    def most(self) -> float:
        """The points of all questions that do not come on top."""
        return sum(question.points for question in self.questions if not question.bonus)

    @functools.cached_property
    def contents(self) -> dict[str, bytes]:
        """The files that lie beside the notebook."""
        return {path: base64.b64decode(text) for path, text in self.files.items()}

    @functools.cached_property
    def answers(self) -> Answers:
        """The right answers and the known wrong ones."""
        return read_answers(self.folder)

    def tests_of(self, question: str) -> tuple[TestCase, ...]:
        """The tests of a question, read once: forks of the grader inherit them."""
        if question not in self._tests:
            self._tests[question] = read_tests(self.folder / f"{question}.py")
        return self._tests[question]

    @functools.cached_property
    def _tests(self) -> dict[str, tuple[TestCase, ...]]:
        return {}


def parse_bundle(text: bytes, folder: Path) -> Bundle:
    """The bundle that `text`, the contents of `folder`/assignment.json, describes; no tests yet."""
    try:
        values = json.loads(text)
        lists = {
            "packages": tuple(values["packages"]),
            "questions": tuple(Question(**question) for question in values["questions"]),
            "limits": Limits(**values["limits"]),
            "testing": tuple(values.get("testing", ())),
        }
        return Bundle(**{**values, **lists, "folder": folder})
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{folder / FILE}: {error!r}. Run `unroll build`.") from None


def read_bundle(folder: Path) -> Bundle:
    """Read `folder` and check that each question's tests are there and sum to its points."""
    folder = folder.resolve()
    try:
        text = (folder / FILE).read_bytes()
    except OSError as error:
        raise BundleError(f"{folder / FILE}: {error.strerror}. Run `unroll build`.") from None
    bundle = parse_bundle(text, folder)
    for path in bundle.testing:
        if not (folder / path).is_file():
            raise BundleError(f"{folder / path}: there is no such file. Run `unroll build`.")
    for question in bundle.graded:
        try:
            possible = sum(test.points for test in bundle.tests_of(question.name))
        except Exception as error:
            raise BundleError(
                f"{folder / question.name}.py: {error}. Run `unroll build`."
            ) from None
        if possible != question.points:
            raise BundleError(
                f"{question.name}: its tests sum to {possible:g} points, not to "
                f"{question.points:g}. Run `unroll build`."
            )
    return bundle
