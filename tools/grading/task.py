"""What a worker has to do: which file, which kit, and what to do with it."""

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from autograder.assignment.manner import AS_ALWAYS, Manner
from tools.files import sha256
from tools.grading.reuse import Parts, parts_of
from tools.handins.essays import AnswerSheet
from tools.likeness.likeness import Fingerprint


class StartError(Exception):
    """This machine cannot grade, or not now; no submission is to blame."""


@dataclass(frozen=True)
class Examine:
    """Grade a notebook in the examiner.

    only: these questions, or all; seed: the tests of this other semester; bare: without the known
    bugs and right answers, if nothing is to be diagnosed or carried forward; diagnose: look for
    known bugs even in what passed; blank_too: test even a notebook in which nothing was answered;
    manner: how its tests are run; seconds: of CPU for a question, if not the assignment's limit.
    """

    only: tuple[str, ...] | None = None
    seed: int | None = None
    bare: bool = False
    diagnose: bool = False
    blank_too: bool = False
    manner: Manner = AS_ALWAYS
    seconds: float | None = None


@dataclass(frozen=True)
class ExamineAlike:
    """Grade notebooks that begin as the task's own one does, which runs but is not graded.

    It takes a fraction of the time, and is for notebooks of ours: they share one candidate.
    """

    notebooks: tuple[tuple[bytes, Examine], ...]


@dataclass(frozen=True)
class RunOtter:
    """Have Otter grade a notebook: as a whole in a kernel, or its cells without one."""

    only: tuple[str, ...] | None = None
    whole: bool = False


Work = Examine | ExamineAlike | RunOtter


@dataclass(frozen=True)
class Release:
    """What is known of the untouched release, for the parts of a record besides the score."""

    untouched: Fingerprint
    sheet: AnswerSheet


@dataclass(frozen=True)
class Kit:
    """What a worker needs to grade an assignment; sent to each worker once.

    files: those of hidden_tests/NAME; release: for fingerprints and written answers, None if
    not wanted; otter_zip: for RunOtter; secrets: paths that no submission may read, if they exist;
    trust: grade without isolation if need be.
    """

    files: Mapping[str, bytes]
    release: Release | None = None
    otter_zip: bytes = b""
    secrets: tuple[str, ...] = ()
    trust: bool = False

    @functools.cached_property
    def parts(self) -> Parts:
        """Hashes of the tests, question by question."""
        return parts_of(self.files)

    @functools.cached_property
    def key(self) -> str:
        """A hash of everything in it that a record depends on."""
        about: list = [asdict(self.parts), sha256(self.otter_zip)]
        if self.release:
            sheet = self.release.sheet
            about += [asdict(self.release.untouched), sorted(sheet.given)]
            about += [{name: asdict(prompt) for name, prompt in sheet.prompts.items()}]
        return sha256(json.dumps(about, sort_keys=True).encode())


@dataclass(frozen=True)
class Task:
    """One file to grade with the kit of this key, by this version of the grader."""

    file: str
    contents: bytes
    kit: str
    version: str
    work: Work = Examine()
