"""`unroll rehearse`: plays Gradescope with the zip that will be uploaded."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import seqlab

from autograder.assignment.bundle import Bundle, read_bundle
from tools.errors import AuthorError, Place
from tools.rehearsal import debian_root, installation, stage
from tools.rehearsal.inspection import Check, check_results, check_zip
from tools.rehearsal.stage import Run, Stage

# The part of a run outside the examination: Python starts, writes, and stops.
MARGIN_SECONDS = 60
MOST_MINUTES = 40

# What a submission must not be able to read, by path from Gradescope's folder.
CLOSED = (
    "source",
    "source/hidden_tests/{name}/assignment.json",
    "results",
    "results/results.json",
    "submission_metadata.json",
)
SPY = """\
import os
found = []
for path in {paths}:
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").read()
        found.append(path)
    except OSError:
        pass
try:
    open({results}, "wb").write(b"{{}}")
    found.append("written: " + {results})
except OSError:
    pass
raise RuntimeError("REACHED " + repr(found))
"""


@dataclass(frozen=True)
class Act:
    """One submission of the rehearsal, and the points it must get (None: any)."""

    title: str
    file: str
    contents: bytes
    points: float | None
    # Contents of submission_metadata.json; None: as documented.
    metadata: bytes | None = None


@dataclass(frozen=True)
class Limits:
    """What Gradescope allows; by default, its default settings."""

    minutes: float = stage.MINUTES
    memory_mb: float = stage.MEMORY_MB


def rehearse(
    root: Path,
    name: str,
    limits: Limits,
    submission: Path | None = None,
    on_stage: Stage | None = None,
    setup: bool = False,
) -> Iterator[Check]:
    """Yield each check as soon as it is made. Without a stage, use a private folder.

    setup: run setup.sh first, and then everything with what it has installed.
    """
    zip_file = root / f"build/{name}-gradescope.zip"
    try:
        contents = zip_file.read_bytes()
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        where = Place(f"build/{zip_file.name}")
        raise AuthorError(what, where, "Run `unroll build`.") from None
    checks = check_zip(contents, name)
    yield from checks
    if not all(check.passed for check in checks):
        yield Check("runs", False, "none: the zip is wrong", "Fix what is named above.")
        return
    with contextlib.ExitStack() as stack:
        on = on_stage or stack.enter_context(stage.private_folder(setup))
        if setup:
            on.unpack(contents)
            done, checks = installation.install(on, shared=on_stage is None)
            yield from checks
            if not all(check.passed for check in checks):
                yield Check("runs", False, "none: setup.sh failed", "Fix what is named above.")
                return
            on = replace(on, python=str(stage.OPT / "venv/bin/python")) if done else on
        yield from _runs(root, name, contents, limits, submission, on)


def debian_stage(root: Path) -> Stage:
    """Return a Debian root with the Python that runs this program, and the support package."""
    support = Path(seqlab.__file__).parent
    return debian_root.debian_root(
        root / "build", [Path(sys.prefix), Path(sys.base_prefix), support]
    )


def _runs(
    root: Path, name: str, contents: bytes, limits: Limits, submission: Path | None, on: Stage
) -> Iterator[Check]:
    on.put(contents)
    bundle = read_bundle(on.base / "source/hidden_tests" / name)
    yield _time_budget(bundle, limits)
    for act in _acts(root, bundle, on, submission):
        on.submit(act.file, act.contents, act.metadata)
        run = on.run(limits.minutes * 60, limits.memory_mb)
        yield from _checks(act, run, bundle, limits)


def _acts(root: Path, bundle: Bundle, on: Stage, submission: Path | None) -> list[Act]:
    name = bundle.name
    solution = root / f"solutions/{name}.ipynb"
    blank = root / f"student_release/{name}/{name}.ipynb"
    full = sum(question.points for question in bundle.graded)
    acts = [
        Act("the solution", f"{name}.ipynb", solution.read_bytes(), full),
        # The name that a browser gives a second download, and empty metadata.
        Act("the untouched release", f"{name} (1).ipynb", blank.read_bytes(), 0.0, metadata=b""),
        Act("a spy", f"{name}.ipynb", _spy(solution, name, on.inside), full),
    ]
    if submission is not None:
        acts.append(Act(submission.name, submission.name, submission.read_bytes(), None))
    return acts


def _spy(solution: Path, name: str, base: Path) -> bytes:
    """Return the solution with a first cell that tries to read what it must not, and fails."""
    notebook = json.loads(solution.read_text(encoding="utf-8"))
    paths = [str(base / path.format(name=name)) for path in CLOSED]
    source = SPY.format(paths=paths, results=repr(str(base / "results/results.json")))
    cell = {"cell_type": "code", "id": "spy", "metadata": {}, "source": source}
    notebook["cells"].insert(0, cell | {"outputs": [], "execution_count": None})
    return json.dumps(notebook).encode()


def _time_budget(bundle: Bundle, limits: Limits) -> Check:
    needed = (bundle.limits.submission_seconds + MARGIN_SECONDS) / 60
    return Check(
        "time budget",
        needed <= limits.minutes,
        f"at most {needed:g} minutes, of Gradescope's {limits.minutes:g}",
        "When Gradescope stops a run, the student gets 0 points and no explanation. Set "
        f"submission_seconds to {limits.minutes * 60 - MARGIN_SECONDS:g} or less, or raise the "
        f"timeout on Gradescope (at most {MOST_MINUTES} minutes) and rehearse with --minutes.",
    )


def _checks(act: Act, run: Run, bundle: Bundle, limits: Limits) -> Iterator[Check]:
    checks = [_ended(run, limits), *check_results(run.results, bundle, act.points)]
    if all(check.passed for check in checks):
        checks += [_isolation(run), _closed(run), _left_over(run)]
    if act.title == "a spy":
        checks.append(_spied(run))
    for check in checks:
        yield Check(f"{act.title}: {check.what}", check.passed, check.found, check.what_now)
    if not all(check.passed for check in checks):
        yield Check(f"{act.title}: output", False, "see below", output=run.output[-3000:])


def _ended(run: Run, limits: Limits) -> Check:
    found = run.ended or f"exit code {run.exit_code}"
    found += f", {run.seconds:.1f} s, {run.peak_mb:.0f} MB"
    what_now = (
        f"Gradescope allows {limits.minutes:g} minutes and {limits.memory_mb:g} MB: make the "
        "assignment smaller, or choose a larger container there and rehearse with its size."
    )
    return Check("run", not run.ended and run.exit_code == 0, found, what_now)


def _isolation(run: Run) -> Check:
    """Check that as root, like on Gradescope, each submission runs under its own user."""
    output = json.loads(run.results or b"{}").get("output", "")
    lines = [line for line in output.splitlines() if line.startswith("Isolation: ")]
    tier = lines[0].removeprefix("Isolation: ") if lines else "not named in the output"
    if os.geteuid() == 0:
        return Check("isolation", tier.startswith("T1"), tier, "As root, Gradescope must give T1.")
    return Check("isolation", bool(lines), f"{tier} (as root, Gradescope gives T1)", "")


def _closed(run: Run) -> Check:
    found = f"open to other users: {', '.join(run.open_folders)}" if run.open_folders else "closed"
    return Check("folders", not run.open_folders, found, "run_autograder must close them.")


def _left_over(run: Run) -> Check:
    found = ", ".join(run.left_over) or "none"
    what_now = "The grader must kill all processes of a submission before it ends."
    return Check("processes left", not run.left_over, found, what_now)


def _spied(run: Run) -> Check:
    values = json.loads(run.results or b"{}")
    notes = values.get("extra_data", {}).get("score", {}).get("notes", [])
    said = [note for note in notes if "REACHED " in note]
    if not said:
        return Check("what it reached", False, "it did not say", "Did its cell not run?")
    found = said[0].rsplit("REACHED ", 1)[1]  # the note quotes the line first
    return Check(
        "what it reached",
        found.startswith("[]"),
        "nothing" if found.startswith("[]") else found,
        "A submission must reach neither tests nor results. Do not use this zip.",
    )
