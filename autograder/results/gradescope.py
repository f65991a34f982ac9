"""Gradescope's results.json, made from a Score.

In every profile, each question has one entry with a score, with the same name, number and maximum:
Gradescope's sum cannot depend on how far a run got, which tests ran, or who is looking. There is no
top-level `score`: it would override that sum and might be shown where the entries are not.

| profile  | students see at once                         | later                                 |
|----------|----------------------------------------------|---------------------------------------|
| practice | everything                                   |                                       |
| graded   | notes, results of the public tests, titles   | points and all results, after the due |
|          | of the hidden ones; for each question the    | date                                  |
|          | hint of the first hidden test that failed    |                                       |
| exam     | that the file was received, or why it could  | all the rest, once published          |
|          | not be read                                  |                                       |

Under `graded` the entry with the points is hidden until the due date; a visible one without points
stands beside it. Public tests with points get no entries of their own: a question may be all or
nothing, and then its points are not a sum of parts. Only one hint is given at a time: all of them
would amount to the results of the hidden tests. Gradescope shows students no total while an entry
is hidden from them, so the total is never wrong.

If the grader broke or was killed before the end, an entry for staff comes first. It stays hidden
from students, and so does their total: points that are not final do not count. Otherwise there is
no such entry.

Questions marked by hand have no entry, because they would show 0 points; a line of the output names
them. All texts are plain text: some contain what a student wrote.
"""

import json
import math
from pathlib import Path
from typing import Any

from autograder.disk import write_atomically
from autograder.results import feedback
from autograder.results.feedback import BROKE, Profile, plain
from autograder.results.score import Outcome, QuestionScore, Score

# Gradescope documents no limit. A page of this size still opens at once; others use it too.
MAX_BYTES = 100_000
# The longest text, in characters. The first one that makes the file small enough is used.
TEXT_LIMITS = (8_000, 2_000, 500, 100)

UNFINISHED = (
    "These are the results so far. If you can read this, Gradescope killed the grader because it "
    "took more time or memory than the assignment's settings allow. Raise them, then regrade."
)

# When the entry with a question's points opens.
OPENS = {
    Profile.PRACTICE: "visible",
    Profile.GRADED: "after_due_date",
    Profile.EXAM: "after_published",
}


def results(
    score: Score, profile: str, finished: bool = True, leaderboard: bool = False
) -> dict[str, Any]:
    """Return what Gradescope gets, at most MAX_BYTES as a file. `leaderboard`: show who leads."""
    board = _leaderboard(score, Profile(profile)) if leaderboard else {}
    for limit in TEXT_LIMITS:
        values = _results(score, Profile(profile), limit) | board
        if not finished:
            values["tests"].insert(0, _staff_entry("the run did not end", UNFINISHED))
        if len(as_json(values)) <= MAX_BYTES:
            return values
    # Hundreds of tests: the record of the score repeats what the entries say.
    return {key: value for key, value in values.items() if key != "extra_data"}


def broken_results(staff_text: str) -> dict[str, Any]:
    """Return what Gradescope gets when not even the questions are known."""
    return {
        "score": 0.0,
        "output": BROKE,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_staff_entry("the grader broke", plain(staff_text, TEXT_LIMITS[0]))],
    }


def as_json(values: dict[str, Any]) -> bytes:
    """Return the contents of results.json: strict JSON, in ASCII so that any encoding works."""
    return (json.dumps(values, indent=1, allow_nan=False) + "\n").encode("ascii")


def write_results(path: Path, values: dict[str, Any]) -> None:
    """Replace results.json."""
    write_atomically(path, as_json(values))


def _results(score: Score, profile: Profile, limit: int) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    if score.outcome is Outcome.BROKEN:
        notes = "\n\n".join(score.staff_notes) or "It left no message."
        entries.append(_staff_entry("the grader broke", plain(notes, limit)))
    for number, question in enumerate(score.questions, start=1):
        if not question.manual:
            if profile is Profile.GRADED:
                entries.append(_open_entry(number, question, limit))
            entries.append(_scored_entry(number, question, profile, limit))
    if profile is Profile.EXAM and score.notes:
        notes = plain("\n".join(score.notes), limit)
        entries.append(_entry("Notes on your notebook", notes) | {"visibility": OPENS[profile]})
    return {
        "output": plain(feedback.summary(score, profile), 2 * limit),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        # Staff always see it.
        "stdout_visibility": "hidden",
        **_duration(score.seconds, profile),
        "tests": entries,
        "extra_data": {"score": _record(score, limit)},
    }


def _duration(seconds: float, profile: Profile) -> dict[str, float]:
    """Nothing where hidden tests are secret: how long it takes is up to the submission."""
    return {"execution_time": _finite(seconds)} if profile is Profile.PRACTICE else {}


def _leaderboard(score: Score, profile: Profile) -> dict[str, Any]:
    """Return what tests measured, lowest first. The whole class sees it at once.

    Three digits: in the others, a submission could write down the hidden inputs that it has seen.
    """
    board = [
        {"name": plain(name, 100), "value": float(f"{value:.3g}"), "order": "asc"}
        for name, value in score.measured.items()
        if math.isfinite(value)
    ]
    return {"leaderboard": board} if board and profile is not Profile.EXAM else {}


def _entry(name: str, output: str, **values: Any) -> dict[str, Any]:
    formats = {"name_format": "text", "output_format": "text"}
    return {"name": name, **formats, "output": output, **values}


def _staff_entry(what: str, text: str) -> dict[str, Any]:
    return _entry(f"For staff: {what}", text, status="failed", visibility="hidden")


def _scored_entry(
    number: int, question: QuestionScore, profile: Profile, limit: int
) -> dict[str, Any]:
    most = max(_finite(question.max_points), 0.0)
    points = min(max(_finite(question.points), 0.0), most)
    return _entry(
        plain(question.name, 100),
        plain(feedback.full_text(question), limit),
        number=str(number),
        score=round(points, 6),
        # Without a maximum of its own, its points come on top.
        max_score=0 if question.bonus else round(most, 6),
        # Gradescope's own rule would show a question without points as passed.
        status="passed" if question.outcome is Outcome.PASSED else "failed",
        visibility=OPENS[profile],
    )


def _open_entry(number: int, question: QuestionScore, limit: int) -> dict[str, Any]:
    """Return what a student sees of a question before the due date, without points."""
    return _entry(
        plain(f"{question.name}: public tests and a hint", 100),
        plain(feedback.open_text(question), limit),
        number=str(number),
        status="passed" if feedback.is_fine(question) else "failed",
        visibility="visible",
    )


def _record(score: Score, limit: int) -> dict[str, Any]:
    """Return the Score as plain values, for programs that staff write.

    Leave out staff notes, because Gradescope also passes the record to the grader of the student's
    next submission, and curves, which are long.
    """
    values = score.to_json() | {"staff_notes": [], "curves": {}}
    for question in values["questions"]:
        for test in question["tests"]:
            test["staff_facts"] = ""
    return _cleaned(values, limit)


def _cleaned(value: Any, limit: int) -> Any:
    if isinstance(value, dict):
        return {plain(str(key), limit): _cleaned(item, limit) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item, limit) for item in value]
    if isinstance(value, str):
        return plain(value, limit)
    return _finite(value) if isinstance(value, float) else value


def _finite(number: float) -> float:
    return number if math.isfinite(number) else 0.0
