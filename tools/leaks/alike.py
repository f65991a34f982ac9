"""How alike the code in a release is to a right answer, whatever its names, order and layout."""

import ast
import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.assignment.answers import Bug
from tools.errors import Place
from tools.leaks.structure import Step, code_in, steps_of
from tools.master.known_answers import BUGS_FILE, Accepted, answer_of
from tools.master.master import Master
from tools.master.solution_cell import Part

# Found in both assignments of this course: renamed solutions, with each operation on a line of its
# own, have all their steps. What a release holds by right has at most 0.53 of those of a solution
# (the RNN's forward pass, shipped with the LSTM) and at most 0.62 of those of an accepted answer.
LEAST_PART = 2 / 3
# Answers with fewer steps are one line, which the search for lines finds.
LEAST_STEPS = 4
# What is no answer, a known bug or a module of tests, needs more: five steps that draw weights or
# count tokens stand in tests and releases alike. Of longer code, releases have at most 0.58.
LEAST_STEPS_BESIDE = 8
# So many steps of a long solution close together are a leak, too: what a release holds by right
# has at most eight.
MANY_STEPS = 14
# A title or a message that students read after grading needs no code at all.
MESSAGE_PART = 1 / 3
ANSWER = "the answer"


@dataclass(frozen=True)
class Right:
    """Code that judges: a function or class of the solution, or of what stands beside it.

    what: its name in backticks; kind: whose it is, as in "the answer `softmax`".
    """

    what: str
    where: Place
    steps: tuple[Step, ...]
    is_solution: bool = False
    kind: str = ANSWER

    @property
    def least(self) -> int:
        """How many steps it must have to be told from everybody's code."""
        return LEAST_STEPS if self.kind == ANSWER else LEAST_STEPS_BESIDE

    def is_given_by(self, found: int, least: float) -> bool:
        """Return whether so many of its steps, close together, give it away."""
        many = self.is_solution and found >= MANY_STEPS
        return found >= LEAST_STEPS and (many or found >= least * len(self.steps))


@dataclass(frozen=True)
class Alike:
    """Code in a text that is alike to a right answer; `part` of the answer's steps are in it."""

    right: Right
    part: float
    line: int


class Rights(tuple[Right, ...]):
    """Right answers, and where each form of a step is in them."""

    @functools.cached_property
    def _places(self) -> dict[str, list[tuple[int, int]]]:
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, right in enumerate(self):
            for place, step in enumerate(right.steps):
                for form in step.forms:
                    places[form].append((number, place))
        return places

    def given_by(self, forms: Iterable[str], least: float) -> list[Right]:
        """Return those that so many of their steps would give away."""
        steps = {at for form in forms for at in self._places.get(form, ())}
        found = Counter(number for number, _ in steps)
        return [self[n] for n in sorted(found) if self[n].is_given_by(found[n], least)]


def right_answers(
    master: Master,
    accepted: Sequence[Accepted],
    bugs: Sequence[Bug] = (),
    private: Mapping[str, str] | None = None,
) -> Rights:
    """Return the code that students must not see, function by function.

    bugs: nearly right answers; private: the texts that only hidden tests import, by path in the
    assignment's folder, which may compute what is right.
    """
    found = list(_of_solutions(master))
    names = {name for q in master.questions if not q.manual for name in answer_of(q).names}
    for each in accepted:
        where = Place(f"assignments/{master.name}/{each.file}")
        found += [right for right in _in_file(each.source, where) if right.what[1:-1] in names]
    for bug in bugs:
        where = Place(f"assignments/{master.name}/{BUGS_FILE}")
        found += _in_file(bug.source, where, f"the known bug {bug.slug},")
    for path, text in (private or {}).items():
        if path.endswith(".py"):
            where = Place(f"assignments/{master.name}/{path}")
            found += _in_file(text, where, "what hidden tests import,")
    return Rights(right for right in found if len(right.steps) >= right.least)


def _in_file(source: str, where: Place, kind: str = ANSWER) -> Iterator[Right]:
    """Yield the functions and classes of a module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            is_module = where.file.endswith(".py")
            here = Place(where.file, line=node.lineno if is_module else None)
            yield Right(f"`{node.name}`", here, tuple(steps_of([node])), kind=kind)


def alike_in(text: str, rights: Rights, least: float | None = None) -> Iterator[Alike]:
    """Yield the most alike right answer of each name that a text gives away.

    least: the part of an answer's steps that is too much.
    """
    least = least or LEAST_PART
    best: dict[str, Alike] = {}
    for steps in _steps_in(text):
        forms = set().union(*(step.forms for step in steps))
        for right in rights.given_by(forms, least):
            found, line = most(right.steps, steps)
            part = found / len(right.steps)
            known = best.get(right.what)
            # An answer says more than the bug that was made from it.
            worth = (right.kind == ANSWER, part)
            better = known is None or worth > (known.right.kind == ANSWER, known.part)
            if right.is_given_by(found, least) and better:
                best[right.what] = Alike(right, part, line)
    yield from best.values()


@functools.lru_cache(maxsize=1000)  # releases have most of their files in common
def _steps_in(text: str) -> tuple[list[Step], ...]:
    """Return the steps of each program in a text."""
    return tuple(steps_of(statements) for statements in code_in(text))


def _of_solutions(master: Master) -> Iterator[Right]:
    for question in master.questions:
        for cell in question.solutions:
            if cell.lines is None:
                continue
            kept = [line for line in cell.lines if line.part is not Part.PROMPT]
            answer = {row for row, line in enumerate(kept, 1) if line.part is Part.ANSWER}
            for node in ast.parse("\n".join(line.text for line in kept)).body:
                steps = tuple(step for step in steps_of([node]) if step.line in answer)
                name = getattr(node, "name", question.name)
                where = Place(master.file, cell.cell)
                yield Right(f"`{name}`", where, steps, True)


def most(right: Sequence[Step], steps: Sequence[Step]) -> tuple[int, int]:
    """Return how many steps of `right` stand close together in `steps`, and from which line."""
    # A copy may have its operations on twice as many lines.
    statements = len({step.statement for step in right})
    width = max(2 * statements, statements + 3)
    places: dict[str, list[int]] = defaultdict(list)
    for i, step in enumerate(right):
        for form in step.forms:
            places[form].append(i)
    hits = [(step, [i for form in step.forms for i in places.get(form, ())]) for step in steps]
    hits = [(step, found) for step, found in hits if found]
    most, line = 0, 0
    for first, (begin, _) in enumerate(hits):
        if len(hits) - first <= most:
            break
        used: set[int] = set()
        for step, found in hits[first:]:
            if step.statement >= begin.statement + width:
                break
            used |= {next((i for i in found if i not in used), found[0])}
        if len(used) > most:
            most, line = len(used), begin.line
    return most, line
