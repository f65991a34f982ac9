"""Finds the tier that this machine supports: tries each as grading would use it, infers none."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.package import PACKAGE, own_files
from autograder.sandbox import bubblewrap, kernel, landlock, seccomp, syscalls
from autograder.sandbox.confinement import server_command
from autograder.sandbox.isolation import (
    BUBBLEWRAP,
    LIMITS,
    OWN_MOUNTS,
    OWN_UID,
    SECCOMP,
    Isolation,
    SandboxError,
    Tier,
    landlock_layer,
)
from autograder.sandbox.trial import allowed, in_child

TRIAL_SECONDS = 60.0


def find_tier(
    readable: Sequence[Path],
    trust: bool = False,
    force: Tier | None = None,
    use_landlock: bool = True,
) -> Isolation:
    """Return the best tier that works here, or `force`. Raise SandboxError if none does.

    Without `trust`, T4 is an error. `use_landlock=False` pretends that the kernel lacks it.
    """
    if not sys.platform.startswith("linux"):
        reasons = ["student code can be isolated on Linux only"]
        tiers: list[Tier] = []
    else:
        reasons = []
        tiers = [force] if force else [Tier.T1, Tier.T2, Tier.T3]
    for tier in tiers:
        if tier is Tier.T4:
            continue
        found = _try(tier, readable, use_landlock)
        if isinstance(found, Isolation):
            return replace(found, notes=(*found.notes, *reasons))
        # No need to report that an ordinary user is not root.
        if tier is not Tier.T1 or os.geteuid() == 0 or force:
            reasons.append(f"no {tier.name}: {found}")
    if trust and force in {None, Tier.T4}:
        return Isolation(Tier.T4, 0, (), ("submissions were trusted", *reasons))
    raise SandboxError(
        f"Student code cannot be isolated here ({'; '.join(reasons) or 'T4 was requested'}).",
        "Grade on a Linux machine with Landlock (5.13 or later) or bubblewrap, or as root with "
        "Python in a folder that all may enter. --trust-submissions runs code without isolation.",
    )


def _try(tier: Tier, readable: Sequence[Path], use_landlock: bool) -> Isolation | str:
    """Return the tier as it works here, or the reason why it does not."""
    abi = landlock.kernel_abi() if use_landlock else 0
    layers, notes = [], []
    if tier is Tier.T1:
        if os.geteuid() != 0:
            return "it needs root"
        layers.append(OWN_UID)
    if tier is Tier.T2:
        if bubblewrap.program() is None:
            return "bubblewrap is not installed"
        layers.append(BUBBLEWRAP)
    if tier is Tier.T3 and not abi:
        return "the kernel has no Landlock"
    reason = _refusal_of_seccomp()
    if reason is None:
        layers.append(SECCOMP)
    elif tier is Tier.T1:
        notes.append(f"no seccomp ({reason}): the network is open to student code")
    else:
        return f"seccomp does not work ({reason})"
    if abi:
        layers.append(landlock_layer(abi))
    else:
        notes.append("no Landlock")
    isolation = Isolation(tier, abi, (*layers, LIMITS), tuple(notes))
    answer = _run_trial(isolation, readable)
    if answer.get("covered"):
        isolation = replace(isolation, layers=(OWN_UID, OWN_MOUNTS, *isolation.layers[1:]))
    return answer.get("failed") or isolation


def _refusal_of_seccomp() -> str | None:
    if syscalls.machine() not in syscalls.NUMBERS:
        return f"no table of system calls for {syscalls.machine()}"

    def refused() -> str | None:
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        seccomp.apply(same_user=True)
        return "it refuses nothing" if allowed(socket.socket) else None

    return in_child(refused)


def _run_trial(isolation: Isolation, readable: Sequence[Path]) -> dict:
    """Start a server as grading does, with a candidate that checks its surroundings."""
    code = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); "
        "from autograder.sandbox import trial; del sys.path[0]; trial.trial(sys.argv[1])"
    )
    setup = {
        "tier": isolation.tier.name,
        "landlock_abi": isolation.landlock_abi,
        "layers": isolation.layers,
        "readable": [str(path) for path in readable],
    }
    argv = [sys.executable, "-I", "-B", "-c", code, json.dumps(setup)]
    argv = server_command(isolation, argv, [*readable, *own_files()])
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=TRIAL_SECONDS,
            start_new_session=True,
            check=False,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"failed": f"it does not start ({error})"}
    except ValueError:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        return {"failed": words[-1] if words else f"its trial ended with {done.returncode}"}
