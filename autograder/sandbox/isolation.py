"""The sandbox's vocabulary: tiers and their layers, limits, and the one error."""

from dataclasses import dataclass
from enum import Enum


class Tier(Enum):
    """Ways to keep student code from everything else, the strongest first."""

    T1 = "own user for each submission, with seccomp, resource limits and Landlock where present"
    T2 = "bubblewrap (user namespaces) with seccomp, resource limits and Landlock where present"
    T3 = "Landlock with seccomp and resource limits, under the grader's own user"
    T4 = "none: student code runs with all rights of the grader's user"


class SandboxError(Exception):
    """A sandbox that does not keep its tier's promises. Nothing may be graded in it."""

    def __init__(self, what: str, what_now: str = "") -> None:
        super().__init__(f"{what} {what_now}".strip())
        self.what = what
        self.what_now = what_now


@dataclass(frozen=True)
class Limits:
    """What one process of the candidate may use; `processes` counts all those of its user.

    `file_mb` limits the size of each file; the warden counts them and adds up their sizes.
    """

    memory_mb: int = 3072
    processes: int = 64
    file_mb: int = 64
    open_files: int = 256
    cpu_seconds: int = 600


@dataclass(frozen=True)
class Isolation:
    """A tier on this machine: the layers that were tried and work, and what is missing."""

    tier: Tier
    landlock_abi: int  # 0: none
    layers: tuple[str, ...]
    notes: tuple[str, ...]

    def describe(self) -> str:
        """Return one line for results."""
        layers = " + ".join(self.layers) or "no layer"
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        return f"{self.tier.name}: {layers}{notes}"


# Names of the layers, as shown in results.
OWN_UID = "own uid"
OWN_MOUNTS = "own mounts"
BUBBLEWRAP = "bubblewrap"
SECCOMP = "seccomp"
LIMITS = "resource limits"


def landlock_layer(abi: int) -> str:
    return f"Landlock ABI {abi}"
