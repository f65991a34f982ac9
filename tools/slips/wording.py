"""What students read, compared with what it is about: names, points, links."""

import ast
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from tools.errors import AuthorError, Place
from tools.master.blocks import QUESTION_NAME
from tools.master.known_answers import answer_of
from tools.master.master import Master
from tools.master.names import defined, parameters
from tools.master.question import Question
from tools.master.solution_cell import stub

CLOSE = 0.75
# A failure message is a sentence.
LEAST_WORDS = 3
_CALLED = re.compile(r"`(\w+)\(")
# In a heading, in brackets or in bold: elsewhere, points may be those of a curve.
_POINTS = re.compile(r"(?:^#.*?|\(|\*\*)(\d+(?:\.\d+)?) (?:points?|pts?)\b")
_WRITE = re.compile(r": write (\w+)$")
_IGNORE = "otter_ignore"
_LINK = re.compile(r"\]\(<?([^)\s>]+)[^)]*\)|<(?:img|a)\b[^>]*?(?:src|href)=[\"']([^\"']+)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)


def check_wording(master: Master, files: Collection[str]) -> Iterator[AuthorError]:
    """Yield where text and code differ. `files`: paths in the release."""
    known = {name for cell in master.notebook["cells"] for name in _names(cell)}
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        where = Place(master.file, cell["id"])
        if match := _CONFLICT.search(cell["source"]):
            line = cell["source"].count("\n", 0, match.start()) + 1
            what = "Git has not merged this cell"
            yield AuthorError(what, Place(*_at(where), line), "Choose one of the two forms.")
        for tag in cell["metadata"].get("tags", []):
            if tag != _IGNORE and get_close_matches(tag.lower(), [_IGNORE], 1, CLOSE):
                what = f'nothing knows the tag "{tag}"'
                yield AuthorError(what, where, f'Did you mean "{_IGNORE}"?')
        if cell["cell_type"] != "markdown" or spot.role == "solution":
            continue
        question = next((q for q in master.questions if spot.question == q.prefix), None)
        for number, line in enumerate(cell["source"].split("\n"), start=1):
            here = Place(*_at(where), number)
            for what, what_now in _of_line(line, question, known, files, master.file):
                yield AuthorError(what, here, what_now)
    for question in master.questions:
        yield from _prompts(question, master, known)
        yield from _unseen(question, master)
    yield from _repeated(master)


def _of_line(
    line: str, question: Question | None, known: set[str], files: Collection[str], notebook: str
) -> Iterator[tuple[str, str]]:
    for first, second in _LINK.findall(line):
        path = (first or second).split("#")[0].removeprefix("./")
        if path and not _ELSEWHERE.match(first or second) and path not in {*files, notebook}:
            close = get_close_matches(path, files, 1, CLOSE)
            what_now = f'Did you mean "{close[0]}"?' if close else "List it in `files`."
            yield f'students do not get "{path}"', what_now
    if question is None or question.manual:
        return
    names = answer_of(question).names
    for name in _CALLED.findall(line):
        if name not in known and (close := get_close_matches(name, names, 1, CLOSE)):
            yield f"the text names `{name}`, which nothing defines", f'Did you mean "{close[0]}"?'
    for points in _POINTS.findall(line):
        if float(points) != question.points:
            yield (
                f"the text gives {points} points, the question has {question.points:g}",
                "Leave them out: `show_question_points` prints them.",
            )


def _unseen(question: Question, master: Master) -> Iterator[AuthorError]:
    """Yield a name that a test takes, an answer defines, and students never read of."""
    words: set[str] = set()
    answers = {n for q in master.questions if not q.manual for n in answer_of(q).names}
    solutions = {cell.cell: cell for each in master.questions for cell in each.solutions}
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        lines = solutions[cell["id"]].lines if cell["id"] in solutions else None
        if spot.role != "solution" and not spot.role.startswith("test"):
            words.update(re.findall(r"\w+", cell["source"]))
        elif lines is not None:
            words.update(re.findall(r"\w+", stub(lines)))
    for test in question.tests:
        for name in parameters(test.source):
            if name in answers - words:
                what = f"the test takes `{name}`, of which students never read"
                where = Place(master.file, test.cell, test.line)
                yield AuthorError(what, where, "Name it in the text, or test what calls it.")


def _prompts(question: Question, master: Master, known: set[str]) -> Iterator[AuthorError]:
    """Yield a prompt that names another question or function, as a copied one does."""
    others = {other.name for other in master.questions} - {question.name}
    for cell in question.solutions:
        for node in ast.walk(ast.parse(stub(cell.lines))) if cell.lines is not None else ():
            if not isinstance(node, ast.Raise) or node.exc is None:
                continue
            texts = [n.value for n in ast.walk(node.exc) if isinstance(n, ast.Constant)]
            for word in re.findall(r"\w+", " ".join(map(str, texts))):
                if word in others or (QUESTION_NAME.fullmatch(word) and word != question.name):
                    what = f"the prompt of {question.name} names {word}"
                    where = Place(master.file, cell.cell)
                    yield AuthorError(what, where, f"Write {question.name}.")
            for name in _WRITE.findall(" ".join(map(str, texts))):
                if close := get_close_matches(name, known, 1, CLOSE) if name not in known else []:
                    what = f"the prompt of {question.name} names `{name}`, which nothing defines"
                    where = Place(master.file, cell.cell)
                    yield AuthorError(what, where, f'Did you mean "{close[0]}"?')


def _repeated(master: Master) -> Iterator[AuthorError]:
    """Yield a failure message that is another question's, or no sentence."""
    first: dict[str, Question] = {}
    for question in master.questions:
        for test in question.hidden_tests:
            message = test.failure_message or ""
            if len(message.split()) < LEAST_WORDS:
                what = f"`{message}` helps nobody who failed this test"
                what_now = "Write a sentence that helps without giving the answer."
                yield AuthorError(what, Place(master.file, test.cell), what_now)
                continue
            other = first.setdefault(message, question)
            if other is not question:
                what = f"the failure_message is that of a test of {other.name}"
                yield AuthorError(what, Place(master.file, test.cell), "Write this one's own.")


def _names(cell: dict) -> set[str]:
    if cell["cell_type"] != "code":
        return set()
    try:
        nodes = list(ast.walk(ast.parse(cell["source"])))
    except SyntaxError:
        return defined(cell["source"])
    kinds = ast.FunctionDef | ast.ClassDef
    names = {node.name for node in nodes if isinstance(node, kinds)} | defined(cell["source"])
    names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _at(where: Place) -> tuple[str, str | None]:
    return where.file, where.cell
