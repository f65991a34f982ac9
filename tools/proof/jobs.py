"""Checks on their way to workers: the keys of their records, and which of them go together."""

import functools
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from tools.files import sha256
from tools.grading.reuse import unsettled
from tools.grading.store import Record, score_of
from tools.grading.task import Examine, ExamineAlike, Kit, RunOtter, Task
from tools.grading.version import grader_version
from tools.master.known_answers import Bank
from tools.proof.plan import Check

# Each worker gets so many packs, if they are not shorter than this: for each of them, the cells of
# the solution run once.
PACKS, LEAST_SECONDS = 5, 3.0
MOST = 40  # of a pack that is interrupted, nothing is kept


@dataclass(frozen=True)
class CheckJob:
    """A check on its way to a worker; `key`: a hash of everything its record depends on.

    That is the same for all questions, and something for each. Where only some questions have
    changed since a record was made, the job is `left` to do for those, and completes that record.
    """

    check: Check
    name: str
    kit: str
    same: str = ""
    questions: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    record: Record | None = None

    @property
    def key(self) -> str:
        return sha256(json.dumps([self.same, sorted(self.questions.items())]).encode())[:32]

    @property
    def label(self) -> str:
        return f"{self.check.law}, {self.check.subject.name}"

    @property
    def whose(self) -> str:
        """The subject's name, made safe for the name of a record."""
        return re.sub(r"[^A-Za-z0-9_-]+", "_", self.check.subject.name)

    @property
    def seconds(self) -> float:
        share = len(self.left) / len(self.questions) if self.left else 1.0
        return self.check.seconds * share

    @property
    def count(self) -> int:
        return 1

    @property
    def work(self) -> Examine | RunOtter:
        return replace(self.check.work, only=self.left) if self.left else self.check.work

    def task(self) -> Task:
        notebook = self.check.subject.notebook
        return Task(f"{self.name}.ipynb", notebook, self.kit, grader_version(), self.work)

    def parts(self, record: Record) -> Iterator[tuple["CheckJob", Record]]:
        yield self, record

    def after(self, records: Iterable[Record]) -> "CheckJob":
        """Return the job that is left after earlier records, given latest first."""
        for record in records:
            if record.get("same") == self.same and self._may_keep(record):
                known = record["questions"]
                left = [name for name, now in self.questions.items() if known.get(name) != now]
                if left and len(left) < len(self.questions):
                    return replace(self, left=tuple(left), record=record)
        return self

    def whole(self) -> "CheckJob":
        """Return the job for all questions."""
        return replace(self, left=(), record=None)

    def completed(self, record: Record) -> Record | None:
        """Return the record of all questions; None if it takes all of them to know."""
        about = {"same": self.same, "questions": dict(self.questions)}
        if not self.left:
            return record | about
        if not self._may_keep(record):
            return None
        if isinstance(self.check.work, RunOtter):
            points = self.record["otter"] | record["otter"]
            return record | about | {"otter": {name: points[name] for name in self.questions}}
        kept, fresh = score_of(self.record), score_of(record)
        known = {question.name: question for question in (*kept.questions, *fresh.questions)}
        score = replace(fresh, questions=tuple(known[name] for name in self.questions))
        return record | about | {"score": score.to_json()}

    def _may_keep(self, record: Record) -> bool:
        """Return whether a question's result does not depend on the other questions.

        Where right answers stand in for failed ones, only what has passed does not.
        """
        work = self.check.work
        if isinstance(work, RunOtter):
            return not work.whole
        if work.manner.backwards:
            return False  # what one question's tests leave behind reaches all that come before
        score = score_of(record)
        settled = score is not None and score.is_settled
        return settled and (work.bare or not unsettled(score))


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
        notebooks = tuple((job.check.subject.notebook, job.work) for job in self.jobs)
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
        same = any(job.check.law is each.check.law for each in last[-1:]) and len(last) < MOST
        if same and sum(each.seconds for each in last) + job.seconds <= most:
            last.append(job)
        else:
            packs.append([job])
    done: list[CheckJob | AlikeJob] = [job for job in jobs if not job.check.alike]
    done += [AlikeJob(tuple(pack), solution) if pack[1:] else pack[0] for pack in packs]
    # Longest first, so that none runs alone at the end.
    return sorted(done, key=lambda job: -job.seconds)


class Keys:
    """What records depend on, as hashes: everything, and nothing else."""

    def __init__(self, name: str, kit: Kit, bank: Bank) -> None:
        self._name, self._kit, self._answers = name, kit, bank.answers
        files: dict[str, str] = {}
        with zipfile.ZipFile(io.BytesIO(kit.otter_zip)) as archive:
            for path in archive.namelist():
                if path.startswith(("tests/", "files/")):
                    files[path] = sha256(archive.read(path))
        asked = {name: f"tests/{name}.py" for name in kit.parts.questions}
        self._otters = {name: files.pop(path) for name, path in asked.items() if path in files}
        self._shared_by_otter = _hash(files)
        self._shared = kit.parts.shared
        self._right = _hash([asdict(bank.answers)[key] for key in ("steps", "answers")])

    def job(self, check: Check) -> CheckJob:
        """Return the job for a check."""
        work = check.work
        about = [grader_version(), self._name, _digest(check.subject.notebook)]
        if isinstance(work, RunOtter):
            about += ["otter", work.whole, self._shared_by_otter]
            questions = self._otters
        else:
            about += [work.seed, work.bare, work.diagnose, work.blank_too, self._shared]
            about += [asdict(work.manner)]
            about += [] if work.seconds is None else [work.seconds]
            about += [] if work.bare else [self._right]
            questions = {name: self._question(name, work.bare) for name in self._otters}
        if work.only is not None:
            questions = {name: questions[name] for name in work.only}
        return CheckJob(check, self._name, self._kit.key, _hash(about), questions)

    @functools.cache  # noqa: B019 - the object lives as long as the program
    def _question(self, name: str, bare: bool) -> str:
        bugs = [] if bare else [asdict(bug) for bug in self._answers.bugs_of(name)]
        return _hash([self._kit.parts.questions[name], bugs])


def _hash(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode())


@functools.lru_cache(maxsize=4096)
def _digest(notebook: bytes) -> str:
    return sha256(notebook)
