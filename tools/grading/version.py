"""What a record depends on besides the submission and its tests: our code, and its packages."""

import functools
import platform
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import tools
from autograder.package import own_files
from tools.files import files_below, sha256

PACKAGES = ("numpy", "torch", "ipython", "otter-grader", "matplotlib", "ipykernel")
# The modules of `tools` that run in a worker and contribute to a record.
IN_A_WORKER = (
    "grading/desk.py",
    "grading/otter_run.py",
    "handins/essays.py",
    "likeness/code_parts.py",
    "likeness/likeness.py",
)


@functools.cache
def grader_version() -> str:
    """Return a hash of the code that makes a record, and of the packages that it runs on."""
    folder = Path(tools.__file__).parent
    files = [*own_files(), *(folder / path for path in IN_A_WORKER), *_seqlab()]
    parts = [f"{file.name} {sha256(file.read_bytes())}" for file in files]
    return sha256("\n".join([*parts, *package_versions()]).encode())


def package_versions() -> list[str]:
    """Return the packages and the Python that results depend on, with their versions."""
    packages = [f"{package} {version(package)}" for package in PACKAGES]
    return [*packages, f"python {platform.python_version()}"]


def _seqlab() -> list[Path]:
    spec = find_spec("seqlab")
    folder = Path(spec.origin).parent
    return [folder / path for path in files_below(folder, ".")]
