"""How alike releases are to right answers, and what is left of a right answer in disguise.

The leak gate refuses code that has LEAST_PART of the operations of a right answer. For each
assignment this prints the most that its release has by right, and the least that the gate finds of
an answer whose names are changed, whose independent statements are exchanged, whose values are
computed by functions of their own, and whose statements are moved into two or three functions. The
threshold must lie between the two.
"""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tools.course.settings import read_assignment, read_course
from tools.leaks import alike
from tools.leaks.alike import Right, alike_in, right_answers
from tools.leaks.opened import texts_of
from tools.leaks.structure import Step, code_in, steps_of
from tools.master.known_answers import answer_of, read_bank
from tools.master.master import read
from tools.release.freshness import committed_files
from tools.release.testing_folder import read_testing

ROOT = Path(__file__).parent.parent


class _Renamed(ast.NodeTransformer):
    """Other names for all that a function names itself, and functions for what it assigns."""

    def __init__(self, own: set[str], split: bool) -> None:
        self.new = {name: f"v{number}" for number, name in enumerate(sorted(own))}
        self.split, self.helpers = split, []

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.new.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.new.get(node.arg, node.arg)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        self.generic_visit(node)
        if self.split and isinstance(node.value, ast.BinOp | ast.Call):
            names = sorted({n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)})
            taken = ", ".join(name for name in names if name in self.new.values())
            self.helpers.append(
                f"def part{len(self.helpers)}({taken}):\n    return {ast.unparse(node.value)}"
            )
            called = f"part{len(self.helpers) - 1}({taken})"
            node.value = ast.parse(called, mode="eval").body
        return node


HOW = ("renamed", "reordered", "split", "cut in 2", "cut in 3")


def disguised(source: str) -> Iterator[tuple[str, str]]:
    """Yield an answer with other names; then reordered, or in several functions, too."""
    for how in HOW:
        tree = ast.parse(source)
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        own = {a.arg for f in functions for a in ast.walk(f) if isinstance(a, ast.arg)} - {"self"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                own.add(node.id)
        renamed = _Renamed(own, split=how == "split")
        tree = renamed.visit(tree)
        if how == "reordered":
            for node in ast.walk(tree):
                if isinstance(getattr(node, "body", None), list):
                    node.body = _exchanged(node.body)
        if how.startswith("cut"):
            renamed.helpers = [h for f in functions for h in cut(f, int(how[-1]))]
            if not renamed.helpers:
                continue
        yield how, "\n\n".join([*renamed.helpers, ast.unparse(ast.fix_missing_locations(tree))])


def cut(function: ast.FunctionDef, pieces: int) -> list[str]:
    """Move the statements of the longest block of a function into helpers; return these."""
    inside = [n for n in ast.walk(function) if isinstance(n, ast.For | ast.While | ast.With)]
    blocks = [block for block in (function, *inside) if _movable(block.body)]
    if not blocks:
        return []
    block = max(blocks, key=lambda each: len(each.body))
    first = int(isinstance(block.body[0], ast.Expr))  # a docstring stays
    body, helpers, calls = block.body[first:], [], []
    own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and not _is_read(n)}
    ends = [len(body) * number // pieces for number in range(pieces + 1)]
    for start, end in pairwise(sorted(set(ends))):
        run = body[start:end]
        # What a loop sets, its next round may read, or who comes after it.
        rest = body[end:] if block is function else [function]
        taken = ", ".join(sorted(_read_first(run) & own))
        made = {n.id for s in run for n in ast.walk(s) if _is_made(n)}
        read = {n.id for s in rest for n in ast.walk(s) if isinstance(n, ast.Name) and _is_read(n)}
        out = ", ".join(sorted(made & read & own))
        returns = isinstance(run[-1], ast.Return)
        call = f"{function.name}_part{len(helpers)}({taken})"
        text = "\n".join(f"    {line}" for s in run for line in ast.unparse(s).split("\n"))
        text += f"\n    return {out}" if out and not returns else ""
        helpers.append(f"def {call}:\n{text}")
        call = f"return {call}" if returns else f"{out} = {call}" if out else call
        calls += ast.parse(call).body
    block.body = block.body[:first] + calls
    return helpers


def _read_first(statements: list[ast.stmt]) -> set[str]:
    """Return the names that statements read before they set them."""
    read: set[str] = set()
    made: set[str] = set()
    for node in [node for each in statements for node in ast.walk(each)]:
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            read |= {node.target.id} - made
    for each in statements:
        names = [node for node in ast.walk(each) if isinstance(node, ast.Name)]
        read |= {name.id for name in names if _is_read(name)} - made
        made |= {name.id for name in names if not _is_read(name)}
    return read


def _is_made(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and not _is_read(node)


def _movable(body: list[ast.stmt]) -> bool:
    """Return whether a block has statements to share out, and leaves only at its end."""
    ends = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.FunctionDef, ast.Raise)
    inner = [node for each in body[:-1] for node in ast.walk(each)]
    last = list(ast.walk(body[-1]))[1:] if isinstance(body[-1], ast.Return) else ast.walk(body[-1])
    return len(body) > 2 and not any(isinstance(node, ends) for node in (*inner, *last))


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _exchanged(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements with neighbours exchanged where neither reads what the other sets."""
    body = list(body)
    for at in range(0, len(body) - 1, 2):
        first, second = (_names(statement) for statement in body[at : at + 2])
        plain = all(isinstance(each, ast.Assign | ast.AugAssign) for each in body[at : at + 2])
        if plain and not first[1] & second[0] and not first[0] & second[1]:
            body[at], body[at + 1] = body[at + 1], body[at]
    return body


def _names(node: ast.stmt) -> tuple[set[str], set[str]]:
    """Return all names in a statement, and those that it sets."""
    names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    inside = [n for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Name)]
    return {each.id for each in names}, {each.id for each in inside}


def part_of(right: Right, programs: list[list[Step]]) -> float:
    """Return the part of an answer's operations that stand close together in a program."""
    return max(alike.most(right.steps, steps)[0] for steps in programs) / len(right.steps)


def main() -> None:
    """Print a line for each assignment."""
    print(f"the gate refuses {alike.LEAST_PART:.2f} of a right answer")
    for name in read_course(ROOT).assignments:
        path = ROOT / f"assignments/{name}/{name}.ipynb"
        master = read(path.read_text(encoding="utf-8"), name)
        bank = read_bank(ROOT, master)
        private = read_testing(ROOT, read_assignment(ROOT, name)).private
        rights = right_answers(master, bank.accepted, bank.answers.bugs, private)
        release = [
            (path, text)
            for path, data in committed_files(ROOT, name).items()
            if path.startswith("student_release/")
            for _, text in texts_of(path, data)
        ]
        found = [
            (each.part, each.right.what, path)
            for path, text in release
            for each in alike_in(text, rights, 0.2)
        ]
        part, what, where = max(found)
        answers = right_answers(master, bank.accepted)
        sources = [
            (answer_of(q).source, {cell.cell for cell in q.solutions})
            for q in master.questions
            if not q.manual
        ]
        sources += [(each.source, {each.file}) for each in bank.accepted]
        least: dict[str, list[tuple[float, str]]] = {how: [] for how in HOW}
        for source, places in sources:
            for how, text in disguised(source):
                programs = [steps_of(statements) for statements in code_in(text)]
                for right in answers:
                    place = right.where.cell or "/".join(right.where.file.split("/")[-2:])
                    function = right.what[1:-1]
                    made = f"def {function}{'_part0' if how.startswith('cut') else ''}("
                    if place in places and made in text:
                        least[how].append((part_of(right, programs), right.what))
        print(f"{name}: by right {part:.2f} ({what} in {where.rpartition('/')[2]})")
        for how in HOW:
            own = least[how]
            caught = sum(part >= alike.LEAST_PART for part, _ in own)
            least_part, which = min(own)
            print(f"    {how}: at least {least_part:.2f} ({which}), {caught} of {len(own)} found")


if __name__ == "__main__":
    main()
