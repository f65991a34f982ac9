"""The bank of an assignment: known wrong answers, and right ones that are written differently.

known_bugs.toml holds edits of the master's solution; accepted/*.py hold whole answers. Both are
checked against the master: an edit that no longer applies is an author's mistake.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.assignment.answers import Answer, Answers, Bug, Step
from tools.course.settings import line_of, read_text
from tools.errors import AuthorError, Place, nearest, nearest_key, raise_all, unreadable
from tools.master import names, solution_cell
from tools.master.master import Master, is_skipped
from tools.master.question import Question
from tools.master.secrets import flat

BUGS_FILE = "known_bugs.toml"
ACCEPTED_FOLDER = "accepted"
# Key: whether an edit must have it.
BUG_KEYS = {"question": True, "find": True, "replace": True, "hint": True}
BUG_KEYS |= {"source": False, "raises": False}
_EXAMPLES = {
    "question": 'question = "q4_softmax"',
    "find": 'find = "axis=-1"',
    "replace": 'replace = "axis=0"',
    "hint": 'hint = "Which axis is the vocabulary?"',
    "source": 'source = "forum"',
    "raises": 'raises = "IndexError"',
}
HINT_CHARACTERS = 300
# A line with this many names and operators is code; `h[-1]` in a sentence is not.
HINT_TOKENS = 5
_TOKEN = re.compile(r"\w+|[-+*/@<>%&|^~!]+")


@dataclass(frozen=True)
class Accepted:
    """Another right answer: one file, for every question whose names it defines."""

    file: str
    title: str
    questions: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Bank:
    """All known answers to an assignment; `raising`: the exceptions of bugs that only raise one."""

    answers: Answers
    accepted: tuple[Accepted, ...]
    raising: Mapping[str, str] = field(default_factory=dict)


def read_bank(root: Path, master: Master) -> Bank:
    """Read the bank of a master, empty if there is none. Raise AuthorErrors."""
    folder = f"assignments/{master.name}"
    answers = tuple(answer_of(q) for q in master.questions if not q.manual)
    worth = {question.name for question in master.questions if question.points}
    graded = tuple(answer for answer in answers if answer.question in worth)
    errors: list[AuthorError] = []
    bugs: list[Bug] = []
    raising: dict[str, str] = {}
    if (root / folder / BUGS_FILE).exists():
        file = f"{folder}/{BUGS_FILE}"
        text = read_text(root, file, "Restore it.")
        for slug, table in _tables(text, file):
            place = Place(file, line=line_of(text, f"[{slug}"))
            raising |= {slug: table["raises"]} if "raises" in table else {}
            _attempt(errors, bugs, lambda s=slug, t=table, p=place: _bug(s, t, p, graded))
    accepted: list[Accepted] = []
    for path in sorted((root / folder / ACCEPTED_FOLDER).glob("*.py")):
        file = f"{folder}/{ACCEPTED_FOLDER}/{path.name}"
        text = read_text(root, file, "Restore it.")
        _attempt(errors, accepted, lambda t=text, f=file: _accepted(t, f, answers))
    raise_all(errors)
    return Bank(Answers(tuple(_steps(master)), answers, tuple(bugs)), tuple(accepted), raising)


def answer_of(question: Question) -> Answer:
    """Return the right answer to a question, and the names it defines."""
    cells = [cell for cell in question.solutions if cell.lines is not None]
    source = "\n\n\n".join(solution_cell.answer(cell.lines) for cell in cells)
    asked = {name for test in question.tests for name in names.parameters(test.source)}
    variables = tuple(name for name in _assigned(source) if name in asked)
    return Answer(question.name, (*_definitions(source), *variables), source, variables)


def _steps(master: Master) -> Iterator[Step]:
    """Yield the cells that graders run, in their order: a given one may use answers above it."""
    first = {q.solutions[0].cell: q.name for q in master.questions if not q.manual}
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        if cell["id"] in first:
            yield Step(cell["id"], question=first[cell["id"]])
        elif spot.role == "code" and cell["cell_type"] == "code" and not is_skipped(cell):
            yield Step(cell["id"], cell["source"])


def _definitions(source: str) -> tuple[str, ...]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return tuple(node.name for node in ast.parse(source).body if isinstance(node, kinds))


def _assigned(source: str) -> Iterator[str]:
    """Yield the variables that code assigns outside functions, each once, in order."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    body = [node for node in ast.parse(source).body if not isinstance(node, kinds)]
    defined = _definitions(source)
    found = [
        node.id
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    yield from (name for name in dict.fromkeys(found) if name not in defined)


def _attempt(errors: list[AuthorError], done: list, read) -> None:
    try:
        done.append(read())
    except AuthorError as error:
        errors.append(error)


def _tables(text: str, file: str) -> Iterator[tuple[str, Mapping]]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what_now = "Fix that line; each bug needs a slug of its own."
        raise unreadable(text, Place(file), f"this is not TOML: {error}", what_now) from None
    for slug, table in tables.items():
        if not isinstance(table, dict):
            place = Place(file, line=line_of(text, slug))
            what = f'"{slug}" is outside a table'
            raise AuthorError(what, place, "Put it below the line [slug] of its bug.")
        yield slug, table


def _bug(slug: str, table: Mapping, place: Place, answers: tuple[Answer, ...]) -> Bug:
    """Return the bug that a table describes, or raise its first mistake."""
    for key in table:
        if key not in BUG_KEYS:
            raise AuthorError(f'[{slug}]: the key "{key}" is unknown', place, _nearest_key(key))
    for key, needed in BUG_KEYS.items():
        if needed and key not in table:
            raise AuthorError(f'[{slug}]: the key "{key}" is missing', place, _add(key))
        if not isinstance(table.get(key, ""), str):
            raise AuthorError(f'[{slug}]: "{key}" is not a string', place, _add(key))
    known = [answer.question for answer in answers]
    question = table["question"]
    if question not in known:
        what = f'[{slug}]: there is no question "{question}" with points'
        raise AuthorError(what, place, nearest(question, known))
    number = question.split("_")[0]
    if not re.fullmatch(rf"{number}_[a-z0-9_]+", slug):
        what = f"[{slug}]: the slug is not {number}_ plus lower-case letters, digits or underscores"
        raise AuthorError(what, place, f"Call it [{number}_…].")
    (right,) = [answer.source for answer in answers if answer.question == question]
    find, replace = table["find"], table["replace"]
    count = right.count(find) if find else 0
    if count != 1:
        # Spaces count: the text must match solutions/NAME.ipynb exactly.
        times = "does not occur" if count == 0 else f"occurs {count} times"
        what = f"[{slug}]: `{_first_line(find)}` {times} in the solution of {question}"
        what_now = "Copy the text from the solution." if count == 0 else "Copy more of the line."
        raise AuthorError(what, place, what_now)
    source = right.replace(find, replace)
    _check_edit(slug, right, source, place)
    _check_hint(slug, table, place)
    return Bug(slug, question, table["hint"], source)


def _check_edit(slug: str, right: str, source: str, place: Place) -> None:
    try:
        wrong = ast.parse(source)
    except SyntaxError as error:
        what = f"[{slug}]: the edited answer is not Python: {error.msg}"
        line = (error.text or "").strip()
        raise AuthorError(f"{what} at `{line}`", place, "Fix `replace`.") from None
    if ast.dump(wrong) == ast.dump(ast.parse(right)):
        what = f"[{slug}]: the edit changes nothing"
        raise AuthorError(what, place, "Write another `replace`.")


def _check_hint(slug: str, table: Mapping, place: Place) -> None:
    hint = table["hint"]
    if not hint.strip():
        raise AuthorError(f"[{slug}]: the hint is empty", place, "Name the idea that went wrong.")
    if len(hint) > HINT_CHARACTERS:
        what = f"[{slug}]: the hint has {len(hint)} characters, more than {HINT_CHARACTERS}"
        raise AuthorError(what, place, "Say less: one idea, one question.")
    for line in [*table["find"].splitlines(), *table["replace"].splitlines()]:
        if len(_TOKEN.findall(line)) >= HINT_TOKENS and flat(line) in flat(hint):
            what = f"[{slug}]: the hint contains the code `{line.strip()}`"
            raise AuthorError(what, place, "Name the idea, not the line.")


def _accepted(text: str, file: str, answers: tuple[Answer, ...]) -> Accepted:
    """Return the accepted answer in a file, or raise its first mistake."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        what = f"this is not Python: {error.msg}"
        raise AuthorError(what, Place(file, line=error.lineno), "Fix that line.") from None
    docstring = (ast.get_docstring(tree) or "").strip()
    if not docstring:
        what_now = "Begin it with a sentence in triple quotes that says how this answer differs."
        raise AuthorError("the file has no docstring", Place(file, line=1), what_now)
    defined = names.defined(text)
    questions = []
    for answer in answers:
        has = [name for name in answer.names if name in defined]
        lacks = [name for name in answer.names if name not in defined]
        if has and lacks:
            what = f"it defines {', '.join(has)} of {answer.question}, but not {', '.join(lacks)}"
            what_now = "Define all of them: the file takes the place of the whole answer."
            raise AuthorError(what, Place(file), what_now)
        if has:
            questions.append(answer.question)
    if not questions:
        every = [name for answer in answers for name in answer.names]
        what = "it defines no name that a question asks for"
        raise AuthorError(what, Place(file), f"Define one of {', '.join(every)}.")
    short = "/".join(file.split("/")[-2:])
    return Accepted(short, docstring.splitlines()[0], tuple(questions), text)


def _nearest_key(key: str) -> str:
    return nearest_key(key, _EXAMPLES)


def _add(key: str) -> str:
    return f"Write a line such as {_EXAMPLES[key]}."


def _first_line(text: str) -> str:
    lines = text.strip().splitlines() or [""]
    return lines[0] + (" …" if len(lines) > 1 else "")
