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
from autograder.examiner.links import CandidateLink
from autograder.examiner.server_process import Server

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

    def __enter__(self) -> "Oracle":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def lend(self, names: Iterable[str]) -> socket.socket:
        """Return a line over which a candidate can call these functions."""
        link = self._open()
        ours, theirs = socket.socketpair()
        with theirs:
            request = {"op": "lend", "names": list(names)}
            link.ask(request, time.monotonic() + SETUP_SECONDS, theirs)
        return ours

    def end_loans(self) -> None:
        """End the processes that serve lent functions, whatever they are doing."""
        if self._link is not None:
            try:
                self._link.end_question()
            except Gone:
                self._end()

    def diagnose(self, question: str, sessions: Sessions, seed: int) -> list[str]:
        """Return the slugs of the known bugs that behave as a submission did, the likeliest first.

        Raise Gone if the process was lost on the way.
        """
        bugs = [(bug.slug, bug.source) for bug in self._answers.bugs_of(question)]
        if not bugs:
            return []
        request = {
            "op": "diagnose",
            "bugs": bugs,
            "sessions": [[tuple(map(_octets, pair)) for pair in session] for session in sessions],
        }
        fork = self._open().fork(seed)
        try:
            said = fork.ask(request, time.monotonic() + DIAGNOSIS_SECONDS).get("slugs", [])
        finally:
            fork.close()
        return [slug for slug in said if slug in dict(bugs)]

    def _open(self) -> CandidateLink:
        if self._link is not None and self._link.is_gone:
            self._end()
        if self._link is None:
            self._link = self._server.open(self._bundle.limits, self._seed, self._bundle.contents)
            answers = [answer.source for answer in self._answers.answers]
            for number, source in enumerate([*self._answers.setup, *answers]):
                request = {"op": "cell", "number": number, "source": source}
                said = self._link.ask(request, time.monotonic() + SETUP_SECONDS)
                if said:
                    raise RuntimeError(f"a right answer raised an exception: {said}\n{source}")
        return self._link

    def _end(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


def _octets(frame: bytes) -> np.ndarray:
    # The wire carries arrays, not bytes.
    return np.frombuffer(frame, np.uint8)
