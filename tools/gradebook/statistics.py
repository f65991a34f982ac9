"""What the scores of a class say together: from graded hand-ins to the staff's report.

A question or a submission over which the grader broke counts nowhere, unless staff set its points.
"""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.results.score import Outcome, QuestionScore, Score, TestScore
from tools.gradebook.class_report import (
    Alike,
    Broken,
    ClassReport,
    Measure,
    MisconceptionRow,
    QuestionRow,
    Remark,
    Slow,
    StudentRow,
    TestRow,
    Totals,
    Who,
)
from tools.handins.handin import Handin, Student
from tools.likeness.likeness import Fingerprint
from tools.likeness.resemblance import resembling

SLOWEST = 5


@dataclass(frozen=True)
class Graded:
    """One hand-in and what became of it; without a score there was nothing to grade."""

    handin: Handin
    score: Score | None
    fingerprint: Fingerprint = field(default_factory=Fingerprint)


def class_report(
    graded: Sequence[Graded],
    rows: Sequence[StudentRow] = (),
    *,
    title: str = "",
    missing: Sequence[Student] = (),
    strangers: Sequence[Handin] = (),
    notes: Sequence[str] = (),
    known: Sequence[Fingerprint] = (),
    others: Mapping[str, Fingerprint] | None = None,
) -> ClassReport:
    """The report on a class; the order of `graded` does not matter.

    rows: its students, with the points that count: all points in the report are these; known:
    answers that people find on their own; others: fingerprints of an earlier class.
    """
    graded = sorted(graded, key=lambda each: each.handin.id)
    who = _names([*(each.handin for each in graded), *strangers])
    read = [each for each in graded if each.score is not None and each.score.readable]
    broken = [each for each in read if each.score.outcome is Outcome.BROKEN]
    final = [each for each in read if each.score.outcome is not Outcome.BROKEN]
    first = next((each.score for each in graded if each.score is not None), None)
    answers = [(each, question) for each in read for question in each.score.questions]
    names = list(dict.fromkeys(question.name for _, question in answers if not question.manual))
    return ClassReport(
        title=title or (first.assignment if first else ""),
        assignment=first.assignment if first else "",
        semester=first.semester if first else "",
        handins=len(graded),
        students=len({_key(student) for each in graded for student in each.handin.students}),
        broken=tuple(_broken(each, who) for each in broken),
        ungraded=tuple(_ungraded(graded, who)),
        late=tuple(Remark(who[g.handin.id], g.handin.late) for g in graded if g.handin.late),
        missing=tuple(sorted((_name(student) for student in missing), key=str.casefold)),
        strangers=tuple(who[handin.id] for handin in strangers),
        notes=tuple(notes),
        totals=Totals.of(row.total for row in rows),
        max_points=max((each.score.max_points for each in final), default=0.0),
        questions=tuple(_question(name, answers, rows) for name in names),
        by_hand=tuple(dict.fromkeys(q.name for _, q in answers if q.manual)),
        tests=tuple(row for name in names for row in _tests(name, answers)),
        misconceptions=tuple(_misconceptions(answers, who)),
        measures=tuple(_measures(read, who)),
        slowest=tuple(_slowest(read, who)),
        alike=tuple(_alike(read, who, known, others or {})),
        rows=tuple(rows),
        isolation=Counter(each.score.isolation for each in read),
        versions=Counter(
            ", ".join(f"{name} {version}" for name, version in each.score.versions.items())
            for each in read
        ),
    )


def _names(handins: Sequence[Handin]) -> dict[str, Who]:
    """A name for each hand-in, by its id; who shares a name is told apart by address or id."""
    names = {h.id: ", ".join(_name(student) for student in h.students) or h.id for h in handins}
    count = Counter(names.values())
    more = {h.id: next((s.email or s.sid for s in h.students), "") or h.id for h in handins}
    return {
        id_: Who(id_, f"{name} ({more[id_]})" if count[name] > 1 else name)
        for id_, name in names.items()
    }


def _name(student: Student) -> str:
    return student.name or student.email or student.sid or student.lms_id


def _key(student: Student) -> str:
    return student.lms_id or student.email or student.sid or student.name


def _broken(each: Graded, who: Mapping[str, Who]) -> Broken:
    questions = [q.name for q in each.score.questions if q.outcome is Outcome.BROKEN]
    return Broken(who[each.handin.id], tuple(questions), each.score.staff_notes)


def _ungraded(graded: Sequence[Graded], who: Mapping[str, Who]) -> Iterator[Remark]:
    for each in graded:
        if each.score is None:
            yield Remark(who[each.handin.id], each.handin.problem or "There is no file to grade.")
        elif not each.score.readable:
            yield Remark(who[each.handin.id], " ".join(each.score.notes))


Answers = Sequence[tuple[Graded, QuestionScore]]


def _counted(name: str, answers: Answers) -> list[tuple[Graded, QuestionScore]]:
    return [(g, q) for g, q in answers if q.name == name and q.outcome is not Outcome.BROKEN]


def _question(name: str, answers: Answers, rows: Sequence[StudentRow]) -> QuestionRow:
    earned = [row.points[name] for row in rows if name in row.points]
    counted = _counted(name, answers)
    questions = [question for _, question in counted]
    return QuestionRow(
        name=name,
        max_points=max((question.max_points for question in questions), default=0.0),
        graded=len(counted),
        passed=sum(question.outcome is Outcome.PASSED for question in questions),
        blank=sum(name in each.fingerprint.blank for each, _ in counted),
        mean_points=statistics.fmean(earned) if earned else 0.0,
        mean_seconds=statistics.fmean(q.seconds for q in questions) if questions else 0.0,
        carried=Counter(earlier for question in questions for earlier in question.carried),
    )


def _tests(name: str, answers: Answers) -> Iterator[TestRow]:
    tried: dict[tuple[str, bool], list[TestScore]] = defaultdict(list)
    for each, question in _counted(name, answers):
        if name not in each.fingerprint.blank:
            for test in question.tests:
                tried[test.title, test.hidden].append(test)
    for (title, hidden), tests in tried.items():
        failed = sum(test.outcome is Outcome.FAILED for test in tests)
        yield TestRow(name, title, hidden, len(tests), failed)


def _misconceptions(answers: Answers, who: Mapping[str, Who]) -> list[MisconceptionRow]:
    found: dict[tuple[str, str], list[Who]] = defaultdict(list)
    hints = {}
    for each, question in answers:
        for misconception in question.misconceptions:
            found[question.name, misconception.slug].append(who[each.handin.id])
            hints[misconception.slug] = misconception.hint
    rows = [MisconceptionRow(q, slug, hints[slug], tuple(w)) for (q, slug), w in found.items()]
    return sorted(rows, key=lambda row: (-len(row.found), row.slug))


def _measures(read: Sequence[Graded], who: Mapping[str, Who]) -> Iterator[Measure]:
    scores = [(each.score, who[each.handin.id]) for each in read]
    for name in dict.fromkeys(n for s, _ in scores for n in (*s.measured, *s.curves)):
        limits = next((s.limits[name] for s, _ in scores if name in s.limits), None)
        low, high = limits or (-math.inf, math.inf)
        values = {one: s.measured.get(name, math.nan) for s, one in scores}
        values = {one: value for one, value in values.items() if math.isfinite(value)}
        passed = {one for one, value in values.items() if low < value < high}
        curves = [(one in passed, s.curves[name]) for s, one in scores if s.curves.get(name)]
        yield Measure(
            name,
            tuple(sorted(values.values())),
            limits,
            tuple(one for one, value in values.items() if value <= low),
            tuple(one for one, value in values.items() if value >= high),
            tuple(curve for has_passed, curve in curves if has_passed),
            tuple(curve for has_passed, curve in curves if not has_passed),
        )


def _slowest(read: Sequence[Graded], who: Mapping[str, Who]) -> Iterator[Slow]:
    for each in sorted(read, key=lambda each: -each.score.seconds)[:SLOWEST]:
        score, times = each.score, {q.name: q.seconds for q in each.score.questions}
        longest = max(times, key=times.get, default="")
        seconds = times.get(longest, 0.0)
        yield Slow(who[each.handin.id], score.seconds, score.cpu_seconds, longest, seconds)


def _alike(
    read: Sequence[Graded],
    who: Mapping[str, Who],
    known: Sequence[Fingerprint],
    others: Mapping[str, Fingerprint],
) -> Iterator[Alike]:
    by_id = {each.handin.id: each for each in read}
    prints = {id_: each.fingerprint for id_, each in by_id.items()}
    for pair in resembling(prints, known, others):
        failed = [
            {q.name for q in by_id[id_].score.questions if q.outcome is Outcome.FAILED}
            for id_ in pair.ids
            if id_ in by_id
        ]
        # The same answer fails for one and passes for another where it calls answers that differ.
        wrong = [s.question for s in pair.shared if all(s.question in each for each in failed)]
        found = tuple(who.get(id_) or Who(id_, id_) for id_ in pair.ids)
        about = (pair.shared, pair.compared, pair.expected)
        yield Alike(found, pair.same_file, *about, tuple(wrong))
