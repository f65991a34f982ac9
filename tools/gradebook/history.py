"""What was known of a hand-in before: earlier gradings, and what the last one changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from autograder.results.score import Outcome, Score
from tools.gradebook.staff_pages import Attempt
from tools.grading.regrade import Change
from tools.grading.store import Entry, score_of
from tools.table import points


def history_of(entries: Iterable[Entry]) -> list[Attempt]:
    """Return each time that a hand-in was graded, from its records, oldest first."""
    found = []
    for entry in entries:
        record = entry.read()
        score = score_of(record)
        if score is not None:
            when = datetime.fromtimestamp(entry.file.stat().st_mtime).astimezone()
            digest = str(record.get("file", ""))[:8]
            told = f"{score.submission}: {_result(score)}"
            found.append(Attempt(f"{when:%Y-%m-%d %H:%M}", digest, told))
    return found


def _result(score: Score) -> str:
    if score.outcome is Outcome.BROKEN:
        return "the grader broke"
    if not score.readable:
        return "it could not be read"
    return f"{points(score.points)} of {points(score.max_points)} points"


def changes_in_words(changed: Sequence[Change]) -> dict[str, str]:
    """Return what a regrade changed, by hand-in: "q8 4 → 6"."""
    ordered = sorted(changed, key=lambda change: change.handin.id)
    return {
        id_: ", ".join(
            f"{each.question.split('_')[0]} {_told(each.old)} → {_told(each.new)}" for each in some
        )
        for id_, some in groupby(ordered, key=lambda change: change.handin.id)
    }


def _told(value: float | None) -> str:
    return "?" if value is None else points(value)


def failed_before(score: Score | None, name: str, order: Sequence[str]) -> tuple[str, ...]:
    """Return the questions before this one that failed, for which right answers may stand in."""
    earlier = order[: order.index(name)]
    failed = score.questions if score else ()
    return tuple(q.name for q in failed if q.outcome is Outcome.FAILED and q.name in earlier)
