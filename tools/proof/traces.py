"""Answers that may leave something behind outside their process, such as a file.

Whoever shares a folder with such an answer could find it there, so it is graded alone.
"""

import ast
from collections.abc import Iterable

# Whatever code does with these stays in its process.
MODULES = frozenset(
    (
        *("__future__", "abc", "bisect", "cmath", "collections", "copy", "dataclasses", "decimal"),
        *("enum", "fractions", "functools", "heapq", "itertools", "math", "numbers", "numpy"),
        *("operator", "random", "re", "seqlab", "statistics", "string", "time", "torch", "types"),
        *("typing", "warnings"),
    )
)
FUNCTIONS = frozenset(("__import__", "breakpoint", "compile", "eval", "exec", "open"))
METHODS = frozenset(
    (
        *("dump", "export", "hub", "memmap", "multiprocessing", "open_memmap", "save", "savetxt"),
        *("savez", "savez_compressed", "system", "tofile", "to_file", "write"),
    )
)


def leaves_traces(code: str, given: frozenset[str] = frozenset()) -> bool:
    """Return whether it might; `given`: modules of the assignment that leave none either."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return True
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return bool(_modules(nodes) - MODULES - given or names & FUNCTIONS or attributes & METHODS)


def imported(code: str) -> frozenset[str]:
    """Return the top-level modules that code imports; of what is no Python, none."""
    try:
        return _modules(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return frozenset()


def _modules(nodes: Iterable[ast.AST]) -> frozenset[str]:
    found = [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
    found += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return frozenset(name.partition(".")[0] for name in found)
