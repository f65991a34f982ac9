"""Which modules of a package some code needs: those it imports, and those that they import."""

import ast
import functools
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

# Lines that IPython reads and Python cannot.
_MAGIC = re.compile(r"^\s*[%!?].*", re.MULTILINE)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


def needed_files(sources: Iterable[str], package: Mapping[str, bytes]) -> set[str]:
    """Return the files of a package that code needs, directly or through other files of it.

    `package`: contents by path, such as "seqlab/checks.py". Whatever a file that is not Python is
    called must stand somewhere in the code that opens it.
    """
    modules = {module_of(path): path for path in package if path.endswith(".py")}
    others = {path for path in package if not path.endswith(".py")}
    found: set[str] = set()
    waiting = list(sources)
    while waiting:
        source = waiting.pop()
        fresh = {modules[name] for name in imported(source, modules)}
        fresh |= {path for path in others if PurePosixPath(path).name in source}
        fresh -= found
        found |= fresh
        waiting += [package[path].decode("utf-8", errors="replace") for path in fresh - others]
    return found


def imported(source: str, modules: Collection[str]) -> set[str]:
    """Return those of `modules`, dotted names, that code imports, with the packages they are in.

    A name that it only mentions counts too: importlib.import_module("seqlab.plots") is an import.
    Code that Python cannot read is taken to import all of them.
    """
    try:
        return set(modules) & _mentioned(source)
    except SyntaxError:
        return set(modules)


@functools.lru_cache(maxsize=1000)  # the same package is looked through for every release
def _mentioned(source: str) -> frozenset[str]:
    """Return what code imports or mentions: of `a.b.c` also `a` and `a.b`."""
    named = [name for name, _ in imported_names(source)] + _DOTTED.findall(source)
    parts = [name.split(".") for name in named]
    return frozenset(".".join(p[:end]) for p in parts for end in range(1, len(p) + 1))


def imported_names(source: str) -> list[tuple[str, int]]:
    """Return what code imports and in which line: `a.b` for `import a.b` and `from a import b`."""
    names = []
    for node in ast.walk(ast.parse(_MAGIC.sub("pass", source))):
        if isinstance(node, ast.Import):
            names += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append((node.module, node.lineno))
            names += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return names


def module_of(path: str) -> str:
    """Return `seqlab.checks` for "seqlab/checks.py", and `seqlab` for "seqlab/__init__.py"."""
    return ".".join(PurePosixPath(path).with_suffix("").parts).removesuffix(".__init__")
