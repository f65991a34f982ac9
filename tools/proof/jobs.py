"""Checks on their way to workers: the keys of their records, and which of them go together."""

import functools
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.files import sha256
from tools.grading.store import Record
from tools.grading.task import ExamineAlike, RunOtter, Task
from tools.grading.version import grader_version
from tools.master.known_answers import Bank
from tools.proof.plan import Check

# Each worker gets so many packs, if they are not shorter than this: for each of them, the cells of
# the solution run once.
PACKS, LEAST_SECONDS = 5, 3.0


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

    @property
    def count(self) -> int:
        return 1

    def task(self) -> Task:
        notebook = self.check.subject.notebook
        return Task(f"{self.name}.ipynb", notebook, self.kit, grader_version(), self.check.work)

    def parts(self, record: Record) -> Iterator[tuple["CheckJob", Record]]:
        yield self, record


@dataclass(frozen=True)
class AlikeJob:
    """Checks whose notebooks begin as the solution does, on their way to a worker together."""

    jobs: tuple[CheckJob, ...]
    solution: bytes

    @property
    def name(self) -> str:
        return self.jobs[0].name

    @property
    def label(self) -> str:
        more = f" and {len(self.jobs) - 1} more" if len(self.jobs) > 1 else ""
        return f"{self.jobs[0].label}{more}"

    @property
    def seconds(self) -> float:
        return sum(job.seconds for job in self.jobs)

    @property
    def count(self) -> int:
        return len(self.jobs)

    def task(self) -> Task:
        notebooks = tuple((j.check.subject.notebook, j.check.work) for j in self.jobs)
        first, work = self.jobs[0], ExamineAlike(notebooks)
        return Task(f"{first.name}.ipynb", self.solution, first.kit, grader_version(), work)

    def parts(self, record: Record) -> Iterator[tuple[CheckJob, Record]]:
        yield from zip(self.jobs, record["records"], strict=True)


def packed(jobs: Sequence[CheckJob], solution: bytes, workers: int) -> list[CheckJob | AlikeJob]:
    """Put jobs together that begin alike, and all jobs in the order in which to do them.

    The bugs of a question belong together: their diagnoses repeat the same calls.
    """
    alike = [job for job in jobs if job.check.alike]
    most = max(sum(job.seconds for job in alike) / (PACKS * workers), LEAST_SECONDS)
    packs: list[list[CheckJob]] = []
    for job in sorted(alike, key=lambda job: (job.check.law, job.check.subject.questions)):
        last = packs[-1] if packs else []
        same = any(job.check.law is each.check.law for each in last[-1:])
        if same and sum(each.seconds for each in last) + job.seconds <= most:
            last.append(job)
        else:
            packs.append([job])
    done: list[CheckJob | AlikeJob] = [job for job in jobs if not job.check.alike]
    done += [AlikeJob(tuple(pack), solution) for pack in packs]
    # Longest first, so that none runs alone at the end.
    return sorted(done, key=lambda job: -job.seconds)


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
