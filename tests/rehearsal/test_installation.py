"""setup.sh as it is in the zip, on an index of one package: each step says what became of it."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

from tools import files
from tools.rehearsal import installation, stage
from tools.release.zips import UV_VERSION

# Takes a Python of this machine; the one that it should fetch is out of reach.
UV = """#!/bin/sh
case "$*" in *--managed-python*) echo "  Caused by: dns error" >&2; exit 2;; esac
while [ $# -gt 1 ]; do [ "$1" = --python ] && python=$2; shift; done
"$python" -m venv --without-pip "$1"
for folder in "$1"/lib/python3.*/site-packages; do
    ln -s PIP "$folder/pip"
done
"""


def can_mount() -> bool:
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return os.geteuid() == 0 and done.returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="setup.sh needs root's rights and mounts")


@pytest.fixture
def on(built):
    with stage.private_folder(setup=True) as folder:
        folder.unpack((built.root / "build/tiny-gradescope.zip").read_bytes())
        yield folder


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index with nothing but uv."""
    uv = UV.replace("PIP", str(Path(importlib.util.find_spec("pip").origin).parent))
    info = f"uv-{UV_VERSION}.dist-info"
    wheel = {
        f"uv-{UV_VERSION}.data/scripts/uv": uv.encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: uv\nVersion: {UV_VERSION}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    (tmp_path / f"uv-{UV_VERSION}-py3-none-any.whl").write_bytes(files.packed(wheel))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


def found(on: stage.Stage) -> tuple[bool, list[tuple[bool, bool, str]]]:
    done, checks = installation.install(on, shared=True)
    assert [check.what[:11] for check in checks] == [f"setup.sh {n}:" for n in range(1, 6)]
    return done, [(check.passed, check.tried, check.found) for check in checks]


def test_each_step_runs_is_replaced_or_fails(on, index):
    """The index has no PyTorch."""
    done, (first, second, third, *rest) = found(on)
    assert not done
    assert first[:2] == second[:2] == (True, True)
    assert first[2].startswith("ran, ")
    assert second[2].startswith("replaced by Python 3.") and " of this machine, " in second[2]
    assert third[:2] == (False, True)
    assert third[2].startswith("failed: ERROR: ") and "torch==" in third[2]
    assert rest == [(True, False, "not reached: it needs step 3")] * 2


def test_an_index_out_of_reach_is_no_fault_of_the_zip(on, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    done, (first, *rest) = found(on)
    assert not done
    assert first[:2] == (True, False)
    assert first[2].startswith("not reachable here: ERROR: ")
    assert rest == [(True, False, "not reached: it needs step 1")] * 4


def test_a_script_that_comes_to_its_end(on):
    """It has an /opt/unroll of its own, and may not install anything on this machine."""
    script = on.base / "source/setup.sh"
    script.write_text(
        '#!/usr/bin/env bash\nset -e\necho "1/2 a file"\ntouch /opt/unroll/file\n'
        'echo "2/2 a package"\n! apt-get install anything\n'
    )
    script.chmod(0o755)
    existed = list(stage.OPT.iterdir())
    done, checks = installation.install(on, shared=True)
    assert done and [check.found[:4] for check in checks] == ["ran,", "ran,"]
    assert (on.opt / "file").exists()
    assert list(stage.OPT.iterdir()) == existed
    assert not (on.base / "stand_ins.sh").exists()
