"""The twelve laws by name, the order in which they are judged, and what a verdict says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Law(StrEnum):
    """The laws in the order of judging: each verdict means more if those before it hold."""

    LEAK = "leak"
    FRESH = "fresh"
    SOLUTION = "solution"
    BLANK = "blank"
    BITE = "bite"
    DIAGNOSE = "diagnose"
    ACCEPT = "accept"
    FAIR = "fair"
    ALONE = "alone"
    STUB = "stub"
    SEED = "seed"
    AGREE = "agree"
    MUTANTS = "mutants"


# Without these, a verdict would mean nothing, and none is given.
NEEDS: dict[Law, tuple[Law, ...]] = {
    Law.LEAK: (),
    Law.FRESH: (),
    Law.SOLUTION: (Law.LEAK, Law.FRESH),
    Law.BLANK: (Law.LEAK, Law.FRESH),
    Law.BITE: (Law.SOLUTION,),
    Law.DIAGNOSE: (Law.BITE,),
    Law.ACCEPT: (Law.SOLUTION,),
    Law.FAIR: (Law.SOLUTION,),
    Law.ALONE: (Law.SOLUTION,),
    Law.STUB: (Law.SOLUTION,),
    Law.SEED: (Law.SOLUTION,),
    Law.AGREE: (Law.SOLUTION, Law.BLANK),
    Law.MUTANTS: (Law.SOLUTION,),
}


class State(StrEnum):
    """How a law stands."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOTHING = "nothing to check"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Verdict:
    """One law: what was looked at, what breaks it, and what else is worth saying."""

    law: Law
    state: State
    checked: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(law: Law, checked: str, problems: Iterable[str], notes: Iterable[str] = ()) -> Verdict:
    """Return the verdict; a law with nothing `checked` is never said to hold."""
    problems = tuple(problems)
    state = State.BROKEN if problems else State.HOLDS if checked else State.NOTHING
    return Verdict(law, state, checked, problems, tuple(notes))


def not_reached(law: Law, states: Mapping[Law, State]) -> bool:
    """Return whether a law is not judged, because one it needs is broken or not reached."""
    return any(states.get(need) in (State.BROKEN, State.NOT_REACHED) for need in NEEDS[law])
