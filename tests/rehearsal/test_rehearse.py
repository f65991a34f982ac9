"""`unroll rehearse`: every check can fail, and the real zip passes."""

import io
import json
import stat
import sys
import zipfile

import pytest

from autograder.assignment.bundle import read_bundle
from tools import files
from tools.rehearsal import debian_root, inspection, rehearse, stage
from tools.rehearsal.debian_root import StageError
from tools.rehearsal.rehearse import Limits


@pytest.fixture(scope="module")
def members(built) -> dict[str, bytes]:
    return files.unpacked((built.root / "build/tiny-gradescope.zip").read_bytes())


@pytest.fixture(scope="module")
def tiny(built):
    return read_bundle(built.root / "autograder/hidden_tests/tiny")


def failures(checks) -> dict[str, str]:
    """Return what the failed checks found; each of them must say what to do."""
    failed = [check for check in checks if not check.passed]
    assert all(check.what_now or check.output or "output" in check.what for check in failed)
    return {check.what: check.found for check in failed}


# The zip


def with_modes(members: dict[str, bytes], modes: dict[str, int]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, contents in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = modes.get(name, 0o100755) << 16
            archive.writestr(info, contents)
    return buffer.getvalue()


def test_the_real_zip_has_no_fault(members):
    checks = inspection.check_zip(files.packed(members), "tiny")
    assert failures(checks) == {}
    assert len(checks) == 6


@pytest.mark.parametrize(
    ("spoil", "check", "found"),
    [
        (
            lambda m: {f"tiny/{name}": text for name, text in m.items()},
            "root of the zip",
            "missing: setup.sh, run_autograder; but there is tiny/",
        ),
        (
            lambda m: m | {"run_autograder": m["run_autograder"].replace(b"\n", b"\r\n")},
            "line endings",
            "CRLF in run_autograder",
        ),
        (
            lambda m: m | {"setup.sh": b"#!/bin/zsh\n"},
            "first line of the scripts",
            "none in setup.sh",
        ),
        (
            lambda m: m | {"setup.sh": b"echo no first line\n"},
            "executable bits",
            "not set: setup.sh",
        ),
        (
            lambda m: m | {"hidden_tests/other/q1.py": b""},
            "hidden tests",
            "also those of other",
        ),
        (
            lambda m: {n: t for n, t in m.items() if not n.endswith("assignment.json")},
            "hidden tests",
            "hidden_tests/tiny/assignment.json is missing",
        ),
        (lambda m: m | {"../evil.py": b""}, "paths", "../evil.py"),
        (lambda m: m | {"/etc/evil.py": b""}, "paths", "/etc/evil.py"),
    ],
)
def test_a_fault_of_the_zip_is_named(members, spoil, check, found):
    assert found in failures(inspection.check_zip(files.packed(spoil(members)), "tiny"))[check]


def test_lost_executable_bits_and_links_are_named(members):
    spoiled = with_modes(members, {"run_autograder": 0o100644, "setup.sh": stat.S_IFLNK | 0o777})
    failed = failures(inspection.check_zip(spoiled, "tiny"))
    assert failed == {
        "executable bits": "not set: run_autograder",
        "paths": "outside the zip, or not files: setup.sh",
    }


def test_a_file_that_is_no_zip():
    assert list(failures(inspection.check_zip(b"no zip", "tiny"))) == ["zip"]


# results.json


@pytest.fixture
def results(tiny) -> dict:
    """Return full marks, with as little as the schema allows."""
    tests = [
        {
            "name": question.name,
            "number": "1",
            "score": question.points,
            "max_score": question.points,
            "status": "passed",
            "visibility": "visible",
            "output": "",
            "output_format": "text",
        }
        for question in tiny.graded
    ]
    return {"tests": tests, "stdout_visibility": "hidden"}


def checked(values, tiny, points=None) -> dict[str, str]:
    contents = json.dumps(values).encode() if isinstance(values, dict) else values
    return failures(inspection.check_results(contents, tiny, points))


def test_good_results_have_no_fault(results, tiny):
    assert checked(results, tiny, sum(question.points for question in tiny.graded)) == {}


def test_results_that_are_missing_or_no_json(tiny):
    assert checked(None, tiny) == {"results.json": "missing"}
    assert checked(b'{"tests": ', tiny)["results.json"].startswith("not JSON: ")
    assert "NaN is not a number" in checked(b'{"tests": [], "score": NaN}', tiny)["results.json"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"stdout_visibility": "visible"}, "$.stdout_visibility"),
        ({"score": -1}, "$.score"),
        ({"tests": 5}, "$.tests"),
        ({"scores": 5}, "'scores' was unexpected"),
        ({"tests": [{"name": "q", "score": 1}]}, "$.tests[0]"),
    ],
)
def test_results_against_the_schema(results, tiny, change, found):
    assert found in checked(results | change, tiny)["results.json"]


def test_wrong_sums_are_named(results, tiny):
    first = results["tests"][0]
    most = sum(question.points for question in tiny.graded)
    assert list(checked(results, tiny, 0)) == ["points"]
    assert list(checked(results | {"score": most + 1}, tiny, most)) == ["points"]
    first["score"] += 1
    assert f"more than the maximum: {first['name']}" in checked(results, tiny)["points"]
    first["score"] = first["max_score"] = 0
    assert f"wrong: {first['name']}" in checked(results, tiny)["maxima"]
    results["tests"].append(results["tests"][-1])
    assert list(checked(results, tiny)) == ["maxima"]


def test_results_that_are_too_large(results, tiny):
    assert "200," in checked(results | {"output": "x" * 200_000}, tiny)["results.json"]


# The run


def run_script(script: str, seconds: float = 20, memory_mb: float = 768) -> stage.Run:
    """Run a run_autograder that consists of this script."""
    zipped = files.packed({"run_autograder": f"#!/usr/bin/env bash\n{script}\n".encode()})
    with stage.private_folder() as folder:
        folder.put(zipped)
        folder.submit("a.ipynb", b"{}")
        return folder.run(seconds, memory_mb)


def all_failures(run: stage.Run, tiny, title="a submission") -> dict[str, str]:
    act = rehearse.Act(title, "a.ipynb", b"{}", None)
    return failures(rehearse._checks(act, run, tiny, Limits()))


def writing(results: dict, output: str = "Isolation: T1: own uid") -> str:
    text = json.dumps(results | {"output": output})
    return f"chmod 700 results source; chmod 600 *.json; echo '{text}' > results/results.json"


def test_a_run_that_is_as_it_should_be(results, tiny):
    run = run_script(writing(results))
    assert all_failures(run, tiny) == {}
    assert (run.exit_code, run.ended, run.left_over, run.open_folders) == (0, "", (), ())


def test_a_run_that_takes_too_long(tiny):
    # exec, because a shell killed after its child could still print that the child was killed.
    run = run_script("echo started; sleep 60 & exec sleep 60", seconds=2)
    failed = all_failures(run, tiny)
    assert failed["a submission: run"].startswith("killed: it took too long, ")
    assert failed["a submission: results.json"] == "missing"
    assert run.output == "started\n"


def test_a_run_that_needs_too_much_memory(tiny):
    program = "import time; x = bytearray(200 << 20); time.sleep(60)"
    run = run_script(f"'{sys.executable}' -c '{program}'", memory_mb=100)
    assert "killed: it needed more than 100 MB" in all_failures(run, tiny)["a submission: run"]
    assert run.peak_mb > 100


def test_a_run_with_an_exit_code(results, tiny):
    run = run_script(f"{writing(results)}; exit 3")
    assert all_failures(run, tiny)["a submission: run"].startswith("exit code 3, ")


def test_a_script_with_windows_line_ends_does_not_start(tiny):
    run = run_script("echo started\r\nexit 0\r")
    assert run.exit_code != 0
    assert all_failures(run, tiny)["a submission: results.json"] == "missing"


def test_a_script_that_cannot_be_executed():
    zipped = with_modes({"run_autograder": b"#!/usr/bin/env bash\n"}, {"run_autograder": 0o100644})
    with stage.private_folder() as folder:
        folder.put(zipped)
        folder.submit("a.ipynb", b"{}")
        assert folder.run(5, 100).ended == "did not start: Permission denied"


@pytest.mark.parametrize("kept", ["sleep 60 &", "setsid sleep 60 &", "(setsid sleep 60 &) &"])
def test_processes_that_stay_are_named_and_killed(results, tiny, kept):
    run = run_script(f"{writing(results)}; {kept} sleep 0.3")
    failed = all_failures(run, tiny)
    assert failed["a submission: processes left"].endswith(" sleep")


def test_folders_that_stay_open_are_named(results, tiny):
    run = run_script(f"{writing(results)}; chmod 755 source; chmod 644 *.json")
    found = all_failures(run, tiny)["a submission: folders"]
    assert found == "open to other users: source, submission_metadata.json"


def test_results_without_isolation_are_named(results, tiny):
    run = run_script(writing(results, output="no word of it"))
    assert all_failures(run, tiny)["a submission: isolation"] == "not named in the output"


@pytest.mark.parametrize(
    ("notes", "found"),
    [
        (["The cell raised RuntimeError: REACHED []."], None),
        (
            ["The cell raised RuntimeError: REACHED ['/autograder/source']."],
            "['/autograder/source'",
        ),
        ([], "it did not say"),
    ],
)
def test_what_the_spy_reached_is_named(results, tiny, notes, found):
    values = results | {"extra_data": {"score": {"notes": notes}}}
    run = run_script(writing(values).replace("'", "'\"'\"'").join(["eval '", "'"]))
    run = stage.Run(**{**vars(run), "results": json.dumps(values | {"output": ""}).encode()})
    named = all_failures(run, tiny, title="a spy").get("a spy: what it reached")
    assert named is None if found is None else found in named


# The whole


def test_a_time_budget_beyond_gradescopes(tiny):
    check = rehearse._time_budget(tiny, Limits(minutes=5))
    assert not check.passed
    assert "Set submission_seconds to 240 or less" in check.what_now
    assert rehearse._time_budget(tiny, Limits()).passed


def test_a_wrong_zip_is_not_run(project, unroll, built, members):
    (project.root / "build").mkdir()
    spoiled = files.packed({f"tiny/{name}": text for name, text in members.items()})
    (project.root / "build/tiny-gradescope.zip").write_bytes(spoiled)
    code, out, errors = unroll("rehearse", "tiny")
    assert (code, errors) == (1, "")
    assert "They must be at the top level." in out
    assert "would have failed" in out
    assert "the solution" not in out


def test_setup_needs_root(unroll, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    code, _, errors = unroll("rehearse", "tiny", "--setup")
    assert code == 1
    assert "setup.sh needs root's rights: run this with sudo." in errors


def test_only_a_failed_setup_ends_the_rehearsal(built, monkeypatch, capsys):
    on = stage.Stage(built.root / "nowhere", built.root)
    monkeypatch.setattr(stage.Stage, "unpack", lambda *_: None)
    monkeypatch.setattr(rehearse, "_runs", lambda *_: iter([inspection.Check("runs", True, "x")]))

    def rehearsed(check: inspection.Check) -> inspection.Check:
        monkeypatch.setattr(rehearse.installation, "install", lambda *_, **__: (False, [check]))
        checks = list(rehearse.rehearse(built.root, "tiny", Limits(), on_stage=on, setup=True))
        assert checks[-2] is check
        inspection.print_checks(checks)
        return checks[-1]

    untried = inspection.Check("setup.sh 1: uv", True, "not reachable here", tried=False)
    assert rehearsed(untried).found == "x"
    assert "8 checks: all is well; 1 could not be tried here." in capsys.readouterr().out
    failed = inspection.Check("setup.sh 1: uv", False, "failed", "Correct it.")
    assert rehearsed(failed).found == "none: setup.sh failed"
    assert "2 would have failed." in capsys.readouterr().out


def test_a_zip_that_was_not_built(unroll):
    code, _, errors = unroll("rehearse", "tiny")
    assert code == 1
    assert errors.startswith("build/tiny-gradescope.zip: it cannot be read")
    assert errors.endswith("Run `unroll build`.\n")


def test_the_real_zip_in_a_private_folder(built, tmp_path):
    """Rehearse the solution, the untouched release, a spy and a damaged notebook."""
    damaged = tmp_path / "damaged.ipynb"
    damaged.write_text("{")
    checks = list(rehearse.rehearse(built.root, "tiny", Limits(), submission=damaged))
    assert failures(checks) == {}
    names = [check.what for check in checks]
    for act in ("the solution", "the untouched release", "a spy", "damaged.ipynb"):
        assert f"{act}: processes left" in names
    (reached,) = [check.found for check in checks if check.what == "a spy: what it reached"]
    assert reached == "nothing"


def test_a_debian_root_that_cannot_be(tmp_path, monkeypatch):
    monkeypatch.setattr(debian_root.os, "geteuid", lambda: 1000)
    with pytest.raises(StageError, match="apt install debootstrap"):
        debian_root.debian_root(tmp_path, [])
