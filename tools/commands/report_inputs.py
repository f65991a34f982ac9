"""What hand-ins are compared with besides each other: known answers, and earlier classes."""

from collections.abc import Mapping
from pathlib import Path

from autograder.assignment.bundle import Bundle
from tools.commands.request import Request, graded_here
from tools.handins.classlist import read_class
from tools.likeness.likeness import Fingerprint, fingerprint_of_code, read_fingerprint

# File and fingerprint of each hand-in of an earlier class, by label.
Compared = Mapping[str, tuple[Path, Fingerprint]]


def known_answers(bundle: Bundle, request: Request) -> list[Fingerprint]:
    """Return the fingerprints of the bank: the reference, other right answers, known mistakes."""
    names = {answer.question: answer.names for answer in bundle.answers.answers}
    found = [
        fingerprint_of_code("\n".join(answer.source for answer in bundle.answers.answers), names)
    ]
    folder = request.root / "assignments" / request.name / "accepted"
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))]
    found += [fingerprint_of_code(text, names) for text in texts]
    for bug in bundle.answers.bugs:
        found.append(fingerprint_of_code(bug.source, {bug.question: names[bug.question]}))
    return found


def earlier_class(bundle: Bundle, request: Request) -> Compared:
    """Return the class in `--compare`."""
    if request.compare is None:
        return {}
    names = {answer.question: answer.names for answer in bundle.answers.answers}
    paths = (request.compare,)
    if (request.compare / ".store").is_dir():
        # The folder of a graded class.
        _, paths = graded_here(request.compare)
    where = request.out / ".compared"
    found = read_class(paths, where, None, request.name)
    untouched = request.root / f"student_release/{request.name}/{request.name}.ipynb"
    release = read_fingerprint(untouched, names)
    return {
        f"{request.compare.name}: {each.id}": (
            each.file,
            read_fingerprint(each.file, names, release, request.name),
        )
        for each in found.handins
        if each.file is not None
    }
