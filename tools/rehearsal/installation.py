"""setup.sh in a rehearsal: the script of the zip itself, run as far as this machine can serve it.

It needs a package index, PyTorch's own index and GitHub, where uv gets Python. Where only GitHub is
out of reach, the Python of this machine takes that place; where an index is, the script ends there.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.rehearsal.inspection import Check
from tools.rehearsal.stage import Stage

# More than any step that makes progress takes.
MAX_SECONDS = 3600
# What pip, uv and apt say about a network that is not there.
UNREACHABLE = (
    "Failed to establish a new connection|NameResolutionError|Name or service not known|"
    "Temporary failure|Could not resolve|[Cc]ould not connect|Unable to connect|"
    "Network is unreachable|Connection refused|[Cc]onnection timed out|TimeoutError|ProxyError|"
    "Max retries exceeded|dns error|client error .Connect."
)
STEP = re.compile(r'^(?:echo ")?(\d+)/(\d+) (.*?)"?$')
REPLACED = "rehearsal: "
# bash reads this file first. Its functions come before the programs of the same names.
STAND_INS = r"""
function /opt/unroll/uv/bin/uv {
    local log kept=()
    log=$(mktemp)
    if command /opt/unroll/uv/bin/uv "$@" 2> "$log"; then cat "$log" >&2; rm "$log"; return 0; fi
    cat "$log" >&2
    grep --quiet --extended-regexp "$REHEARSAL_UNREACHABLE" "$log" || { rm "$log"; return 1; }
    rm "$log"
    while [ $# -gt 0 ]; do
        case $1 in
            --managed-python) ;;
            --python) kept+=(--python "$REHEARSAL_PYTHON"); shift ;;
            *) kept+=("$1") ;;
        esac
        shift
    done
    if command /opt/unroll/uv/bin/uv "${kept[@]}"; then
        echo "rehearsal: $("$REHEARSAL_PYTHON" -V) of this machine"
    else
        "$REHEARSAL_PYTHON" -m venv "${kept[@]: -1}"
        echo "rehearsal: $("$REHEARSAL_PYTHON" -V) of this machine, and its pip"
    fi
}
"""
# Outside a root of its own, the script must not install anything on this machine.
STAND_INS_HERE = r"""
function python3 { "$REHEARSAL_PYTHON" "$@"; }
function apt-get { echo "apt-get is not run on this machine; use --root-fs" >&2; return 1; }
"""
KEPT = re.compile(r"(PIP|UV|SSL_CERT)_.*|(http|https|no|all)_proxy", re.IGNORECASE)


@dataclass
class Step:
    """A step of setup.sh, and what became of it."""

    title: str
    started: float = 0.0
    seconds: float = 0.0
    replaced: str = ""
    output: list[str] = field(default_factory=list)


def install(on: Stage, shared: bool) -> tuple[bool, list[Check]]:
    """Run setup.sh of an unpacked zip; return whether it came to its end, and a check per step.

    shared: the stage sees this machine's files.
    """
    script = (on.base / "source/setup.sh").read_text(encoding="utf-8")
    planned = [match[3] for line in script.splitlines() if (match := STEP.match(line))]
    shutil.rmtree(on.opt, ignore_errors=True)
    on.opt.mkdir(parents=True)
    steps, code = _run(on, shared)
    ran = steps[:-1] if code else steps
    checks = [Check(_what(n, step.title), True, _found(step)) for n, step in enumerate(ran)]
    if code == 0:
        return True, checks
    output = "".join(steps[-1].output) if steps else ""
    title = _what(len(ran), planned[len(ran)])
    last = _last_words(output)
    if re.search(UNREACHABLE, output):
        checks.append(Check(title, True, f"not reachable here: {last}", tried=False))
    else:
        what_now = "Correct what it installs (requirements.lock, assignments/course.toml)."
        checks.append(Check(title, False, f"failed: {last}", what_now, output[-3000:]))
    for number in range(len(ran) + 1, len(planned)):
        found = f"not reached: it needs step {len(ran) + 1}"
        checks.append(Check(_what(number, planned[number]), True, found, tried=False))
    return False, checks


def _what(number: int, title: str) -> str:
    return f"setup.sh {number + 1}: {title}"


def _found(step: Step) -> str:
    did = f"replaced by {step.replaced}" if step.replaced else "ran"
    return f"{did}, {step.seconds:.0f} s"


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)error|e: |caused by", line)]
    # The script's own last line names the line that failed, not why.
    return (errors or [line for line in lines if not line.startswith("setup.sh: ")] or ["?"])[-1]


def _run(on: Stage, shared: bool) -> tuple[list[Step], int]:
    """Run the script; return its steps so far as it came, and its exit code."""
    stand_ins = on.base / "stand_ins.sh"
    stand_ins.write_text(STAND_INS + (STAND_INS_HERE if shared else ""), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
    environment |= {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/",
        "BASH_ENV": str(on.inside / "stand_ins.sh"),
        "REHEARSAL_PYTHON": str(Path(sys.base_prefix, "bin/python3")),
        "REHEARSAL_UNREACHABLE": UNREACHABLE,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        [*on.start, str(on.inside / "source/setup.sh")],
        cwd=on.base,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    limit = threading.Timer(MAX_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
    limit.start()
    try:
        steps = list(_steps(process.stdout))
        code = process.wait()
    finally:
        limit.cancel()
        stand_ins.unlink()
    return steps, code


def _steps(lines: Iterator[str]) -> Iterator[Step]:
    """Divide the output into steps; yield each when it is over."""
    step = None
    for line in lines:
        if match := STEP.match(line.rstrip("\n")):
            if step is not None:
                step.seconds = time.monotonic() - step.started
                yield step
            step = Step(match[3], time.monotonic())
        elif step is not None and line.startswith(REPLACED):
            step.replaced = line.removeprefix(REPLACED).strip()
        elif step is not None:
            step.output.append(line)
    if step is not None:
        step.seconds = time.monotonic() - step.started
        yield step
