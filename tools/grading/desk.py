"""What every worker does, on this machine or on a cluster: one task in, one record out.

    Kit (once per worker) + Task ──perform──▶ record: score, fingerprint, written answers, seconds

The grader stays warm from one task to the next. A worker gets everything as values: it shares no
folder with the sender.
"""

import atexit
import contextlib
import hashlib
import os
import pickle
import re
import shutil
import tempfile
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from autograder.assignment.answers import FILE as ANSWERS
from autograder.assignment.bundle import Bundle, BundleError, read_bundle
from autograder.disk import Scratch
from autograder.examiner.line import ServerError
from autograder.grader import Grader
from autograder.results.score import Outcome, Score
from autograder.sandbox import SandboxError
from tools.files import files_below, write
from tools.grading.task import Examine, ExamineAlike, Kit, RunOtter, StartError, Task, Work
from tools.grading.version import grader_version
from tools.handins.essays import read_essays
from tools.likeness.likeness import read_fingerprint

Record = dict[str, Any]

# In characters of up to four bytes each; file systems allow 255 bytes.
MAX_NAME, MAX_SUFFIX = 50, 10
SEMESTER = re.compile(rb"^SEMESTER = \d+$", re.MULTILINE)

_KITS: dict[str, Kit] = {}
_DESKS: dict[str, "Desk"] = {}
# On a cluster, one process may have several threads, but only one grader.
_LOCK = threading.Lock()


def equip(kit: Kit) -> None:
    """Get ready for tasks with this kit."""
    _KITS[kit.key] = kit


def change_to(key: str, equipment: bytes) -> None:
    """Get ready for tasks with this kit, pickled, and for no others."""
    if key not in _KITS:
        close()
        _KITS.clear()
        equip(pickle.loads(equipment))


def perform(task: Task) -> Record:
    """Return the record of a task, plain values; StartError if nothing can be graded here."""
    with _LOCK:
        if task.version != grader_version():
            raise StartError(
                "The worker has another version of Unroll or of its packages. There, install what "
                "requirements.lock lists, from the same copy of the project."
            )
        try:
            if task.kit not in _KITS:
                raise StartError("The worker did not get the tests. Start it again.")
            if task.kit not in _DESKS:
                _DESKS[task.kit] = _opened(_KITS[task.kit])
            return _DESKS[task.kit].perform(task)
        except (BundleError, SandboxError, ServerError) as error:
            raise StartError(str(error)) from None
        except OSError as error:
            where = error.filename or tempfile.gettempdir()
            raise StartError(f"{where}: {error.strerror or error}. Make room there.") from None


def _opened(kit: Kit) -> "Desk":
    try:
        return Desk(kit)
    except (BundleError, OSError):
        raise
    except Exception as error:
        told = f"The tests cannot be read ({type(error).__name__}: {error}). Run `unroll build`."
        raise StartError(told) from error


def close() -> None:
    """End the graders of this process, and remove their files."""
    while _DESKS:
        _DESKS.popitem()[1].close()


atexit.register(close)


class Desk:
    """Where submissions of one assignment are graded: a private folder and a warm grader."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self.grader: Grader | None = None
        self._scratch = Scratch("grading")  # private: it holds tests
        self._room = self._scratch.path
        self._bundles: dict[Work, Bundle] = {}
        try:
            tests = self._room / "tests"
            for path, contents in kit.files.items():
                (tests / path).parent.mkdir(parents=True, exist_ok=True)
                (tests / path).write_bytes(contents)
            self.bundle: Bundle = read_bundle(tests)
        except BaseException:
            self._scratch.remove()
            raise

    def perform(self, task: Task) -> Record:
        """Do one task; the record says how many seconds it took."""
        started = time.monotonic()
        work = task.work
        if isinstance(work, ExamineAlike):
            record: Record = {"records": self._examine_alike(task, work)}
        elif isinstance(work, RunOtter):
            record = self._run_otter(task, work)
        else:
            record = self._examine(task)
        return record | {"seconds": round(time.monotonic() - started, 3)}

    def _examine(self, task: Task) -> Record:
        folder = self._room / "submission"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        file = folder / _file_name(task.file)
        file.write_bytes(task.contents)
        score = self._score(file, task.work)
        if score.outcome is Outcome.BROKEN:
            # Its server may have ended, and would break the next ones too.
            self._end_grader()
            score = self._score(file, task.work)
        record: Record = {"score": score.to_json()}
        if self._kit.release and score.readable:
            record |= self._compared(file)
        shutil.rmtree(folder, ignore_errors=True)
        return record

    def _examine_alike(self, task: Task, work: ExamineAlike) -> list[Record]:
        """Return a record for each notebook; grade alone those for which it makes a difference."""
        name = _file_name(task.file)
        folder = self._room / "alike"
        shutil.rmtree(folder, ignore_errors=True)
        write(base := folder / "base" / name, task.contents)
        others = []
        for number, (contents, how) in enumerate(work.notebooks):
            write(file := folder / str(number) / name, contents)
            others.append((file, self._bundle_for(how), how.diagnose))
        scores = self._grader().grade_alike(base, others, self.bundle)
        shutil.rmtree(folder)
        records = []
        for (contents, how), score in zip(work.notebooks, scores, strict=True):
            if score is None or score.outcome is Outcome.BROKEN:
                records.append(self.perform(replace(task, contents=contents, work=how)))
            else:
                records.append({"score": score.to_json(), "seconds": score.seconds})
        return records

    def _compared(self, file: Path) -> Record:
        """Return what a record says of a file compared with the untouched release."""
        names = {answer.question: answer.names for answer in self.bundle.answers.answers}
        prints = read_fingerprint(file, names, self._kit.release.untouched, self.bundle.name)
        essays = read_essays(file, self._kit.release.sheet, self.bundle.name)
        return {
            "fingerprint": asdict(prints),
            "essays": {name: asdict(essay) for name, essay in essays.items()},
        }

    def _score(self, file: Path, work: Examine) -> Score:
        about = {"always_diagnose": work.diagnose, "blank_too": work.blank_too}
        return self._grader().grade(file, bundle=self._bundle_for(work), **about)

    def _grader(self) -> Grader:
        if self.grader is None:
            secrets = [Path(path) for path in self._kit.secrets]
            secrets = [self._room, *(path for path in secrets if path.exists())]
            trust = self._kit.trust
            self.grader = Grader(self.bundle, trust=trust, secrets=secrets)
        return self.grader

    def _bundle_for(self, work: Examine) -> Bundle:
        """Return the wanted questions; other semesters and bare tests have their own folders."""
        if work not in self._bundles:
            bundle = self.bundle
            if work.manner != bundle.manner:
                bundle = replace(bundle, manner=work.manner)
            if work.only is not None:
                asked = tuple(q for q in bundle.questions if q.name in work.only)
                bundle = replace(bundle, questions=asked)
            if work.seconds is not None:
                limits = replace(bundle.limits, question_seconds=work.seconds)
                bundle = replace(bundle, limits=limits)
            if work.seed is not None or work.bare:
                bundle = replace(bundle, folder=self._tests_for(work.seed, work.bare))
            self._bundles[work] = bundle
        return self._bundles[work]

    def _tests_for(self, seed: int | None, bare: bool) -> Path:
        folder = self._room / f"tests-{seed}-{bare}"
        if folder.exists():
            return folder
        folder.mkdir(mode=0o700)
        for path in files_below(self.bundle.folder, "."):
            if bare and path == ANSWERS:
                continue
            contents = (self.bundle.folder / path).read_bytes()
            if seed is not None and path.endswith(".py"):
                number = semester_of(self.bundle.name, seed)
                contents = SEMESTER.sub(b"SEMESTER = %d" % number, contents)
            write(folder / path, contents)
        return folder

    def _run_otter(self, task: Task, work: RunOtter) -> Record:
        # Only a proof needs it, and Otter's own grading takes a second to import.
        from tools.grading import otter_run

        about = (self.bundle.name, task.contents, self._kit.otter_zip, self._room)
        if work.whole:
            return {"otter": otter_run.run_whole(*about)}
        return {"otter": otter_run.run_cells(*about, work.only)}

    def _end_grader(self) -> None:
        if self.grader is not None:
            with contextlib.suppress(Exception):  # it may be broken in any way
                self.grader.__exit__()
            self.grader = None

    def close(self) -> None:
        """End the grader, and remove the folder."""
        self._end_grader()
        self._scratch.remove()


def semester_of(name: str, seed: int) -> int:
    """Return the number that tests draw from in the semester `seed`: 63 bits, as in a build."""
    digest = hashlib.sha256(f"verify/{name}/{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _file_name(name: str) -> str:
    """Return the student's own name for the file, made safe for files and tables."""
    plain = os.fsencode(name).decode(errors="replace").replace("/", "_")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:MAX_NAME] or 'submission'}{dot or '.'}{suffix[:MAX_SUFFIX]}"
