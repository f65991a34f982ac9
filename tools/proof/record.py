"""A proof on file and on the terminal: which laws hold, and which bug each test catches."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.disk import write_atomically
from tools.grading.version import package_versions
from tools.proof.evidence import failed_tests, graded, named, points_lost, tests_of
from tools.proof.plan import Scope
from tools.proof.verdict import State
from tools.terminal import printable

if TYPE_CHECKING:
    from tools.proof.prove import Proof

MOST_LINES = 20
SIGNS = {State.HOLDS: "✓", State.BROKEN: "✗", State.NOTHING: "–", State.NOT_REACHED: "·"}


def as_json(proof: "Proof") -> dict[str, Any]:
    """Return everything that was found out, in plain values."""
    evidence = proof.evidence
    hints = {bug.slug: bug for bug in proof.bank.answers.bugs}
    bugs, accepted = [], []
    for subject in proof.subjects.bugs if proof.subjects else ():
        if score := evidence.examined.get(subject.name):
            bugs.append(
                {
                    "slug": subject.name,
                    "question": subject.questions[0],
                    "hint": hints[subject.name].hint,
                    "lost": points_lost(score),
                    "failed": failed_tests(score),
                    "named": named(score, subject.questions[0]),
                }
            )
    for subject in proof.subjects.accepted if proof.subjects else ():
        if score := evidence.examined.get(subject.name):
            hinted = [bug.slug for q in graded(score) for bug in q.misconceptions]
            accepted.append(
                {
                    "file": subject.name,
                    "questions": list(subject.questions),
                    "lost": points_lost(score),
                    "hints": hinted,
                    "seeds": sum(name == subject.name for name, _ in evidence.seeds),
                }
            )
    return {
        "assignment": proof.name,
        "semester": proof.semester,
        "form": proof.scope.form,
        "mutants": _mutants(proof),
        "inputs": proof.inputs,
        "holds": proof.holds,
        "laws": [
            {
                "law": str(law),
                "state": str(verdict.state),
                "checked": verdict.checked,
                "problems": list(verdict.problems),
                "notes": list(verdict.notes),
            }
            for law in proof.laws
            if (verdict := proof.verdicts.get(law))
        ],
        "bugs": bugs,
        "accepted": accepted,
        "tests": _tests(proof),
        "versions": package_versions(),
    }


def _mutants(proof: "Proof") -> list[dict[str, Any]] | None:
    """Return each mutant, and what became of it; None if they were not asked for.

    named: the known bugs or relations of its feedback; equivalent: the reason why it may survive.
    """
    if not proof.scope.mutants:
        return None
    found = []
    for mutant, subject in proof.subjects.mutants if proof.subjects else ():
        if score := proof.evidence.examined.get(subject.name):
            about = {key: value for key, value in asdict(mutant).items() if key != "source"}
            told = {"caught": bool(points_lost(score)), "named": named(score, mutant.question)}
            found.append(about | told | {"equivalent": proof.equivalent.get(mutant.edit, "")})
    return found


def _tests(proof: "Proof") -> list[dict[str, Any]]:
    score = proof.evidence.examined.get(proof.subjects.solution.name) if proof.subjects else None
    return [
        {"question": question, "title": test.title, "hidden": test.hidden}
        for question, test in (tests_of(score) if score else ())
    ]


def write_proof(proof: "Proof", folder: Path) -> list[Path]:
    """Write NAME.json and, if bugs were graded, NAME.png; return the files."""
    values = as_json(proof)
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    written = [folder / f"{proof.name}.json"]
    picture = folder / f"{proof.name}.png"
    if values["bugs"]:
        # matplotlib takes a second to import.
        from tools.proof.matrix import draw

        write_atomically(picture, draw(values))
        written.append(picture)
    else:
        picture.unlink(missing_ok=True)
    # Last, because it says that everything is done.
    write_atomically(written[0], text.encode())
    return written


def proven(folder: Path, name: str, inputs: str, scope: Scope) -> str | None:
    """Return the form that proved all laws for the same inputs; None if they must be judged."""
    try:
        values = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        same = values["inputs"] == inputs and values["holds"]
        enough = values["form"] == Scope(full=True).form or not scope.full
        enough &= values["mutants"] is not None or not scope.mutants
        complete = not values["bugs"] or (folder / f"{name}.png").is_file()
        return values["form"] if same and enough and complete else None
    except (OSError, ValueError, KeyError):
        return None


def print_proof(proof: "Proof", written: Sequence[Path], seconds: float) -> None:
    """Print the table of laws, then what breaks them, the first law first."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=100)
    title = f"{proof.name}: {proof.scope.form} proof"
    table = Table("", "law", "checked", "verdict", title=title, title_justify="left")
    table.add_column("seconds", justify="right")
    for law in proof.laws:
        verdict = proof.verdicts[law]
        spent = proof.seconds.get(law)
        shown = "" if spent is None else f"{spent:.1f}"
        table.add_row(SIGNS[verdict.state], law, verdict.checked, verdict.state, shown)
    console.print(table)
    for law in proof.laws:
        verdict = proof.verdicts[law]
        if verdict.problems:
            console.print(f"The law {law} is broken:", style="bold")
        lines = verdict.problems or verdict.notes
        mark = "✗" if verdict.problems else "note:"
        for line in lines[:MOST_LINES]:
            console.print(Text(printable(f"  {mark} {line}")), soft_wrap=True)
        if len(lines) > MOST_LINES:
            console.print(f"  and {len(lines) - MOST_LINES} more, in {proof.name}.json")
    where = ", ".join(_shown(path) for path in written)
    console.print(f"{where}   {seconds:.1f} s", soft_wrap=True)


def _shown(path: Path) -> str:
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else str(path)
