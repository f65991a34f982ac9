"""The pages: who sees what, markup of students stays text, and how a browser takes them."""

import csv
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder.results import feedback
from autograder.results.score import Misconception, Outcome, QuestionScore, Score
from autograder.results.score import TestScore as OneTest  # pytest collects what is called Test…
from tools.gradebook import marking_pages, pages, pictures, staff_pages
from tools.gradebook.marks import WrittenAnswer, pseudonyms
from tools.gradebook.statistics import Graded, class_report
from tools.handins.handin import Handin, Student
from tools.handins.likeness import Fingerprint

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
    report = class_report(a_class(), title="Tiny", missing=missing, notes=[f"a note {EVIL}"])
    return staff_pages.class_page(report)


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
        assert re.fullmatch(r"#[\w-]+|feedback/[\w-]+\.html", link)
        assert not link.startswith("#") or link[1:] in reader.ids
    assert "@import" not in page and "url(" not in page.replace("url(#", "")
    assert "default-src 'none'" in page
    page.encode()


@pytest.mark.parametrize("name", ALL)
def test_what_students_write_is_text(name):
    values = {
        "report": staff_page,
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
    assert reader.tags.count("script") == (name == "written")
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
        "Handed in nothing (2)", "Notes", "14 final scores", "mean time", "the hint of the bug",
        "Hardest", "Tests that told nobody apart", "Errors carried forward", "All tests",
        "excess (nats)", "CPU time", "The same file, byte for byte.", "T1: own uid",
    ]  # fmt: skip
    places = [text.index(each, text.index("The grader broke")) for each in order]
    assert places == sorted(places)


def test_the_staff_page_of_nothing():
    text = Reader(staff_pages.class_page(class_report([], title="Tiny"))).text
    assert "The grader broke on no hand-in." in text and "No final score yet." in text


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


def test_written_answers_are_anonymous():
    text = Reader(written_page()).text
    assert not {"Anna", "Ben", "Clara"} & set(re.findall(r"\w+", text))
    assert "It counts . Up to eleven." in text and "No answer." in text
    assert "2 images are part of this answer" in text


def test_pseudonyms():
    ids = [f"id_{i}" for i in range(2_000)]
    names = pseudonyms("q3", ids)
    assert len(set(names.values())) == len(ids)
    assert names == pseudonyms("q3", reversed(ids))
    assert names != pseudonyms("q4", ids)
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
    ["7.5", "8", ""].forEach((value, i) => {
      all[i].value = value;
      all[i].dispatchEvent(new Event("input"));
    });
    document.getElementById("download").click();
    </script></body>"""
    dom, console, _ = browser.open(page.replace("</body>", press))
    assert console == []
    text = dom[dom.index("<title>") + 7 : dom.index("</title>")]
    first = sorted(pseudonyms("q3_three", ["anna_1", "ben_2", "clara_3"]).values())[0]
    assert list(csv.reader(io.StringIO(text))) == [
        ["assignment", "question", "answer", "points", "comment", "criteria"],
        ["tiny", "q3_three", first, "7.5", "", ""],  # 8 is more than there are
    ]
    assert "1 of 3 marked" in dom
