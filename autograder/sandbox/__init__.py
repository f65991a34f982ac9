"""The sandbox of the candidate: one tier of isolation, chosen once and applied to each process.

| tier | who may use it | what keeps student code in |
|---|---|---|
| T1 | root | an own user per submission; seccomp; limits; Landlock where the kernel has it |
| T2 | user namespaces | bubblewrap around the server; seccomp; limits; Landlock where it is |
| T3 | anybody | Landlock; seccomp; limits; the warden as reaper of all orphans |
| T4 | on demand | nothing |

`find_tier` finds it by trying it, `server_command` and `prepare_server` start the server in it,
`confine` is called by each candidate, `send_canary` attacks the whole from inside.
"""

from autograder.disk import remove_tree
from autograder.sandbox.canary import send_canary
from autograder.sandbox.confinement import confine, prepare_server, server_command
from autograder.sandbox.isolation import Isolation, Limits, SandboxError, Tier
from autograder.sandbox.kernel import hide_process
from autograder.sandbox.leftovers import remove_leftovers
from autograder.sandbox.probe import find_tier
from autograder.sandbox.processes import become_warden, free_uid, kill_descendants, kill_uid

__all__ = [
    "Isolation",
    "Limits",
    "SandboxError",
    "Tier",
    "become_warden",
    "confine",
    "find_tier",
    "free_uid",
    "hide_process",
    "kill_descendants",
    "kill_uid",
    "prepare_server",
    "remove_leftovers",
    "remove_tree",
    "send_canary",
    "server_command",
]
