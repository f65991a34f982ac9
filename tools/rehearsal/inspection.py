"""Checks for what would fail on Gradescope: in a zip, and in what a run leaves behind."""

import io
import json
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import jsonschema

import autograder
from autograder.assignment.bundle import Bundle
from autograder.results import gradescope
from tools.terminal import printable

SCHEMA = Path(autograder.__file__).parent / "results.schema.json"
SCRIPTS = ("setup.sh", "run_autograder")
TEXT = {"", ".sh", ".py", ".txt", ".json", ".ipynb", ".toml", ".md", ".csv"}
REBUILD = "Run `unroll build`; upload the zip as it is."


@dataclass(frozen=True)
class Check:
    """One check; `found` says what is there, `what_now` how to fix it."""

    what: str
    passed: bool
    found: str
    what_now: str = ""
    # What the run printed, if that explains a failure.
    output: str = ""
    # False: this machine could not try it, so nothing is known.
    tried: bool = True


def check_zip(contents: bytes, name: str) -> list[Check]:
    """Check whether Gradescope could use the zip of the assignment `name`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(contents))
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        texts = {n: archive.read(n) for n in members if PurePosixPath(n).suffix in TEXT}
    except (zipfile.BadZipFile, OSError) as error:
        return [Check("zip", False, f"it cannot be read: {error}", REBUILD)]
    return [
        _root(members),
        _paths(members),
        _executable(members),
        _first_lines(texts),
        _line_ends(texts),
        _hidden_tests(members, name),
    ]


def check_results(contents: bytes | None, bundle: Bundle, points: float | None) -> list[Check]:
    """Check that Gradescope accepts a results.json and that it gives `points` (None: any)."""
    if contents is None:
        return [Check("results.json", False, "missing", "Read the output of the run, below.")]
    try:
        values = json.loads(contents, parse_constant=_refuse)
    except ValueError as error:
        return [Check("results.json", False, f"not JSON: {error}", "Correct what writes it.")]
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    # The most deeply nested error is the most specific.
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema).iter_errors(values)
    )
    if error is not None:
        found = f"{error.json_path}: {error.message[:200]}"
        return [Check("results.json", False, found, "Correct autograder/results/gradescope.py.")]
    size = len(contents)
    checks = [
        Check(
            "results.json",
            size <= gradescope.MAX_BYTES,
            f"{size:,} bytes, valid by the schema",
            f"The limit is {gradescope.MAX_BYTES:,}: shorten titles and hints of the tests.",
        )
    ]
    return [*checks, _maxima(values, bundle), *_points(values, bundle, points)]


def scored(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries that Gradescope adds up."""
    return [test for test in values["tests"] if "score" in test]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number in JSON")


def _root(members: dict[str, Any]) -> Check:
    missing = [script for script in SCRIPTS if script not in members]
    found = "setup.sh and run_autograder are there"
    if missing:
        found = f"missing: {', '.join(missing)}"
        inner = [n for n in members if PurePosixPath(n).name in missing]
        found += f"; but there is {inner[0]}" if inner else ""
    return Check("root of the zip", not missing, found, f"They must be at the top level. {REBUILD}")


def _paths(members: dict[str, Any]) -> Check:
    bad = [
        name
        for name, info in members.items()
        if name.startswith("/")
        or "\\" in name
        or ".." in PurePosixPath(name).parts
        or (info.external_attr >> 16) & 0o170000 not in (0, 0o100000)
    ]
    found = f"outside the zip, or not files: {', '.join(bad[:3])}" if bad else "all inside"
    return Check("paths", not bad, found, REBUILD)


def _executable(members: dict[str, Any]) -> Check:
    scripts = [script for script in SCRIPTS if script in members]
    missing = [s for s in scripts if not (members[s].external_attr >> 16) & 0o100]
    found = f"not set: {', '.join(missing)}" if missing else "set"
    what_now = f"Some zip programs lose them, especially on Windows. {REBUILD}"
    return Check("executable bits", not missing, found, what_now)


def _first_lines(texts: dict[str, bytes]) -> Check:
    starts = {s: texts[s].split(b"\n", 1)[0] for s in SCRIPTS if s in texts}
    bad = [s for s, line in starts.items() if line.rstrip(b"\r") != b"#!/usr/bin/env bash"]
    found = f"none in {', '.join(bad)}" if bad else "#!/usr/bin/env bash"
    return Check("first line of the scripts", not bad, found, REBUILD)


def _line_ends(texts: dict[str, bytes]) -> Check:
    bad = [name for name, text in texts.items() if b"\r" in text]
    found = f"CRLF in {', '.join(bad[:3])}" if bad else f"LF in all {len(texts)} text files"
    what_now = f"An editor or a zip program on Windows changed them. {REBUILD}"
    return Check("line endings", not bad, found, what_now)


def _hidden_tests(members: dict[str, Any], name: str) -> Check:
    tests = [PurePosixPath(n).parts for n in members if n.startswith("hidden_tests/")]
    others = sorted({parts[1] for parts in tests if len(parts) > 2} - {name})
    there = f"hidden_tests/{name}/assignment.json" in members
    found = f"{len(tests)} files" if there else f"hidden_tests/{name}/assignment.json is missing"
    found += f"; also those of {', '.join(others)}" if others else ""
    return Check("hidden tests", there and not others, found, REBUILD)


def _maxima(values: dict[str, Any], bundle: Bundle) -> Check:
    entries = {test["name"]: test["max_score"] for test in scored(values)}
    expected = {q.name: 0 if q.bonus else q.points for q in bundle.graded}
    found = f"{len(entries)} questions, {sum(entries.values()):g} points"
    passed = entries == expected and len(scored(values)) == len(entries)
    if not passed:
        odd = sorted(q for q in {*entries, *expected} if entries.get(q) != expected.get(q))
        found += f"; wrong: {', '.join(odd)}"
    what_now = "Every question needs one entry with its max_score, in every run. See the output."
    return Check("maxima", passed, found, what_now)


def _points(values: dict[str, Any], bundle: Bundle, points: float | None) -> list[Check]:
    # Gradescope shows the top-level score if there is one.
    total = values.get("score", math.fsum(test["score"] for test in scored(values)))
    on_top = {question.name for question in bundle.graded if question.bonus}
    beyond = [t for t in scored(values) if t["score"] > t["max_score"]]
    too_many = [t["name"] for t in beyond if t["name"] not in on_top]
    most = bundle.most
    found = f"{total:g} of {most:g}"
    if too_many:
        found += f"; more than the maximum: {', '.join(too_many)}"
    right = points is None or math.isclose(total, points, abs_tol=1e-9)
    wanted = "" if points is None else f"It must be {points:g}. "
    return [Check("points", right and not too_many, found, f"{wanted}See the output of the run.")]


def print_checks(checks: list[Check]) -> None:
    """Print the checks of a rehearsal, and what to do about each failure."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    table = Table("", "check", "found")
    for check in checks:
        # It may quote the submission, so no markup.
        sign = ("✓" if check.passed else "✗") if check.tried else "–"
        table.add_row(sign, check.what, Text(printable(check.found)))
    console.print(table)
    failed = [check for check in checks if not check.passed]
    for check in failed:
        if check.what_now:
            console.print(Text(f"{check.what}: {check.what_now}"))
        if check.output:
            console.print(Text(f"{check.what}:\n{printable(check.output)}"))
    verdict = f"{len(failed)} would have failed" if failed else "all is well"
    untried = sum(not check.tried for check in checks)
    rest = f"{untried} could not be tried here" if untried else ""
    if not any(check.what.startswith("setup.sh") for check in checks):
        rest = "not rehearsed: what setup.sh downloads (--setup)"
    console.print(f"{len(checks)} checks: {verdict}{f'; {rest}' if rest else ''}.")
