"""Names of seqlab and testing that are not there: a test would break where it is graded."""

import ast
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from tools.errors import AuthorError, Place
from tools.master.master import Master
from tools.master.names import ANY, defined
from tools.master.notebook import python_of
from tools.master.seeds import full_name, imported

CLOSE = 0.6
# What every module has.
_ALWAYS = {"__doc__", "__file__", "__name__", "__path__", "__dict__"}


def check_members(
    master: Master, modules: Mapping[str, str], testing: Mapping[str, str]
) -> Iterator[AuthorError]:
    """Yield an error for each name that code takes from a module which does not define it.

    modules: sources by dotted name, such as "seqlab.checks"; testing: those by path that are looked
    through too.
    """
    members = {name: _members(name, source, modules) for name, source in modules.items()}
    tests = {test.cell: test for question in master.questions for test in question.tests}
    for cell in master.notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        test = tests.get(cell["id"])
        source, before = (test.source, test.line - 1) if test else (python_of(cell), 0)
        for line, what, what_now in _lacking(source, members):
            yield AuthorError(what, Place(master.file, cell["id"], before + line), what_now)
    for path, source in testing.items():
        for line, what, what_now in _lacking(source, members):
            place = Place(f"assignments/{master.name}/{path}", line=line)
            yield AuthorError(what, place, what_now)


def _members(name: str, source: str, modules: Mapping[str, str]) -> set[str]:
    inside = {m.removeprefix(f"{name}.").split(".")[0] for m in modules if m.startswith(f"{name}.")}
    return defined(source) | inside | _ALWAYS


def _lacking(source: str, members: Mapping[str, set[str]]) -> Iterator[tuple[int, str, str]]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    aliases = dict(imported(tree))
    wanted: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wanted += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            wanted += [(node.lineno, name) for name in names]
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            wanted.append((node.lineno, full_name(node, aliases)))
    for line, name in sorted(set(wanted)):
        module, _, member = name.rpartition(".")
        has = members.get(module, {ANY})
        if member not in has and not has & {ANY, "__getattr__"} and member != ANY:
            close = get_close_matches(member, sorted(has), 1, CLOSE)
            what_now = f'Did you mean "{close[0]}"?' if close else "Define it there, or remove it."
            yield line, f"`{module}` has no `{member}`", what_now
