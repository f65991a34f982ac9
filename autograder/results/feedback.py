"""What a student reads: the texts of a Score, by feedback profile."""

import unicodedata
from enum import StrEnum

from autograder.results.score import Outcome, QuestionScore, Score, TestScore

BROKE = "The grader broke. Your submission will be graded again; you lose nothing."


class Profile(StrEnum):
    """What students see, and when: see `autograder.results.gradescope`."""

    PRACTICE = "practice"
    GRADED = "graded"
    EXAM = "exam"


def summary(score: Score, profile: Profile) -> str:
    """What stands above the questions, open to students from the start."""
    lines = []
    if score.outcome is Outcome.BROKEN:
        broken = [q.name for q in score.questions if q.outcome is Outcome.BROKEN and not q.manual]
        lines.append(f"{BROKE} (Concerns {', '.join(broken)}.)")
    # A file that cannot be read is no result, and its author can still mend it.
    if profile is not Profile.EXAM or not score.readable:
        lines += score.notes
    if profile is Profile.EXAM and score.readable:
        lines.append(f"{score.submission} was received. Results appear when they are published.")
    if profile is Profile.GRADED and score.readable:
        lines.append(
            f"{score.submission}: you see now what the public tests say, and one hint for each "
            "question where a hidden test failed. Points appear after the due date."
        )
    by_hand = [question.name for question in score.questions if question.manual]
    if by_hand:
        lines.append(f"Marked by hand, and not counted here: {', '.join(by_hand)}.")
    if score.isolation:
        lines.append(f"Isolation: {score.isolation}")
    if score.versions:
        versions = ", ".join(f"{name} {version}" for name, version in score.versions.items())
        lines.append(f"Graded with {versions}")
    return "\n".join(lines)


def full_text(question: QuestionScore) -> str:
    """All that there is to say of a question."""
    lines = _first_lines(question)
    if not question.tests and not question.note:
        lines.append("Not examined.")
    for test in question.tests:
        lines += _test_lines(test)
    return "\n".join(lines)


def open_text(question: QuestionScore) -> str:
    """What a student sees of a question before the due date: no points, and one hint.

    To that come the hints of the known bugs that were found: they say what the results look like.
    """
    lines = _first_lines(question)
    for test in question.tests:
        if not test.hidden:
            lines += _test_lines(test)
    hidden = [test.title for test in question.tests if test.hidden]
    if hidden:
        lines.append(f"Hidden tests ({len(hidden)}):")
        lines += [f"  - {title}" for title in hidden]
    failure = _first_hidden_failure(question)
    if failure is not None:
        lines.append(f"Look at this first, for “{failure.title}”: {failure.hint}")
    lines.append(
        f"All results and the points (at most {question.max_points:g}) are in the entry "
        f"“{question.name}”, which opens after the due date."
    )
    return "\n".join(lines)


def is_fine(question: QuestionScore) -> bool:
    """Whether `open_text` names no failure."""
    shown = [test for test in question.tests if not test.hidden]
    return (
        bool(question.tests)
        and question.outcome is not Outcome.BROKEN
        and all(test.outcome is Outcome.PASSED for test in shown)
        and _first_hidden_failure(question) is None
    )


def plain(text: str, limit: int) -> str:
    """`text` without what a viewer or a parser of JSON may stumble over, cut at `limit`.

    Terminal sequences, zero bytes, direction marks that turn a line around, and halves of surrogate
    pairs, which strict parsers refuse together with the whole file.
    """
    if len(text) > limit:
        text = text[: limit - len(CUT)] + CUT
    if text.replace("\n", "").replace("\t", "").isprintable():  # nearly always, and at once
        return text
    return "".join(c if _is_harmless(c) else "�" for c in text)


CUT = " … (cut off)"


def _is_harmless(character: str) -> bool:
    # No-break spaces are no "printable" characters, but common ones.
    return character in "\n\t" or character.isprintable() or unicodedata.category(character) == "Zs"


def _first_lines(question: QuestionScore) -> list[str]:
    lines = [question.note] if question.note else []
    if question.misconceptions:
        lines.append("Your results are those of a mistake that is known:")
        lines += [f"  - {found.hint}" for found in question.misconceptions]
    return lines


def _first_hidden_failure(question: QuestionScore) -> TestScore | None:
    hidden = (test for test in question.tests if test.hidden)
    return next((t for t in hidden if t.outcome is Outcome.FAILED and t.hint), None)


def _test_lines(test: TestScore) -> list[str]:
    about = ["hidden"] if test.hidden else []
    if test.max_points:
        about.append(f"{test.points:g} of {test.max_points:g} points")
    lines = [f"[{test.outcome}] {test.title}" + (f" ({', '.join(about)})" if about else "")]
    for text in (test.hint, test.facts):
        lines += [f"    {line}" for line in text.splitlines()]
    return lines
