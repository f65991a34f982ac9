"""The sandbox of the candidate: one tier of isolation, chosen once and applied to each process.

| tier | who may use it | what keeps student code in |
|---|---|---|
| T1 | root | an own user per submission; seccomp; limits; Landlock where the kernel has it |
| T2 | user namespaces | bubblewrap around the server; seccomp; limits; Landlock where it is |
| T3 | anybody | Landlock; seccomp; limits; the warden as reaper of all orphans |
| T4 | on demand | nothing |

`probe` finds the tier by trying it, `server_command` and `prepare_server` start the server in it,
`confine` is called by each candidate, `canary` attacks the whole from inside.
"""

from autograder.canary import canary
from autograder.confinement import confine, prepare_server, server_command
from autograder.isolation import Isolation, Limits, SandboxError, Tier
from autograder.kernel import hide_process
from autograder.leftovers import remove_leftovers, remove_tree
from autograder.probe import probe
from autograder.processes import become_warden, free_uid, kill_descendants, kill_uid

__all__ = [
    "Isolation",
    "Limits",
    "SandboxError",
    "Tier",
    "become_warden",
    "canary",
    "confine",
    "free_uid",
    "hide_process",
    "kill_descendants",
    "kill_uid",
    "prepare_server",
    "probe",
    "remove_leftovers",
    "remove_tree",
    "server_command",
]
