"""The packages of `tools` and `autograder`: who may import whom, and how large each may be."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

MOST_MODULES = 15

# A package may import its own modules, and those of the packages named here. "tools" and
# "autograder" stand for the modules directly in these folders.
MAY_IMPORT = {
    "tools": set(),
    "tools.course": {"tools", "autograder.assignment", "autograder.results"},
    "tools.master": {"tools", "tools.course", "autograder.assignment"},
    "tools.leaks": {"tools", "tools.master", "autograder.assignment"},
    "tools.slips": {"tools", "tools.course", "tools.master", "autograder.assignment"},
    "tools.release": {
        *("tools", "tools.course", "tools.master", "tools.leaks", "tools.slips"),
        *("autograder", "autograder.assignment", "autograder.results"),
    },
    "tools.identity": {"tools"},
    "tools.handins": {"tools", "tools.identity", "autograder.submission"},
    "tools.likeness": {"tools", "autograder.submission"},
    "tools.grading": {
        *("tools", "tools.handins", "tools.likeness", "autograder", "autograder.assignment"),
        *("autograder.results", "autograder.submission"),
        *("autograder.sandbox", "autograder.examiner"),
    },
    "tools.decisions": {
        *("tools", "tools.course", "tools.handins", "tools.identity"),
        *("autograder.assignment", "autograder.results"),
    },
    "tools.gradebook": {
        *("tools", "tools.course", "tools.handins", "tools.likeness", "tools.grading"),
        *("tools.decisions", "autograder", "autograder.assignment", "autograder.results"),
    },
    "tools.mutants": {"tools", "autograder.assignment", "autograder.mutants"},
    "tools.proof": {
        *("tools", "tools.course", "tools.master", "tools.release", "tools.grading"),
        *("tools.mutants", "autograder", "autograder.assignment", "autograder.results"),
        "autograder.mutants",
    },
    "tools.rehearsal": {"tools", "autograder", "autograder.assignment", "autograder.results"},
    "tools.commands": {
        *("tools", "tools.course", "tools.master", "tools.release", "tools.handins"),
        *("tools.likeness", "tools.grading", "tools.decisions", "tools.gradebook"),
        *("tools.proof", "tools.rehearsal"),
        *("autograder", "autograder.assignment"),
    },
    "autograder": {
        *("autograder.assignment", "autograder.submission", "autograder.results"),
        *("autograder.sandbox", "autograder.examiner"),
    },
    "autograder.assignment": {"autograder"},
    "autograder.submission": {"autograder"},
    "autograder.results": {"autograder", "autograder.assignment"},
    "autograder.wire": set(),
    "autograder.sandbox": {"autograder"},
    "autograder.mutants": {"autograder.assignment"},
    "autograder.requests": {"autograder.wire"},
    "autograder.diagnosis": {
        *("autograder.assignment", "autograder.mutants", "autograder.requests"),
    },
    "autograder.candidate": {
        *("autograder", "autograder.wire", "autograder.sandbox", "autograder.requests"),
        "autograder.diagnosis",
    },
    "autograder.examiner": {
        *("autograder", "autograder.assignment", "autograder.submission", "autograder.results"),
        *("autograder.wire", "autograder.sandbox"),
    },
}
# Modules that start a program; nobody imports them.
DOORS = {"tools.__main__", "autograder.__main__"}


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Return all modules of both trees by dotted name, including packages."""
    found = {}
    for tree in ("tools", "autograder"):
        for file in sorted((root / tree).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            if "hidden_tests" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = file
    return found


def package_of(module: str, known: dict[str, Path]) -> str:
    """Return the package that a module is in."""
    return module if known[module].name == "__init__.py" else module.rpartition(".")[0]


def imports(module: str, known: dict[str, Path]) -> set[str]:
    """Return which of our modules a module imports, at any level."""
    found = set()
    for node in ast.walk(ast.parse(known[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: a relative import"
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in inside}
    return {name for name in found if name in known} - {module}


def test_every_package_imports_only_what_it_may():
    known = modules()
    for module in known.keys() - DOORS:
        package = package_of(module, known)
        # A package may import its own modules.
        allowed = {package, *MAY_IMPORT[package]}
        for imported in imports(module, known):
            assert package_of(imported, known) in allowed, f"{module} imports {imported}"


def test_the_table_names_every_package_and_no_other():
    known = modules()
    assert {package_of(module, known) for module in known} == set(MAY_IMPORT)


def test_no_circle_among_modules():
    known = modules()
    graph = {module: imports(module, known) for module in known}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_circle_among_packages():
    sorter = TopologicalSorter({p: may for p, may in MAY_IMPORT.items() if p not in TREES})
    sorter.prepare()


TREES = {"tools", "autograder"}


def test_a_folder_has_at_most_fifteen_modules():
    known = modules()
    for package in MAY_IMPORT:
        inside = [m for m in known if package_of(m, known) == package and m != package]
        assert len(inside) <= MOST_MODULES, package


def test_no_name_stands_for_two_modules():
    known = modules()
    names = [m.rpartition(".")[2] for m in known if known[m].name != "__init__.py"]
    names = [name for name in names if name != "__main__"]
    assert sorted(names) == sorted(set(names))


def test_each_package_says_what_it_is():
    for module, file in modules().items():
        if file.name == "__init__.py":
            said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
            assert said and len(said) > 60, module
