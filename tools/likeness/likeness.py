"""Fingerprints: what of a hand-in's answers is compared with those of others.

Two answers are equal if their syntax trees are, without comments, docstrings, annotations, and the
names of arguments and local variables. For answers that were changed to look different, a
fingerprint also holds the parts of each answer, whatever their order. `resemblance` compares.
"""

import ast
import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.submission.reading import Cell, Submission, SubmissionError, read_submission
from tools.likeness.code_parts import least, parts_of

# Code longer than any answer is not parsed: it may be built to take long.
MAX_SOURCE = 200_000
# Not \s*, which would run over the blank lines below, from each of them anew.
_MAGIC = re.compile(r"^[ \t]*[%!?].*", re.MULTILINE)
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Fingerprint:
    """What is compared between hand-ins, as plain values.

    answers: digest of each answer; sizes: nodes in its syntax tree; blank: the questions whose
    prompt is untouched, or whose functions are missing; parts: see `code_parts`.
    """

    file: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    blank: tuple[str, ...] = ()
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_fingerprint(
    file: Path,
    names: Mapping[str, Sequence[str]],
    untouched: Fingerprint | None = None,
    assignment: str | None = None,
) -> Fingerprint:
    """Read the fingerprint of a file; an empty one if it cannot be read.

    names: what the answer to each question defines; untouched: the fingerprint of the release.
    """
    try:
        submission = read_submission(file, assignment)
    except SubmissionError:
        return Fingerprint()
    return fingerprint(submission, file.read_bytes(), names, untouched)


def fingerprint(
    submission: Submission,
    contents: bytes,
    names: Mapping[str, Sequence[str]],
    untouched: Fingerprint | None = None,
) -> Fingerprint:
    """Return the fingerprint of a submission read from a file with these contents."""
    found = _definitions(submission)
    untouched = untouched or Fingerprint()
    answers, sizes, parts, blank = {}, {}, {}, []
    for question, wanted in names.items():
        trees = [found[name] for name in wanted if name in found]
        digest = _digest("\n".join(tree.dump for tree in trees).encode())
        if not trees or untouched.answers.get(question) == digest:
            blank.append(question)
        else:
            answers[question], sizes[question] = digest, sum(tree.nodes for tree in trees)
            parts[question] = least(set().union(*(tree.parts for tree in trees)))
    # Whoever handed in the untouched release copied from nobody.
    return Fingerprint(_digest(contents) if answers else "", answers, sizes, tuple(blank), parts)


def fingerprint_of_code(source: str, names: Mapping[str, Sequence[str]]) -> Fingerprint:
    """Return the fingerprint of an answer that is only code, such as a known right one."""
    cell = Cell(source)
    return fingerprint(Submission("", (cell,)), source.encode(errors="replace"), names)


@dataclass(frozen=True)
class _Tree:
    """A function or class: its normalised tree, the tree's size, and its parts."""

    dump: str
    nodes: int
    parts: set[str]


def _definitions(submission: Submission) -> dict[str, _Tree]:
    """Return the functions and classes by name; the last definition of a name counts."""
    found = {}
    for cell in submission.cells:
        if cell.ignored or len(cell.source) > MAX_SOURCE:
            continue
        try:
            with warnings.catch_warnings(action="ignore"):
                nodes = ast.parse(_MAGIC.sub("", cell.source)).body
            for node in nodes:
                if isinstance(node, _FUNCTION | ast.ClassDef):
                    found[node.name] = _normalised(node)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # It does not run either.
    return found


def _normalised(node: ast.AST) -> _Tree:
    name = node.name
    tree = _Plain().visit(node)
    _Renamer().visit(tree)
    tree.name = name
    return _Tree(ast.dump(tree), sum(1 for _ in ast.walk(tree)), parts_of(tree))


class _Plain(ast.NodeTransformer):
    """A transformer that removes docstrings and annotations."""

    def visit(self, node: ast.AST) -> ast.AST | None:
        self.generic_visit(node)
        for part in ("annotation", "returns", "type_comment"):
            if hasattr(node, part) and not isinstance(node, ast.AnnAssign):
                setattr(node, part, None)
        if isinstance(node, _FUNCTION | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.AnnAssign):
            return ast.Assign([node.target], node.value) if node.value is not None else None
        return node


class _Renamer(ast.NodeTransformer):
    """A transformer that renames arguments and local variables to v0, v1, … as they appear."""

    def __init__(self) -> None:
        self._names: dict[str, str] | None = None

    def visit(self, node: ast.AST) -> ast.AST:
        if self._names is None:  # at the top only: a tree without locals is not searched anew
            self._names = {}
            for local in _locals(node):
                self._names.setdefault(local, f"v{len(self._names)}")
        for part in ("id", "arg", "name"):
            # A keyword's name belongs to the function that is called.
            if isinstance(getattr(node, part, None), str) and not isinstance(node, ast.keyword):
                setattr(node, part, self._names.get(getattr(node, part), getattr(node, part)))
        return self.generic_visit(node)


def _locals(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a function binds, in source order."""
    # A stack, not recursion: nested generators would hand each name through every level.
    left = list(ast.iter_child_nodes(tree))[::-1]
    while left:
        node = left.pop()
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, _FUNCTION | ast.ExceptHandler) and node.name:
            yield node.name
        left += list(ast.iter_child_nodes(node))[::-1]


def _digest(contents: bytes) -> str:
    return hashlib.sha256(contents).hexdigest()[:24] if contents else ""
