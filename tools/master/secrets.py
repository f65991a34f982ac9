"""What students must not see: lines of solutions and hidden tests, in a searchable form."""

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tools.errors import Place
from tools.master.master import Master
from tools.master.solution_cell import Line, Part
from tools.master.test_cell import Test

# A line of a hidden test is secret if it has this many names, numbers, strings and operators. The
# lines that tests share (`rng = np.random.default_rng(7)`, `B, T, V = 2, 3, 4`) have at most six.
LINE_TOKENS = 7
# A line of a solution, or what its brackets hold, needs fewer: `for t in range(T):` and
# `B, T, V = logits.shape` have five, `dh_next = dz @ params["W_hh"].T` has six.
SOLUTION_TOKENS = 6
# The assigned or returned value is the formula itself, whatever a student calls the result:
# `h[:, t].T @ dz` has five; so does `return np.eye(vocab_size)[indices]`, counting its `return`.
VALUE_TOKENS = 5
# Shorter phrases occur in any text about the subject.
PROSE_WORDS = 4
# A number with this many digits is a result; `0.05`, `1500` and `1e-12` are choices.
NUMBER_DIGITS = 5

_NOISE = re.compile(r"[\s,\\()'\"`\u2018\u2019\u201c\u201d]")
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?")
_SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
_PUNCTUATION = set(",.:;=()[]{}") | {"->"}
_ASSIGNING = {"=", "+=", "-=", "*=", "/=", "@=", "**=", "//=", "%=", "return"}


@dataclass(frozen=True)
class Secret:
    """A text in the master that must not reach students."""

    where: Place
    kind: str  # "code", "prose" or "number": how to search for it
    what: str  # what it is, for the message
    text: str  # as the author wrote it, on one line
    needle: str  # the string to search for


def flat(text: str) -> str:
    """Return code without characters that can change while the code stays (nearly) the same."""
    return _NOISE.sub("", text)


def flat_prose(text: str) -> str:
    """Return the letters and digits of a text."""
    return re.sub(r"[\W_]+", "", text.casefold())


def numbers(text: str) -> set[str]:
    """Return the numbers in a text with too many digits to be there by chance."""
    found = set()
    for match in _NUMBER.findall(text):
        try:
            value = Decimal(match.replace("_", "")).normalize()
        except InvalidOperation:
            continue
        if len(value.as_tuple().digits) >= NUMBER_DIGITS:
            found.add(str(value))
    return found


def secrets_of(master: Master, private: Mapping[str, str] | None = None) -> list[Secret]:
    """Return everything a master's release must not contain, each text once.

    private: the texts of what only hidden tests import or open, by path in the master's folder.
    """
    found: list[Secret] = []
    sources = {cell["id"]: cell["source"] for cell in master.notebook["cells"]}
    for question in master.questions:
        for cell in question.solutions:
            place = Place(master.file, cell.cell)
            if cell.lines is None:
                found += _prose(cell.source, place, "a sentence of the solution")
                continue
            kept = [line for line in cell.lines if line.part is not Part.PROMPT]
            text = "\n".join(line.text for line in kept)
            opened = _opened(cell.lines)
            for row, tokens in _logical_lines(text):
                if kept[row - 1].part is Part.ANSWER:
                    where = Place(master.file, cell.cell, kept[row - 1].number)
                    found += _code(tokens, where, "a line of the solution", SOLUTION_TOKENS)
                    found += _parts(tokens, where)
                    if tokens[0] in opened and tokens[1:2] == ["="]:
                        found += _assigned(tokens, where)
        for test in question.hidden_tests:
            found += _of_test(test, sources[test.cell], master.file)
    for path, text in (private or {}).items():
        found += _of_module(text, f"assignments/{master.name}/{path}")
    return list({(secret.kind, secret.needle): secret for secret in reversed(found)}.values())[::-1]


def _opened(lines: Iterable[Line]) -> set[str]:
    """Return the variables that students get as `name = ...`."""
    prompt = "\n".join(line.text for line in lines if line.part is Part.PROMPT)
    return set(re.findall(r"^(\w+)\s*=\s*\.\.\.\s*$", prompt, re.MULTILINE))


def _assigned(tokens: list[str], where: Place) -> Iterator[Secret]:
    """Yield the answer to a question for a variable, however short it is, or in other letters."""
    text = _readable(tokens)
    yield Secret(where, "code", "the answer", text, flat("".join(tokens)))
    words = " ".join(tokens[2:])
    if len(re.findall(r"\w+", words)) >= PROSE_WORDS and words[:1] in "\"'":
        yield Secret(where, "prose", "the answer", " ".join(words.split()), flat_prose(words))


def _of_test(test: Test, cell: str, file: str) -> Iterator[Secret]:
    what = "a line of a hidden test"
    for row, tokens in _logical_lines(test.source):
        place = Place(file, test.cell, test.line + row - 1)
        yield from _code(tokens, place, what, LINE_TOKENS)
    title_line = _line_with(cell, test.title)
    yield from _prose(test.title, Place(file, test.cell, title_line), "the title of a hidden test")
    place = Place(file, test.cell, _line_with(cell, "failure_message"))
    yield from _prose(test.failure_message or "", place, "the failure message of a hidden test")


def _of_module(text: str, file: str) -> Iterator[Secret]:
    """Yield the lines of a module that hidden tests import, or of another file beside it."""
    what = f"a line of {file.rpartition('/')[2]}"
    if not file.endswith(".py"):
        yield from _prose(text, Place(file, line=1), what)
        return
    for row, tokens in _logical_lines(text):
        yield from _code(tokens, Place(file, line=row), what, LINE_TOKENS)


def _code(tokens: list[str], where: Place, what: str, least: int) -> Iterator[Secret]:
    text = _readable(tokens)
    if _significant(tokens) >= least and not _is_trivial(tokens):
        yield Secret(where, "code", what, text, flat("".join(tokens)))
    for number in sorted(numbers(text)):
        yield Secret(where, "number", f"a number in {what}", number, number)


def _parts(tokens: list[str], where: Place) -> Iterator[Secret]:
    """Yield what a line of a solution assigns or returns, and what its brackets hold."""
    if _is_trivial(tokens):
        return
    value, is_returned = _value(tokens)
    parts = [part for part in _bracketed(tokens) if _significant(part) >= SOLUTION_TOKENS]
    if _significant(value) + is_returned >= VALUE_TOKENS:
        parts.insert(0, value)
    for part in parts:
        if len(part) > 1:
            text, needle = _readable(part), flat("".join(part))
            yield Secret(where, "code", "part of a line of the solution", text, needle)


def _is_trivial(tokens: list[str]) -> bool:
    # The question's text names what is imported or defined; a docstring is prose.
    return tokens[0] in ("import", "from", "def", "class") or len(tokens) == 1


def _significant(tokens: list[str]) -> int:
    return sum(_weight(token) for token in tokens if token not in _PUNCTUATION)


def _value(tokens: list[str]) -> tuple[list[str], bool]:
    """Return the value that a line assigns or returns (may be empty), and whether it returns it."""
    depth, first = 0, len(tokens)
    for i, token in enumerate(tokens):
        depth += (token in "([{") - (token in ")]}")
        if depth == 0 and token in _ASSIGNING:
            first = i + 1
    return tokens[first:], tokens[0] == "return"


def _bracketed(tokens: list[str]) -> Iterator[list[str]]:
    """Yield each argument, index or entry in a line's brackets, without keyword names."""
    begins: list[int] = []
    for i, token in enumerate(tokens):
        if begins and token in (",", ")", "]", "}"):
            part = tokens[begins[-1] : i]
            yield part[2:] if part[1:2] == ["="] else part
            begins[-1] = i + 1
        if token in ("(", "[", "{"):
            begins.append(i + 1)
        elif token in (")", "]", "}"):
            begins.pop()


def _readable(tokens: list[str]) -> str:
    """Join the tokens on one line, spaced roughly as an author would."""
    text, depth = "", 0
    for token in tokens:
        depth += (token in "([{") - (token in ")]}")
        text += token if token == "=" and depth else f" {token}"
    text = re.sub(r"(?<=\w)= ", "=", text.strip())
    text = re.sub(r" ([,:;.)\]}])", r"\1", text)
    return re.sub(r"([.(\[{]) |(?<=\w) (?=[(\[])|(?<=[)\]]) (?=\[)", r"\1", text)


def _weight(token: str) -> int:
    # A string counts once, unless it is a whole sentence.
    words = len(re.findall(r"\w+", token))
    return words if words >= LINE_TOKENS else 1


def _prose(text: str, where: Place, what: str) -> Iterator[Secret]:
    for row, line in enumerate(text.split("\n")):
        here = Place(where.file, where.cell, (where.line or 1) + row)
        for sentence in re.split(r"(?<=[.!?:;])\s+", line):
            if len(re.findall(r"\w+", sentence)) >= PROSE_WORDS:
                yield Secret(here, "prose", what, sentence.strip(), flat_prose(sentence))
        for number in sorted(numbers(line)):
            yield Secret(here, "number", f"a number in {what}", number, number)


def _logical_lines(code: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first row and the tokens of each statement, without comments."""
    row, tokens = 0, []
    lines = code.split("\n")
    opened: list[tuple[int, int]] = []  # where the f-strings that are still open begin
    for token in tokenize.generate_tokens(io.StringIO(code + "\n").readline):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_START":
            opened.append(token.start)
        elif kind == "FSTRING_END" and len(opened) == 1:
            row = row or opened[0][0]
            tokens.append(_between(lines, opened.pop(), token.end))
        elif kind == "FSTRING_END":
            opened.pop()
        elif opened:
            pass  # Python 3.12 and newer split an f-string; it counts as one string
        elif token.type == tokenize.NEWLINE:
            if tokens:
                yield row, tokens
            row, tokens = 0, []
        elif token.type not in _SKIPPED:
            row = row or token.start[0]
            tokens.append(token.string)


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    picked = lines[start[0] - 1 : end[0]]
    picked[-1] = picked[-1][: end[1]]
    picked[0] = picked[0][start[1] :]
    return "\n".join(picked)


def _line_with(source: str, text: str) -> int:
    lines = source.split("\n")
    return next((i for i, line in enumerate(lines, start=1) if text in line), 1)
