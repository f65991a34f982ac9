"""The tests in a process of their own: what a submission claims can fill or stop that one alone.

A test believes what it is told, such as a shape, and allocates accordingly. So each examination
runs in a fork of the grader, with limits on memory and CPU time. It tells its results one by one;
where it dies, the question that it was at has failed, and a new fork goes on with the others.
"""

import contextlib
import gc
import json
import os
import resource
import signal
import traceback
from collections.abc import Callable
from typing import Any

from autograder.results.score import QuestionScore, question_from_json, question_to_json

# Of the tests themselves, above what the grader has already.
MEMORY_MB = 1024
Send = Callable[[str, Any], None]


class Apart:
    """One run in a fork: `work` gets a function that sends pairs of a kind and plain values."""

    def __init__(self, work: Callable[[Send], None], cpu_seconds: float) -> None:
        self.started = ""  # the question it was last at
        self.ended: dict[str, Any] | None = None  # what it said at its end
        self.reports: list[Any] = []  # what it said on the way
        # Scores after the public tests, as if each hidden one were too much, and the notes then.
        self.public: dict[str, QuestionScore] = {}
        self.notes: list[str] = []
        self._work, self._cpu_seconds = work, cpu_seconds

    def run(self, on_question: Callable[[QuestionScore], None]) -> bool:
        """Run it; False when it died before its end."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _live(self._work, writing, self._cpu_seconds)
        os.close(writing)
        try:
            with os.fdopen(reading, "rb") as pipe:
                for line in pipe:
                    self._take(*json.loads(line), on_question)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return self.ended is not None

    def _take(self, kind: str, value: Any, on_question: Callable[[QuestionScore], None]) -> None:
        if kind == "start":
            self.started = value
        elif kind == "question":
            on_question(question_from_json(value))
        elif kind == "report":
            self.reports.append(value)
        elif kind == "public":
            self.notes = value["notes"]
            self.public = {each["name"]: question_from_json(each) for each in value["scores"]}
        else:
            self.ended = value


def _live(work: Callable[[Send], None], writing: int, cpu_seconds: float) -> None:
    """Be the fork: limit this process, work, and end without the parent's exit handlers."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _limit(cpu_seconds)
        # Of what it inherited, nothing is garbage; a look at it would copy all its pages.
        gc.freeze()
        with os.fdopen(writing, "wb") as pipe:

            def send(kind: str, value: Any) -> None:
                told = question_to_json(value) if isinstance(value, QuestionScore) else value
                pipe.write(json.dumps([kind, told]).encode() + b"\n")
                pipe.flush()

            try:
                work(send)
            except BaseException:
                send("end", {"broken": traceback.format_exc()})
    finally:
        os._exit(0)


def _limit(cpu_seconds: float) -> None:
    with open("/proc/self/statm", encoding="ascii") as file:
        has = int(file.read().split()[0]) * resource.getpagesize()
    for what, most in (
        (resource.RLIMIT_AS, has + MEMORY_MB * 2**20),
        (resource.RLIMIT_CPU, int(cpu_seconds) + 1),
    ):
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, hard))
    # At the end of its CPU time it dies of a signal; there is nothing to clean up.
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
