"""The package `testing`: modules of one assignment that its tests alone import.

It lies in the assignment's bundle. Each examination runs in a process of its own, and makes the
package importable there and nowhere else: two assignments that one grader serves never meet, and a
candidate has no way to it.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PACKAGE = "testing"


class _Finder(MetaPathFinder):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        # Its modules are found through the package's own path.
        if name != PACKAGE:
            return None
        found = PathFinder.find_spec(name, [str(self._folder)])
        if found is None or found.origin is None:
            # Never that of another folder, such as the one that the grader was started in.
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found


def import_from(folder: Path) -> None:
    """Let this process import `testing` from a bundle's folder, and from nowhere else."""
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, _Finder)]
    sys.meta_path.insert(0, _Finder(folder))
    importlib.invalidate_caches()
