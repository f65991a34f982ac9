"""The oracle: a process that knows the right answers and what known bugs do.

It is confined like a candidate, because its input has passed through a student's code. It is
separate from that student's candidate, which never holds an answer.
"""

import socket
import time
from collections.abc import Iterable

import numpy as np

from autograder.assignment.bundle import Bundle
from autograder.examiner.line import Gone
from autograder.examiner.links import CandidateLink, QuestionLink
from autograder.examiner.proxies import student_error
from autograder.examiner.server_process import Server
from autograder.results.score import Misconception

SETUP_SECONDS = 60.0
DIAGNOSIS_SECONDS = 20.0

Sessions = Iterable[list[tuple[bytes, bytes]]]


class Oracle:
    """A context manager that starts the oracle when it is first needed, and ends it."""

    def __init__(self, server: Server, bundle: Bundle, seed: int) -> None:
        self._server = server
        self._bundle = bundle
        self._answers = bundle.answers
        self._seed = seed
        self._link: CandidateLink | None = None
        # The process that makes all diagnoses, if one is kept for them.
        self._kept: QuestionLink | None = None
        # What became of the cells that failed here, by name; those that ended it are left out.
        self._failed: dict[str, str] = {}
        self._cells = {step.question: step.cell for step in self._answers.steps}
        self._left_out: set[str] = set()

    def __enter__(self) -> "Oracle":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def lend(self, names: Iterable[str]) -> socket.socket:
        """Return a line over which a candidate can call these functions."""
        link = self.open()
        ours, theirs = socket.socketpair()
        with theirs:
            request = {"op": "lend", "names": list(names)}
            link.ask(request, time.monotonic() + SETUP_SECONDS, theirs)
        return ours

    @property
    def notes(self) -> list[str]:
        """What staff should know: which cells of the right notebook fail where it runs, and why."""
        return [
            f"the cell {cell} of the solution fails where right answers run: {why}. What it "
            "defines can neither stand in for an answer nor name a known bug."
            for cell, why in self._failed.items()
        ]

    def end_loans(self) -> None:
        """End the processes that serve lent functions, whatever they are doing."""
        if self._link is not None:
            try:
                self._link.end_question()
            except Gone:
                self._end()

    def diagnose(
        self, question: str, sessions: Sessions, seed: int, relate: bool
    ) -> tuple[Misconception, ...]:
        """Return the known bugs that behave as a submission did, the likeliest first.

        Where there are none and `relate` is set, return how its results follow from right ones.
        Raise Gone if the process was lost on the way.
        """
        known = self._answers.bugs_of(question)
        source = self._answers.source_of(question) if relate else ""
        if not known and not source:
            return ()
        request = {
            "op": "diagnose",
            "bugs": [(bug.slug, bug.source) for bug in known],
            "source": source,
            "variables": list(self._answers.variables_of(question)),
            "sessions": [[tuple(map(_octets, pair)) for pair in session] for session in sessions],
            "seed": seed,
        }
        link = self.open()
        if self._cells.get(question) in self._failed:
            return ()
        kept = self._kept
        fork = kept if kept and not kept.is_gone else link.fork(0)
        hints = {bug.slug: bug.hint for bug in known}
        try:
            said = fork.ask(request, time.monotonic() + DIAGNOSIS_SECONDS)
            named = [(slug, hints[slug]) for slug in said.get("slugs", ()) if slug in hints]
            found = (
                named or said.get("relations") or (self._nearest(fork, request) if source else ())
            )
        finally:
            if fork is not kept:
                fork.close()
        return tuple(Misconception(*each) for each in found)

    @staticmethod
    def _nearest(diagnosed: QuestionLink, request: dict) -> list:
        """Return the edit of the right answer that explains a submission; it runs any edit.

        It runs in a copy of the process that has diagnosed, which knows the right answers already.
        """
        fork = diagnosed.fork(0)
        try:
            asked = {**request, "op": "nearest"}
            return fork.ask(asked, time.monotonic() + DIAGNOSIS_SECONDS).get("relations", [])
        except Gone:
            return []  # an edit has ended the process: it was none of a submission's doing
        finally:
            fork.close()

    def keep(self) -> None:
        """Keep one process for all diagnoses: it knows what it has repeated."""
        self._kept = self.open().fork(0)

    def open(self) -> CandidateLink:
        """Start it, if it does not run."""
        if self._link is not None and self._link.is_gone:
            self._end()
        while self._link is None:
            self._link = self._server.open(self._bundle.limits, self._seed, self._bundle.contents)
            for number, (cell, source) in enumerate(self._answers.program()):
                if cell not in self._left_out and not self._run(number, cell, source):
                    self._end()
                    break
        return self._link

    def _run(self, number: int, cell: str, source: str) -> bool:
        """Run a cell of the right notebook; return whether the process survived it."""
        request = {"op": "cell", "number": number, "source": source}
        try:
            said = self._link.ask(request, time.monotonic() + SETUP_SECONDS)
        except Gone as gone:
            self._failed[cell] = gone.reason
            self._left_out.add(cell)
            return False
        for failure in said.get("failed", ())[:1]:
            error = student_error(failure["raised"])
            self._failed[cell] = f"{error.kind}: {error.text}"
        return True

    def _end(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if self._link is not None:
            self._link.close()
            self._link = None


def _octets(frame: bytes) -> np.ndarray:
    # The wire carries arrays, not bytes.
    return np.frombuffer(frame, np.uint8)
