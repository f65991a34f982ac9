"""A budget counts CPU time; the clock only stops those who sleep."""

import pytest

from autograder.examiner import budget as module
from autograder.examiner.budget import Budget, Usage


class Process:
    """What a process has used, and what the clock says."""

    def __init__(self, monkeypatch) -> None:
        self.clock = self.cpu = 0.0
        self.waited: float | None = 0.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.clock)

    def usage(self) -> Usage:
        return Usage(self.cpu, self.waited)

    def goes_on(self, seconds: float, cpu: float = 0.0, waits: float = 0.0) -> None:
        self.clock += seconds
        self.cpu += cpu
        self.waited = None if self.waited is None else self.waited + waits


@pytest.fixture
def process(monkeypatch) -> Process:
    return Process(monkeypatch)


def test_whoever_computes_has_the_limit(process):
    budget = Budget(10.0, process.usage)
    process.goes_on(9.0, cpu=9.0)
    assert budget.left() == pytest.approx(1.0)
    process.goes_on(1.5, cpu=1.5)
    assert budget.left() == 0.0


def test_on_a_busy_machine_it_takes_longer(process):
    budget = Budget(10.0, process.usage)
    process.goes_on(150.0, cpu=7.5, waits=142.5)
    assert budget.left() == pytest.approx(2.5)
    process.goes_on(60.0, cpu=3.0, waits=57.0)
    assert budget.left() == 0.0


def test_whoever_sleeps_is_stopped(process):
    budget = Budget(10.0, process.usage)
    process.goes_on(14.0)
    assert budget.left() > 0.0
    process.goes_on(2.0)
    assert budget.left() == 0.0


def test_where_the_kernel_does_not_say_who_waits_the_load_tells(process, monkeypatch):
    process.waited = None
    monkeypatch.setattr(module.os, "getloadavg", lambda: (40.0, 40.0, 40.0))
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    budget = Budget(10.0, process.usage)
    process.goes_on(100.0, cpu=5.0)
    assert budget.left() > 0.0


def test_a_part_ends_no_later_than_the_whole(process):
    whole = Budget(10.0, process.usage)
    process.goes_on(8.0, cpu=8.0)
    part = whole.part(60.0)
    process.goes_on(3.0, cpu=3.0)
    assert part.left() == whole.left() == 0.0
