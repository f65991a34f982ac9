"""The submission's program: its cells, run from top to bottom in a candidate, and what failed."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

import numpy as np

from autograder.assignment.bundle import Bundle
from autograder.examiner import proxies
from autograder.examiner.budget import Budget, Usage
from autograder.examiner.line import Gone
from autograder.examiner.links import CandidateLink
from autograder.examiner.server_process import Server
from autograder.submission.reading import Submission

# A cell that ends the program costs one new start, without this cell. Ending it often is no
# accident.
MAX_RESTARTS = 5
MAX_NOTES = 10
_NAME = re.compile(r"[^\W\d]\w{0,80}")
_UNDEFINED = re.compile(r"name '(\w{1,80})' is not defined")


class Ended(Exception):  # noqa: N818 - what became of a submission, not a mistake of ours
    """The program cannot be run any more: it ended too often, or its time is up."""


class Program:
    """Runs the notebook, and runs it anew when its candidate is lost.

    names: for each question, what its tests take from the notebook.
    """

    def __init__(
        self, server: Server, bundle: Bundle, submission: Submission, seed: int, names: Mapping
    ) -> None:
        self._server, self._bundle, self._submission = server, bundle, submission
        self._seed, self._names = seed, names
        self._link: CandidateLink | None = None
        self._starts = 0
        self._lost: set[int] = set()
        # By candidates that have ended, and the part of it that we caused.
        self._used = self._waited = self._ours = 0.0
        self._cells_took = (0.0, 0.0)  # of the last candidate: seconds of CPU and of the clock
        self.budget = Budget(bundle.limits.submission_seconds, self._usage)
        # What failed, by cell; and for each name that is missing because of it, the statement and
        # what is said of it.
        self.notes: dict[int, list[str]] = {}
        self.causes: dict[str, str] = {}
        self.explained: dict[str, str] = {}
        self._notes_are_closed = False
        # Questions whose answers may be something else after the cell with their check.
        self.later: frozenset[str] = frozenset()
        # What is run of each skipped cell: the places of statements that answers need.
        self.wanted: dict[int, tuple[int, ...]] = {}
        # The first cell to run here.
        self._first = 0

    # --- time ----------------------------------------------------------------------------------

    def _usage(self) -> Usage:
        now = self._link.usage() if self._link else Usage()
        waited = None if now.waited is None else self._waited + now.waited
        return Usage(self._used - self._ours + now.cpu, waited)

    @property
    def cpu_seconds(self) -> float:
        """What all candidates have used."""
        return self._usage().cpu + self._ours

    def is_late(self) -> bool:
        return self.budget.left() <= 0

    def too_late(self) -> str:
        return f"The submission used up its {self._bundle.limits.submission_seconds:g} seconds."

    # --- running the cells ---------------------------------------------------------------------

    def link(self) -> CandidateLink:
        """Return the candidate after its last cell; run all cells again where it was lost."""
        while self._link is None or self._link.is_gone:
            begun = time.monotonic()
            for _ in self._run_through():
                pass
            if self._link is not None:
                self._cells_took = self._link.usage().cpu, time.monotonic() - begun
        return self._link

    def walk(self) -> Iterator[tuple[int, CandidateLink]]:
        """Run all cells anew and yield after each one; ends early when the candidate is lost."""
        self.close()
        yield from self._run_through()

    def renew(self) -> None:
        """End the candidate, for reasons of ours: the next one may take the same time again."""
        self.close()
        cpu, seconds = self._cells_took
        self._ours += cpu
        self._starts -= 1
        self.budget.overlook(seconds)

    def close(self) -> None:
        """End the candidate."""
        if self._link is not None:
            started = time.monotonic()
            self._waited += self._link.usage().waited or 0.0
            self._link.close()
            self.budget.overlook(time.monotonic() - started)  # what it left is removed meanwhile
            self._used += self._link.cpu_seconds
            self._link = None

    def _open(self) -> None:
        # The assignment's own files last: they are what they are.
        files = {**self._submission.files, **self._bundle.contents}
        self._link = self._server.open(self._bundle.limits, self._seed, files)

    def _run_through(self) -> Iterator[tuple[int, CandidateLink]]:
        self.close()
        if self.is_late():
            raise Ended(self.too_late())
        self._starts += 1
        if self._starts > MAX_RESTARTS + 1:
            raise Ended("The program ended again and again.")
        self._open()
        outlined = self._outline()
        for number in range(self._first, len(self._submission.cells)):
            if number not in self._lost and not self._run_cell(number, outlined):
                self.close()
                return
            yield number, self._link

    def checks(self) -> dict[str, int]:
        """Return the cell of each question's check: the last of several, as Otter counts."""
        cells = self._submission.cells
        places = {name: number for number, cell in enumerate(cells) for name in cell.checks}
        return {name: places.get(name, len(cells) - 1) for name in self._names}

    def _outline(self) -> bool:
        """Tell the candidate the whole notebook; False where it ended over it."""
        cells = [(as_bytes(cell.source), cell.ignored) for cell in self._submission.cells]
        names = {question: sorted(each) for question, each in self._names.items()}
        request = {"op": "notebook", "cells": cells, "names": names, "checks": self.checks()}
        seconds = self._bundle.limits.cell_seconds
        try:
            said = self._link.ask(request, self.budget.part(seconds))
        except Gone:
            self.close()
            self._open()
            return False
        known = said["later"] if isinstance(said.get("later"), list) else []
        self.later = frozenset(name for name in self._names if name in known)
        self.wanted = said["wanted"] if isinstance(said.get("wanted"), dict) else {}
        return True

    def _run_cell(self, number: int, outlined: bool) -> bool:
        """Run a cell; False when the candidate was lost over it."""
        cell = self._submission.cells[number]
        if cell.ignored and not outlined:
            return True
        if self._link.is_gone:
            return False  # not this cell's doing: what ran before it has left something behind
        # Cells that never end leave half of the time to the tests.
        share = (self.budget.remaining() - self._bundle.limits.submission_seconds / 2) / 2
        budget = self.budget.part(max(min(self._bundle.limits.cell_seconds, share), 1.0))
        try:
            request = {"op": "cell", "number": number, "source": as_bytes(cell.source)}
            failed = self._link.ask(request, budget).get("failed", ())
        except Gone as gone:
            self._lost.add(number)
            if not self._notes_are_closed:
                text = f"{why(self._link, gone)} and was left out."
                self.notes[number] = [f"The cell that begins `{cell.label}` {text}"]
            return False
        # A check that cannot run, as without `grader`, takes nothing away: the examiner checks.
        if not cell.is_otters and not self._notes_are_closed:
            self._note(number, failed if isinstance(failed, list) else [])
        return True

    # --- what failed ---------------------------------------------------------------------------

    def _note(self, number: int, failed: list) -> None:
        cell = self._submission.cells[number]
        notes = []
        for claim in failed[:MAX_NOTES]:
            if not isinstance(claim, dict):
                continue
            error = proxies.student_error(claim.get("raised"))
            statement = self._statement(number, claim.get("line"))
            if claim.get("needs") and isinstance(claim["needs"], str):
                text = f" needs Python {claim['needs'][:5]} or newer; {self._graded_with()}"
            else:
                text = f" raised {error.kind}{': ' if error.text else ''}{error.text}"
                text += self.because(error.text)
            where = f"{statement} in the cell that begins `{cell.label}`"
            notes.append(f"{where}{text}".rstrip(".") + ".")
            for name in claim.get("names") or ():
                if isinstance(name, str) and _NAME.fullmatch(name):
                    self.causes.setdefault(name, statement)
                    self.explained.setdefault(name, notes[-1])
        self.notes[number] = notes

    def _statement(self, number: int, line: object) -> str:
        """Name a statement by its first line, as the file has it: what arrives is a claim."""
        lines = self._submission.cells[number].source.splitlines()
        if type(line) is int and 0 < line <= len(lines) and lines[line - 1].strip():
            text = lines[line - 1].strip()
            return f"Line {line}, `{text if len(text) <= 60 else text[:59] + '…'}`,"
        return "A statement"

    def _graded_with(self) -> str:
        version = self._server.versions.get("python", "")
        return f"it is graded with Python {'.'.join(version.split('.')[:2])}"

    def because(self, text: str) -> str:
        """Return what an undefined name follows from, as the end of a sentence; or nothing."""
        match = _UNDEFINED.search(text)
        statement = self.causes.get(match[1]) if match else None
        return f"; this follows from {lower(statement)} which failed" if statement else ""

    def close_notes(self) -> None:
        """Note nothing more: from now on, hidden inputs could be in what a cell raises."""
        self._notes_are_closed = True

    def all_notes(self) -> list[str]:
        """Return what failed, in the order of the cells."""
        return [note for number in sorted(self.notes) for note in self.notes[number]][:MAX_NOTES]


def as_bytes(source: str) -> np.ndarray:
    """Return a cell's code as bytes: it may hold a table, which as a text exceeds the limits."""
    return np.frombuffer(source.encode("utf-8", "surrogatepass"), np.uint8)


def lower(statement: str) -> str:
    """Return a statement's name as it stands inside a sentence."""
    return statement[0].lower() + statement[1:]


def why(link: CandidateLink, gone: Gone) -> str:
    """Return what became of a process, as the end of a sentence about it."""
    with suppress(OSError):
        if link.excess:
            return link.excess
    return gone.reason
