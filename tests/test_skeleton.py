"""The project itself: layout, dependencies, make targets, and no trace of one machine."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDERS = {
    "assignments",
    "autograder",
    "benchmarks",
    "build",
    "solutions",
    "student_release",
    "tests",
    "tools",
}

# One package, one exact version, perhaps a marker: `make` installs it, `unroll build` looks it up.
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.!]*)(?P<marker> ; [^/:@]+)?")

# Joined from parts, so that this file does not contain the words it looks for.
REGISTRY = re.compile(
    r"\b("
    + "|".join(
        [
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "npm" + r"js\.(org|com)",
            "ana" + r"conda\.org",
        ]
    )
    + r")\b"
)
MACHINE_PATH = re.compile(
    r"(?<![\w.~/-])/("
    + "|".join(["root", "work", r"home/\w+", r"Users/\w+", "opt/py" + "pi"])
    + ")/"
    r"|\b[A-Z]:\\+Users\b"
)
TORCH_INDEX = "download." + "pytorch.org"


def pins() -> dict[str, str]:
    """Return the versions in requirements.lock by canonical name."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    found = [PIN.fullmatch(line) for line in lines if not line.startswith("#")]
    return {match["name"]: match["version"] for match in found if match}


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def repository_files() -> list[Path]:
    """Return all files of the project, committed or not, except those git ignores."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
        files = [ROOT / name for name in names.split("\0") if name]
        return [file for file in files if file.is_file()]
    ignored = {".venv", "build", "__pycache__"}
    files = []
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in ignored and not name.endswith("_cache")]
        files += [Path(folder, name) for name in names]
    return files


def imported(source: str) -> set[str]:
    """Return the top-level packages that a module imports."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [n.module for n in nodes if isinstance(n, ast.ImportFrom) and not n.level]
    return {name.split(".")[0] for name in names}


def foreign(text: str) -> list[str]:
    """Return the registry addresses and machine paths in a text."""
    return [match[0] for pattern in (REGISTRY, MACHINE_PATH) for match in pattern.finditer(text)]


def test_the_autograder_imports_nothing_from_tools():
    modules = sorted((ROOT / "autograder").rglob("*.py"))
    assert modules
    for module in modules:
        assert "tools" not in imported(module.read_text(encoding="utf-8")), module


@pytest.mark.parametrize(
    "source",
    ["import tools", "import os, tools.leak as l", "def f():\n    from tools.leak import check"],
)
def test_an_import_of_tools_is_seen(source):
    assert "tools" in imported(source)


def test_every_line_of_the_lock_is_one_pin():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert len(pins()) == len(lines), "a package has two versions"


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "numpy>=2",
        "numpy==2.*",
        "numpy==2.4.6 # why",
        "numpy @ file:///wheels/numpy.whl",
        "--extra-index-url https://example.org/simple",
        "-e .",
        "",
    ],
)
def test_a_line_that_is_not_a_pin_is_seen(line):
    assert not PIN.fullmatch(line)


def test_the_lock_has_every_dependency_at_a_version_it_allows():
    project = pyproject()
    wanted = project["build-system"]["requires"] + project["project"]["dependencies"]
    for extra in project["project"]["optional-dependencies"].values():
        wanted = wanted + extra
    for requirement in map(Requirement, wanted):
        version = pins().get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not in requirements.lock: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement}: the lock has {version}"


def test_every_imported_package_is_a_dependency():
    project = pyproject()["project"]
    told = project["dependencies"] + project["optional-dependencies"]["dev"]
    told = {canonicalize_name(Requirement(requirement).name) for requirement in told}
    packages = importlib.metadata.packages_distributions()
    for folder in ("assignments/seqlab", "autograder", "tests", "tools"):
        modules = sorted((ROOT / folder).rglob("*.py"))
        own = {"autograder", "seqlab", "testing", "tools"} | {module.stem for module in modules}
        own |= {file.stem for file in (ROOT / "benchmarks").glob("*.py")}
        for module in modules:
            others = imported(module.read_text(encoding="utf-8")) - own - sys.stdlib_module_names
            for name in others:
                distributions = {canonicalize_name(found) for found in packages.get(name, [])}
                assert distributions & told, f"{module} imports {name}: add it to pyproject.toml"


def test_the_lock_asks_for_no_cuda():
    cuda = [name for name in pins() if name.startswith(("nvidia", "cuda", "triton"))]
    assert cuda == [], "is [[tool.uv.dependency-metadata]] of pyproject.toml still read?"


def test_torch_is_resolved_with_what_its_cpu_build_needs():
    (torch,) = pyproject()["tool"]["uv"]["dependency-metadata"]
    told = {requirement.name for requirement in map(Requirement, torch["requires-dist"])}
    needed = map(Requirement, importlib.metadata.requires("torch"))
    # Extras are not installed; the only other requirements with a marker are CUDA libraries.
    assert told == {requirement.name for requirement in needed if not requirement.marker}


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, check=True, text=True)
    listed = re.findall(r"^  ([a-z]+) +\S", shown.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(targets)
    assert targets >= {"build", "test", "lab", "format", "lock", "clean", "help"}


def test_continuous_integration_runs_the_test_command():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make test"


def test_the_top_level_has_only_the_known_folders():
    paths = [file.relative_to(ROOT) for file in repository_files()]
    folders = {path.parts[0] for path in paths if len(path.parts) > 1}
    assert {name for name in folders if not name.startswith(".")} <= FOLDERS


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    files = [file for file in repository_files() if ".git" not in file.relative_to(ROOT).parts]
    assert Path(__file__) in files
    for file in files:
        found = foreign(file.read_text(encoding="utf-8", errors="replace"))
        assert found == [], f"{file.relative_to(ROOT)} holds {found}"


def test_the_index_of_pytorch_is_named_in_settings_alone():
    naming = [
        file.relative_to(ROOT).as_posix()
        for file in repository_files()
        if TORCH_INDEX in file.read_text(encoding="utf-8", errors="replace")
    ]
    # The second is the default of a course that does not say.
    assert naming == ["assignments/course.toml", "tools/course/settings.py"]


@pytest.mark.parametrize(
    "text",
    [
        "https://py" + "pi.org/simple",
        "from files.python" + "hosted.org",
        'File "/ro' + 'ot/unroll/x.py"',
        "cd /wo" + "rk/main",
        "(/ho" + "me/ada/unroll)",
        "C:\\Us" + "ers\\ada",
    ],
)
def test_a_registry_or_a_path_of_a_machine_is_seen(text):
    assert foreign(text)


@pytest.mark.parametrize(
    "text", ["frame/work/x", "https://example.org/work/", "../root/x", "/work."]
)
def test_other_paths_are_let_be(text):
    assert not foreign(text)
