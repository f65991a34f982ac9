"""Run by test_tiers.py as a separate program: grade files in one tier, as an ordinary user."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "assignments")]

from autograder import sandbox  # noqa: E402 - the path comes first
from autograder.assignment.bundle import read_bundle  # noqa: E402
from autograder.grader import Grader  # noqa: E402
from autograder.sandbox import folders, mounts  # noqa: E402


def main(tier: str, bundle: str, *files: str) -> None:
    """Print the isolation and the points of each file."""
    if os.geteuid() == 0 and tier != "T1":
        uid = sandbox.free_uid()
        mounts.open_closed([*folders.interpreter(), ROOT, Path(bundle), *map(Path, files)])
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        argv = [sys.executable, "-I", "-B", __file__, tier, bundle, *files]
        sys.exit(subprocess.run(argv, env={"HOME": "/tmp", "OMP_NUM_THREADS": "1"}).returncode)
    try:
        with Grader(read_bundle(Path(bundle)), force=sandbox.Tier[tier]) as grader:
            points = [grader.grade(Path(file)).points for file in files]
            print(json.dumps({"isolation": grader.isolation.describe(), "points": points}))
    except sandbox.SandboxError as error:
        print(json.dumps({"refused": str(error)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
