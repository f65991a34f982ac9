"""The staff's report as values: who counts where, what is hard, what is useless."""

import random
from dataclasses import replace
from pathlib import Path

from autograder.results.score import Misconception, Outcome, QuestionScore, Score
from autograder.results.score import TestScore as OneTest  # pytest collects what is called Test…
from tools.gradebook import staff_pages
from tools.gradebook.class_report import StudentRow, Who
from tools.gradebook.statistics import Graded, class_report
from tools.handins.handin import Handin, Student
from tools.likeness.likeness import Fingerprint

PASSED, FAILED, BROKEN = Outcome


def question(name: str, *passed: bool, seconds: float = 1.0, **values) -> QuestionScore:
    """A question with a public test and hidden ones, each worth a point, that passed or not."""
    tests = [OneTest("public", False, 0, 0, PASSED if passed[0] else FAILED)]
    for number, fine in enumerate(passed[1:], start=1):
        tests.append(OneTest(f"hidden {number}", True, fine, 1, PASSED if fine else FAILED))
    outcome = PASSED if all(passed) else FAILED
    points = sum(passed[1:])
    return QuestionScore(
        name, points, len(passed) - 1, outcome, tuple(tests), seconds=seconds, **values
    )


def graded(number: int, *questions: QuestionScore, blank=(), name="", **values) -> Graded:
    student = Student(name or f"Student {number}", f"s{number}@uni.example", str(number))
    handin = Handin(f"id_{number}", (student,), Path("a.ipynb"))
    score = Score("tiny", "2026 spring", "a.ipynb", questions, seconds=number, **values)
    return Graded(handin, score, Fingerprint(blank=tuple(blank)))


def a_class() -> list[Graded]:
    """Twelve hand-ins; in q2, nobody passes `hidden 2`, and everybody `hidden 1`."""
    bug = (Misconception("q1_off_by_one", "Where does it begin?"),)
    return [
        graded(
            i,
            question("q1", True, i >= 8, misconceptions=bug if i < 3 else ()),
            question("q2", True, True, False, carried=("q1",) if i < 5 else ()),
            QuestionScore("q3", 0, 0, FAILED, manual=True),
        )
        for i in range(12)
    ]


def counting(some: list[Graded]) -> list[StudentRow]:
    """Return rows in which all counts as graded."""
    return [
        StudentRow(
            Who(each.handin.id, each.handin.students[0].name),
            "graded",
            {q.name: q.points for q in each.score.questions if not q.manual},
            each.score.points,
        )
        for each in some
    ]


def test_questions_and_totals():
    report = class_report(a_class(), counting(a_class()), title="Tiny")
    assert (report.title, report.assignment, report.semester) == ("Tiny", "tiny", "2026 spring")
    assert (report.handins, report.students, report.max_points) == (12, 12, 3)
    assert report.totals.values == (1,) * 8 + (2,) * 4 and report.full == 0
    assert report.totals.quartiles == (1, 1, 2) and report.totals.mean == 16 / 12
    one, two = report.questions
    assert (one.name, one.graded, one.passed, one.pass_rate) == ("q1", 12, 4, 1 / 3)
    assert (one.mean_points, one.max_points, one.mean_seconds) == (1 / 3, 1, 1.0)
    assert two.carried == {"q1": 5} and report.carried == (two,)
    assert report.by_hand == ("q3",)


def test_hard_and_useless_tests():
    report = class_report(a_class())
    assert [(test.title, test.failed, test.tried) for test in report.hardest] == [
        ("hidden 1", 8, 12)
    ]
    # Everybody is meant to pass a public test.
    assert [(test.question, test.title) for test in report.useless] == [
        ("q2", "hidden 1"),
        ("q2", "hidden 2"),
    ]
    assert class_report(a_class()[:9]).useless == ()  # nine are too few to tell


def test_blank_answers_fail_their_question_but_try_no_test():
    blank = [graded(20 + i, question("q2", False, False, False), blank=["q2"]) for i in range(3)]
    report = class_report([*a_class(), *blank])
    two = next(row for row in report.questions if row.name == "q2")
    assert (two.graded, two.blank) == (15, 3)
    assert {test.tried for test in report.tests if test.question == "q2"} == {12}
    assert "hidden 1" in [test.title for test in report.useless]


def test_misconceptions_name_their_students():
    (row,) = class_report(a_class()).misconceptions
    assert (row.question, row.slug, row.hint) == ("q1", "q1_off_by_one", "Where does it begin?")
    assert [who.name for who in row.found] == ["Student 0", "Student 1", "Student 2"]


def test_points_are_those_that_count_everywhere():
    """Adjustments, penalties and excuses are in the mean, the median, the lowest and the means."""
    rows = counting(a_class())
    rows[0] = replace(rows[0], total=0.5, points={"q1": 0.5, "q2": 0})
    rows[1] = replace(rows[1], total=None, status="excused", points={})
    rows[11] = replace(rows[11], total=4.5)  # with extra credit
    rows.append(StudentRow(Who("", "Nobody"), "nothing handed in", {}, None))
    report = class_report(a_class(), rows)
    assert report.totals.values == (0.5, *(1,) * 6, 2, 2, 2, 4.5) and report.full == 1
    assert (report.totals.median, report.totals.mean) == (1, 17 / 11)
    assert [each.total for each in report.lowest] == [0.5]
    assert report.questions[0].mean_points == 4.5 / 11 and report.questions[0].graded == 12
    assert report.graded == 12
    page = staff_pages.class_page(report)
    assert "11 students have a total; mean 1.5, median 1, the middle half from 1 to 2." in page


def test_a_broken_grader_is_no_zero():
    broken = QuestionScore("q1", 0, 1, BROKEN, note="The grader broke.")
    one = graded(50, broken, question("q2", True, True, True), staff_notes=("a traceback",))
    rows = [*counting(a_class()), replace(row(50, None), points={"q2": 2})]
    report = class_report([*a_class(), one], rows)
    (found,) = report.broken
    assert (found.who.id, found.questions, found.notes) == ("id_50", ("q1",), ("a traceback",))
    assert len(report.totals) == report.graded == 12
    assert [row.graded for row in report.questions] == [12, 13]


def test_what_could_not_be_graded():
    unread = graded(50, question("q1", False, False), readable=False, notes=("This is a PDF.",))
    nothing = Graded(Handin("id_51", (), None, problem="The zip is damaged."), None)
    late = graded(52, question("q1", True, True))
    late = replace(late, handin=replace(late.handin, late="0:12:30"))
    report = class_report([*a_class(), unread, nothing, late])
    assert [(r.who.name, r.text) for r in report.ungraded] == [
        ("Student 50", "This is a PDF."),
        ("id_51", "The zip is damaged."),
    ]
    assert [(remark.who.name, remark.text) for remark in report.late] == [("Student 52", "0:12:30")]
    assert report.graded == 13


def test_namesakes_are_told_apart():
    first, second = graded(1, name="Wei Tanaka"), graded(2, name="Wei Tanaka")
    stranger = Handin("id_9", (Student("Noor"),), None)
    report = class_report(
        [first, second], missing=[Student("Zoë"), Student("anna")], strangers=[stranger]
    )
    assert [slow.who.name for slow in report.slowest] == [
        "Wei Tanaka (s2@uni.example)",
        "Wei Tanaka (s1@uni.example)",
    ]
    assert report.missing == ("anna", "Zoë")
    assert [who.name for who in report.strangers] == ["Noor"]


def test_measures_against_their_limits():
    values = {1: 0.01, 2: 0.5, 3: -0.4}
    about = {"limits": {"excess (nats)": (-0.01, 0.05)}}
    scores = [graded(i, measured={"excess (nats)": v}, **about) for i, v in values.items()]
    scores += [graded(4, measured={"seconds": 3.0}), graded(5)]
    scores += [graded(6, measured={"excess (nats)": float("nan")})]
    excess, seconds = class_report(scores).measures
    assert excess.values == (-0.4, 0.01, 0.5) and excess.passed == 1
    assert [who.id for who in excess.below] == ["id_3"]
    assert [who.id for who in excess.above] == ["id_2"]
    assert seconds.limits is None and seconds.passed == 1


def test_curves_of_those_that_passed_and_of_the_others():
    curve = {"excess (nats), NumPy": ((0, 9.0), (499, 0.01))}
    about = {"curves": curve, "limits": {"excess (nats), NumPy": (-0.01, 0.05)}}
    scores = [graded(1, measured={"excess (nats), NumPy": 0.01}, **about)]
    scores += [graded(2, measured={"excess (nats), NumPy": 0.3}, **about)]
    # The test could not go on with the parameters that were returned.
    scores += [graded(3, curves=curve), graded(4)]
    (measure,) = class_report(scores).measures
    assert (len(measure.passed_curves), len(measure.other_curves)) == (1, 2)
    assert measure.values == (0.01, 0.3) and measure.passed == 1
    assert [who.id for who in measure.above] == ["id_2"]


def test_slowest_and_their_longest_question():
    report = class_report([graded(i, question("q1", True, True, seconds=i)) for i in range(9)])
    assert [(slow.seconds, slow.question, slow.question_seconds) for slow in report.slowest] == [
        (i, "q1", i) for i in (8, 7, 6, 5, 4)
    ]


def test_alike_with_the_mistakes_they_share():
    shared = Fingerprint("same", {"q1": "a", "q2": "b"}, {"q1": 60, "q2": 60})
    two = [replace(each, fingerprint=shared) for each in a_class()[:2]]
    (group,) = class_report([*two, *a_class()[2:]]).alike
    assert [who.id for who in group.found] == ["id_0", "id_1"]
    assert group.same_file and group.wrong == ("q1", "q2")


def test_a_shared_answer_is_not_wrong_because_one_of_the_two_failed():
    own = {"q1": "a", "q2": "b"}
    two = [
        replace(
            graded(i, question("q1", True, i < 22), question("q2", True, False)),
            fingerprint=Fingerprint("same", own, dict.fromkeys(own, 500)),
        )
        for i in (21, 22)
    ]
    (pair,) = class_report([*two, *a_class()]).alike
    assert {shared.question for shared in pair.shared} == {"q1", "q2"}
    assert pair.wrong == ("q2",)


def row(number: int, total: float | None, section: str = "") -> StudentRow:
    return StudentRow(Who(f"id_{number}", f"S {number}"), "graded", {}, total, section=section)


def test_lowest_and_unsolved_and_sections():
    rows = [row(i, total, "AB"[i % 2]) for i, total in enumerate([3, 1, 2, None])]
    report = class_report(a_class(), rows)
    assert [each.who.id for each in report.lowest] == ["id_1"]
    assert [each.name for each in report.unsolved] == ["q2", "q1"]
    assert [(s.name, s.students, s.totals.values, s.totals.median) for s in report.sections] == [
        ("A", 2, (2, 3), 2.5), ("B", 2, (1,), 1)
    ]  # fmt: skip
    assert class_report([], [row(1, 2)]).sections == ()


def test_the_order_of_the_class_does_not_matter():
    scores = a_class()
    random.Random(0).shuffle(scores)
    assert class_report(scores) == class_report(a_class())


def test_an_empty_class():
    report = class_report([], title="Tiny", missing=[Student("Anna")])
    assert (report.questions, report.totals.quartiles) == ((), (0.0, 0.0, 0.0))
    assert (len(report.totals), report.totals.mean) == (0, 0.0)
