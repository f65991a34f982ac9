"""Tests in a process of their own: what it dies of is told, and nothing of it stays."""

import os

import numpy as np
import psutil

from autograder.examiner.apart import MEMORY_MB, Apart
from autograder.results.score import Outcome, QuestionScore

SCORE = QuestionScore("q1_one", 2.0, 3.0, Outcome.FAILED, note="Why?")


def test_questions_arrive_one_by_one():
    seen = []
    apart = Apart(lambda send: (send("question", SCORE), send("end", {"notes": ["x"]})), 10.0)
    assert apart.run(seen.append)
    assert (seen, apart.ended) == ([SCORE], {"notes": ["x"]})


def test_where_it_died_is_known():
    def work(send):
        send("start", "q1_one")
        send("question", SCORE)
        send("start", "q2_two")
        os.kill(os.getpid(), 9)

    seen = []
    apart = Apart(work, 10.0)
    assert not apart.run(seen.append)
    assert (seen, apart.started) == ([SCORE], "q2_two")


def test_what_is_too_large_is_not_allocated():
    def work(send):
        try:
            np.ones((MEMORY_MB, 2, 2**17))
        except MemoryError:
            send("end", {"refused": True})

    apart = Apart(work, 10.0)
    assert apart.run(lambda _: None) and apart.ended == {"refused": True}


def test_cpu_time_has_an_end():
    def work(send):
        send("start", "q1_one")
        while True:
            pass

    apart = Apart(work, 0.5)
    assert not apart.run(lambda _: None)
    assert apart.started == "q1_one"


def test_no_process_stays():
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    Apart(lambda send: send("end", {}), 10.0).run(lambda _: None)
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_what_breaks_is_told():
    apart = Apart(lambda send: 1 / 0, 10.0)
    assert apart.run(lambda _: None)
    assert "ZeroDivisionError" in apart.ended["broken"]
