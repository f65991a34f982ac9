"""Files that a candidate left: in its home, and where everybody may write."""

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
    """After the end of a candidate's processes. Where Landlock was on, there is nothing to do.

    T1: what belongs to `uid`, its home too. T2: all in the server's own /tmp but `keep`.
    """
    if isolation.landlock_abi:
        return
    if isolation.tier is Tier.T1:
        folders = [folder for folder in PUBLIC if os.path.isdir(folder)]
        command = ["find", *folders, "-xdev", "-depth", "-user", str(uid), "-delete"]
        # Other programs' files come and go meanwhile: not finding those again is no failure.
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    elif isolation.tier is Tier.T2:
        for entry in Path("/tmp").iterdir():
            if entry not in keep:
                remove_tree(entry)
