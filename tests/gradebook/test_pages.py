"""The pages: who sees what, markup of students stays text, and how a browser takes them."""

import csv
import html
import io
import itertools
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder.assignment.answers import Answer, Answers
from autograder.results import feedback
from autograder.results.score import Misconception, Outcome, QuestionScore, Score
from autograder.results.score import TestScore as OneTest  # pytest collects what is called Test…
from tools.decisions.marks import WrittenAnswer, pseudonyms
from tools.gradebook import marking_pages, pages, pictures, staff_pages
from tools.gradebook.class_report import StudentRow, Who
from tools.gradebook.statistics import Graded, class_report
from tools.handins.handin import Handin, Student
from tools.likeness.likeness import Fingerprint
from tools.likeness.resemblance import Shared

PASSED, FAILED, BROKEN = Outcome
EVIL = '<script>alert("x")</script>'
ODD_NAMES = [EVIL, 'Ana "Ñ" García, Jr.', "مريم العبدالله", "O'Brien\nLine", "rtl \u202eevil"]

BUG = Misconception("q2_off_by_one", "the hint of the bug")
PUBLIC = OneTest("the public test", False, 0, 0, FAILED, "the public hint", "the public facts")
HIDDEN = OneTest("first hidden", True, 0, 4, FAILED, "the first hint", "the first facts")
SECOND = OneTest("second hidden", True, 0, 4, FAILED, "the second hint", "the second\nfacts")
RIGHT = OneTest("third hidden", True, 2, 2, PASSED)
QUESTIONS = (
    QuestionScore("q1_one", 2, 2, PASSED, (RIGHT,), seconds=0.2),
    QuestionScore(
        "q2_two", 2, 10, FAILED, (PUBLIC, HIDDEN, SECOND, RIGHT), misconceptions=(BUG,), seconds=1.5
    ),
    QuestionScore("q3_three", 0, 0, FAILED, manual=True),
    QuestionScore("q4_four", 0, 3.5, FAILED, note="The cell ran out of time.", carried=("q2_two",)),
)
SCORE = Score(
    "tiny",
    "2026 spring",
    "anna.ipynb",
    QUESTIONS,
    notes=("a note for the student",),
    staff_notes=("a note for staff",),
    isolation="T1: own uid",
    versions={"python": "3.12.1"},
    measured={"excess (nats)": 0.01},
    limits={"excess (nats)": (-0.01, 0.05)},
    curves={"excess (nats)": ((0, 9.5), (50, 0.4), (99, 0.01))},
)
ANNA = Handin("anna_1", (Student("Anna", "anna@uni.example"),), Path("anna.ipynb"))


def broken() -> Score:
    question = QuestionScore("q1_one", 0, 2, BROKEN, note="The grader broke.")
    return Score("tiny", "", "b.ipynb", (question, *QUESTIONS[1:]), staff_notes=("Traceback",))


def a_class() -> list[Graded]:
    """Students with names of all kinds; two of them with the same file, one broken, one lost."""
    graded = []
    for number in range(14):
        name = ODD_NAMES[number] if number < len(ODD_NAMES) else f"Student {number}"
        handin = Handin(f"id_{number}", (Student(name, sid=str(number)),), Path("a.ipynb"))
        answers = {"q2_two": "same" if number > 11 else f"{number}"}
        prints = Fingerprint(answers["q2_two"], answers, {"q2_two": 200})
        graded.append(Graded(handin, SCORE, prints))
    lost = Handin("lost", (Student(f"Lost {EVIL}"),), None, problem=f"The zip is {EVIL}.")
    return [*graded, Graded(Handin("broken", (), None), broken()), Graded(lost, None)]


def staff_page() -> str:
    missing = [Student(f"Missing {EVIL}"), Student("Zoë, the other")]
    notes = [f"a note {EVIL}"]
    report = class_report(a_class(), ROWS[:2], title="Tiny", missing=missing, notes=notes)
    return staff_pages.class_page(report)


def row(number: int, total: float | None, **points: float) -> StudentRow:
    """Return a row of the table of all students, in one of two sections."""
    who = Who(f"id_{number}", f"Student {number}")
    status = "graded" if total is not None else "nothing handed in"
    section = ("Lab A", "Monday morning, Lab B")[number % 2]
    return StudentRow(who, status, points, total, section=section)


ROWS = [row(0, 9.5, q2_two=10), row(1, 100, q2_two=2), row(2, None), row(3, 20, q2_two=0)]


def table_page(**values) -> str:
    return staff_pages.class_page(class_report(a_class(), title="Tiny", rows=ROWS), **values)


ANSWERS_OF = Answers((), (Answer("q2_two", ("two",), "def two(x):\n    return 2 * x\n"),))


@pytest.fixture
def notebook(tmp_path) -> Path:
    """Return a hand-in whose answer is wrong and holds markup."""
    source = f"def two(x):\n    y = '{EVIL.replace(chr(34), '')}'\n    return 3 * x\n"
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    file = tmp_path / "anna.ipynb"
    file.write_text(json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}}))
    return file


def one_page(file: Path | None, score: Score | None = SCORE, **values) -> str:
    handin = replace(ANNA, file=file)
    about = {"title": "Tiny", "answers": ANSWERS_OF, "folder": Path("/graded/staff")}
    return staff_pages.staff_page(handin, score, **about | values)


def student_page(score: Score | None = SCORE, handin: Handin = ANNA, **values) -> str:
    return pages.feedback_page(handin, score, **{"title": "Tiny", "profile": "graded"} | values)


ANSWERS = [
    WrittenAnswer(ANNA, "It **counts**.\n\nUp to eleven."),
    WrittenAnswer(Handin("ben_2", (Student("Ben"),), None), f"{EVIL}<img src=x>", images=2),
    WrittenAnswer(Handin("clara_3", (Student("Clara"),), None), " \n"),
]


def written_page(**values) -> str:
    about = {"assignment": "tiny", "title": "Tiny", "max_points": 7.5} | values
    return marking_pages.written_page("q3_three", ANSWERS, **about)


ALL = {
    "report": staff_page,
    "table": table_page,
    "one": lambda: one_page(None),
    "feedback": lambda: student_page(published=True),
    "written": written_page,
}


class Reader(HTMLParser):
    """The tags of a page, what they point at, its texts, and what was not closed."""

    VOID = frozenset(("meta", "input", "br", "link", "img"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("href", "src", "xlink:href", "action")]
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.mark.parametrize("name", ALL)
def test_same_values_same_bytes(name):
    assert ALL[name]() == ALL[name]()


@pytest.mark.parametrize("name", ALL)
def test_a_page_is_whole_and_points_at_nothing_outside(name):
    page = ALL[name]()
    reader = Reader(page)
    assert len(set(reader.ids)) == len(reader.ids)
    for link in reader.links:
        assert re.fullmatch(r"#[\w-]+|(?:\.\./)?(?:feedback/|alike/)?[\w-]+\.html", link)
        assert not link.startswith("#") or link[1:] in reader.ids
    assert "@import" not in page and "url(" not in page.replace("url(#", "")
    assert "default-src 'none'" in page
    page.encode()


@pytest.mark.parametrize("name", ALL)
def test_what_students_write_is_text(name):
    values = {
        "report": staff_page,
        "table": lambda: staff_pages.class_page(
            class_report([], rows=[StudentRow(Who("x", EVIL), EVIL, {}, 1, EVIL, EVIL, EVIL)])
        ),
        "one": lambda: one_page(None, replace(SCORE, notes=(EVIL,), staff_notes=(EVIL,))),
        "feedback": lambda: student_page(
            Score(EVIL, EVIL, EVIL, (QuestionScore(EVIL, 0, 1, FAILED, note=EVIL),), (EVIL,)),
            Handin(ANNA.id, (Student(EVIL),), None, EVIL, EVIL),
            published=True,
        ),
        "written": written_page,
    }
    page = values[name]()
    reader = Reader(page)
    assert EVIL in reader.text
    assert EVIL not in page
    assert reader.tags.count("script") == (name in ("written", "table", "report"))
    assert "img" not in reader.tags


def test_direction_marks_and_control_characters_stay_out():
    page = staff_page()
    assert "\u202e" not in page and "rtl evil" in page
    assert pages.readable("a\ud800b\x00c\x1b[1md\n") == "abc[1md\n"
    persian = "\u0645\u06cc\u200c\u062e"  # spelt with a joiner
    assert pages.readable(persian) == persian
    assert pages.readable("x" * 90_000).endswith(feedback.CUT)


def test_the_staff_page_begins_with_grader_errors():
    text = Reader(staff_page()).text
    order = [
        "The grader broke on 1 hand-in", "Traceback", "Nothing to grade (1)",
        "Handed in nothing (2)", "Notes", "2 students have a total", "mean time",
        "the hint of the bug", "Hardest", "Tests that told nobody apart", "Errors carried forward",
        "All tests", "excess (nats)", "CPU time", "The same file, byte for byte.", "T1: own uid",
    ]  # fmt: skip
    places = [text.index(each, text.index("The grader broke")) for each in order]
    assert places == sorted(places)


def test_the_staff_page_of_nothing():
    text = Reader(staff_pages.class_page(class_report([], title="Tiny"))).text
    assert "The grader broke on no hand-in." in text and "Nobody has a total yet." in text


def test_the_staff_page_of_one_hand_in_draws_no_distributions():
    rows = [row(0, 9.5, q2_two=10)]
    one, many = (class_report(a_class()[:n], rows * n, title="Tiny") for n in (1, 2))
    page = staff_pages.class_page(one)
    assert "How many students have" in staff_pages.class_page(many)
    assert "How many students have" not in page and "of each hand-in" not in page
    assert "finally returned: 1 (0.01), 1 of them passed" in Reader(page).text


def test_pages_without_feedback_have_no_links_to_it():
    page = staff_pages.class_page(class_report(a_class()), feedback=None)
    assert all(link.startswith("#") for link in Reader(page).links)


HINTS = {"the hint of the bug", "the public hint", "the public facts", "the first hint"}
CLOSED = {"the first facts", "the second hint", "the second facts", "4 points", "2 of 10"}


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ({"profile": "practice"}, HINTS | CLOSED),
        ({"profile": "graded"}, HINTS),
        ({"profile": "graded", "published": True}, HINTS | CLOSED),
        ({"profile": "exam"}, set()),
        ({"profile": "exam", "published": True}, HINTS | CLOSED),
    ],
)
def test_profiles(values, seen):
    text = Reader(student_page(**values)).text
    assert {each for each in HINTS | CLOSED if each in text} == seen
    assert "staff" not in text
    assert ("a note for the student" in text) == bool(seen)
    assert ("was received" in text) == (not seen)


def test_before_publication_a_page_tells_no_more_than_the_open_entry():
    text = Reader(student_page()).text
    for question in QUESTIONS[:2]:
        told = feedback.open_text(question)
        for test in question.tests:
            for part in filter(None, (test.title, test.hint, *test.facts.splitlines())):
                assert part not in text or part in told
    assert "carried" not in text and "in place of" not in text


def test_a_broken_grader_costs_nothing_and_shows_no_total():
    text = Reader(student_page(broken(), published=True)).text
    assert feedback.BROKE in text and "not final" in text and "Traceback" not in text


@pytest.mark.parametrize("profile", feedback.Profile)
def test_an_author_learns_why_a_file_could_not_be_read(profile):
    score = Score("tiny", "", "a.pdf", QUESTIONS, notes=("This is a PDF.",), readable=False)
    assert "This is a PDF." in Reader(student_page(score, profile=profile)).text
    handin = Handin("x", (), None, problem="The zip is damaged.")
    assert "The zip is damaged." in Reader(student_page(None, handin, profile=profile)).text


def test_groups_times_and_lateness():
    students = (Student("Anna"), Student(email="ben@uni.example"))
    handin = Handin("x", students, None, "2026-11-20T21:46:07+01:00", "0:12:30")
    text = Reader(student_page(handin=handin)).text
    assert "Anna, ben@uni.example , anna.ipynb, handed in 2026-11-20 21:46 UTC+01:00" in text
    assert "late (0:12:30)" in text


def test_a_student_reads_nothing_about_isolation_and_versions():
    text = Reader(student_page(published=True)).text
    assert "T1" not in text and "3.12.1" not in text and "Isolation" not in text


def test_a_staff_page_has_everything(notebook):
    history = [staff_pages.Attempt("2026-11-20 21:46", "0f3c", "a.ipynb: 4 of 15.5 points")]
    text = Reader(one_page(notebook, history=history)).text
    assert not {part for part in HINTS | CLOSED - {"2 of 10"} if part not in text}
    for part in (
        "the second facts", "a note for staff", "T1: own uid", "python 3.12.1", "q2_off_by_one",
        "2026-11-20 21:46 0f3c a.ipynb: 4 of 15.5 points", "return 3 * x",
        "- return 2 * x", "+ y =", "The file that was handed in",
    ):  # fmt: skip
        assert part in text
    page = one_page(notebook)
    assert "<script>" not in page and 'href="../../' in page


def test_a_staff_page_shows_the_texts_that_students_never_see():
    whole = "ValueError: the whole text"
    tests = (OneTest("secret", True, 0, 1, FAILED, "a hint", "ValueError", whole),)
    score = replace(SCORE, questions=(QuestionScore("q2_two", 0, 1, FAILED, tests),))
    assert "the whole text" in Reader(one_page(None, score)).text
    assert "the whole text" not in Reader(student_page(score, published=True)).text


def test_a_staff_page_without_a_score_says_why():
    handin = Handin("x", (), None, problem="The zip is damaged.")
    about = {"title": "Tiny", "answers": ANSWERS_OF, "folder": Path("/graded")}
    assert "The zip is damaged." in Reader(staff_pages.staff_page(handin, None, **about)).text


def test_two_hand_ins_side_by_side(notebook):
    shared = [Shared("q2_two", 0.75, False, 1, 0.001)]
    two = (Who("a", "Anna"), notebook), (Who("b", "Ben"), notebook)
    text = Reader(staff_pages.pair_page(*two, shared, ANSWERS_OF)).text
    assert "Anna and Ben" in text and "75 % of its parts in both" in text
    assert text.count("return 3 * x") == 2


def test_the_anonymous_report_names_nobody():
    report = class_report(a_class(), title="Tiny", missing=[Student("Missing")], rows=ROWS)
    page = staff_pages.class_page(staff_pages.anonymous(report), feedback=None)
    text = Reader(page).text
    names = {each.name for g in a_class() for each in g.handin.students} | {"Missing", "id_"}
    assert not {name for name in names if name in text}
    # In the order of totals: the names' numbers say no more than the table.
    assert [r.total for r in staff_pages.anonymous(report).rows] == [9.5, 20, 100, None]


def test_written_answers_are_rendered_and_harmless():
    numbers = itertools.count()
    text = (
        "a **b** $x_1^2$ and $\\begin{x}$ [l](http://evil.example) ![i](http://evil.example/x.png)"
    )
    page = marking_pages.rendered(text, numbers)
    assert "<strong>b</strong>" in page and page.count("<svg") == 1
    assert '<code class="math">\\begin{x}</code>' in page
    assert "(an image)" in page and "<img" not in page and "<a " not in page
    assert "(http://evil.example)" in page
    assert "<b>" not in marking_pages.rendered("<b>x</b> $a --><script>$", numbers)
    again = marking_pages.rendered("$x_1^2$ $x_1^2$", numbers)
    ids = re.findall(r'\bid="([^"]+)"', page + again)
    assert len(ids) == len(set(ids)) > 0


def test_mathematics_has_an_end():
    page = marking_pages.rendered("$x$ " * 500, itertools.count())
    assert page.count("<svg") == marking_pages.MOST_FORMULAS
    assert page.count("<code") == 500 - marking_pages.MOST_FORMULAS


def test_written_answers_are_anonymous():
    text = Reader(written_page()).text
    assert not {"Anna", "Ben", "Clara"} & set(re.findall(r"\w+", text))
    assert "It counts . Up to eleven." in text and "No answer." in text
    assert "2 images are part of this answer" in text


def test_pseudonyms():
    ids = [f"id_{i}" for i in range(2_000)]
    texts = dict.fromkeys(ids, "Because.")
    names = pseudonyms("q3", texts)
    assert len(set(names.values())) == len(ids)
    assert names == pseudonyms("q3", dict.fromkeys(reversed(ids), "Because."))
    assert names != pseudonyms("q4", texts)
    # A new text is another answer.
    assert pseudonyms("q3", {"id_1": "Because. "}) != pseudonyms("q3", {"id_1": "Because."})
    assert sorted(names, key=names.get) != ids


def test_pictures_use_the_colours_of_the_page():
    for svg in (
        pictures.histogram([0, 50, 100, 100], 100),
        pictures.distribution("excess (nats)", [-0.1, 1e-9, 0.01, 3], 0.05),
        pictures.distribution("x", [2.0], None),
        pictures.curves("x", [((0, 1.0), (9, -0.1))] * 12, [((0, 2.0),)], 0.05),
        pictures.curves("x", [], [((0, 1e-9), (3, 5.0))], None),
    ):
        assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg)) <= {
            "none", "var(--ink)", "var(--soft)", "var(--line)", "var(--accent)"
        }  # fmt: skip
        assert "DejaVu" not in svg and "<metadata" not in svg and "#0" not in svg


def test_one_absurd_answer_does_not_flatten_the_picture_of_a_class():
    passed = [((0, 9.0), (1499, 0.01))] * 3
    for svg in (
        pictures.distribution("excess (nats)", [0.01, 0.02, 1e300], 0.05),
        pictures.curves("excess (nats)", passed, [((0, 1e300), (10**6, 5.0))], 0.05),
    ):
        ticks = {float(text) for text in re.findall(r">(\d+(?:\.\d+)?)</text>", svg)}
        assert 0.01 in ticks and max(ticks) <= 2000


class Browser:
    """Headless Chromium: what a page says, requests, and becomes."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder

    def open(self, page: str) -> tuple[str, list[str], list[str]]:
        """Return the DOM, the console's messages, and the addresses that the page requested."""
        (self.folder / "page.html").write_text(page, encoding="utf-8")
        log = self.folder / "net.json"
        run = subprocess.run(
            [
                self.program,
                "--headless",
                "--no-sandbox",  # root has none, and the page is ours
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                f"--user-data-dir={self.folder / 'profile'}",
                "--enable-logging=stderr",
                f"--log-net-log={log}",
                "--virtual-time-budget=1000",
                "--dump-dom",
                (self.folder / "page.html").as_uri(),
            ],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=60,
        )
        console = [line for line in run.stderr.splitlines() if ":CONSOLE" in line]
        return run.stdout, console, self._asked(json.loads(log.read_text(encoding="utf-8")))

    @staticmethod
    def _asked(log: dict) -> list[str]:
        start = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
        events = [e["params"] for e in log["events"] if e["type"] == start and "params" in e]
        # Chromium's own requests have no origin. The end of a request has no URL.
        own = [p["url"] for p in events if "url" in p and p.get("initiator") != "not an origin"]
        return [url for url in own if not url.startswith(("file:", "blob:"))]


PROBE = '<p id="here">read</p><img src="http://127.0.0.1:1/x.png"><script>nothing()</script>'


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Browser:
    programs = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        pytest.skip("no Chromium here: the pages were not opened in a browser")
    browser = Browser(program, tmp_path_factory.mktemp("browser"))
    try:
        dom, console, asked = browser.open(PROBE)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{program} does not run here ({error}): the pages were not opened in it")
    if "read" not in dom:
        pytest.skip(f"{program} does not read files here: the pages were not opened in it")
    # Show that the two checks below can fail.
    assert any("nothing is not defined" in line for line in console)
    assert asked == ["http://127.0.0.1:1/x.png"]
    return browser


@pytest.mark.parametrize("name", ALL)
def test_a_browser_shows_the_page_and_has_no_complaint(browser, name):
    dom, console, asked = browser.open(ALL[name]())
    assert console == [] and asked == []
    found = {
        "report": ["<table", "<svg", "q2_two", "The same file, byte for byte."],
        "table": ["4 of 4 shown", "Sections"],
        "one": ["a note for staff", "Lent: right answers stood in for q2_two"],
        "feedback": ["q2_two", "the first hint", "2 of 10"],
        "written": ["0 of 3 marked", "Up to eleven."],
    }
    assert all(each in dom for each in found[name])


def test_points_become_a_csv(browser):
    """In a browser: type points, press the button, read what would be downloaded."""
    page = re.sub(r"<meta http-equiv.*?>", "", written_page())
    press = """<script>
    URL.createObjectURL = (blob) => { blob.text().then((t) => (document.title = t)); return ""; };
    HTMLAnchorElement.prototype.click = () => {};
    const all = [...document.querySelectorAll("[data-points]")];
    ["7,5", "8", ""].forEach((value, i) => {
      all[i].value = value;
      all[i].dispatchEvent(new Event("input"));
    });
    document.getElementById("download").click();
    </script></body>"""
    dom, console, _ = browser.open(page.replace("</body>", press))
    assert console == []
    text = dom[dom.index("<title>") + 7 : dom.index("</title>")]
    first, second, _ = sorted(re.findall(r'data-answer="(\w+)"', page))
    assert list(csv.reader(io.StringIO(text))) == [
        ["assignment", "question", "answer", "points", "comment", "criteria"],
        ["tiny", "q3_three", first, "7.5", "", ""],  # 8 is more than there are
    ]
    assert f"1 of 3 marked, without points that count: {second}<" in dom
    # A number input would take away the comma, and make 75 of it.
    assert 'type="number"' not in page


def acted(browser: Browser, page: str, script: str) -> str:
    """Return what a script puts into the title of a page, after acting in it."""
    page = re.sub(r"<meta http-equiv.*?>", "", page)
    dom, console, _ = browser.open(page.replace("</body>", f"<script>{script}</script></body>"))
    assert console == []
    return html.unescape(dom[dom.index("<title>") + 7 : dom.index("</title>")])


READ = """
const read = () => [...document.querySelectorAll("#table tbody tr")].filter((r) => !r.hidden)
  .map((r) => r.cells[0].textContent.trim().slice(-1)).join("");
const type = (text) => {
  const box = document.getElementById("filter");
  box.value = text;
  box.dispatchEvent(new Event("input"));
};
const press = (key, on = document.activeElement) =>
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const seen = [];
"""


def test_the_table_sorts_and_filters(browser):
    script = """
    const head = (name) => [...document.querySelectorAll("#table th button")]
      .find((b) => b.textContent === name);
    head("total").click(); seen.push(read());
    head("total").click(); seen.push(read());
    head("student").click(); seen.push(read());
    type("q2<5"); seen.push(read());
    type("handed"); seen.push(read());
    type("q2>=2 graded"); seen.push(read());
    press("Escape", document.getElementById("filter")); seen.push(read());
    const section = document.getElementById("section");
    section.value = "Lab A"; section.dispatchEvent(new Event("input")); seen.push(read());
    document.activeElement.blur(); press("/", document.body);
    seen.push(document.activeElement.id);
    // In a wide table, a cell that may break stands letter below letter.
    const may = [...table.rows[1].cells, ...table.rows[0].cells].filter(
      (cell) => getComputedStyle(cell).whiteSpace !== "nowrap");
    seen.push(...may.map((cell) => cell.textContent));
    document.title = seen.join(" ");
    """
    told = acted(browser, table_page(), READ + script)
    # Who has no total comes last, in both directions.
    assert told == "0312 1302 0123 13 2 01 0123 02 filter"


def test_marking_by_keyboard_alone(browser):
    rubric = (("says, how far", 2.5), ("says why", 5))
    script = """
    URL.createObjectURL = (blob) => { blob.text().then((t) => (document.title = t)); return ""; };
    HTMLAnchorElement.prototype.click = () => {};
    const put = (text) => {
      document.activeElement.value = text;
      document.activeElement.dispatchEvent(new Event("input", { bubbles: true }));
    };
    press("j", document.body);             // the first answer
    press("1"); press("2"); press("1");    // only the second criterion
    press("c"); put("=well, \\"done\\""); // a comment
    press("Enter");                        // on to the next one's points
    put("9");                              // more than there are
    press("Escape"); press("p"); put("3");
    press("Escape"); press("j"); press("k"); press("j"); press("1");
    document.getElementById("download").click();
    """
    told = acted(browser, written_page(rubric=rubric), READ + script)
    rows = list(csv.reader(io.StringIO(told)))
    assert [row[3:] for row in rows[1:]] == [
        ["5", '\'=well, "done"', "says why"],
        ["3", "", ""],
        ["2.5", "", "says, how far"],
    ]


def test_marks_are_kept_in_the_browser(browser):
    key = "unroll/tiny/q3_three"
    page = written_page()
    name = sorted(re.findall(r'data-answer="(\w+)"', page))[0]
    kept = {name: {"points": "4", "comment": "good", "criteria": []}}
    before = f"<script>localStorage.setItem({key!r}, JSON.stringify({json.dumps(kept)}))</script>"
    script = """document.title = document.querySelector("[data-points]").value + " "
      + document.querySelector("[data-comment]").value + " "
      + document.getElementById("comments").options.length;"""
    assert acted(browser, page.replace("<script>", before + "<script>", 1), script) == "4 good 1"
