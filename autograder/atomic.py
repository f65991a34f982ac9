"""Files that are never seen half written."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_atomically(file: Path, contents: bytes) -> None:
    """Replace a file at once: whoever reads it, whenever, finds the old or the new, whole.

    It is its owner's alone, 0600. What a killed process leaves behind begins with a dot.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(contents)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
