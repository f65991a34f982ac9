"""A code cell that holds a solution: what stays, and what replaces the answer for students.

    def softmax(logits):
        # BEGIN SOLUTION NO PROMPT
        …                                   the answer
        # END SOLUTION
        \"\"\" # BEGIN PROMPT
        raise NotImplementedError("q4_softmax: …")
        \"\"\" # END PROMPT

The prompt is a string, so that the master itself runs.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tools.errors import AuthorError, Place
from tools.master.blocks import spelled


class Tag(Enum):
    """The lines that divide a solution's cell, each on a line of its own."""

    BEGIN_SOLUTION = "# BEGIN SOLUTION NO PROMPT"
    END_SOLUTION = "# END SOLUTION"
    BEGIN_PROMPT = '""" # BEGIN PROMPT'
    END_PROMPT = '""" # END PROMPT'


class Part(Enum):
    """The part of a solution's cell that a line belongs to."""

    GIVEN = "given"
    ANSWER = "answer"
    PROMPT = "prompt"


@dataclass(frozen=True)
class Line:
    """A line of a cell, counted from 1, that is not a tag."""

    number: int
    text: str
    part: Part


# The part in which each tag may appear, and the part that it begins.
_STEPS = {
    Tag.BEGIN_SOLUTION: (Part.GIVEN, Part.ANSWER),
    Tag.END_SOLUTION: (Part.ANSWER, Part.GIVEN),
    Tag.BEGIN_PROMPT: (Part.GIVEN, Part.PROMPT),
    Tag.END_PROMPT: (Part.PROMPT, Part.GIVEN),
}
_TAGS = {tag.value: tag for tag in Tag}
_ALMOST_A_TAG = re.compile(r"#\s*(BEGIN|END)\s+(SOLUTION|PROMPT)", re.IGNORECASE)
# Otter's own pattern for inline solutions. It is not anchored, so it also erases a line that only
# has these characters in a string.
_INLINE = re.compile(r"# ?SOLUTION")


def divide(source: str, where: Place) -> list[Line]:
    """Return the lines of a solution's cell without tags, each with its part."""
    lines: list[Line] = []
    part, opened = Part.GIVEN, 0
    needs_prompt = 0  # the line of an END SOLUTION still without its prompt
    for number, text in enumerate(source.split("\n"), start=1):
        here = Place(where.file, where.cell, number)
        tag = _TAGS.get(spelled(text))
        if tag is None:
            _refuse_almost_a_tag(text, here)
            if needs_prompt and text.strip():
                raise _no_prompt(where, needs_prompt)
            lines.append(Line(number, text, part))
            continue
        _refuse_wrong_order(tag, part, opened, here)
        if needs_prompt and tag is not Tag.BEGIN_PROMPT:
            raise _no_prompt(where, needs_prompt)
        if tag is Tag.BEGIN_PROMPT and not needs_prompt:
            raise AuthorError(
                f"'{tag.value}' does not follow a solution",
                here,
                f'Move it after a "{Tag.END_SOLUTION.value}", or remove it.',
            )
        needs_prompt = number if tag is Tag.END_SOLUTION else 0
        part, opened = _STEPS[tag][1], number
    if part is not Part.GIVEN:
        raise _not_closed(part, opened, where, f"after line {number}")
    if needs_prompt:
        raise _no_prompt(where, needs_prompt)
    return lines


def refuse_inline(source: str, where: Place) -> None:
    """Raise an AuthorError if a line of a code cell matches Otter's inline pattern."""
    for number, text in enumerate(source.split("\n"), start=1):
        if match := _INLINE.search(text):
            raise AuthorError(
                f'"{match[0]}" within a line: Otter erases the whole line',
                Place(where.file, where.cell, number),
                f'Put the answer between "{Tag.BEGIN_SOLUTION.value}" and '
                f'"{Tag.END_SOLUTION.value}" on lines of their own.',
            )


def refuse_tags(source: str, where: Place) -> None:
    """Raise an AuthorError if a cell outside a SOLUTION block has tags: Otter ignores them."""
    for number, text in enumerate(source.split("\n"), start=1):
        if spelled(text) in _TAGS or _ALMOST_A_TAG.search(text):
            raise AuthorError(
                f"`{text.strip()}` outside a SOLUTION block: students would get the answer",
                Place(where.file, where.cell, number),
                'Put the raw cells "# BEGIN SOLUTION" and "# END SOLUTION" around the cell.',
            )


def stub(lines: Iterable[Line]) -> str:
    """Return what the student gets."""
    return "\n".join(line.text for line in lines if line.part is not Part.ANSWER)


def answer(lines: Iterable[Line]) -> str:
    """Return the cell with its solution and without prompts."""
    return "\n".join(line.text for line in lines if line.part is not Part.PROMPT)


def check(source: str, where: Place) -> list[Line]:
    """Divide the cell, and check that both the answer and the stub are valid Python."""
    lines = divide(source, where)
    if not any(line.part is Part.ANSWER and line.text.strip() for line in lines):
        raise AuthorError(
            "this code cell of a solution has no lines between "
            f'"{Tag.BEGIN_SOLUTION.value}" and "{Tag.END_SOLUTION.value}": students would get all '
            "of it",
            where,
            "Add the two lines around the answer, or move the cell out of the SOLUTION block.",
        )
    _refuse_bad_python(answer(lines), "the solution", where)
    _refuse_bad_python(stub(lines), "what the student gets in place of the solution", where)
    _refuse_silent_prompts(lines, source, where)
    return lines


def _refuse_silent_prompts(lines: list[Line], source: str, where: Place) -> None:
    kept = [line for line in lines if line.part is not Part.ANSWER]
    tree = ast.parse(stub(lines))
    stops = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    stops += [node for node in tree.body if _leaves_open(node)]
    raises = {(kept[node.lineno - 1].number, node.col_offset) for node in stops}
    for begin, prompt in _prompts(kept, source):
        code = [line for line in prompt if line.text.split("#")[0].strip()]
        # A `raise` that is indented further is conditional.
        margin = min((len(line.text) - len(line.text.lstrip()) for line in code), default=0)
        if not any((line.number, margin) in raises for line in code):
            raise AuthorError(
                "the prompt does not raise: an unanswered question would not fail",
                Place(where.file, where.cell, begin),
                "Write a line `raise NotImplementedError(…)` in it, or `answer = ...` where the "
                "answer is held in a variable.",
            )


def _leaves_open(node: ast.stmt) -> bool:
    """Return whether a statement is `answer = ...`: tests know that as not answered."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return isinstance(value, ast.Constant) and value.value is Ellipsis


def _prompts(lines: list[Line], source: str) -> list[tuple[int, list[Line]]]:
    """Return the lines of each prompt, with the line of its tag."""
    tags = [_TAGS.get(spelled(text)) for text in source.split("\n")]
    begins = [i for i, tag in enumerate(tags, start=1) if tag is Tag.BEGIN_PROMPT]
    ends = [i for i, tag in enumerate(tags, start=1) if tag is Tag.END_PROMPT]
    return [
        (begin, [line for line in lines if begin < line.number < end])
        for begin, end in zip(begins, ends, strict=True)
    ]


def _refuse_bad_python(text: str, what: str, where: Place) -> None:
    # The error's line number refers to the text without tags, so the message quotes the line
    # instead.
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise AuthorError(
            f"{what} is not valid Python: {error.msg} at `{(error.text or '').strip()}`",
            where,
            "Fix that line, and keep tags and prompt at the indentation of the code around them.",
        ) from None


def _refuse_almost_a_tag(text: str, here: Place) -> None:
    if match := _ALMOST_A_TAG.search(text):
        right = {
            ("BEGIN", "SOLUTION"): Tag.BEGIN_SOLUTION,
            ("END", "SOLUTION"): Tag.END_SOLUTION,
            ("BEGIN", "PROMPT"): Tag.BEGIN_PROMPT,
            ("END", "PROMPT"): Tag.END_PROMPT,
        }[match[1].upper(), match[2].upper()]
        raise AuthorError(
            f"`{text.strip()}` is not a tag of the master's grammar",
            here,
            f"Write `{right.value}` on a line of its own.",
        )


def _refuse_wrong_order(tag: Tag, part: Part, opened: int, here: Place) -> None:
    if part is _STEPS[tag][0]:
        return
    if part is Part.GIVEN:
        begin = Tag.BEGIN_SOLUTION if tag is Tag.END_SOLUTION else Tag.BEGIN_PROMPT
        raise AuthorError(
            f"`{tag.value}` has no `{begin.value}`", here, "Add it above, or remove this line."
        )
    raise _not_closed(part, opened, here, f"before line {here.line}")


def _not_closed(part: Part, opened: int, where: Place, before: str) -> AuthorError:
    answer = part is Part.ANSWER
    begin, end = (
        (Tag.BEGIN_SOLUTION, Tag.END_SOLUTION) if answer else (Tag.BEGIN_PROMPT, Tag.END_PROMPT)
    )
    return AuthorError(
        f"`{begin.value}` has no `{end.value}`",
        Place(where.file, where.cell, opened),
        f"Add it {before}.",
    )


def _no_prompt(where: Place, line: int) -> AuthorError:
    return AuthorError(
        "no prompt follows this solution: students would get a function without a body",
        Place(where.file, where.cell, line),
        f"Add `{Tag.BEGIN_PROMPT.value}`, a line `raise NotImplementedError(…)` and "
        f"`{Tag.END_PROMPT.value}` below it.",
    )
