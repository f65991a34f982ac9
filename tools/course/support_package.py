"""A course's own copy of seqlab, which must have what this kit takes from it."""

import ast
import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path

from tools.course.settings import SUPPORT_PACKAGE
from tools.errors import AuthorError, Place


def check_copy(root: Path, kit: Path) -> None:
    """Raise an AuthorError if the copy of a course is older than the kit, whose folder is `kit`."""
    for module, names in sorted(_wanted(kit).items()):
        path = f"assignments/{module.replace('.', '/')}"
        file = path + (".py" if "." in module else "/__init__.py")
        own, ours = (_read(folder / file) for folder in (root, kit))
        known = set() if own == ours else _defined(own)
        for name in names if own != ours else ():
            if name not in known and not (root / path / f"{name}.py").is_file():
                what = f"this copy of {SUPPORT_PACKAGE} is older than the kit, which needs `{name}`"
                what_now = f"Copy the kit's assignments/{SUPPORT_PACKAGE}/ over it."
                raise AuthorError(what, Place(file), what_now)


def _read(file: Path) -> str:
    return file.read_text("utf-8-sig") if file.is_file() else ""


@functools.cache
def _wanted(kit: Path) -> dict[str, list[str]]:
    """Return what the kit's own code imports of the package: names, by module."""
    files = [f for tree in ("autograder", "tools") for f in (kit / tree).rglob("*.py")]
    texts = [f.read_text("utf-8") for f in files if "hidden_tests" not in f.parts]
    found = [each for text in texts if SUPPORT_PACKAGE in text for each in _imports(text)]
    return {module: sorted({n for m, n in found if m == module}) for module, _ in found}


def _imports(text: str) -> Iterator[tuple[str, str]]:
    """Yield the imports in code, and in the code that it writes into notebooks."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{SUPPORT_PACKAGE}."):
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and f"from {SUPPORT_PACKAGE}" in str(node.value):
            with contextlib.suppress(SyntaxError):  # prose
                yield from _imports(str(node.value))


def _defined(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    names = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    names |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    imports = [n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
    return names | {alias.asname or alias.name for node in imports for alias in node.names}
