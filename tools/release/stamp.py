"""Stamps: a build's sources and outputs, so that the next build can tell if anything changed."""

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
    """The fingerprint of a build's sources, and the sha256 of each file it wrote."""

    fingerprint: str
    outputs: Mapping[str, str]

    def text(self) -> str:
        """Return the contents of its file."""
        values = {"fingerprint": self.fingerprint, "outputs": dict(self.outputs)}
        return json.dumps(values, indent=1, sort_keys=True) + "\n"

    def holds(self, root: Path, fingerprint: str, folders: Iterable[str]) -> bool:
        """Return whether sources and outputs are unchanged, with no other file in `folders`."""
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
    """Read the stamp of the last build, or return an empty one."""
    try:
        values = json.loads((root / stamp_file(name)).read_text(encoding="utf-8"))
        return Stamp(values["fingerprint"], values["outputs"])
    except (OSError, ValueError, KeyError):
        return Stamp("", {})


def stamp_file(name: str) -> str:
    """Return the path of an assignment's stamp."""
    return f"build/stamps/{name}.json"


def fingerprint(root: Path, name: str) -> str:
    """Return a hash of everything that an assignment's outputs depend on."""
    paths = [COURSE_FILE, LOCK_FILE]
    paths += files_below(root, f"assignments/{name}")
    paths += files_below(root, f"assignments/{SUPPORT_PACKAGE}")
    files = {path: root / path for path in paths if (root / path).is_file()}
    files |= {f"tools/{path}": TOOLS / path for path in files_below(TOOLS, ".")}
    # The Gradescope bundle contains the grader; the hidden tests below it are outputs.
    files |= {f"autograder/{path}": package.PACKAGE / path for path in package.own_paths()}
    lines = [f"{path} {sha256(files[path].read_bytes())}" for path in sorted(files)]
    lines.append(f"python {sys.version_info.major}.{sys.version_info.minor}")
    lines.append(f"otter-grader {version('otter-grader')}")
    return sha256("\n".join(lines).encode())
