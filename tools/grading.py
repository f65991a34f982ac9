"""One submission graded: what every worker does, here or on a cluster.

    Kit (once per worker) + Task ──grade_one──▶ record: score, fingerprint, written answers, seconds

The grader stays warm from one task to the next. A worker gets everything as values: it shares no
folder with the one who sends.
"""

import atexit
import contextlib
import functools
import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.bundle import Bundle, BundleError, read_bundle
from autograder.grade import Grader
from autograder.isolation import SandboxError
from autograder.line import ServerError
from autograder.score import Outcome, Score
from autograder.scratch import Scratch
from tools.essays import AnswerSheet, read_essays
from tools.likeness import Fingerprint, read_fingerprint
from tools.plan import versions
from tools.stamp import AUTOGRADER, TOOLS, files_below, sha256
from tools.tasks import import_what_tests_import

# Characters; file systems take 255 bytes, and these may have four each.
MAX_NAME, MAX_SUFFIX = 50, 10


class StartError(Exception):
    """This machine cannot grade, or not now; no submission is to blame."""


@dataclass(frozen=True)
class Kit:
    """What a worker needs to grade an assignment.

    files: those of hidden_tests/NAME; untouched, sheet: what is known of the release; secrets:
    what no submission may read, where it exists; trust: grade without isolation if need be.
    """

    files: Mapping[str, bytes]
    untouched: Fingerprint
    sheet: AnswerSheet
    secrets: tuple[str, ...] = ()
    trust: bool = False

    @functools.cached_property
    def key(self) -> str:
        """A hash of all in it that a record depends on."""
        about = [sorted((path, sha256(data)) for path, data in self.files.items())]
        about += [asdict(self.untouched), sorted(self.sheet.given)]
        about += [{name: asdict(prompt) for name, prompt in self.sheet.prompts.items()}]
        return sha256(json.dumps(about, sort_keys=True).encode())


@dataclass(frozen=True)
class Task:
    """One file to grade with the kit of this key, by this version of the grader."""

    handin: str
    file: str
    contents: bytes
    kit: str
    version: str


_KITS: dict[str, Kit] = {}
_DESKS: dict[str, "_Desk"] = {}
# On a cluster, one process may have several threads, but it has one grader.
_LOCK = threading.Lock()


def equip(kit: Kit) -> None:
    """Get ready for tasks with this kit."""
    # Otter imports jsonschema, which then builds a grammar of addresses for three seconds, where
    # JupyterLab has brought it along. None of our schemas needs it.
    sys.modules.setdefault("rfc3987_syntax", None)
    _KITS[kit.key] = kit


def grade_one(task: Task) -> dict[str, Any]:
    """Grade a submission: a record of plain values. StartError where nothing can be graded here."""
    with _LOCK:
        if task.version != grader_version():
            raise StartError(
                "The worker has another version of Unroll or of its packages. Install there what "
                "requirements.lock lists, from the same copy of the project."
            )
        try:
            if task.kit not in _KITS:
                raise StartError("The worker did not get the tests. Start it again.")
            if task.kit not in _DESKS:
                _DESKS[task.kit] = _opened(_KITS[task.kit])
            return _DESKS[task.kit].grade(task)
        except (BundleError, SandboxError, ServerError) as error:
            raise StartError(str(error)) from None
        except OSError as error:
            where = error.filename or tempfile.gettempdir()
            raise StartError(f"{where}: {error.strerror or error}. Make room there.") from None


def _opened(kit: Kit) -> "_Desk":
    try:
        return _Desk(kit)
    except (BundleError, OSError):
        raise
    except Exception as error:
        told = f"The tests cannot be read ({type(error).__name__}: {error}). Run `unroll build`."
        raise StartError(told) from error


def close() -> None:
    """End the graders of this process, and remove what they worked with."""
    while _DESKS:
        _DESKS.popitem()[1].close()


class _Desk:
    """Where submissions of one assignment are graded: a private folder and a warm grader."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._grader: Grader | None = None
        self._scratch = Scratch("grading")  # private: it holds tests
        self._room = self._scratch.path
        try:
            tests = self._room / "tests"
            for path, contents in kit.files.items():
                (tests / path).parent.mkdir(parents=True, exist_ok=True)
                (tests / path).write_bytes(contents)
            self._bundle: Bundle = read_bundle(tests)
            self._names = {a.question: a.names for a in self._bundle.answers.answers}
        except BaseException:
            self._scratch.remove()
            raise

    def grade(self, task: Task) -> dict[str, Any]:
        started = time.monotonic()
        folder = self._room / "submission"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        file = folder / _file_name(task.file)
        file.write_bytes(task.contents)
        score = self._score(file)
        if score.outcome is Outcome.BROKEN:
            # Perhaps its server has ended, and would break the next ones, too.
            self._end_grader()
            score = self._score(file)
        record: dict[str, Any] = {"score": score.to_json(), "fingerprint": {}, "essays": {}}
        if score.readable:
            prints = read_fingerprint(file, self._names, self._kit.untouched)
            essays = read_essays(file, self._kit.sheet)
            record["fingerprint"] = asdict(prints)
            record["essays"] = {name: asdict(essay) for name, essay in essays.items()}
        shutil.rmtree(folder, ignore_errors=True)
        return record | {"seconds": round(time.monotonic() - started, 3)}

    def _score(self, file: Path) -> Score:
        if self._grader is None:
            secrets = [Path(path) for path in self._kit.secrets]
            secrets = [path for path in secrets if path.exists()]
            secrets = [self._room, *secrets]
            import_what_tests_import(self._bundle.folder)
            about = {"trust": self._kit.trust, "secrets": secrets}
            self._grader = Grader(self._bundle, **about, many=True)
        return self._grader.grade(file)

    def _end_grader(self) -> None:
        if self._grader is not None:
            with contextlib.suppress(Exception):  # it may be broken in any way
                self._grader.__exit__()
            self._grader = None

    def close(self) -> None:
        self._end_grader()
        self._scratch.remove()


atexit.register(close)


def _file_name(name: str) -> str:
    """The student's own name for the file, as far as files and tables can have it."""
    plain = os.fsencode(name).decode(errors="replace").replace("/", "_")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:MAX_NAME] or 'submission'}{dot or '.'}{suffix[:MAX_SUFFIX]}"


@functools.cache
def grader_version() -> str:
    """A hash of the code that makes a record, and of the packages that it runs on."""
    files = sorted(AUTOGRADER.glob("*.py"))
    files += [TOOLS / name for name in ("essays.py", "grading.py", "likeness.py")]
    spec = find_spec("seqlab")
    folder = Path(spec.origin).parent if spec and spec.origin else TOOLS
    files += [folder / path for path in files_below(folder, ".")]
    parts = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return sha256("\n".join([*parts, *versions()]).encode())
