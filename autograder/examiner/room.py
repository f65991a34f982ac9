"""Where a question is examined: a fork of the candidate, and a new fork if that is lost."""

import socket
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from autograder.examiner import proxies
from autograder.examiner.line import Gone
from autograder.examiner.links import CandidateLink, QuestionLink


class Room:
    """One question's processes, one at a time.

    given: names whose values the examiner supplies; lent: names for which right functions replace
    the submission's own, over a line that `loan` opens; functions: names that stand for a function
    or a class.
    """

    def __init__(
        self,
        link: CandidateLink,
        seed: int,
        names: set[str],
        given: Mapping[str, Any],
        lent: tuple[str, ...] = (),
        loan: Callable[[], socket.socket] | None = None,
        functions: frozenset[str] = frozenset(),
        numpy_only: str = "",
    ) -> None:
        self._numpy_only = numpy_only
        self.link = link
        self._forks: list[QuestionLink] = []
        self._lent = lent
        self._loan = loan
        self._functions = functions
        self.candidate_alive = True
        self._seed = seed
        self._names = names - given.keys()
        self._given = given
        self._fork: QuestionLink | None = None
        self._values: dict[str, Any] = {}
        # Names that the notebook does not define.
        self.undefined: set[str] = set()
        self._question: proxies.Question | None = None

    def names(self, deadline: float) -> dict[str, Any]:
        """Return the values that the tests take, from the fork; make a fork if there is none."""
        if self._fork is not None and self._fork.is_dead:
            self.abandon()
        if self._question is None:
            if not self.candidate_alive:
                raise Gone("ended")
            try:
                self._fork = self.link.fork(self._seed, deadline, self._numpy_only)
            except Gone:
                self.candidate_alive = False
                raise
            self._forks.append(self._fork)
            if self._loan is not None:
                with self._loan() as line:
                    self._fork.ask({"op": "borrow", "names": self._lent}, deadline, line)
            self._fork.begin_test()
            self._question = proxies.Question(self._fork, deadline)
            self._values = self._question.values(self._names)
            missing = {n for n, v in self._values.items() if isinstance(v, proxies.Missing)}
            self.undefined |= missing
            for name in self._values:
                if proxies.is_open(self._values[name]):
                    self._values[name] = proxies.Unanswered(name)
            for name in self._functions & self._values.keys() - missing:
                if not isinstance(self._values[name], proxies.Remote):
                    self._values[name] = proxies.Overwritten(name, self._values[name])
        self._fork.begin_test()
        self._question.begin_test()
        self._question.deadline = deadline
        # Each test gets its own values, so its changes affect no other test.
        return {**self._values, **self._given}

    def read_file(self, path: str) -> bytes:
        """Return a file that the submission has written, beside its notebook or elsewhere."""
        if self._question is None:
            raise FileNotFoundError(path)
        contents = self._question.ask({"op": "read", "path": path}).get("value")
        if not isinstance(contents, np.ndarray) or contents.dtype != np.uint8:
            raise Gone("sent something that is not a file")
        return contents.tobytes()

    def has_asked(self, names: Collection[str]) -> bool:
        """Return whether the submission has had a say in this test, which takes these names.

        It has none before it is asked, where all of them are functions.
        """
        values = [self._values.get(name) for name in names if name in self._functions]
        functions = [value for value in values if isinstance(value, proxies.Remote)]
        plain = len(functions) < len(names)
        return plain or self._question is None or self._question.has_asked

    @property
    def returned(self) -> Mapping[str, Any]:
        """What each function returned last in this test."""
        return self._question.returned if self._question else {}

    @property
    def last_call(self) -> tuple[str, tuple, dict]:
        """The name and the arguments of the last call in this test."""
        return self._question.last_call if self._question else proxies.NO_CALL

    @property
    def sessions(self) -> list[list[tuple[bytes, bytes]]]:
        """The requests and answers of each process."""
        return [fork.exchanges for fork in self._forks]

    def abandon(self) -> None:
        """Kill the fork; the next test gets a new one."""
        if self._fork is not None:
            self._fork.close()
        self._fork = self._question = None

    def leave(self) -> None:
        """Kill the fork and everything it started."""
        self.abandon()
        try:
            self.link.end_question()
        except Gone:
            self.candidate_alive = False
