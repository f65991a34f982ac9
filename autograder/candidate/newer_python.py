"""Which newer Python a statement needs that this one cannot parse."""

import ast
import re
import sys

_NEWER = (
    (r"^\s*type\s+\w+\s*(?:\[[^\]]*\])?\s*=(?!=)", "3.12"),  # PEP 695
    (r"^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[", "3.12"),
    (r"\b[tT][rR]?[\"']", "3.14"),  # PEP 750
    (r"^\s*except\s+[^(:\n]+,[^:\n]+:", "3.14"),  # PEP 758
)
_F_STRING = re.compile(r"\b[rR]?[fF][rR]?(\"\"\"|'''|\"|')")


def needed_python(lines: list[str]) -> str | None:
    """Return the first Python that could read these lines, where that is newer than this one."""
    text = "\n".join(lines)
    found = [version for pattern, version in _NEWER if re.search(pattern, text, re.MULTILINE)]
    if any(_is_newer_f_string(text, match) for match in _F_STRING.finditer(text)):
        found.append("3.12")
    newer = [v for v in found if tuple(map(int, v.split("."))) > sys.version_info[:2]]
    return min(newer, default=None, key=lambda v: tuple(map(int, v.split("."))))


def _is_newer_f_string(text: str, match: re.Match) -> bool:
    """Whether an f-string holds in its braces what PEP 701 allows: its own quotes, a backslash."""
    quote, at = match[1], match.end()
    special = False
    while at < len(text) and not text.startswith(quote, at):
        if text.startswith(("{{", "}}"), at) or text[at] == "\\":
            at += 2
        elif text[at] == "{":
            end = _end_of_expression(text, at + 1)
            expression = text[at + 1 : end]
            if end is None or not _is_expression(expression):
                return False
            special |= quote[0] in expression or "\\" in expression or "#" in expression
            at = end + 1
        else:
            at += 1
    return special and at < len(text)


def _end_of_expression(text: str, at: int) -> int | None:
    """Where the brace closes that opened just before `at`; strings inside are skipped."""
    depth = 0
    while at < len(text):
        if text[at] in "\"'":
            end = text.find(text[at], at + 1)
            if end < 0:
                return None
            at = end
        elif text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            if depth == 0:
                return at if text[at] == "}" else None
            depth -= 1
        at += 1
    return None


def _is_expression(text: str) -> bool:
    for end in [len(text), *(i for i, c in enumerate(text) if c in "!:=")]:
        try:
            ast.parse(f"({text[:end]})", mode="eval")
        except (SyntaxError, ValueError):
            continue
        return True
    return False
