"""`unroll build`: from a master to everything that students, graders and reviewers get."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.assignment.answers import FILE as ANSWERS_FILE
from autograder.assignment.bundle import FILE as BUNDLE_FILE
from tools.course.pins import LOCK_FILE, pinned
from tools.course.settings import Assignment, Course, read_assignment, read_course, read_text
from tools.errors import AuthorError, AuthorErrors, raise_all
from tools.files import sha256, swap_in
from tools.leaks.leak import check_messages, check_release
from tools.master.known_answers import read_bank
from tools.master.master import Master, read
from tools.master.notebook import dump
from tools.release import notebooks, zips
from tools.release.imports import module_of
from tools.release.notebooks import solution_notebook
from tools.release.otter_assign import run_otter
from tools.release.stamp import Stamp, fingerprint, read_stamp, stamp_file
from tools.release.support import is_python, read_support
from tools.release.test_files import semester_seed, test_file
from tools.release.testing_folder import check_imports, read_testing
from tools.slips.bank import check_bank
from tools.slips.beside import check_beside
from tools.slips.draws import given_draws
from tools.slips.judging import check_judging
from tools.slips.members import check_members
from tools.slips.needs import check_needs
from tools.slips.opens import check_opened
from tools.slips.policy import check_policy, shared_variables
from tools.slips.unordered import check_unordered
from tools.slips.wording import check_wording


@dataclass(frozen=True)
class Built:
    """One assignment after a build: its files by path from the project, and points by question.

    Points are None for a question that is marked by hand. An unchanged assignment has neither.
    notes: what may be meant, and may be a slip.
    """

    name: str
    outputs: Mapping[str, bytes]
    points: Mapping[str, float | None]
    bonus: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """The points of all questions that do not come on top."""
        return sum(p for name, p in self.points.items() if p and name not in self.bonus)

    @property
    def changed(self) -> bool:
        return bool(self.outputs)

    @property
    def hidden_tests(self) -> dict[str, bytes]:
        """What the examiner grades with, by path from its folder."""
        return _hidden_tests(self.name, self.outputs)


def _hidden_tests(name: str, outputs: Mapping[str, bytes]) -> dict[str, bytes]:
    folder = f"autograder/hidden_tests/{name}/"
    return {p.removeprefix(folder): d for p, d in outputs.items() if p.startswith(folder)}


def folders_of(name: str) -> list[str]:
    """Return the folders that hold only generated files of an assignment."""
    return [f"student_release/{name}", f"autograder/hidden_tests/{name}"]


def in_folders(name: str) -> tuple[str, ...]:
    """Return the path prefixes of these folders."""
    return tuple(f"{folder}/" for folder in folders_of(name))


def build(root: Path, names: list[str], force: bool = False) -> list[Built]:
    """Build what is out of date; put all of it in place, or nothing after an error."""
    course = read_course(root)
    done: list[Built] = []
    files: dict[str, bytes] = {}
    targets: list[str] = []
    errors: list[AuthorError] = []
    for name in names:
        mark = fingerprint(root, name)
        if not force and read_stamp(root, name).holds(root, mark, folders_of(name)):
            done.append(Built(name, {}, {}))
            continue
        try:
            built = assemble(root, course, name)
        except AuthorErrors as several:
            errors += several.errors
            continue
        except AuthorError as error:
            errors.append(error)
            continue
        done.append(built)
        stamp = Stamp(mark, {path: sha256(data) for path, data in built.outputs.items()})
        files |= built.outputs | {stamp_file(name): stamp.text().encode()}
        single = [path for path in built.outputs if not path.startswith(in_folders(name))]
        targets += [*folders_of(name), *single, stamp_file(name)]
    raise_all(errors)
    if targets:
        swap_in(root, files, targets)
    return done


def assemble(root: Path, course: Course, name: str) -> Built:
    """Generate and check everything for one assignment; write nothing."""
    policy = f"assignments/{name}/assignment.toml"
    assignment = read_assignment(root, name)
    text = read_text(root, f"assignments/{name}/{name}.ipynb", "Write it, or correct course.toml.")
    master = read(text, name)
    lock = read_text(root, LOCK_FILE, "Run `make lock`.")
    testing = read_testing(root, assignment)
    check_imports(master, testing)
    support = read_support(root, assignment)
    paths = [*support.own, *support.package, *testing.files]
    needs = check_needs(master, paths, assignment.requirements, zips.GRADING_PACKAGES)
    members = check_members(master, _by_name({**support.package, **testing.files}), testing.sources)
    unordered = check_unordered(master, testing.sources)
    raise_all([*needs, *check_opened(master, paths), *members, *unordered])
    bank = read_bank(root, master)
    raise_all(list(check_policy(assignment, master, policy)))
    raise_all([*check_judging(master), *check_wording(master, [*support.own, "README.md"])])
    raise_all([*check_beside(root, name, assignment.files), *check_bank(master, bank)])
    requirements = pinned(lock, assignment.requirements, policy)
    shown = [*_code(master, hidden=False), *_by_name(testing.released).values()]
    given = support.for_code(shown) | testing.released
    every = [*shown, *_code(master, hidden=True), *_by_name(testing.files).values()]
    beside = support.for_code(every) | testing.files

    pins = pinned(lock, zips.grading_packages(assignment), "the grading image")
    split = run_otter(master, beside, zips.requirement_lines(course.torch_index, pins))
    all_tests, public_tests = _test_files(master, course, split.all_tests, split.public_tests)
    student = notebooks.student_files(
        name,
        notebook=dump(notebooks.student_notebook(split.student, master, course)),
        readme=notebooks.readme(master, assignment, course),
        requirements=requirements,
        tests=public_tests,
        support=given,
    )
    outputs = {f"student_release/{name}/{path}": data for path, data in student.items()}
    secret = testing.private, bank
    leaks = check_release(master, outputs, assignment.may_repeat, policy, *secret)
    raise_all([*check_messages(master), *leaks])
    solution = solution_notebook(split.full, master, course, bool(testing.files))
    outputs |= {
        f"solutions/{name}.ipynb": dump(solution).encode(),
        f"build/{name}-student.zip": zips.student_zip(name, student),
        f"build/{name}-otter.zip": zips.otter_zip(split.bundle, all_tests),
    }
    outputs[f"autograder/hidden_tests/{name}/{BUNDLE_FILE}"] = _for_the_examiner(
        master, assignment, course, {**support.own, **testing.released}, sorted(testing.files)
    )
    outputs[f"autograder/hidden_tests/{name}/{ANSWERS_FILE}"] = _json(bank.answers.to_json())
    for question, text in all_tests.items():
        outputs[f"autograder/hidden_tests/{name}/{question}.py"] = text.encode()
    hidden = f"autograder/hidden_tests/{name}/"
    outputs |= {f"{hidden}{path}": data for path, data in testing.files.items()}
    outputs[f"build/{name}-gradescope.zip"] = zips.gradescope_zip(
        assignment,
        course,
        lock,
        tests=_hidden_tests(name, outputs),
        support=support.for_code([*every, *zips.grader_code()]),
        solution=outputs[f"solutions/{name}.ipynb"],
    )
    points = {q.name: None if q.manual else q.points for q in master.questions}
    notes = map(str, [*given_draws(master), *shared_variables(assignment, master)])
    return Built(name, outputs, points, frozenset(assignment.bonus), tuple(notes))


def _for_the_examiner(
    master: Master,
    assignment: Assignment,
    course: Course,
    beside: Mapping[str, bytes],
    testing: list[str],
) -> bytes:
    """Return what the examiner needs besides the tests, as JSON."""
    values = {
        "name": master.name,
        "title": assignment.title,
        "course": course.course,
        "semester": course.semester,
        "feedback": assignment.feedback,
        "leaderboard": assignment.leaderboard,
        "nearest_edit": assignment.nearest_edit,
        # Imported once, before the first submission.
        "packages": [name for name in zips.GRADING_PACKAGES if name in assignment.requirements],
        "limits": asdict(assignment.limits),
        "questions": [
            {
                "name": q.name,
                "points": 0 if q.manual else q.points,
                "manual": q.manual,
                "numpy_only": q.name in assignment.numpy_only,
                "bonus": q.name in assignment.bonus,
            }
            for q in master.questions
        ],
        "files": {path: b64encode(data).decode() for path, data in sorted(beside.items())},
        "testing": testing,
    }
    return _json(values)


def _code(master: Master, hidden: bool) -> Iterator[str]:
    """Yield the code of the hidden tests, or all the rest of the master's code."""
    tests = {test.cell: test for question in master.questions for test in question.tests}
    for cell in master.notebook["cells"]:
        test = tests.get(cell["id"])
        if cell["cell_type"] == "code" and hidden == bool(test and test.hidden):
            yield test.source if test else cell["source"]


def _by_name(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the sources of modules by their dotted names."""
    return {
        module_of(p): data.decode("utf-8", "replace") for p, data in files.items() if is_python(p)
    }


def _json(values: Mapping) -> bytes:
    return (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()


def _test_files(
    master: Master, course: Course, alls: Mapping[str, str], publics: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the test files by question: with all tests, and with only the public ones if any."""
    every, public = {}, {}
    for question in master.questions:
        seed = semester_seed(course.course, course.semester, question.name)
        if question.tests:
            every[question.name] = test_file(alls[question.name], question.tests, seed)
        if question.public_tests:
            text = test_file(publics[question.name], question.public_tests, seed)
            public[question.name] = text
    return every, public
