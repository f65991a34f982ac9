"""How alike releases are to right answers, and what is left of a right answer in disguise.

The leak gate refuses code that has LEAST_PART of the operations of a right answer. For each
assignment this prints the most that its release has by right, and the least that the gate finds of
an answer whose names are changed, whose independent statements are exchanged, and whose values are
computed by functions of their own. The threshold must lie between the two.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.course.settings import read_assignment, read_course
from tools.leaks import alike
from tools.leaks.alike import Right, alike_in, right_answers
from tools.leaks.opened import texts_of
from tools.leaks.structure import code_in, steps_of
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


def disguised(source: str) -> Iterator[tuple[str, str]]:
    """Yield an answer with other names, then reordered, then in functions for its values."""
    for how in ("renamed", "reordered", "split"):
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
        yield how, "\n\n".join([*renamed.helpers, ast.unparse(ast.fix_missing_locations(tree))])


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


def part_of(right: Right, text: str) -> float:
    """Return the part of an answer's operations that stand close together in a text."""
    read = (steps_of(statements) for statements in code_in(text))
    return max(alike.most(right.steps, steps)[0] for steps in read) / len(right.steps)


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
        sources = [answer_of(q).source for q in master.questions if not q.manual]
        sources += [accepted.source for accepted in bank.accepted]
        least: dict[str, tuple[float, str]] = {}
        for source in sources:
            for how, text in disguised(source):
                for right in right_answers(master, bank.accepted):
                    if f"def {right.what[1:-1]}(" in source and right.what[1:-1] in text:
                        told = part_of(right, text), right.what
                        best = least.setdefault(f"{how} {right.what} {right.where}", told)
                        least[f"{how} {right.what} {right.where}"] = max(best, told)
        print(f"{name}: by right {part:.2f} ({what} in {where.rpartition('/')[2]})")
        for how in ("renamed", "reordered", "split"):
            own = [told for key, told in least.items() if key.startswith(how)]
            caught = sum(told[0] >= alike.LEAST_PART for told in own)
            least_part, which = min(own)
            print(f"    {how}: at least {least_part:.2f} ({which}), {caught} of {len(own)} found")


if __name__ == "__main__":
    main()
