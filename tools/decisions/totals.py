"""What counts for one student in the end: graded points, staff's adjustments, and lateness."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tools.course.rules import LateRule
from tools.decisions.adjustments import TOTAL, Adjustment, Most
from tools.handins.handin import Handin
from tools.table import points

DAY = 86400.0
_LATENESS = re.compile(r"(\d+):(\d\d):(\d\d)")


@dataclass(frozen=True)
class Final:
    """The points that count, and what they came from. No total: none is final.

    changes: what staff changed, as in "q3_step: 4 → 10"; late_days: None if the LMS says that it
    was late, but not how late; penalty: the points that this cost; waiting: questions whose points
    were to be changed, but there are none yet.
    """

    points: Mapping[str, float] = field(default_factory=dict)
    total: float | None = None
    excused: bool = False
    changes: tuple[str, ...] = ()
    late_days: int | None = 0
    penalty: float = 0.0
    comments: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """What the student reads about all this, in one text."""
        late = ""
        if self.penalty:
            late = f"Late by {_days(self.late_days)}: {points(-self.penalty)} points."
        changed = f"Adjusted by staff: {'; '.join(self.changes)}." if self.changes else ""
        excused = "Excused." if self.excused else ""
        return " ".join(filter(None, (excused, changed, late, *self.comments)))


def days_late(handin: Handin, rule: LateRule | None, assignment: str) -> int | None:
    """Return how many late days have begun; None if that cannot be told."""
    if rule is None:
        return 0
    seconds = None
    if match := _LATENESS.fullmatch(handin.late.strip()):
        hours, minutes, rest = map(int, match.groups())
        seconds = 3600.0 * hours + 60.0 * minutes + rest
    elif (due := rule.due.get(assignment)) and (submitted := _moment(handin.submitted)):
        seconds = (submitted - due).total_seconds()
    elif not handin.late:
        seconds = 0.0
    if seconds is None:
        return None
    return math.ceil(seconds / DAY) if seconds > 60.0 * rule.grace_minutes else 0


def untimed(handins: Iterable[Handin], rule: LateRule | None, assignment: str) -> str:
    """Return a note on the hand-ins of which the download tells neither a time nor lateness.

    Canvas marks those that are late: where some are marked, the others are in time.
    """
    handins = [each for each in handins if each.file]
    if rule is None or assignment not in rule.due or any(h.late for h in handins):
        return ""
    unknown = [each.id for each in handins if not _moment(each.submitted)]
    if not unknown:
        return ""
    more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
    who = ", ".join(unknown[:8]) + more if len(unknown) < len(handins) else "anybody"
    return (
        f"The download does not say when {who} handed in, so being late costs nothing there. If it "
        'should, write late days into adjustments.csv: total, "2 late days".'
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def penalty(total: float, days: int, rule: LateRule | None) -> float:
    """Return the points that so many late days cost."""
    if rule is None or days <= 0:
        return 0.0
    if rule.last_day and days > rule.last_day:
        return total
    return total * min(rule.percent_per_day * max(days - rule.free_days, 0) / 100.0, 1.0)


def final(
    graded: Mapping[str, float],
    questions: Collection[str] | None,
    adjustments: Sequence[Adjustment],
    most: Most,
    late: int | None = 0,
    rule: LateRule | None = None,
) -> Final:
    """Return what counts, of the final points by question.

    questions: those that a total needs, None if there is none; late: the days that the LMS tells.
    """
    earned, changes, waiting = dict(graded), [], []
    for each in (a for a in adjustments if a.question != TOTAL):
        before = earned.get(each.question)
        after = each.points if each.points is not None else (before or 0.0) + each.change
        # A change of points that are not known says nothing about the sum.
        if before is not None or each.points is not None:
            earned[each.question] = min(max(after, 0.0), most.of(each.question))
            changes.append(_change(each.question, before, earned[each.question]))
        else:
            waiting.append(each.question)
    mine = [each for each in adjustments if each.question == TOTAL]
    late = next((each.late_days for each in mine if each.late_days is not None), late)
    known = questions is not None and earned.keys() >= set(questions)
    total, lost = (sum(earned.values()) if known else None), 0.0
    given = next((each.points for each in mine if each.points is not None), None)
    if total is not None and given is None:
        lost = round(penalty(total, late or 0, rule), 4)
        total -= lost
    before, total = total, total if given is None else given
    if total is not None:
        total = total + sum(each.change for each in mine if each.change is not None)
        # Marks of a question without a maximum may have brought it above all others' sum.
        total = round(min(max(total, 0.0), max(most.total, given or 0.0, before or 0.0)), 4)
    if any(each.points is not None or each.change is not None for each in mine):
        if total is None:
            waiting.append(TOTAL)
        else:
            changes.append(_change(TOTAL, before, total))
    excused = any(each.excused for each in mine)
    return Final(
        earned,
        None if excused else total,
        excused,
        tuple(changes),
        late,
        lost,
        tuple(each.comment for each in adjustments if each.comment),
        tuple(waiting),
    )


def _change(what: str, before: float | None, after: float | None) -> str:
    old, new = ("no points" if each is None else points(each) for each in (before, after))
    return f"{what}: {old} → {new}"


def _days(count: int | None) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
