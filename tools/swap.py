"""Putting new files in place all at once: an error or Ctrl-C leaves the tree as it was."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def swap_in(root: Path, files: Mapping[str, bytes], targets: Iterable[str]) -> None:
    """Replace each target, a file or a whole folder, by what `files` has at its path or below it.

    Everything is written first; then only names change.
    """
    work = root / "build"  # of the same file system as the targets, and ignored by git
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".swap-", dir=work) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        old.mkdir()
        for path, contents in files.items():
            write(new / path, contents)
        moves = []
        try:
            for number, target in enumerate(targets):
                (root / target).parent.mkdir(parents=True, exist_ok=True)
                moves.append((root / target, old / str(number), new / target))
                final, former, fresh = moves[-1]
                if final.exists():
                    os.replace(final, former)
                if fresh.exists():
                    os.replace(fresh, final)
        except BaseException:  # KeyboardInterrupt too
            for final, former, fresh in reversed(moves):
                if final.exists() and not fresh.exists():
                    os.replace(final, fresh)
                if former.exists():
                    os.replace(former, final)
            raise


def write(file: Path, contents: bytes) -> None:
    """Write a file, with the folders it needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(contents)
