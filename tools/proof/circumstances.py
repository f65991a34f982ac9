"""What must make no difference to a right answer: other tests, the date, functions that are given.

Tests run backwards, on another date, and on a notebook whose given functions are redefined, all in
one grading; only if that costs points does each of these get a grading of its own. Another grading
runs each test alone.
"""

import ast
import copy
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.manner import AS_ALWAYS, Manner
from tools.master.known_answers import Bank
from tools.master.master import is_skipped
from tools.master.notebook import Cell, Notebook

TEXT = Path(__file__).with_name("redefinition.py")
DAYS = 400  # another year, another month and another day of the week


@dataclass(frozen=True)
class Circumstance:
    """One way to grade the solution; `remedy`: what to do where it costs points."""

    words: str
    manner: Manner = AS_ALWAYS
    redefined: bool = False
    remedy: str = ""

    @property
    def name(self) -> str:
        return f"the solution, {self.words}"


ALONE = Circumstance(
    "each test alone",
    Manner(alone=True),
    remedy="It needs what another test leaves behind: let it make its own",
)
CAUSES = (
    Circumstance(
        "last test first",
        Manner(backwards=True),
        remedy="Another test changes what it reads, or makes what it needs: let each make its own",
    ),
    Circumstance(
        f"{DAYS} days later",
        Manner(days=DAYS),
        remedy="It depends on today's date: compare with a fixed one",
    ),
    Circumstance(
        "given functions redefined",
        redefined=True,
        remedy="It uses a function that is given in the notebook, which a student may redefine: "
        "import it from seqlab or testing",
    ),
)
TOGETHER = Circumstance(
    ", ".join(each.words for each in CAUSES),
    Manner(backwards=True, days=DAYS),
    redefined=True,
    remedy="None of these alone costs points: look for a test that two of them change",
)


def kept(bank: Bank) -> list[str]:
    """Return the names that stay: those of answers, and those in their code, which may return them.

    All other functions of a notebook are given, also those that only running it tells.
    """
    source = "\n".join(answer.source for answer in bank.answers.answers)
    named = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    return sorted(named.union(*(answer.names for answer in bank.answers.answers)))


def with_redefined(notebook: Notebook, bank: Bank) -> Notebook:
    """Return the notebook with its given functions redefined, and all its checks once more."""
    changed = copy.deepcopy(notebook)
    cells = changed["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code" and not is_skipped(cell)]
    # A question is also examined as it was at its last check: there, too, they are redefined.
    checks = [cell["source"] for cell in code if cell["source"].startswith("grader.check(")]
    text = TEXT.read_text(encoding="utf-8")
    source = f'_own = {{"__name__": "own"}}\nexec({text!r}, _own)\n_own["redefine"]('
    cells += [_code("redefined", f"{source}{kept(bank)!r}, globals())")]
    cells += [_code("checks", "\n".join(checks))]
    return changed


def _code(name: str, source: str) -> Cell:
    about = {"metadata": {}, "outputs": [], "execution_count": None}
    return {"id": name, "cell_type": "code", "source": source, **about}
