"""What `unroll verify` grades for each law, in its quick form and in its full form."""

import functools
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.files import sha256
from tools.grading.store import Record, score_of
from tools.grading.task import Examine, RunOtter, Task, Work
from tools.grading.version import grader_version
from tools.master.known_answers import Bank
from tools.proof.evidence import Evidence
from tools.proof.subjects import Subject, Subjects
from tools.proof.verdict import Law

QUICK_SEEDS = 3
FULL_SEEDS = 100
# For accepted answers to slow questions. The solution's 100 show whether a test needs luck.
SLOW_SEEDS = 10
OTTER_SECONDS = 12.0
IN_KERNEL = 10  # every tenth bug
# What an examination takes besides the tests, and what a diagnosis adds.
BASE_SECONDS, DIAGNOSIS_SECONDS = 0.2, 0.3


@dataclass(frozen=True)
class Check:
    """One thing to grade, and the first law that needs it."""

    law: Law
    subject: Subject
    work: Work
    seconds: float

    def note(self, record: Record, evidence: Evidence) -> None:
        """Put the record where the laws look for it."""
        name = self.subject.name
        if isinstance(self.work, RunOtter):
            evidence.by_otter[name] = record["otter"]
        elif self.work.seed is not None:
            evidence.seeds[name, self.work.seed] = score_of(record)
        else:
            evidence.examined[name] = score_of(record)


@dataclass(frozen=True)
class CheckJob:
    """A check on its way to a worker; `key`: a hash of everything its record depends on."""

    check: Check
    name: str
    kit: str
    key: str

    @property
    def label(self) -> str:
        return f"{self.check.law}, {self.check.subject.name}"

    @property
    def whose(self) -> str:
        """The subject's name, made safe for the name of a record."""
        return re.sub(r"[^A-Za-z0-9_-]+", "_", self.check.subject.name)

    @property
    def seconds(self) -> float:
        return self.check.seconds

    def task(self) -> Task:
        notebook = self.check.subject.notebook
        return Task(f"{self.name}.ipynb", notebook, self.kit, grader_version(), self.check.work)


@dataclass(frozen=True)
class Plan:
    """What to check for one assignment, however fast the machine is.

    slow: questions whose accepted answers are tried with fewer seeds.
    """

    name: str
    subjects: Subjects
    full: bool
    slow: tuple[str, ...] = ()

    def ends(self) -> Iterator[Check]:
        """Yield the two ends of the scale, on which all else depends, for us and for Otter."""
        solution, blank = self.subjects.solution, self.subjects.blank
        # The solution first.
        yield Check(Law.SOLUTION, solution, Examine(diagnose=True), 2 * OTTER_SECONDS)
        yield Check(Law.BLANK, blank, Examine(blank_too=True), 1.0)
        for subject in (solution, blank):
            # A kernel takes ten seconds: the quick form skips it.
            yield Check(Law.AGREE, subject, RunOtter(whole=self.full), OTTER_SECONDS)

    def rest(self, times: Mapping[str, float]) -> Iterator[Check]:
        """Yield everything else; `times`: how many seconds each question of the solution took."""
        every = tuple(times)

        def cost(questions: tuple[str, ...], more: float = 0.0) -> float:
            return BASE_SECONDS + more + sum(times[question] for question in questions)

        for bug in self.subjects.bugs:
            only = None if self.full else bug.questions
            yield Check(Law.BITE, bug, Examine(only), cost(only or every, DIAGNOSIS_SECONDS))
        for answer in self.subjects.accepted:
            only = None if self.full else answer.questions
            seconds = cost(only or every, DIAGNOSIS_SECONDS)
            yield Check(Law.ACCEPT, answer, Examine(only, diagnose=True), seconds)
        for odd in self.subjects.odd:
            yield Check(Law.FAIR, odd, Examine(every, bare=True), cost(every))
        for stub in self.subjects.stubs:
            yield Check(Law.STUB, stub, Examine(every, bare=True), cost(every))
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
        return Check(Law.SEED, subject, Examine(only, seed=seed, bare=True), cost(only))

    def _otter(self, seconds: float) -> Iterator[Check]:
        """Yield some bugs in a kernel, to see that it makes no difference; the rest without one."""
        in_kernel = {bug.name for bug in self.subjects.bugs[::IN_KERNEL]}
        for subject in (*self.subjects.bugs, *self.subjects.accepted):
            whole = subject.name in in_kernel
            work = RunOtter(whole=whole)
            yield Check(Law.AGREE, subject, work, OTTER_SECONDS if whole else seconds)


class Keys:
    """The keys of records: hashes of everything that they depend on, and nothing else."""

    def __init__(self, name: str, kit: str, files: Mapping, otter_zip: bytes, bank: Bank) -> None:
        """`files`: those of hidden_tests/NAME, by name."""
        self._name, self._kit, self._bank = name, kit, bank
        self._files = {path: sha256(data) for path, data in files.items()}
        with zipfile.ZipFile(io.BytesIO(otter_zip)) as archive:
            parts = [n for n in archive.namelist() if n.startswith(("tests/", "files/"))]
            self._otter = sha256(repr([(n, sha256(archive.read(n))) for n in parts]).encode())

    def job(self, check: Check) -> CheckJob:
        """Return the job for a check."""
        work = check.work
        digest = _digest(check.subject.notebook)
        depends = [grader_version(), self._name, digest, type(work).__name__, work.only]
        if isinstance(work, RunOtter):
            depends += [work.whole, self._otter]
        else:
            depends += [work.seed, work.bare, work.diagnose, self._tests(work.only)]
            depends += [] if work.bare else [self._answers(work.only)]
        key = sha256(json.dumps(depends).encode())[:32]
        return CheckJob(check, self._name, self._kit, key)

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
        return sha256(repr([answers.steps, answers.answers, bugs]).encode())


@functools.lru_cache(maxsize=4096)
def _digest(notebook: bytes) -> str:
    return sha256(notebook)
