"""What a build was made from and what it wrote, so that the next can see that nothing changed."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import tools
from autograder import package
from tools.course.pins import LOCK_FILE
from tools.course.settings import COURSE_FILE, SUPPORT_PACKAGE
from tools.files import files_below, sha256

TOOLS = Path(tools.__file__).parent


@dataclass(frozen=True)
class Stamp:
    """The fingerprint of a build's sources, and the sha256 of each file that it wrote."""

    fingerprint: str
    outputs: Mapping[str, str]

    def text(self) -> str:
        """The contents of its file."""
        values = {"fingerprint": self.fingerprint, "outputs": dict(self.outputs)}
        return json.dumps(values, indent=1, sort_keys=True) + "\n"

    def holds(self, root: Path, fingerprint: str, folders: Iterable[str]) -> bool:
        """Whether the sources are the same and every output is as it was written, and no other."""
        if self.fingerprint != fingerprint:
            return False
        found = {path for folder in folders for path in files_below(root, folder)}
        if not found <= set(self.outputs):
            return False
        files = {path: root / path for path in self.outputs}
        return all(
            f.is_file() and sha256(f.read_bytes()) == self.outputs[p] for p, f in files.items()
        )


def read_stamp(root: Path, name: str) -> Stamp:
    """The stamp of the last build, or one that holds nothing."""
    try:
        values = json.loads((root / stamp_file(name)).read_text(encoding="utf-8"))
        return Stamp(values["fingerprint"], values["outputs"])
    except (OSError, ValueError, KeyError):
        return Stamp("", {})


def stamp_file(name: str) -> str:
    """Where the stamp of an assignment is."""
    return f"build/stamps/{name}.json"


def fingerprint(root: Path, name: str) -> str:
    """A hash of all that the outputs of an assignment depend on."""
    paths = [COURSE_FILE, LOCK_FILE]
    paths += files_below(root, f"assignments/{name}")
    paths += files_below(root, f"assignments/{SUPPORT_PACKAGE}")
    files = {path: root / path for path in paths if (root / path).is_file()}
    files |= {f"tools/{path}": TOOLS / path for path in files_below(TOOLS, ".")}
    # The grader itself is in the bundle for Gradescope; the hidden tests below it are outputs.
    files |= {f"autograder/{path}": package.PACKAGE / path for path in package.own_paths()}
    lines = [f"{path} {sha256(files[path].read_bytes())}" for path in sorted(files)]
    lines.append(f"python {sys.version_info.major}.{sys.version_info.minor}")
    lines.append(f"otter-grader {version('otter-grader')}")
    return sha256("\n".join(lines).encode())
