"""Written answers, and the pseudonyms under which they are marked."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from tools.classlist import Handin

# Five letters tell 33 million apart, and are typed without a mistake.
LETTERS = 5


@dataclass(frozen=True)
class WrittenAnswer:
    """What one hand-in answers to a question: Markdown, and how many images are in it."""

    handin: Handin
    text: str
    images: int = 0


def pseudonyms(question: str, ids: Iterable[str]) -> dict[str, str]:
    """A pseudonym for each hand-in, by its id: the same in each run, another in each question.

    Their alphabetical order has nothing to do with names or times. Two ids whose hashes begin alike
    get longer ones, so that none is given twice.
    """
    hashes = {id_: _hash(f"{question}\n{id_}") for id_ in ids}
    length = LETTERS
    while len({text[:length] for text in hashes.values()}) < len(hashes):
        length += 1
    return {id_: text[:length] for id_, text in hashes.items()}


def _hash(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
