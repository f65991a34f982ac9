"""What `unroll verify` grades for each law, in its quick form and in its full form."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tools.grading.store import Record, score_of
from tools.grading.task import Examine, RunOtter
from tools.proof.circumstances import ALONE, CAUSES, TOGETHER, Circumstance
from tools.proof.evidence import Evidence
from tools.proof.subjects import Subject, Subjects
from tools.proof.verdict import Law

QUICK_SEEDS = 3
FULL_SEEDS = 100
# For accepted answers to slow questions. The solution's 100 show whether a test needs luck.
SLOW_SEEDS = 10
OTTER_SECONDS = 12.0
IN_KERNEL = 10  # every tenth bug
# Right answers take a tenth of this.
MUTANT_SECONDS, SLOW_MUTANT_SECONDS = 5.0, 30.0
# What an examination takes besides the tests, and what a diagnosis adds.
BASE_SECONDS, DIAGNOSIS_SECONDS = 0.1, 0.1


@dataclass(frozen=True)
class Check:
    """One thing to grade, and the first law that needs it."""

    law: Law
    subject: Subject
    work: Examine | RunOtter
    seconds: float

    @property
    def alike(self) -> bool:
        """Whether it can be graded together with others that begin as the solution does.

        The solution itself is first graded as a submission is: all else depends on it.
        """
        examined = isinstance(self.work, Examine) and self.law is not Law.SOLUTION
        return examined and self.subject.alike

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
class Scope:
    """How much to prove: in the quick or the full form, with or without mutants."""

    full: bool = False
    mutants: bool = False

    @property
    def form(self) -> str:
        return "full" if self.full else "quick"


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
            seconds = cost(only or every, DIAGNOSIS_SECONDS)
            yield Check(Law.BITE, bug, Examine(only), seconds)
        for answer in self.subjects.accepted:
            only = None if self.full else answer.questions
            seconds = cost(only or every, DIAGNOSIS_SECONDS)
            yield Check(Law.ACCEPT, answer, Examine(only, diagnose=True), seconds)
        for odd in self.subjects.odd:
            yield Check(Law.FAIR, odd, Examine(every, bare=True), cost(every))
        yield from self._under((ALONE, TOGETHER), every, cost)
        for stub in self.subjects.stubs:
            yield Check(Law.STUB, stub, Examine(every, bare=True), cost(every))
        for _, mutant in self.subjects.mutants:
            (question,) = mutant.questions
            # One that never ends is caught, and takes all of its time.
            seconds = SLOW_MUTANT_SECONDS if question in self.slow else MUTANT_SECONDS
            work = Examine(mutant.questions, seconds=seconds)
            yield Check(Law.MUTANTS, mutant, work, cost(mutant.questions, DIAGNOSIS_SECONDS))
        yield from self._seeds(every, cost)
        if self.full:
            yield from self._otter(cost(every))

    def causes(self, times: Mapping[str, float]) -> Iterator[Check]:
        """Yield what tells, where several circumstances together cost points, which one does."""
        yield from self._under(CAUSES, tuple(times), lambda only: sum(times[q] for q in only))

    def _under(
        self, circumstances: Iterable[Circumstance], every: tuple[str, ...], cost
    ) -> Iterator[Check]:
        """Yield the solution under each; alone, slow questions are for the full form."""
        for each in circumstances:
            subject = self.subjects.redefined if each.redefined else self.subjects.solution
            quick = each.manner.alone and not self.full
            asked = tuple(q for q in every if q not in self.slow) if quick else every
            if subject and asked:
                work = Examine(asked, bare=True, manner=each.manner)
                yield Check(Law.ALONE, replace(subject, name=each.name), work, cost(asked))

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
        work = Examine(only, seed=seed, bare=True)
        return Check(Law.SEED, subject, work, cost(only))

    def _otter(self, seconds: float) -> Iterator[Check]:
        """Yield some bugs in a kernel, to see that it makes no difference; the rest without one."""
        in_kernel = {bug.name for bug in self.subjects.bugs[::IN_KERNEL]}
        for subject in (*self.subjects.bugs, *self.subjects.accepted):
            whole = subject.name in in_kernel
            work = RunOtter(whole=whole)
            yield Check(Law.AGREE, subject, work, OTTER_SECONDS if whole else seconds)
