"""The candidate's sandbox: one tier of isolation, chosen once and applied to each process.

| tier | who may use it | what keeps student code in |
|---|---|---|
| T1 | root | a separate user per submission; seccomp; limits; Landlock if the kernel has it |
| T2 | user namespaces | bubblewrap around the server; seccomp; limits; Landlock if available |
| T3 | anybody | Landlock; seccomp; limits; the warden reaps all orphans |
| T4 | on demand | nothing |

`find_tier` tries the tiers and picks one, `server_command` and `prepare_server` start the server
in it, each candidate calls `confine`, and `send_canary` attacks the result from inside.
"""

import importlib
from typing import Any

from autograder.sandbox.isolation import Isolation, Limits, SandboxError, Tier

# Where the rest of the interface lives. It is loaded on first use: examiner and server each need
# half of it, and code that only reads a tier needs none.
_LIVES_IN = {
    "become_warden": "processes",
    "confine": "confinement",
    "find_tier": "probe",
    "free_uid": "processes",
    "hide_process": "kernel",
    "kill_descendants": "processes",
    "kill_uid": "processes",
    "of_packages": "folders",
    "prepare_server": "confinement",
    "remove_leftovers": "leftovers",
    "send_canary": "canary",
    "server_command": "confinement",
    "writable": "leftovers",
}

__all__ = ["Isolation", "Limits", "SandboxError", "Tier", "load_all", *_LIVES_IN]


def __getattr__(name: str) -> Any:
    if name not in _LIVES_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LIVES_IN[name]}"), name)


def load_all() -> None:
    """Load everything now: a confined process may not be able to read the files."""
    for name in _LIVES_IN:
        __getattr__(name)
