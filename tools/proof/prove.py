"""`unroll verify`: prove that an assignment keeps its laws."""

import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools.course.settings import Assignment, Course, read_assignment, read_course, read_text
from tools.files import sha256
from tools.grading.batch import WorkerDiedError, work_through
from tools.grading.store import Record, Store, is_settled
from tools.grading.task import Kit, StartError
from tools.grading.version import package_versions
from tools.grading.workers import Staff, Workers
from tools.master.known_answers import Bank, read_bank
from tools.master.master import Master, read
from tools.mutants.equivalents import Edit, listed_edits, read_equivalents
from tools.proof import laws
from tools.proof.circumstances import TOGETHER
from tools.proof.evidence import Evidence, graded
from tools.proof.jobs import AlikeJob, CheckJob, Keys, packed
from tools.proof.plan import Check, Plan, Scope
from tools.proof.subjects import MUTANT, Subjects, subjects_of
from tools.proof.verdict import Law, State, Verdict, judge, not_reached
from tools.release import freshness
from tools.release.build import Built, assemble
from tools.release.stamp import fingerprint
from tools.terminal import Tell, Told


class ProofError(Exception):
    """The proof could not finish; the message says at which check, and why."""


@dataclass
class Proof:
    """The findings about one assignment, and the evidence for them."""

    name: str
    semester: str
    scope: Scope
    inputs: str
    bank: Bank
    subjects: Subjects | None = None
    # Mutants that may survive, with the reason.
    equivalent: Mapping[Edit, str] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    verdicts: dict[Law, Verdict] = field(default_factory=dict)
    # Seconds that all workers together spent on a law in this run.
    seconds: dict[Law, float] = field(default_factory=dict)

    @property
    def laws(self) -> list[Law]:
        """The laws to judge."""
        return [law for law in Law if law is not Law.MUTANTS or self.scope.mutants]

    @property
    def holds(self) -> bool:
        return all(v.state in (State.HOLDS, State.NOTHING) for v in self.verdicts.values())

    def judge(self, verdict: Verdict) -> None:
        self.verdicts[verdict.law] = verdict

    def reaches(self, law: Law) -> bool:
        """Return whether the law can be judged; if not, that is its verdict."""
        states = {known: verdict.state for known, verdict in self.verdicts.items()}
        if not_reached(law, states):
            self.judge(Verdict(law, State.NOT_REACHED))
            return False
        return True


def results_folder(root: Path) -> Path:
    """Return the folder of proofs: a file for each assignment, and a folder of its results."""
    return root / "build/verify"


def inputs_of(root: Path, name: str) -> str:
    """Return a hash of everything that the verdicts on an assignment depend on."""
    files = freshness.committed_files(root, name)
    lines = [f"{path} {sha256(data)}" for path, data in files.items()]
    return sha256("\n".join([fingerprint(root, name), *package_versions(), *lines]).encode())


def prove(root: Path, name: str, scope: Scope, staff: Staff, forget: bool, tell: Tell) -> Proof:
    """Judge all laws for an assignment; results of earlier runs count unless `forget`."""
    course, assignment = read_course(root), read_assignment(root, name)
    text = read_text(root, f"assignments/{name}/{name}.ipynb", "Write it, or correct course.toml.")
    master = read(text, name)
    proof = Proof(name, course.semester, scope, inputs_of(root, name), read_bank(root, master))
    answers = proof.bank.answers.answers
    if scope.mutants:
        proof.equivalent = listed_edits(read_equivalents(root, name, answers))
    with Store(results_folder(root) / name) as store:
        if forget:
            store.prune(())
        tell(Told("leak and fresh"))
        built = _committed(root, course, assignment, master, proof)
        if proof.reaches(Law.SOLUTION):
            outputs = built.outputs
            proof.subjects = subjects_of(
                master,
                proof.bank,
                outputs[f"solutions/{name}.ipynb"],
                outputs[f"student_release/{name}/{name}.ipynb"],
                scope.mutants,
            )
            checker = Checker(root, built, proof, store, tell, staff)
            plan = Plan(name, proof.subjects, scope.full, assignment.slow)
            _judge_all(checker, plan, assignment)
            checker.tidy(plan)
    for law in proof.laws:
        if law not in proof.verdicts:
            proof.reaches(law)
    return proof


class Checker:
    """A place to have checks graded and records noted."""

    def __init__(
        self,
        root: Path,
        built: Built,
        proof: Proof,
        store: Store,
        tell: Tell,
        staff: Staff,
    ) -> None:
        """Grade by what a build writes, which is what is committed."""
        self.proof = proof
        self._store, self._tell, self._staff = store, tell, staff
        name, outputs = built.name, built.outputs
        archive = outputs[f"build/{name}-otter.zip"]
        secrets = (f"{root}/solutions", f"{root}/assignments/{name}", f"{root}/build")
        # Trusted: these notebooks are ours. Isolation is still used if there is any.
        self._kit = Kit(built.hidden_tests, otter_zip=archive, secrets=secrets, trust=True)
        self._keys = Keys(name, self._kit, proof.bank)
        self._incomplete: list[CheckJob] = []

    def grade(self, checks: Iterable[Check]) -> None:
        """Note the record of each check: the stored one, or a new one."""
        waiting = []
        for check in checks:
            job = self._keys.job(check)
            entry = self._store.last(job.whose, job.key)
            record = entry.read() if entry else None
            if record is None or not is_settled(record):
                entries = reversed(self._store.entries(job.whose))
                waiting.append(job.after(filter(None, (entry.read() for entry in entries))))
            else:
                check.note(record, self.proof.evidence)
        while waiting:
            jobs = packed(waiting, self.proof.subjects.solution.notebook, self._staff.count)
            self._incomplete.clear()
            work_through(jobs, self._workers(), self._keep, self._tell, "grading")
            waiting = [job.whole() for job in self._incomplete]

    def _keep(
        self, job: CheckJob | AlikeJob, record: Record | None, error: Exception | None
    ) -> bool:
        if record is None:
            raise ProofError(f"{job.name}: {job.label}: {_told(error)}") from error
        for each, part in job.parts(record):
            spent, law = self.proof.seconds, each.check.law
            spent[law] = spent.get(law, 0.0) + part["seconds"]
            whole = each.completed(part)
            if whole is None:
                self._incomplete.append(each)
                continue
            self._store.put(each.whose, each.key, whole)
            each.check.note(whole, self.proof.evidence)
        return False

    def _workers(self) -> Workers:
        return self._staff.equipped(self._kit, lambda: self._tell(Told("starting the workers")))

    def tidy(self, plan: Plan) -> None:
        """Remove old records, except those that the other form of the proof needs."""
        times = _times(self.proof)
        plans = [replace(plan, full=form) for form in (False, True)]
        checks = [check for each in plans for check in (*each.ends(), *each.rest(times))]
        checks += plan.causes(times)
        keys = {self._keys.job(check).key for check in checks}
        # Which mutants there are takes time to find out: those of an earlier run stay.
        spared = "" if self.proof.scope.mutants else f"{MUTANT}_"
        self._store.prune(keys, spared)


def _told(error: Exception | None) -> str:
    """Say in words what a machine lacks; anything else is our own bug, and needs a traceback."""
    if isinstance(error, StartError | WorkerDiedError):
        return str(error)
    return "".join(traceback.format_exception(error))


def _committed(
    root: Path, course: Course, assignment: Assignment, master: Master, proof: Proof
) -> Built:
    """Judge what is committed; return what a build would write."""
    started = time.monotonic()
    count = len(freshness.committed_files(root, master.name))
    found = freshness.leaks(root, master, assignment)
    proof.judge(judge(Law.LEAK, "the release", found))
    proof.seconds[Law.LEAK] = time.monotonic() - started
    started = time.monotonic()
    built = assemble(root, course, master.name)
    different = freshness.differences(root, built)
    proof.judge(judge(Law.FRESH, f"{count} files", different, built.notes))
    proof.seconds[Law.FRESH] = time.monotonic() - started
    return built


def _judge_all(checker: Checker, plan: Plan, assignment: Assignment) -> None:
    proof, subjects = checker.proof, plan.subjects
    checker.grade(plan.ends())
    proof.judge(laws.solution(subjects, proof.evidence, assignment.limits.submission_seconds))
    proof.judge(laws.blank(subjects, proof.evidence))
    wanted = [law for law in proof.laws if law not in proof.verdicts and proof.reaches(law)]
    checker.grade(check for check in plan.rest(_times(proof)) if check.law in wanted)
    if laws.lost_under(TOGETHER.name, proof.evidence):
        checker.grade(plan.causes(_times(proof)))
    judges = {
        Law.BITE: lambda: laws.bite(
            subjects, proof.evidence, assignment.builds_on, proof.bank.raising
        ),
        Law.DIAGNOSE: lambda: laws.diagnose(subjects, proof.evidence),
        Law.ACCEPT: lambda: laws.accept(subjects, proof.evidence),
        Law.FAIR: lambda: laws.fair(subjects, proof.evidence),
        Law.ALONE: lambda: laws.alone(proof.evidence),
        Law.STUB: lambda: laws.stub(subjects, proof.evidence, assignment.stubs),
        Law.SEED: lambda: laws.seed(proof.evidence),
        Law.AGREE: lambda: laws.agree(proof.evidence),
        Law.MUTANTS: lambda: laws.mutants(subjects, proof.evidence, proof.equivalent),
    }
    for law in wanted:
        if proof.reaches(law):
            proof.judge(judges[law]())


def _times(proof: Proof) -> dict[str, float]:
    """Return how long each question of the solution takes."""
    solution = proof.evidence.examined[proof.subjects.solution.name]
    return {question.name: question.seconds for question in graded(solution)}
