"""Who is named by the parts of a path: folders and file names, in anybody's spelling."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.handins.handin import Student, shown
from tools.handins.roster_index import Index
from tools.identity.person_names import spelled_out, squashed, words_of

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# What else stands in file names, in some languages.
_NOISE = {
    *("final", "finished", "submission", "submissions", "submitted", "copy", "of", "new", "old"),
    *("homework", "hw", "lab", "assignment", "exercise", "notebook", "project", "task", "late"),
    *("abgabe", "abgaben", "kopie", "loesung", "solution", "entrega", "rendu", "class", "work"),
    *("attachment", "attachments", "attempt", "ipynb", "zip", "py", "fixed", "fertig", "group"),
}
_SHORT = 3  # letters of a word; shorter ones prove nothing


@dataclass(frozen=True)
class Guess:
    """Whom a path names; `why`: a sentence for staff where it was not the whole name."""

    students: tuple[Student, ...] = ()
    why: str = ""


def without(clue: str, assignment: str) -> list[str]:
    """Return the words of a clue, without the assignment's own name, which is never a person's."""
    words = words_of(clue)
    own = squashed(assignment)
    if own:
        for start in range(len(words)):
            for end in range(len(words), start, -1):
                if "".join(words[start:end]) == own:
                    return words[:start] + words[end:]
    return words


def guess(index: Index, clues: Iterable[str], assignment: str = "") -> Guess:
    """Return whom the clues name, by the most reliable way in which any of them names somebody.

    Where clues of one kind name different people, the outermost decides: staff and LMSs name
    folders, students name files.
    """
    clues = [clue for clue in dict.fromkeys(clues) if without(clue, assignment)]
    for clue in clues:
        if members := index.members(clue) or index.members(" ".join(without(clue, assignment))):
            return Guess(members)
    for way in (_whole, _contained, _partly):
        named = [(clue, way(index, clue, without(clue, assignment))) for clue in clues]
        named = [(clue, found) for clue, found in named if found]
        if not named:
            continue
        clue, found = named[0]
        if len(found) > 1:
            names = sorted({each.name or each.sid for each in found})
            return Guess((), f"{len(found)} students could be meant: {', '.join(names[:4])}.")
        (one,) = found
        why = ""
        if way is _partly:
            why = f"taken for the hand-in of {shown(one.name)}, the only one with that name."
        return Guess((one,), why)
    return Guess()


def _whole(index: Index, clue: str, words: Sequence[str]) -> set[Student]:
    """Return whom the whole clue stands for: a name, an address or a number."""
    joined = " ".join(words)
    return (
        index.by_id("email", "sid", "login", value=clue)
        or index.by_id("email", "sid", "login", value=joined)
        or index.named(joined)
        or index.named(clue if len(words) == len(words_of(clue)) else "")
    )


def _contained(index: Index, clue: str, words: Sequence[str]) -> set[Student]:
    """Return whose address, number or full name is among the words."""
    found: set[Student] = set()
    for address in _EMAIL.findall(clue):
        found |= index.by_id("email", value=address)
    for word in words:
        mixed = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
        if len(word) > _SHORT or (mixed and len(word) == _SHORT):
            found |= index.by_id("sid", "login", value=word)
    return found or _full_names(index, clue, words)


def _full_names(index: Index, clue: str, words: Sequence[str]) -> set[Student]:
    """Return whose name, of two words or more, is in the clue: the longest such name."""
    present = {*words, *words_of(spelled_out(clue))}
    best: set[Student] = set()
    most = 1
    for student, name in index.words():
        if len(name) >= max(most, 2) and name <= present:
            best = best | {student} if len(name) == most else {student}
            most = len(name)
    return best


def _partly(index: Index, clue: str, words: Sequence[str]) -> set[Student]:
    """Return whose name has all these words: a first name, or no middle name."""
    said = {word for word in words if word not in _NOISE and not word.isdigit()}
    if not said or (max(map(len, said)) < _SHORT and all(map(str.isascii, said))):
        return set()
    return {student for student, name in index.words() if said <= name}
