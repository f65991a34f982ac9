"""Which assignment and semester a notebook says it is from, without reading all of it."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from autograder.submission.reading import MAX_BYTES
from tools.handins.handin import Handin, shown

# In a cell's text, the quotes would be escaped: this is the notebook's own metadata.
_OWN = re.compile(rb'"unroll"\s*:\s*(\{[^{}]*\})')
MAX_TOLD = 10


def origin(path: Path) -> dict[str, str]:
    """Return what the release wrote into a notebook: its assignment, semester, perhaps section."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        found = _last(path.read_bytes())
        values = json.loads(found) if found else {}
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in values.items() if isinstance(value, str)}


def _last(contents: bytes) -> bytes:
    """Return the last of these objects in a notebook: metadata come after the cells."""
    at = len(contents)
    while (at := contents.rfind(b'"unroll"', 0, at)) >= 0:
        if (match := _OWN.match(contents, at)) and contents[at - 1 : at] != b"\\":
            return match[1]
    return b""


def from_elsewhere(handins: Sequence[Handin], assignment: str, semester: str) -> list[str]:
    """Note the hand-ins that are from another semester, section or assignment."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for handin in handins:
        about = origin(handin.file) if handin.file else {}
        ours = {"assignment": assignment, "semester": semester}
        sections = {part.strip() for s in handin.students for part in s.section.split(",")} - {""}
        if sections and about.get("section", "") not in sections | {""}:
            ours["section"] = ", ".join(sorted(sections))
        for kind, own in ours.items():
            if about.get(kind, own) != own:
                found[f"another {kind}", f"{about[kind]}, not {own}"].append(handin.id)
    return [_told(*key, ids) for key, ids in found.items()]


def _told(what: str, which: str, ids: list[str]) -> str:
    more = f" and {len(ids) - MAX_TOLD} more" if len(ids) > MAX_TOLD else ""
    number = "1 hand-in is" if len(ids) == 1 else f"{len(ids)} hand-ins are"
    return f"{number} from {what} ({shown(which, 120)}): {', '.join(ids[:MAX_TOLD])}{more}."
