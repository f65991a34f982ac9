"""What `unroll verify` has graded for each law, in its quick form and in its full one."""

import functools
import hashlib
import io
import json
import platform
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from tools.bank import Bank
from tools.jobs import Job
from tools.laws import Evidence, Result
from tools.stamp import AUTOGRADER, TOOLS, files_below, sha256
from tools.subjects import Subject, Subjects
from tools.tasks import Examine, RunOtter, Task
from tools.verdict import Law

QUICK_SEEDS = 3
FULL_SEEDS = 100
# Of accepted answers to slow questions. The 100 of the solution show whether a test needs luck.
SLOW_SEEDS = 10
OTTER_SECONDS = 12.0
IN_KERNEL = 10  # every tenth bug
# What an examination takes besides the tests, and what one of another bug takes with its diagnosis.
BASE_SECONDS, DIAGNOSIS_SECONDS = 0.2, 0.3
PACKAGES = ("numpy", "torch", "ipython", "otter-grader", "matplotlib", "ipykernel")


@dataclass(frozen=True)
class Check:
    """One thing to be graded, and the law that asks for it first."""

    law: Law
    subject: Subject
    task: Task
    seconds: float

    def note(self, result: Result, evidence: Evidence) -> None:
        """Put its result where the laws look for it."""
        name = self.subject.name
        if isinstance(self.task, RunOtter):
            evidence.by_otter[name] = result["points"]
        elif self.task.seed is not None:
            evidence.seeds[name, self.task.seed] = result
        else:
            evidence.examined[name] = result


@dataclass(frozen=True)
class Plan:
    """What is to be checked of one assignment; never a matter of how fast the machine is.

    slow: questions whose accepted answers are tried with fewer seeds.
    """

    name: str
    subjects: Subjects
    full: bool
    slow: tuple[str, ...] = ()

    def ends(self) -> Iterator[Check]:
        """The two ends of the scale, on which all else depends, here and by Otter."""
        solution, blank = self.subjects.solution, self.subjects.blank
        task = Examine(solution.notebook, diagnose=True)
        # The solution before all else.
        yield Check(Law.SOLUTION, solution, task, 2 * OTTER_SECONDS)
        yield Check(Law.BLANK, blank, Examine(blank.notebook), 1.0)
        for subject in (solution, blank):
            # A kernel takes ten seconds: the quick form does without.
            task = RunOtter(subject.notebook, whole=self.full)
            yield Check(Law.AGREE, subject, task, OTTER_SECONDS)

    def rest(self, times: Mapping[str, float]) -> Iterator[Check]:
        """Everything else; `times` is what each question of the solution took, in seconds.

        The longest checks go first, and nothing else depends on it.
        """
        every = tuple(times)

        def cost(questions: tuple[str, ...], more: float = 0.0) -> float:
            return BASE_SECONDS + more + sum(times[question] for question in questions)

        for bug in self.subjects.bugs:
            only = None if self.full else bug.questions
            seconds = cost(only or every, DIAGNOSIS_SECONDS)
            yield Check(Law.BITE, bug, Examine(bug.notebook, only), seconds)
        for answer in self.subjects.accepted:
            only = None if self.full else answer.questions
            task = Examine(answer.notebook, only, diagnose=True)
            yield Check(Law.ACCEPT, answer, task, cost(only or every, DIAGNOSIS_SECONDS))
        for stub in self.subjects.stubs:
            task = Examine(stub.notebook, every, bare=True)
            yield Check(Law.STUB, stub, task, cost(every))
        yield from self._seeds(every, cost)
        if self.full:
            yield from self._otter(cost(every))

    def _seeds(self, every: tuple[str, ...], cost) -> Iterator[Check]:
        solution = self.subjects.solution
        for seed in range(1, 1 + (FULL_SEEDS if self.full else QUICK_SEEDS)):
            yield self._seeded(solution, every, seed, cost)
            for answer in self.subjects.accepted if self.full else ():
                asked = (q for q in answer.questions if seed <= SLOW_SEEDS or q not in self.slow)
                if own := tuple(asked):
                    yield self._seeded(answer, own, seed, cost)

    @staticmethod
    def _seeded(subject: Subject, only: tuple[str, ...], seed: int, cost) -> Check:
        task = Examine(subject.notebook, only, seed=seed, bare=True)
        return Check(Law.SEED, subject, task, cost(only))

    def _otter(self, seconds: float) -> Iterator[Check]:
        """Some bugs in a kernel, to see that it makes no difference; the rest without one."""
        in_kernel = {bug.name for bug in self.subjects.bugs[::IN_KERNEL]}
        for subject in (*self.subjects.bugs, *self.subjects.accepted):
            whole = subject.name in in_kernel
            task = RunOtter(subject.notebook, whole=whole)
            yield Check(Law.AGREE, subject, task, OTTER_SECONDS if whole else seconds)


class Keys:
    """The keys of results: hashes of all that they depend on, and of nothing else."""

    def __init__(self, files: Mapping[str, bytes], otter_zip: bytes, bank: Bank) -> None:
        """`files` are those of hidden_tests/NAME by their name."""
        self._bank = bank
        self._files = {path: sha256(data) for path, data in files.items()}
        with zipfile.ZipFile(io.BytesIO(otter_zip)) as archive:
            parts = [n for n in archive.namelist() if n.startswith(("tests/", "files/"))]
            self._otter = sha256(repr([(n, sha256(archive.read(n))) for n in parts]).encode())
        self._code = code_hash()

    def job(self, name: str, check: Check) -> Job:
        """The job for a check."""
        task = check.task
        depends = [self._code, name, _digest(task.notebook), type(task).__name__, task.only]
        if isinstance(task, RunOtter):
            depends += [task.whole, self._otter]
        else:
            depends += [task.seed, task.bare, task.diagnose, self._tests(task.only)]
            depends += [] if task.bare else [self._answers(task.only)]
        key = sha256(json.dumps(depends).encode())[:32]
        return Job(key, f"{name}: {check.law}, {check.subject.name}", task, check.seconds)

    @functools.cache  # noqa: B019 - the object lives as long as the program
    def _tests(self, only: tuple[str, ...] | None) -> str:
        wanted = {
            path: digest
            for path, digest in self._files.items()
            if path.endswith(".py") and (only is None or path.removesuffix(".py") in only)
        }
        return sha256(repr([self._files.get("assignment.json"), sorted(wanted.items())]).encode())

    @functools.cache  # noqa: B019 - the object lives as long as the program
    def _answers(self, only: tuple[str, ...] | None) -> str:
        answers = self._bank.answers
        bugs = [bug for bug in answers.bugs if only is None or bug.question in only]
        return sha256(repr([answers.setup, answers.answers, bugs]).encode())


def code_hash() -> str:
    """A hash of the code that grades, and of what it runs on."""
    files = [*sorted(AUTOGRADER.glob("*.py")), TOOLS / "tasks.py", TOOLS / "otter_run.py"]
    spec = find_spec("seqlab")
    folder = Path(spec.origin).parent if spec and spec.origin else TOOLS
    files += [folder / path for path in files_below(folder, ".")]
    parts = [f"{file.name} {sha256(file.read_bytes())}" for file in files]
    return sha256("\n".join([*parts, *versions()]).encode())


def versions() -> list[str]:
    """What results depend on besides our own code."""
    return [f"{package} {version(package)}" for package in PACKAGES] + [
        f"python {platform.python_version()}"
    ]


@functools.lru_cache(maxsize=4096)
def _digest(notebook: bytes) -> str:
    return hashlib.sha256(notebook).hexdigest()
