"""How alike the code in a release is to a right answer, whatever its names, order and layout."""

import ast
import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tools.errors import Place
from tools.master.known_answers import Accepted, answer_of
from tools.master.master import Master
from tools.master.solution_cell import Part
from tools.release.structure import Step, code_in, steps_of

# Found in both assignments of this course: renamed solutions, with each operation on a line of its
# own, have all their steps. What a release holds by right has at most 0.53 of those of a solution
# (the RNN's forward pass, shipped with the LSTM) and at most 0.60 of those of an accepted answer.
LEAST_PART = 2 / 3
# Answers with fewer steps are one line, which the search for lines finds.
LEAST_STEPS = 4
# So many steps of a long solution close together are a leak, too: what a release holds by right
# has at most eight.
MANY_STEPS = 14


@dataclass(frozen=True)
class Right:
    """A right answer's code: a function or class of the solution, or an accepted answer's."""

    what: str
    where: Place
    steps: tuple[Step, ...]
    is_solution: bool

    def is_given_by(self, found: int) -> bool:
        """Return whether so many of its steps, close together, give it away."""
        many = self.is_solution and found >= MANY_STEPS
        return found >= LEAST_STEPS and (many or found >= LEAST_PART * len(self.steps))


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

    def given_by(self, forms: Iterable[str]) -> list[Right]:
        """Return those that so many of their steps would give away."""
        steps = {at for form in forms for at in self._places.get(form, ())}
        found = Counter(number for number, _ in steps)
        return [self[n] for n in sorted(found) if self[n].is_given_by(found[n])]


def right_answers(master: Master, accepted: Sequence[Accepted]) -> Rights:
    """Return the code that students must not see, function by function."""
    found = list(_of_solutions(master))
    names = {name for q in master.questions if not q.manual for name in answer_of(q).names}
    for each in accepted:
        for node in ast.parse(each.source).body:
            if getattr(node, "name", None) in names:
                where = Place(f"assignments/{master.name}/{each.file}", line=node.lineno)
                found.append(Right(f"`{node.name}`", where, tuple(steps_of([node])), False))
    return Rights(right for right in found if len(right.steps) >= LEAST_STEPS)


def alike_in(text: str, rights: Rights) -> Iterator[Alike]:
    """Yield the most alike right answer of each name that a text gives away."""
    best: dict[str, Alike] = {}
    for statements in code_in(text):
        steps = steps_of(statements)
        forms = set().union(*(step.forms for step in steps))
        for right in rights.given_by(forms):
            found, line = _most(right.steps, steps)
            part = found / len(right.steps)
            known = best.get(right.what)
            if right.is_given_by(found) and (known is None or part > known.part):
                best[right.what] = Alike(right, part, line)
    yield from best.values()


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


def _most(right: Sequence[Step], steps: Sequence[Step]) -> tuple[int, int]:
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
