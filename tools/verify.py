"""`unroll verify`: prove that an assignment keeps its laws."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from tools import freshness, laws
from tools.bank import Bank, read_bank
from tools.build import Built, assemble
from tools.course import Assignment, Course, read_assignment, read_course, read_text
from tools.jobs import Pool, Store
from tools.laws import Evidence
from tools.master import Master, read
from tools.plan import Check, Keys, Plan, versions
from tools.stamp import fingerprint, sha256
from tools.subjects import Subjects, subjects_of
from tools.tasks import Workplace, processors, worker
from tools.verdict import Law, State, Verdict, judge, not_reached


@dataclass
class Proof:
    """What was found out about one assignment, and what it was found out from."""

    name: str
    semester: str
    full: bool
    inputs: str
    bank: Bank
    subjects: Subjects | None = None
    evidence: Evidence = field(default_factory=Evidence)
    verdicts: dict[Law, Verdict] = field(default_factory=dict)
    # Seconds of all workers together that were spent on a law now, not in earlier runs.
    seconds: dict[Law, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return all(v.state in (State.HOLDS, State.NOTHING) for v in self.verdicts.values())

    def judge(self, verdict: Verdict) -> None:
        self.verdicts[verdict.law] = verdict

    def reaches(self, law: Law) -> bool:
        """Whether what the law needs is there; when not, that is its verdict."""
        states = {known: verdict.state for known, verdict in self.verdicts.items()}
        if not_reached(law, states):
            self.judge(Verdict(law, State.NOT_REACHED))
            return False
        return True


@dataclass(frozen=True)
class Told:
    """How far it is: for a progress bar, or a log."""

    law: str
    done: int
    count: int
    seconds_left: float


Tell = Callable[[Told], None]


def results_folder(root: Path) -> Path:
    """Where proofs are kept, one file for each assignment, and below it the results behind it."""
    return root / "build/verify"


def inputs_of(root: Path, name: str) -> str:
    """A hash of all that the verdicts on an assignment depend on."""
    files = freshness.committed_files(root, name)
    lines = [f"{path} {sha256(data)}" for path, data in files.items()]
    return sha256("\n".join([fingerprint(root, name), *versions(), *lines]).encode())


def prove(
    root: Path, name: str, full: bool, workers: int | None, forget: bool, tell: Tell
) -> Proof:
    """Judge all laws for an assignment; results of earlier runs count unless `forget`."""
    course, assignment = read_course(root), read_assignment(root, name)
    text = read_text(root, f"assignments/{name}/{name}.ipynb", "Write it, or correct course.toml.")
    master = read(text, name)
    proof = Proof(name, course.semester, full, inputs_of(root, name), read_bank(root, master))
    store = Store(results_folder(root) / name)
    if forget:
        store.prune(())
    with _room(root) as room, contextlib.ExitStack() as stack:
        desk = Desk(store, proof, tell, stack, _workplace(root, name, room), workers)
        if store.is_empty():
            desk.hire()  # they get ready while this process does the first two laws
        tell(Told("leak and fresh", 0, 0, 0.0))
        built = _committed(root, course, assignment, master, proof)
        if proof.reaches(Law.SOLUTION):
            outputs = built.outputs
            proof.subjects = subjects_of(
                master,
                proof.bank,
                outputs[f"solutions/{name}.ipynb"],
                outputs[f"student_release/{name}/{name}.ipynb"],
            )
            desk.open(built)
            plan = Plan(name, proof.subjects, full, assignment.slow)
            _judge_all(desk, plan, assignment)
            desk.tidy(plan)
    for law in Law:
        if law not in proof.verdicts:
            proof.reaches(law)
    return proof


def _workplace(root: Path, name: str, room: Path) -> Workplace:
    secrets = (root / "solutions", root / f"assignments/{name}", root / "build")
    tests = root / f"autograder/hidden_tests/{name}"
    return Workplace(name, tests, room / "otter.zip", room, secrets)


@dataclass
class Desk:
    """Where checks come in and results are noted; workers are hired when there is work."""

    store: Store
    proof: Proof
    tell: Tell
    stack: contextlib.ExitStack
    place: Workplace
    workers: int | None
    keys: Keys | None = None
    pool: Pool | None = None

    def open(self, built: Built) -> None:
        """Grade by what a build writes, which is what is committed."""
        hidden = f"autograder/hidden_tests/{built.name}/"
        outputs = built.outputs
        files = {p.removeprefix(hidden): d for p, d in outputs.items() if p.startswith(hidden)}
        archive = outputs[f"build/{built.name}-otter.zip"]
        self.place.otter_zip.write_bytes(archive)
        self.keys = Keys(files, archive, self.proof.bank)

    def grade(self, checks: Iterable[Check]) -> None:
        """Note the result of each check: the one that is kept, or a new one."""
        waiting = {}
        for check in checks:
            job = self.keys.job(self.proof.name, check)
            result = self.store.get(job.key)
            if result is None:
                waiting[job] = check
            else:
                check.note(result, self.proof.evidence)
        left = sum(job.seconds for job in waiting)
        estimated, count, started = left, len(waiting), time.monotonic()
        results = self.hire().run(waiting) if waiting else ()
        for done, (job, result) in enumerate(results, start=1):
            check = waiting[job]
            self.store.put(job.key, result)
            check.note(result, self.proof.evidence)
            spent = self.proof.seconds
            spent[check.law] = spent.get(check.law, 0.0) + result["seconds"]
            left -= job.seconds
            # Seconds of the clock for each that was estimated.
            pace = (time.monotonic() - started) / (estimated - left)
            self.tell(Told(str(check.law), done, count, left * pace))

    def hire(self) -> Pool:
        """The workers, who stay until the proof is done."""
        if self.pool is None:
            self.tell(Told("starting the workers", 0, 0, 0.0))
            pool = Pool(_Start(self.place), self.workers or processors())
            self.pool = self.stack.enter_context(pool)
        return self.pool

    def tidy(self, plan: Plan) -> None:
        """Remove old results, but none that the other form of the proof would ask for."""
        times = _times(self.proof)
        plans = [replace(plan, full=form) for form in (False, True)]
        checks = [check for each in plans for check in (*each.ends(), *each.rest(times))]
        self.store.prune({self.keys.job(plan.name, check).key for check in checks})


@dataclass(frozen=True)
class _Start:
    """Opens a worker; a partial would do, but would not say its name in a traceback."""

    place: Workplace

    def __call__(self):
        return worker(self.place)


def _committed(
    root: Path, course: Course, assignment: Assignment, master: Master, proof: Proof
) -> Built:
    """Judge what is committed; returns what a build would write."""
    started = time.monotonic()
    count = len(freshness.committed_files(root, master.name))
    found = freshness.leaks(root, master, assignment)
    proof.judge(judge(Law.LEAK, "the release", found))
    proof.seconds[Law.LEAK] = time.monotonic() - started
    started = time.monotonic()
    built = assemble(root, course, master.name)
    different = freshness.differences(root, built)
    proof.judge(judge(Law.FRESH, f"{count} files", different))
    proof.seconds[Law.FRESH] = time.monotonic() - started
    return built


def _judge_all(desk: Desk, plan: Plan, assignment: Assignment) -> None:
    proof, subjects = desk.proof, plan.subjects
    desk.grade(plan.ends())
    proof.judge(laws.solution(subjects, proof.evidence))
    proof.judge(laws.blank(subjects, proof.evidence))
    wanted = [law for law in Law if law not in proof.verdicts and proof.reaches(law)]
    desk.grade(check for check in plan.rest(_times(proof)) if check.law in wanted)
    judges = {
        Law.BITE: lambda: laws.bite(subjects, proof.evidence, assignment.builds_on),
        Law.DIAGNOSE: lambda: laws.diagnose(subjects, proof.evidence),
        Law.ACCEPT: lambda: laws.accept(subjects, proof.evidence),
        Law.STUB: lambda: laws.stub(subjects, proof.evidence, assignment.stubs),
        Law.SEED: lambda: laws.seed(proof.evidence),
        Law.AGREE: lambda: laws.agree(proof.evidence),
    }
    for law in wanted:
        if proof.reaches(law):
            proof.judge(judges[law]())


def _times(proof: Proof) -> dict[str, float]:
    """What each question of the solution takes."""
    questions = proof.evidence.examined[proof.subjects.solution.name]["questions"]
    return {name: score["seconds"] for name, score in questions.items()}


@contextlib.contextmanager
def _room(root: Path) -> Iterator[Path]:
    """A private folder for notebooks and other semesters' tests; it is named by its process."""
    folder = results_folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(".room-*"):
        # Of a process that was killed.
        if not psutil.pid_exists(int(old.name.split("-")[1])):
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".room-{os.getpid()}-", dir=folder) as room:
        yield Path(room)
