"""One question of one hand-in on the terminal, with the texts that students never see."""

from rich.text import Text

from autograder.assignment.bundle import Bundle
from autograder.results.score import Outcome, QuestionScore, Score
from tools.gradebook.score_table import SIGNS, staff_console
from tools.gradebook.staff_pages import difference, full_facts
from tools.handins.handin import Handin
from tools.likeness.answer_code import answer_code
from tools.table import points
from tools.terminal import printable


def print_why(handin: Handin, name: str, score: Score, stored: Score | None, bundle: Bundle) -> int:
    """Print all about a question; return 1 unless it has full marks now."""
    lines = [f"{', '.join(s.name for s in handin.students if s.name) or handin.id}, {handin.file}"]
    question = next((q for q in score.questions if q.name == name), None)
    if question is None:
        # Unreadable, or the grader broke before it.
        lines += [*score.notes, *score.staff_notes, f"{name} was not examined."]
    else:
        before = next((q for q in stored.questions if q.name == name), None) if stored else None
        lines += _question_lines(question, before)
        lines += [*score.notes, *score.staff_notes]
        lines += _code_lines(handin, name, bundle)
    console = staff_console()
    for line in lines:
        console.print(Text(printable(line)), soft_wrap=True)
    return int(question is None or question.outcome is not Outcome.PASSED)


def _question_lines(question: QuestionScore, before: QuestionScore | None) -> list[str]:
    earned = f"{points(question.points)} of {points(question.max_points)} points"
    lines = [f"{question.name}: {earned}, {question.seconds:.1f} s"]
    if before is not None and before.points != question.points:
        lines.append(f"  scores.csv has {points(before.points)}: grade again with --regrade.")
    lines += [f"  {question.note}"] if question.note else []
    lines += [f"  known mistake {found.slug}: {found.hint}" for found in question.misconceptions]
    if question.carried:
        lines.append(f"  right answers stood in for {', '.join(question.carried)}")
    for test in question.tests:
        about = ["hidden"] if test.hidden else ["public"]
        if test.max_points:
            about.append(f"{points(test.points)} of {points(test.max_points)} points")
        lines.append(f"{SIGNS[test.outcome]} {test.title} ({', '.join(about)})")
        for text in (test.hint, full_facts(test)):
            lines += [f"    {line}" for line in text.splitlines()]
    return lines


def _code_lines(handin: Handin, name: str, bundle: Bundle) -> list[str]:
    names = {name: bundle.answers.names_of(name)}
    code = answer_code(handin.file, names, bundle.name).get(name, "")
    if not code:
        return ["There is no code for this answer."]
    reference = next(a.source for a in bundle.answers.answers if a.question == name)
    told = difference(reference, code)
    return ["", *(told.splitlines() or ["The answer equals the reference solution."])]
