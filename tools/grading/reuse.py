"""What an earlier record still tells: a change of one question's tests leaves the others' scores.

A question that passed without help depends on nothing but the file, its own tests, and what all
questions share. One that failed also depends on the others: right answers stand in for those that
failed, and known bugs are looked for. So whenever anything changes, what failed or was helped is
examined again together with what changed; all the rest is kept.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.assignment.answers import FILE as ANSWERS
from autograder.assignment.bundle import FILE as BUNDLE
from autograder.assignment.bundle import Bundle
from autograder.results.score import Outcome, QuestionScore, Score
from tools.files import sha256

# What assignment.json says about pages, not about points.
PRESENTATION = ("title", "course", "feedback", "leaderboard", "nearest_edit")


@dataclass(frozen=True)
class Parts:
    """Hashes of the tests: of what all questions share, of each question, and of the answers.

    The answers, right and wrong, decide only what becomes of a question that failed.
    """

    shared: str
    questions: Mapping[str, str] = field(default_factory=dict)
    answers: str = ""

    def changed_since(self, earlier: Mapping[str, str]) -> set[str]:
        """Return the questions whose tests are others than in the hashes of a record."""
        return {name for name, now in self.questions.items() if earlier.get(name) != now}


def parts_of(files: Mapping[str, bytes]) -> Parts:
    """Return the hashes of the files in hidden_tests/NAME."""
    about = _parsed(files.get(BUNDLE, b""))
    listed = {q["name"]: q for q in about.pop("questions", [])}
    for key in PRESENTATION:
        about.pop(key, None)
    rest = {path: sha256(data) for path, data in files.items() if path not in (BUNDLE, ANSWERS)}
    questions = {}
    for name, question in listed.items():
        tests = rest.pop(f"{name}.py", "")
        questions[name] = _hash([tests, question])
    return Parts(_hash([about, rest]), questions, sha256(files.get(ANSWERS, b"")))


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        values = json.loads(text)
        return values if isinstance(values, dict) else {}
    except ValueError:
        return {"unreadable": sha256(text)} if text else {}


def _hash(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode())


def unsettled(score: Score) -> set[str]:
    """Return the questions that failed, or that passed with right answers in place of others."""
    return {
        question.name
        for question in score.questions
        if not question.manual and (question.outcome is not Outcome.PASSED or question.carried)
    }


def merged(kept: Score, fresh: Score, examined: Collection[str], bundle: Bundle) -> Score:
    """Return a score with the fresh questions that were examined, and the others as they were.

    What was measured under one name replaces what was measured under it before.
    """
    old, new = ({q.name: q for q in score.questions} for score in (kept, fresh))
    questions, seconds = [], kept.seconds
    for question in bundle.questions:
        blank = QuestionScore(
            question.name,
            0.0,
            0.0 if question.manual else question.points,
            Outcome.FAILED,
            manual=question.manual,
            bonus=question.bonus,
        )
        former = old.get(question.name, blank)
        now = new.get(question.name, blank) if question.name in examined else former
        seconds += now.seconds - former.seconds
        questions.append(now)
    return replace(
        fresh,
        questions=tuple(questions),
        seconds=round(max(seconds, 0.0), 3),
        cpu_seconds=max(kept.cpu_seconds, fresh.cpu_seconds),
        measured={**kept.measured, **fresh.measured},
        limits={**kept.limits, **fresh.limits},
        curves={**kept.curves, **fresh.curves},
    )
