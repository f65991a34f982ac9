"""Known answers that are not what their author meant: misspelt, undefined, the solution again."""

import ast
import builtins
from collections.abc import Iterator
from difflib import get_close_matches

from autograder.assignment.answers import Answer
from tools.errors import AuthorError, Place
from tools.master.known_answers import BUGS_FILE, Accepted, Bank
from tools.master.master import Master
from tools.master.names import ANY, defined

# How alike two names must be for one to be the other, misspelt.
CLOSE = 0.75
_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def check_bank(master: Master, bank: Bank) -> Iterator[AuthorError]:
    """Yield the mistakes in known bugs and accepted answers that no law would break on."""
    given = set(dir(builtins))
    for cell in master.notebook["cells"]:
        given |= defined(cell["source"]) if cell["cell_type"] == "code" else set()
    answers = {answer.question: answer for answer in bank.answers.answers}
    hints: dict[tuple[str, str], str] = {}
    for bug in bank.answers.bugs:
        place = Place(f"assignments/{master.name}/{BUGS_FILE}")
        unknown = _read(bug.source) - _read(answers[bug.question].source) - given
        if unknown and ANY not in given:
            what = f"[{bug.slug}]: nothing defines `{min(unknown)}`, which the edit uses"
            yield AuthorError(what, place, "Fix `replace`: this bug would only raise a NameError.")
        if (other := hints.setdefault((bug.question, bug.hint), bug.slug)) != bug.slug:
            what = f"[{bug.slug}]: the hint is that of [{other}], and is true of one of them"
            yield AuthorError(what, place, "Write this one's own, or remove one of the two.")
    names = [name for answer in answers.values() for name in answer.names]
    for accepted in bank.accepted:
        yield from _misspelt(master, accepted, names)
        own = [answers[question] for question in accepted.questions]
        if own and all(_bodies(accepted.source, a) == _bodies(a.source, a) for a in own):
            what = "these are the solution's own answers, which prove nothing more"
            place = Place(f"assignments/{master.name}/{accepted.file}")
            yield AuthorError(what, place, "Write them in another way, or remove the file.")


def _read(source: str) -> set[str]:
    """Return the names that code reads and does not define anywhere."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    made = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    made |= {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    made |= {node.name or "" for node in nodes if isinstance(node, ast.ExceptHandler)}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(a.asname or a.name).split(".")[0] for a in node.names}
    return {node.id for node in names} - made


def _misspelt(master: Master, accepted: Accepted, names: list[str]) -> Iterator[AuthorError]:
    """Yield an error for each function that nobody calls and whose name is nearly an answer's."""
    tree = ast.parse(accepted.source)
    has = defined(accepted.source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if not isinstance(node, _DEFINITIONS) or node.name in {*names, *used}:
            continue
        missing = [name for name in names if name not in has]
        if close := get_close_matches(node.name, missing, n=1, cutoff=CLOSE):
            what = f"`{node.name}` answers no question, and nothing in this file calls it"
            place = Place(f"assignments/{master.name}/{accepted.file}", line=node.lineno)
            yield AuthorError(what, place, f'Did you mean "{close[0]}"?')


def _bodies(source: str, answer: Answer) -> dict[str, str]:
    """Return what each of an answer's names stands for, without docstrings."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, _DEFINITIONS) and node.name in answer.names:
            for inner in ast.walk(node):
                if isinstance(inner, _DEFINITIONS) and ast.get_docstring(inner) is not None:
                    inner.body = inner.body[1:] or [ast.Pass()]
            found[node.name] = ast.dump(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            found |= {name: ast.dump(node.value)} if name in answer.names else {}
    return found
