"""Likeness: hand-ins that are equal where equality is rare. A hint to look, never a verdict.

Answers are compared by syntax tree, without comments, docstrings, annotations, and the names of
arguments and local variables. Equal short answers mean nothing: there are few ways to write a
softmax. So two hand-ins are named together only when they share a file, several rare answers, one
long rare answer, or nearly everything.
"""

import ast
import hashlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autograder.submission.reading import Submission, SubmissionError, read_submission

# An answer is rare when at most this share of the class has it, or at most this many hand-ins.
RARE_PART, RARE_COUNT = 0.1, 3
# Alike: this many rare answers in common, or one with this many nodes (ten lines of code).
RARE_ANSWERS, LONG_NODES = 3, 150
# Or this many answers in common, and this share of what both answered: a ring may be large.
MANY_ANSWERS, NEARLY_ALL = 6, 0.8

# Code longer than any answer is not parsed: it may be built to take long.
MAX_SOURCE = 200_000
# Not \s*, which would run over the blank lines below, from each of them anew.
_MAGIC = re.compile(r"^[ \t]*[%!?].*", re.MULTILINE)
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Fingerprint:
    """What is compared between hand-ins, as plain values.

    answers: digest of each answer; sizes: nodes in its syntax tree; blank: the questions whose
    prompt is untouched, or whose functions are missing.
    """

    file: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    blank: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shared:
    """One answer shared by these members of a group, and by `everywhere` hand-ins in all."""

    question: str
    ids: tuple[str, ...]
    everywhere: int

    @property
    def here(self) -> int:
        """The number of hand-ins in the group that have it."""
        return len(self.ids)


@dataclass(frozen=True)
class Group:
    """Hand-ins that are alike, by id. They share the `shared` of `compared` answers."""

    ids: tuple[str, ...]
    same_file: bool
    shared: tuple[Shared, ...]
    compared: int


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
    answers, sizes, blank = {}, {}, []
    for question, wanted in names.items():
        trees = [found[name] for name in wanted if name in found]
        digest = _digest("\n".join(dump for dump, _ in trees).encode())
        if not trees or untouched.answers.get(question) == digest:
            blank.append(question)
        else:
            answers[question], sizes[question] = digest, sum(nodes for _, nodes in trees)
    # Whoever handed in the untouched release copied from nobody.
    return Fingerprint(_digest(contents) if answers else "", answers, sizes, tuple(blank))


def alike(prints: Mapping[str, Fingerprint]) -> tuple[Group, ...]:
    """Group the hand-ins that are alike; the groups that share most come first."""
    ids = sorted(prints)
    pairs = _pairs([prints[each] for each in ids])
    groups = [_group([ids[i] for i in members], prints) for members in _connected(pairs)]
    return tuple(sorted(groups, key=lambda g: (not g.same_file, -len(g.shared), g.ids)))


def _pairs(prints: list[Fingerprint]) -> Iterator[tuple[int, int]]:
    """Yield the pairs that are named together."""
    questions = sorted({question for each in prints for question in each.answers})
    n = len(prints)
    shared, rare, both = (np.zeros((n, n), dtype=int) for _ in range(3))
    long = np.zeros((n, n), dtype=bool)
    for question in questions:
        codes = _codes([each.answers.get(question, "") for each in prints])
        has = codes > 0
        count = np.bincount(codes, minlength=1)[codes]
        few = has & (count <= max(RARE_COUNT, RARE_PART * has.sum()))
        large = np.array([each.sizes.get(question, 0) >= LONG_NODES for each in prints])
        equal = (codes[:, None] == codes) & has
        shared += equal
        rare += equal & few
        long |= equal & few & large
        both += has[:, None] & has
    files = _codes([each.file for each in prints])
    listed = (files[:, None] == files) & (files > 0)
    listed |= (rare >= RARE_ANSWERS) | long
    listed |= (shared >= MANY_ANSWERS) & (shared >= NEARLY_ALL * both)
    for i, j in np.argwhere(np.triu(listed, 1)):
        yield int(i), int(j)


def _codes(digests: list[str]) -> np.ndarray:
    """Return a number for each digest: equal for equal ones, 0 for none."""
    numbers = {"": 0}
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], dtype=int)


def _connected(pairs: Iterator[tuple[int, int]]) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for i, j in pairs:
        first, second = groups.setdefault(i, [i]), groups.setdefault(j, [j])
        if first is not second:
            first += second
            groups |= dict.fromkeys(second, first)
    return [sorted(group) for group in {id(group): group for group in groups.values()}.values()]


def _group(ids: list[str], prints: Mapping[str, Fingerprint]) -> Group:
    members = [prints[each] for each in ids]
    shared = []
    for question in dict.fromkeys(q for each in members for q in each.answers):
        digests = Counter(each.answers[question] for each in members if question in each.answers)
        ((digest, _),) = digests.most_common(1)
        having = tuple(e for e in ids if prints[e].answers.get(question) == digest)
        if len(having) > 1:
            everywhere = sum(each.answers.get(question) == digest for each in prints.values())
            shared.append(Shared(question, having, everywhere))
    compared = len({question for each in members for question in each.answers})
    same_file = len({each.file for each in members}) < len(members)
    return Group(tuple(ids), same_file, tuple(shared), compared)


def _definitions(submission: Submission) -> dict[str, tuple[str, int]]:
    """Return each function's and class's normalised tree and node count; the last one counts."""
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


def _normalised(node: ast.AST) -> tuple[str, int]:
    name = node.name
    tree = _Plain().visit(node)
    _Renamer().visit(tree)
    tree.name = name
    return ast.dump(tree), sum(1 for _ in ast.walk(tree))


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
