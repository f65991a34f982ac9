"""What a regrade changed: each student's points per question before and after, and why."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.disk import write_atomically
from autograder.results.score import Outcome, QuestionScore
from tools.grading.store import Entry, Record, Store, score_of
from tools.handins.handin import Handin
from tools.table import points, write_table

HEADER = ["id", "name", "email", "sid", "question", "old", "new", "why"]
NO_POINTS = "not graded"


@dataclass(frozen=True)
class Change:
    """The old and new points of one question; None where the grader broke."""

    handin: Handin
    question: str
    old: float | None
    new: float | None
    why: str


def latest_changes(handin: Handin, store: Store, key: str) -> list[Change]:
    """Return how the current record differs from the previous one of the same file."""
    entry = store.last(handin.id, key)
    if entry is None or entry == store.entries(handin.id)[0]:
        return []
    now = entry.read()
    before = _before(entry, store, now) if now else None
    return changes(handin, before, now) if before else []


def _before(entry: Entry, store: Store, now: Record) -> Record | None:
    for each in reversed(store.entries(entry.whose)):
        record = each.read() if each.number < entry.number else None
        same = record is not None and record.get("file") == now["file"]
        # Points of a run that broke were never final.
        score = score_of(record) if same else None
        if score is not None and score.outcome is not Outcome.BROKEN:
            return record
    return None


def changes(handin: Handin, before: Record, now: Record) -> list[Change]:
    """Return the questions whose points differ in the later record."""
    scores = map(score_of, (before, now))
    old, new = ({q.name: q for q in each.questions if not q.manual} for each in scores)
    cause = "graded twice by the same tests: the answer depends on chance or on time"
    if before["kit"] != now["kit"]:
        cause = "other tests"
    elif before["grader"] != now["grader"]:
        cause = "graded by another version"
    found = []
    for name in [*new, *(name for name in old if name not in new)]:
        pair = old.get(name), new.get(name)
        if _value(pair[0]) != _value(pair[1]):
            found.append(Change(handin, name, *map(_value, pair), _why(*pair, cause)))
    return found


def _value(question: QuestionScore | None) -> float | None:
    broken = question is None or question.outcome is Outcome.BROKEN
    return None if broken else question.points


def _why(old: QuestionScore | None, new: QuestionScore | None, cause: str) -> str:
    if old is None or new is None:
        return "the question is new" if old is None else "the question is gone"
    if Outcome.BROKEN in (old.outcome, new.outcome):
        return "the grader broke " + ("before" if old.outcome is Outcome.BROKEN else "now")
    before = {test.title: test for test in old.tests}
    after = {test.title: test for test in new.tests}
    told = [
        f"{title}: {before[title].outcome} → {test.outcome}"
        for title, test in after.items()
        if title in before and before[title].outcome is not test.outcome
    ]
    told += [
        f"{title}: new, {test.outcome}" for title, test in after.items() if title not in before
    ]
    told += [f"{title}: gone" for title in before if title not in after]
    told += [
        f"{title}: {points(before[title].max_points)} → {points(test.max_points)} points"
        for title, test in after.items()
        if title in before and before[title].max_points != test.max_points
    ]
    if old.carried != new.carried:
        carried = ", ".join(new.carried) or "none"
        told.append(f"right answers in place of {carried}")
    return "; ".join([cause, *told])


def regrade_csv(found: Iterable[Change]) -> str:
    """Return the changes as a table: a row for each student and question."""
    rows = []
    for change in found:
        values = [NO_POINTS if each is None else points(each) for each in (change.old, change.new)]
        for student in change.handin.students or (None,):
            who = [student.name, student.email, student.sid] if student else ["", "", ""]
            rows.append([change.handin.id, *who, change.question, *values, change.why])
    return write_table(HEADER, rows)


class Regrade:
    """A regrade that can be interrupted: it remembers which records existed when it began.

    `asked`: which students and questions it is about; another one begins anew.
    """

    def __init__(self, folder: Path, asked: Iterable[str] = ()) -> None:
        self._file = folder / "regrade.json"
        self._asked = sorted(asked)

    def begin(self, store: Store, ids: Iterable[str]) -> Mapping[str, int]:
        """Return each hand-in's last record number when this regrade began, perhaps runs ago."""
        try:
            begun = json.loads(self._file.read_bytes())
            if begun["asked"] == self._asked:
                return begun["before"]
        except (OSError, ValueError, KeyError, TypeError):
            pass
        before = {}
        for id_ in ids:
            entries = store.entries(id_)
            before[id_] = entries[-1].number if entries else 0
        begun = {"asked": self._asked, "before": before}
        write_atomically(self._file, json.dumps(begun).encode())
        return before

    def end(self) -> None:
        """Forget the beginning: everything is graded again."""
        self._file.unlink(missing_ok=True)
