"""Notebooks that begin alike: the cells that they share run once, in one candidate.

    trunk: cells 0, 1, …, k-1 ──fork──▶ branch: its own cells k, k+1, … ──fork──▶ one per question

A branch is a copy of the trunk as it was before the first cell that differs, so it ends as if it
had run all cells itself. Notebooks that share a trunk share its folder and its limits: this is for
notebooks of ours, as in a proof, and never for those of students.
"""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.assignment import private_package
from autograder.assignment.bundle import Bundle
from autograder.examiner.apart import Apart, Send
from autograder.examiner.budget import Usage
from autograder.examiner.examiner import Examination, seed_of
from autograder.examiner.line import Gone
from autograder.examiner.links import CandidateLink, QuestionLink
from autograder.examiner.oracle import Oracle
from autograder.examiner.program import Ended, Program
from autograder.examiner.server_process import Server
from autograder.results.score import QuestionScore, question_from_json, question_to_json
from autograder.submission.reading import Submission


@dataclass(frozen=True)
class Variant:
    """A notebook that begins as another one does, and how to examine it; see Examination."""

    bundle: Bundle
    submission: Submission
    always_diagnose: bool = False

    def first(self, base: Submission) -> int | None:
        """Return the first cell that differs from the base's; None if more than cells differ."""
        if self.submission.files != base.files:
            return None
        pairs = zip(self.submission.cells, base.cells, strict=False)
        differing = (number for number, (one, other) in enumerate(pairs) if one != other)
        return next(differing, min(len(self.submission.cells), len(base.cells)))


@dataclass(frozen=True)
class Examined:
    """What became of a notebook: scores by question, and the summary of its examination."""

    scores: Mapping[str, QuestionScore]
    summary: Mapping[str, Any]


class Twig:
    """A fork of the trunk, which stands for a candidate of its own."""

    def __init__(self, trunk: CandidateLink) -> None:
        self._trunk, self._own = trunk, trunk.fork(0)
        self._before = trunk.usage()
        self.forks: list[QuestionLink] = []
        self.cpu_seconds = 0.0
        self.ask = self._own.ask

    def fork(self, seed: int, deadline: Any = None, numpy_only: str = "") -> QuestionLink:
        self.forks.append(self._own.fork(seed, deadline, numpy_only))
        return self.forks[-1]

    @property
    def is_gone(self) -> bool:
        return self._own.is_gone

    @property
    def excess(self) -> str:
        return self._trunk.excess

    def usage(self) -> Usage:
        now = self._trunk.usage()
        waited = None if now.waited is None else now.waited - (self._before.waited or 0.0)
        return Usage(now.cpu - self._before.cpu, waited)

    def end_question(self) -> None:
        """Do nothing: the warden would end the twig as well. It ends all when the branch ends."""

    def close(self) -> None:
        self.cpu_seconds = self.usage().cpu
        self._own.close()


class Branch(Program):
    """A program whose first cells have run already, in the trunk.

    is_unsure: something happened that only a candidate of its own can tell right.
    """

    def __init__(self, trunk: Program, first: int, *about: Any) -> None:
        super().__init__(*about)
        self._trunk, self._first = trunk, first
        self._twigs: list[Twig] = []
        self.is_unsure = False
        before = [number for number in trunk.notes if number < first]
        self.notes = {number: trunk.notes[number] for number in before}
        self.causes, self.explained = dict(trunk.causes), dict(trunk.explained)

    def walk(self) -> Any:
        self._give_up()

    def renew(self) -> None:
        """Do nothing: a notebook of ours keeps no lent answers for its hidden tests."""

    def _open(self) -> None:
        if self._twigs:
            self._give_up()
        self._link = Twig(self._trunk.link())
        self._twigs.append(self._link)

    def _outline(self) -> bool:
        outlined = super()._outline()
        if not outlined or self._before(self.wanted) != self._before(self._trunk.wanted):
            self._give_up()  # what the trunk ran of skipped cells is not what this one needs
        return outlined

    def _before(self, wanted: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
        return {number: list(each) for number, each in wanted.items() if number < self._first}

    def _give_up(self) -> None:
        self.is_unsure = True
        raise Ended("This notebook needs a candidate of its own.")

    @property
    def is_sure(self) -> bool:
        forks = [fork for twig in self._twigs for fork in twig.forks]
        return not self.is_unsure and not any(fork.is_dead for fork in forks)


class Tree:
    """A notebook, and others that begin as it does."""

    def __init__(self, server: Server, bundle: Bundle, base: Submission) -> None:
        self._server, self._bundle, self._base = server, bundle, base

    def examine(self, variants: Sequence[Variant]) -> list[Examined | None]:
        """Examine them; None for one that needs a candidate of its own."""
        seconds = 2 * self._bundle.limits.submission_seconds
        apart = Apart(lambda send: self._grow(variants, send), seconds * (1 + len(variants)))
        apart.run(lambda _: None)
        found: list[Examined | None] = [None] * len(variants)
        for number, scores, summary in apart.reports:
            questions = [question_from_json(score) for score in scores]
            found[number] = Examined({each.name: each for each in questions}, summary)
        return found

    def _grow(self, variants: Sequence[Variant], send: Send) -> None:
        """Run the trunk; stop before each cell in which variants differ, and examine those."""
        due: dict[int, list[int]] = {}
        for number, variant in enumerate(variants):
            if first := variant.first(self._base):
                due.setdefault(first, []).append(number)
        seed = seed_of(self._bundle)
        names = {
            question.name: {
                n for case in self._bundle.tests_of(question.name) for n in case.parameters
            }
            for question in self._bundle.graded
        }
        trunk = Program(self._server, self._bundle, self._base, seed, names)
        with Oracle(self._server, self._bundle, seed) as oracle:
            try:
                if any(self._has_answers(variant) for variant in variants):
                    oracle.keep()  # here, where all branches inherit the line to it
                for cell, _ in trunk.walk():
                    for number in due.get(cell + 1, ()):
                        start = functools.partial(Branch, trunk, cell + 1)
                        if not self._examine(number, variants[number], start, oracle, send):
                            return  # the lines may be out of step
                        trunk.link().end_question()
            except (Ended, Gone):
                pass
            finally:
                trunk.close()
        send("end", {})

    def _has_answers(self, variant: Variant) -> bool:
        """Return whether right and wrong answers are known: bare tests come without any."""
        return variant.bundle.folder == self._bundle.folder

    def _examine(
        self,
        number: int,
        variant: Variant,
        start: Callable[..., Branch],
        oracle: Oracle,
        send: Send,
    ) -> bool:
        """Examine one in a process of its own, as always; False if that died."""
        started = time.monotonic()
        scores: list[QuestionScore] = []

        def work(tell: Send) -> None:
            private_package.import_from(variant.bundle.folder)
            examination = Examination(
                variant.bundle,
                variant.submission,
                self._server,
                on_question=lambda score: tell("question", score),
                always_diagnose=variant.always_diagnose,
                start=start,
                oracle=oracle if self._has_answers(variant) else None,
            )
            examination.run()
            took = {"seconds": time.monotonic() - started}
            tell("end", {**examination.summary(), **took, "sure": examination.program.is_sure})

        apart = Apart(work, 2 * variant.bundle.limits.submission_seconds)
        if not apart.run(scores.append):
            return False
        if apart.ended.get("sure"):
            send("report", [number, [question_to_json(score) for score in scores], apart.ended])
        return "sure" in apart.ended
