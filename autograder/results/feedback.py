"""What a student reads: the texts of a Score for each feedback profile."""

import unicodedata
from dataclasses import replace
from enum import StrEnum

from autograder.results.score import Outcome, QuestionScore, Score, TestScore

BROKE = "The grader broke. Your submission will be graded again; you lose nothing."


class Profile(StrEnum):
    """What students see and when; see `autograder.results.gradescope`."""

    PRACTICE = "practice"
    GRADED = "graded"
    EXAM = "exam"


def summary(score: Score, profile: Profile) -> str:
    """Return the text above the questions, which students see from the start."""
    lines = []
    if score.outcome is Outcome.BROKEN:
        broken = [q.name for q in score.questions if q.outcome is Outcome.BROKEN and not q.manual]
        lines.append(f"{BROKE} (Concerns {', '.join(broken)}.)")
    # An unreadable file is not a result, and its author can still fix it.
    if profile is not Profile.EXAM or not score.readable:
        lines += score.notes
    if profile is Profile.EXAM and score.readable:
        lines.append(f"{score.submission} was received. Results appear when they are published.")
    if profile is Profile.GRADED and score.readable:
        lines.append(
            f"{score.submission}: for now you see the results of the public tests, and one hint "
            "for each question where a hidden test failed. Points appear after the due date."
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
    """Return everything there is to say about a question."""
    lines = _first_lines(question)
    if not question.tests and not question.note:
        lines.append("Not examined.")
    for test in question.tests:
        lines += _test_lines(test)
    return "\n".join(lines)


def open_text(question: QuestionScore) -> str:
    """Return what a student sees of a question before the due date: no points, and one hint.

    Hints of known bugs that were found come on top: they say what the results look like.
    """
    lines = _first_lines(at_once(question))
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


def at_once(question: QuestionScore) -> QuestionScore:
    """Return the question with what its author may read of it before the due date on top.

    How wrong results follow from right ones waits until then: which sentence it is could be chosen
    by a submission that has seen hidden inputs. Hints of known bugs are as instructors wrote them.
    """
    told = tuple(found for found in question.misconceptions if found.is_known)
    return replace(question, note=question.note_at_once, misconceptions=told)


def without_edits(score: Score) -> Score:
    """Return the score without what quotes lines of the right answer."""

    def kept(question: QuestionScore) -> QuestionScore:
        told = tuple(found for found in question.misconceptions if not found.is_edit)
        return replace(question, misconceptions=told)

    return replace(score, questions=tuple(map(kept, score.questions)))


def is_fine(question: QuestionScore) -> bool:
    """Return whether `open_text` names no failure."""
    shown = [test for test in question.tests if not test.hidden]
    return (
        bool(question.tests)
        and question.outcome is not Outcome.BROKEN
        and all(test.outcome is Outcome.PASSED for test in shown)
        and _first_hidden_failure(question) is None
    )


def plain(text: str, limit: int) -> str:
    """Return `text` without what may upset a viewer or a JSON parser, cut at `limit`.

    That is terminal sequences, zero bytes, marks that reverse the text direction, and lone
    surrogates, because of which strict parsers reject the whole file.
    """
    if len(text) > limit:
        text = text[: limit - len(CUT)] + CUT
    if text.replace("\n", "").replace("\t", "").isprintable():  # nearly always, and fast
        return text
    return "".join(c if _is_harmless(c) else "�" for c in text)


CUT = " … (cut off)"


def _is_harmless(character: str) -> bool:
    # No-break spaces are not "printable", but common.
    return character in "\n\t" or character.isprintable() or unicodedata.category(character) == "Zs"


def _first_lines(question: QuestionScore) -> list[str]:
    lines = [question.note] if question.note else []
    for known, heading in (
        (True, "Your results match a known mistake:"),
        (False, "Your results, compared with the right ones:"),
    ):
        hints = [found.hint for found in question.misconceptions if found.is_known is known]
        lines += [heading, *(f"  - {hint}" for hint in hints)] if hints else []
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
