"""How tests are run: as always, or in a manner that must make no difference to a right answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """How the tests of a bundle are run.

    alone: each test in a process of its own; backwards: the last question first, and of each its
    last test first; days: so much later than now.
    """

    alone: bool = False
    backwards: bool = False
    days: int = 0


AS_ALWAYS = Manner()
