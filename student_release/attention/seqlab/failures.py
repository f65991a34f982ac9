"""What is said of a failed test: the same sentences in the notebook and after grading.

First things first: a name that is missing, an exception, a None and a result of another form are
named before anything is said about ideas.
"""

import re
from collections.abc import Mapping
from typing import Any

_UNDEFINED = re.compile(r"name '(\w{1,80})' is not defined")
_UNPACKING = re.compile(r"values to unpack \(expected (?:at least )?(\d+)")
_PROMPT = re.compile(r"\w+: write (.{1,80})")
_KINDS = {
    "ndarray": "an array",
    "Tensor": "a tensor",
    "NoneType": "None",
    "dict": "a dictionary",
    "int": "a number",
    "float": "a number",
    "float64": "a number",
    "int64": "a number",
    "str": "a text",
    "bool": "True or False",
}


def missing(name: str, remedy: str) -> str:
    """Say that a test needs a name that nothing defines."""
    return f"`{name}` is not defined: {remedy}"


def left_open(name: str) -> str:
    """Say that a variable stands as the release left it."""
    return f"`{name}` is still `...`: assign your answer to it."


def overwritten(said: str) -> str:
    """Say that a function's name stands for something else; `said`: "`f` is an array, not …"."""
    return f"{said}: a line of the notebook gives that name to something else."


def raised(kind: str, text: str, where: str = "", code: str = "", because: str = "") -> str:
    """Say that the student's code raised an exception.

    kind: its builtin name; where: " in line 3 of the cell that begins …"; code: that line; text:
    its message, or "" where that may not be shown.
    """
    if kind == "NotImplementedError" and (prompt := _PROMPT.fullmatch(text)):
        return f"`{prompt[1]}` is not written yet: replace the line `raise NotImplementedError(…)`."
    said = f"Your code raised {kind}{where}"
    said += f" (`{shortened(code)}`)" if code else ""
    return f"{said}{f': {text}' if text else ''}{because}"


def place(line: int, label: str) -> str:
    """Return where something happened in the notebook, as a part of a sentence."""
    return f" in line {line} of the cell that begins `{label}`"


def shortened(code: str) -> str:
    """Return a line of code as a message shows it."""
    code = code.strip()
    return code if len(code) <= 60 else code[:59] + "…"


def undefined_in(text: str) -> str | None:
    """Return the name that a NameError's message says is not defined."""
    found = _UNDEFINED.search(text)
    return found[1] if found else None


def stumbled(error: Exception, returned: Mapping[str, Any]) -> str:
    """Say over what a test stumbled in the form of an answer.

    returned: what each function returned last, the last one called at the end.
    """
    last = next(reversed(returned.items()), None)
    nothing = [name for name, value in returned.items() if value is None]
    if isinstance(error, TypeError) and "NoneType" in str(error):
        who = f"`{nothing[-1]}`" if nothing else "The function"
        return f"{who} returned None. Does it end with a return statement?"
    if isinstance(error, MemoryError):
        return "The answer is far larger than this test expects."
    if last and (wanted := _UNPACKING.search(str(error))) and _count(last[1]) != int(wanted[1]):
        return f"`{last[0]}` should return {wanted[1]} values; it returned {kind_of(last[1])}."
    came = f": `{last[0]}` returned {kind_of(last[1])}" if last else ""
    return f"The answer has a form that this test cannot use ({type(error).__name__}){came}."


def kind_of(value: Any) -> str:
    """Return what kind of thing a value is: "an array", "3 values"."""
    if isinstance(value, tuple | list):
        count = len(value)
        return f"{count} {'value' if count == 1 else 'values'}"
    return _KINDS.get(type(value).__name__) or type_of(value)


def type_of(value: Any) -> str:
    """Return what type a value has: "a list", "an int"; "an object" if it stayed elsewhere."""
    kind = type(value).__name__
    if kind == "Remote":
        return "an object"
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _count(value: Any) -> int:
    return len(value) if isinstance(value, tuple | list) else 1
