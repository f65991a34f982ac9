"""Pages: how templates become one self-contained HTML file, and the page that a student reads.

Nothing is loaded, and nothing that a student wrote is markup: values are escaped, and the page's
own policy forbids whatever might get through.
"""

import base64
import functools
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from autograder.results.feedback import BROKE, CUT, Profile, at_once, is_fine
from autograder.results.score import Outcome, QuestionScore, Score, TestScore
from tools.handins.handin import Handin

TEMPLATES = Path(__file__).parent / "templates"
MAX_TEXT = 20_000  # characters of one value: more than any answer has
SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.BROKEN: "!"}
# Half characters and control characters, which no file can hold or show; and what reverses the
# rest of a line, including our part of it. Less than `str.isprintable` refuses: names need joiners.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class _Question:
    """A question as its student sees it.

    closed: titles of the tests whose results are not open yet; look_at: the first that failed.
    """

    score: QuestionScore
    sign: str
    tests: tuple[TestScore, ...]
    closed: tuple[str, ...] = ()
    look_at: TestScore | None = None


def feedback_page(
    handin: Handin,
    score: Score | None,
    *,
    title: str,
    profile: str,
    published: bool = False,
) -> str:
    """Return what a student or group reads about a hand-in; `feedback` defines the profiles."""
    profile = Profile(profile)
    everything = published or profile is Profile.PRACTICE
    received = profile is Profile.EXAM and not published
    shown = score if score is not None and score.readable and not received else None
    questions = [_question(question, everything) for question in shown.questions] if shown else []
    return render(
        "feedback.html.j2",
        handin=handin,
        score=score,
        title=title,
        everything=everything,
        received=received,
        notes=_notes(handin, score, received),
        broke=BROKE,
        questions=questions,
        open=[q.score.name for q in questions if q.sign == SIGNS[Outcome.FAILED] and q.tests],
    )


def _question(question: QuestionScore, everything: bool) -> _Question:
    """Return all of a question, or only what `autograder.results.feedback.open_text` tells."""
    if everything:
        return _Question(question, SIGNS[question.outcome], question.tests)
    hidden = [test for test in question.tests if test.hidden]
    failed = [test for test in hidden if test.outcome is Outcome.FAILED and test.hint]
    seen = Outcome.PASSED if is_fine(question) else Outcome.FAILED
    seen = Outcome.BROKEN if question.outcome is Outcome.BROKEN else seen
    return _Question(
        at_once(question),
        SIGNS[seen],
        tuple(test for test in question.tests if not test.hidden),
        tuple(test.title for test in hidden),
        failed[0] if failed else None,
    )


def _notes(handin: Handin, score: Score | None, received: bool) -> tuple[str, ...]:
    if score is None:
        return (handin.problem or "There is no file that can be graded.",)
    # A file that cannot be read is not a result, and its author can still fix it.
    return () if received and score.readable else score.notes


def render(template: str, **values: Any) -> str:
    """Return a page: a template with these values."""
    return _environment().get_template(template).render(values)


def compile_templates() -> None:
    """Compile all templates, of which each page uses some."""
    for name in _environment().list_templates():
        _environment().get_template(name)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["signs"] = {outcome.value: sign for outcome, sign in SIGNS.items()}
    environment.filters |= {
        "points": lambda number: f"{round(number, 2):g}",
        "percent": lambda part: f"{100 * part:.0f} %",
        "loss": lambda number: f"{number:.4g}",
        "tenths": lambda number: f"{number:.1f}",
        "seconds": lambda number: f"{number:.{1 if number >= 1 else 2}f} s",
        "moment": _moment,
        "address": lambda id_: quote(id_, safe=""),
        "address_path": lambda path: quote(path, safe="/", errors="replace"),
        "rarely": _rarely,
        "names": _names,
        "sha256": _sha256,
    }
    return environment


def _finalize(value: Any) -> Any:
    """Clean every value on its way into a page; anything with `__html__` is our own markup."""
    return readable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def readable(text: str) -> str:
    """Return `text` without what a file cannot hold, or what reverses the text beside it."""
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - len(CUT)] + CUT
    return _HARMFUL.sub("", text)


def _rarely(number: float) -> str:
    """Write how many pairs are expected; from one on, the number would say nothing."""
    if number >= 1:
        return "1 or more"
    return "< 0.001" if number < 1e-3 else f"{number:.2g}"


def _moment(text: str) -> str:
    """Write an ISO time the way people do; leave anything else as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".rstrip()


def _names(handin: Handin) -> str:
    names = (s.name or s.email or s.sid for s in handin.students)
    return ", ".join(name for name in names if name) or handin.id


def _sha256(script: str) -> str:
    """Return the hash with which a page's policy allows exactly one script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
