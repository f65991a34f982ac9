"""Files that a candidate left behind: in its home, and where everybody may write."""

import os
import subprocess
from collections.abc import Collection
from pathlib import Path

from autograder.disk import remove_tree
from autograder.sandbox.isolation import Isolation, Tier

PUBLIC = ["/tmp", "/var/tmp", "/dev/shm"]


def remove_leftovers(
    isolation: Isolation, uid: int | None, keep: Collection[Path] = frozenset()
) -> None:
    """Clean up once a candidate's processes have ended. With Landlock, there is nothing to do.

    T1: what belongs to `uid`, including its home. T2: the server's own /tmp except `keep`.
    """
    if isolation.landlock_abi:
        return
    if isolation.tier is Tier.T1:
        folders = [folder for folder in PUBLIC if os.path.isdir(folder)]
        command = ["find", *folders, "-xdev", "-depth", "-user", str(uid), "-delete"]
        # Other programs' files come and go meanwhile: a vanished one is not a failure.
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    elif isolation.tier is Tier.T2:
        for entry in Path("/tmp").iterdir():
            if entry not in keep:
                remove_tree(entry)
