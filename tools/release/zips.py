"""The zips of a build: the student's release, and the bundles of Otter and of Gradescope."""

from collections.abc import Mapping
from pathlib import Path

from autograder.package import PACKAGE, own_paths
from autograder.results import gradescope
from tools.course.pins import normalised, pinned
from tools.course.settings import GRADING_PYTHON, SUPPORT_PACKAGE, Assignment, Course
from tools.files import packed
from tools.release.otter_assign import without_browser

# What every bundle's environment holds besides Otter: what seqlab and hidden tests import.
GRADING_PACKAGES = ("numpy", "matplotlib", "torch", "tqdm")

TEMPLATES = Path(__file__).parent / "templates"

# What installs that Python.
UV_VERSION = "0.13.9"
# What the grader itself imports, besides what submissions do.
GRADER_PACKAGES = ("ipython", "otter-grader")
IMPORTS = ("IPython", "matplotlib.pyplot", "numpy", "otter.test_files", "seqlab", "torch", "tqdm")


# What students install to work with, and no grader needs.
FOR_STUDENTS = ("jupyterlab", "notebook", "ipykernel", "otter-grader")


def grading_packages(assignment: Assignment) -> tuple[str, ...]:
    """Return the packages of an assignment's grading environment: also those it requires."""
    more = (name for name in assignment.requirements if normalised(name) not in FOR_STUDENTS)
    return tuple(dict.fromkeys((*GRADING_PACKAGES, *map(normalised, more))))


def student_zip(name: str, release: Mapping[str, bytes]) -> bytes:
    """The release below one folder, so that unzipping it anywhere makes no mess."""
    return packed({f"{name}/{path}": contents for path, contents in release.items()})


def requirement_lines(torch_index: str, pins: list[str]) -> list[str]:
    """What Otter appends to the pip packages of its environment.

    PyTorch's CPU index is an extra index: pip prefers its "2.13.0+cpu" to the "2.13.0" that brings
    gigabytes of CUDA to a machine without a GPU.
    """
    return [f"--extra-index-url {torch_index}", *pins]


def otter_zip(otters: Mapping[str, bytes], tests: Mapping[str, str]) -> bytes:
    """Otter's bundle, with our test files and without its browser."""
    members = dict(otters)
    for question, text in tests.items():
        members[f"tests/{question}.py"] = text.encode()
    members["setup.sh"] = without_browser(members["setup.sh"].decode()).encode()
    return packed(members)


def gradescope_zip(
    assignment: Assignment,
    course: Course,
    lock: str,
    tests: Mapping[str, bytes],
    support: Mapping[str, bytes],
    solution: bytes,
) -> bytes:
    """The zip: setup.sh and run_autograder at its root, as Gradescope wants it.

    `tests` are the files of hidden_tests/NAME by name. The pins of the whole lock are constraints,
    so that what the packages need in turn has the versions that this project was tested with.
    """
    pins = pinned(lock, (*grading_packages(assignment), *GRADER_PACKAGES), "the Gradescope image")
    facts = {
        # On one line: they stand in comments.
        "course": " ".join(course.course.split()),
        "semester": " ".join(course.semester.split()),
        "name": assignment.name,
        "torch_index": course.torch_index,
        "torch_version": dict(pin.split("==") for pin in pins)["torch"],
        "python_version": GRADING_PYTHON,
        "uv_version": UV_VERSION,
        "imports": ", ".join(IMPORTS),
        "first_results": _first_results(),
    }
    members = {
        "setup.sh": _render("gradescope_setup.sh.j2", facts),
        "run_autograder": _render("gradescope_run_autograder.j2", facts),
        "requirements.txt": "".join(f"{pin}\n" for pin in pins).encode(),
        "constraints.txt": _constraints(lock),
        "solution.ipynb": solution,
    }
    members |= {f"hidden_tests/{assignment.name}/{file}": data for file, data in tests.items()}
    members |= {f"autograder/{path}": _read(PACKAGE / path) for path in own_paths()}
    # The assignment's own files are in its assignment.json.
    members |= {path: data for path, data in support.items() if _is_seqlab(path)}
    return packed(members)


def grader_code() -> list[str]:
    """Return the source of each of the grader's modules."""
    return [_read(PACKAGE / path).decode() for path in own_paths()]


def _first_results() -> str:
    return gradescope.as_json(gradescope.broken_results("Python did not start.")).decode().rstrip()


def _constraints(lock: str) -> bytes:
    lines = [line for line in lock.splitlines() if line.strip() and not line.startswith("#")]
    # A constraint names no extras.
    return "".join(f"{line.replace('[grading]', '')}\n" for line in lines).encode()


def _is_seqlab(path: str) -> bool:
    return path.startswith(f"{SUPPORT_PACKAGE}/")


def _render(template: str, facts: Mapping[str, str]) -> bytes:
    # Imported here, because a build with nothing to do needs no templates.
    import jinja2

    text = (TEMPLATES / template).read_text(encoding="utf-8")
    rendered = jinja2.Template(text, undefined=jinja2.StrictUndefined).render(facts)
    return (rendered.replace("\r\n", "\n").rstrip("\n") + "\n").encode()


def _read(file: Path) -> bytes:
    # Git on Windows may have checked it out with CRLF.
    return file.read_bytes().replace(b"\r\n", b"\n")
