"""The pages that only staff see: the class, one hand-in, and two hand-ins side by side."""

import difflib
import functools
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import DiffLexer, PythonLexer

from autograder.assignment.answers import Answers
from autograder.results.score import Score, TestScore
from tools.decisions.totals import Final
from tools.gradebook import pictures
from tools.gradebook.class_report import ClassReport, Who
from tools.gradebook.pages import readable, render
from tools.handins.handin import Handin
from tools.likeness.answer_code import MAX_CODE, answer_code
from tools.likeness.resemblance import Shared

COMMON = 12  # misconceptions that a report shows at once; the others are folded away
MOST_PAIRS = 30  # shown at once, too
_FORMATTER, _LEXERS = HtmlFormatter(cssclass="source"), (PythonLexer(), DiffLexer())


def class_page(
    report: ClassReport, feedback: str | None = "feedback", staff: str | None = None
) -> str:
    """Return the staff's report, linked to the folder with pages for each hand-in.

    feedback: the folder beside it with students' pages; staff: that with staff's, if there is one.
    """
    totals = report.totals.values
    # One hand-in has no distribution: its number says it all.
    histogram = pictures.histogram(totals, report.max_points or 1.0) if len(totals) > 1 else ""
    limits = {m.name: m.limits and m.limits[1] for m in report.measures}
    distributions = {
        m.name: pictures.distribution(m.name, m.values, limits[m.name])
        for m in report.measures
        if len(m.values) > 1
    }
    curves = {
        m.name: pictures.curves(m.name, m.passed_curves, m.other_curves, limits[m.name])
        for m in report.measures
        if m.passed_curves or m.other_curves
    }
    return render(
        "report.html.j2",
        report=report,
        histogram=histogram,
        distributions=distributions,
        curves=curves,
        most_points={q.name: q.max_points for q in report.questions},
        common=COMMON,
        most_pairs=MOST_PAIRS,
        bands_from=pictures.MANY,
        most_lines=pictures.MOST_LINES,
        feedback=staff or feedback,
        in_class=frozenset(row.who.id for row in report.rows),
    )


def anonymous(report: ClassReport) -> ClassReport:
    """Return the report for a meeting: no names, ids or messages about single hand-ins."""
    known = [row.who for row in report.rows]
    known += [who for pair in report.alike for who in pair.found]
    known += [who for row in report.misconceptions for who in row.found]
    known += [who for m in report.measures for who in (*m.below, *m.above)]
    known += [slow.who for slow in report.slowest]
    # Numbers in the order of ids would follow the alphabet: that of totals tells nothing new.
    order = {row.who: (row.total is None, row.total or 0.0) for row in report.rows}
    ranked = sorted(dict.fromkeys(known), key=lambda who: (*order.get(who, (True, 0.0)), who.id))
    names = {who: Who("", f"No. {number}") for number, who in enumerate(ranked, start=1)}

    def hidden(found: Iterable[Who]) -> tuple[Who, ...]:
        return tuple(names[who] for who in found)

    rows = [replace(row, who=names[row.who], has_page=False, comment="") for row in report.rows]
    return replace(
        report,
        rows=tuple(sorted(rows, key=lambda row: int(row.who.name.split()[1]))),
        broken=(),
        ungraded=(),
        late=(),
        missing=(),
        strangers=(),
        notes=(),
        misconceptions=tuple(replace(m, found=hidden(m.found)) for m in report.misconceptions),
        measures=tuple(
            replace(m, below=hidden(m.below), above=hidden(m.above)) for m in report.measures
        ),
        slowest=tuple(replace(slow, who=names[slow.who]) for slow in report.slowest),
        alike=(),
    )


@dataclass(frozen=True)
class Attempt:
    """One earlier grading of a hand-in: when, which file, what came out."""

    when: str
    file: str
    result: str


def staff_page(
    handin: Handin,
    score: Score | None,
    *,
    title: str,
    answers: Answers,
    folder: Path,
    assignment: str | None = None,
    history: Sequence[Attempt] = (),
    decided: Sequence[tuple[str, Final]] = (),
) -> str:
    """Return all that is known of one hand-in.

    folder: where the page will be; decided: what counts for each student of the hand-in, by name.
    """
    names = {a.question: a.names for a in answers.answers}
    codes = answer_code(handin.file, names, assignment)
    references = {a.question: a.source for a in answers.answers}
    return render(
        "staff.html.j2",
        handin=handin,
        score=score,
        title=title,
        history=history,
        decided=[(name, final) for name, final in decided if _is_decided(final)],
        notebook=os.path.relpath(handin.file, folder) if handin.file else "",
        codes={name: highlighted(code) for name, code in codes.items()},
        diffs={
            name: highlighted(difference(references[name], code), diff=True)
            for name, code in codes.items()
        },
        facts=full_facts,
        code_style=code_style(),
    )


def _is_decided(final: Final) -> bool:
    """Return whether something else counts than what was graded, or might."""
    return bool(final.comment or final.waiting or final.late_days is None)


def full_facts(test: TestScore) -> str:
    """Return a test's message as staff may read it, with the texts that students never see."""
    return test.staff_facts or test.facts


def pair_page(
    one: tuple[Who, Path],
    other: tuple[Who, Path],
    shared: Sequence[Shared],
    answers: Answers,
    assignment: str | None = None,
) -> str:
    """Return two hand-ins' answers side by side, the most alike first."""
    names = {a.question: a.names for a in answers.answers}
    left, right = (answer_code(file, names, assignment) for _, file in (one, other))
    order = sorted(shared, key=lambda each: (-each.part, each.chance))
    return render(
        "pair.html.j2",
        names=(one[0].name, other[0].name),
        shared=[each for each in order if each.question in left and each.question in right],
        left={name: highlighted(code) for name, code in left.items()},
        right={name: highlighted(code) for name, code in right.items()},
        code_style=code_style(),
    )


def difference(reference: str, code: str) -> str:
    """Return the diff from the reference solution to an answer; empty if they are equal."""
    pair = [[line.rstrip() for line in text.strip().splitlines()] for text in (reference, code)]
    return "\n".join(
        difflib.unified_diff(*pair, "the reference solution", "this answer", lineterm="", n=2)
    )


def highlighted(code: str, diff: bool = False) -> Markup:
    """Return code as markup, in the page's own classes."""
    if not code:
        return Markup("")
    return Markup(highlight(readable(code)[:MAX_CODE], _LEXERS[diff], _FORMATTER))


@functools.cache
def code_style() -> Markup:
    """Return the styles of highlighted code, for light pages and dark ones."""
    light = HtmlFormatter(style="friendly").get_style_defs(".source")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".source")
    # The style's own colours of a diff are hard to read on each other.
    dark += "\n.source .gd { color: inherit; background: #53191d; }"
    dark += "\n.source .gi { color: inherit; background: #143d22; }"
    return Markup(f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}")
