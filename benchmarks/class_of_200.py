"""A class whose points are known beforehand, made from an assignment's bank of answers.

Solutions, accepted answers, known bugs in up to three questions at once, untouched notebooks,
attacks, and files that are damaged or odd; the same files each time, each odd one once.
"""

import io
import itertools
import json
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.course.settings import read_assignment
from tools.master.known_answers import Bank
from tools.master.master import Master
from tools.master.notebook import parse

ROOT = Path(__file__).parents[1]
# What a student's code may try; each replaces the answer to one question and loses only that.
ATTACKS = {
    "exit": "    import os\n    os._exit(0)",
    "system exit": "    raise SystemExit(0)",
    "kill all": "    import os, signal\n    os.kill(-1, signal.SIGKILL)",
    "kill the parent": "    import os\n    os.kill(os.getppid(), 9)\n    return 1 / 0",
    "crash": "    import ctypes\n    return ctypes.string_at(0)",
    "endless recursion": "    def f(): return f()\n    return f()",
    "close all files": "    import os\n    os.closerange(0, 4096)\n    return 1 / 0",
    "much output": "    for _ in range(100_000): print('#' * 100)\n    return 1 / 0",
}
ATTACKED = {
    "rnn_from_scratch": ("q4_softmax", "softmax"),
    "lstm_from_scratch": ("q1_sigmoid", "sigmoid"),
    "sequence_classification": ("q12_confusion", "confusion_matrix"),
    "character_lm": ("q1_bounded", "bounded_floor"),
    "attention": ("q11_floor", "floor_without_positions"),
}


@dataclass(frozen=True)
class Known:
    """A file, and what it must get: `lost` are questions without full marks.

    about: questions about answers to those, which may lose points; zero: no points at all; graded:
    whether there is something to grade.
    """

    name: str
    contents: bytes
    lost: frozenset[str] = field(default_factory=frozenset)
    about: frozenset[str] = field(default_factory=frozenset)
    zero: bool = False
    graded: bool = True


class Class:
    """A maker of the files, the same ones each time."""

    def __init__(self, master: Master, bank: Bank) -> None:
        self._cells = {
            q.name: [cell.cell for cell in q.solutions if cell.lines is not None]
            for q in master.questions
        }
        self._bank, self._name = bank, master.name
        self._builds_on = read_assignment(ROOT, master.name).builds_on
        solution = ROOT / f"solutions/{master.name}.ipynb"
        self._notebook = parse(solution.read_text(encoding="utf-8"), solution.name)
        release = ROOT / f"student_release/{master.name}/{master.name}.ipynb"
        self._untouched = release.read_bytes()

    def notebook(self, number: int, **answers: str) -> bytes:
        """Return the solution with other answers to some questions, different in each copy."""
        made = json.loads(json.dumps(self._notebook))
        new: dict[str, str] = {}
        for question, source in answers.items():
            *others, last = self._cells[question]
            new |= dict.fromkeys(others, "") | {last: source}
        for cell in made["cells"]:
            cell["source"] = new.get(cell["id"], cell["source"])
        text = next(cell for cell in made["cells"] if cell["cell_type"] == "markdown")
        text["source"] += f"\n\nHanded in by student {number}."
        return json.dumps(made).encode()

    def members(self, count: int) -> list[Known]:
        """Return the class: each kind of file in turn, so that a small class has them all."""
        bugs = self._buggy()
        kinds = [self._odd(), bugs, self._accepted(), bugs, self._attacks(), self._plain(), bugs]
        found: list[Known] = []
        while len(found) < count:
            for kind in kinds:
                found += itertools.islice(kind, 1)
        return found[:count]

    def _plain(self) -> Iterator[Known]:
        for number in itertools.count():
            yield Known(f"untouched{number}.ipynb", self._untouched, zero=True)
            yield Known(f"right{number}.ipynb", self.notebook(number))

    def _buggy(self) -> Iterator[Known]:
        rng = random.Random(200)
        bugs = list(self._bank.answers.bugs)
        number = 0
        while True:
            rng.shuffle(bugs)
            for bug in bugs:
                number += 1
                chosen = {bug.question: bug}
                for other in rng.sample(bugs, number % 3):
                    chosen.setdefault(other.question, other)
                answers = {question: each.source for question, each in chosen.items()}
                contents = self.notebook(number, **answers)
                about = {q for q, own in self._builds_on.items() if chosen.keys() & set(own)}
                yield Known(f"bugs{number}.ipynb", contents, frozenset(chosen), frozenset(about))

    def _accepted(self) -> Iterator[Known]:
        for number, one in enumerate(self._bank.accepted):
            answers = dict.fromkeys(one.questions, one.source)
            yield Known(f"accepted{number}.ipynb", self.notebook(number, **answers))

    def _attacks(self) -> Iterator[Known]:
        question, function = ATTACKED[self._name]
        for number, body in enumerate(ATTACKS.values()):
            contents = self.notebook(number, **{question: f"def {function}(*_, **__):\n{body}\n"})
            yield Known(f"attack{number}.ipynb", contents, frozenset([question]))

    def _odd(self) -> Iterator[Known]:
        right = self.notebook(0)
        other = right.replace(self._name.encode(), b"another_lab")
        yield Known("zipped.zip", _zip({f"{self._name}.ipynb": right}))
        yield Known("with mark.ipynb", b"\xef\xbb\xbf" + right)
        yield Known("Ünï cödé (1).ipynb", right)
        for name, contents in {
            "empty.ipynb": b"",
            "half.ipynb": right[: len(right) // 2],
            "paper.ipynb": b"%PDF-1.7",
            "nothing.ipynb": b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "list.ipynb": b"[" * 10_000,
            "binary.ipynb": bytes(range(256)) * 40,
            "other.ipynb": other,
            "damaged.zip": _zip({f"{self._name}.ipynb": right})[:-400],
            "no notebook.zip": _zip({"notes.txt": b"nothing"}),
            "report.pdf": b"%PDF-1.7",
        }.items():
            yield Known(name, contents, graded=False)


def _zip(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, contents in files.items():
            zipped.writestr(name, contents)
    return archive.getvalue()


def wrong(row: dict[str, str], known: Known, most: dict[str, float]) -> list[str]:
    """Return where a row of scores.csv differs from what is known."""
    if not known.graded or row["status"] != "graded":
        right = not known.graded and row["status"] == "nothing to grade" and not row["total"]
        return [] if right else [f"{row['status']}, {row['total'] or 'no'} points"]
    told = []
    for question, full in most.items():
        points = float(row[question])
        if known.zero:
            right = points == 0
        elif question in known.about - known.lost:
            right = True
        else:
            right = points < full if question in known.lost else points == full
        told += [] if right else [f"{question} {points:g} of {full:g}"]
    return told
