"""A root with a fresh Debian in it, for a rehearsal that sees next to nothing of this machine."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.rehearsal.stage import Stage

# What Docker leaves to root, hence what Gradescope's root can do: it mounts nothing, for one.
CAPABILITIES = (
    "chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "net_bind_service", "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap",
)  # fmt: skip
# Mounts folders of this machine at the same paths below a root, opens the way to them, as the way
# to /opt is open on Gradescope, and starts a program there. The mounts are those of this process
# and its children alone, and end with them.
IN_ROOT = f"""
set -eu
root=$1; shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do
    mkdir -p "$root$1"
    above=$1
    while [ "$above" != / ]; do
        chmod a+rx "$root$above"
        above=$(dirname "$above")
    done
    mount --rbind "$1" "$root$1"
    shift
done
shift
exec setpriv --inh-caps=-all --bounding-set=-all,+{",+".join(CAPABILITIES)} chroot "$root" "$@"
"""
# Shared libraries that a Python built on Debian may need besides those of the smallest system.
LIBRARIES = (
    "ca-certificates", "libbz2-1.0", "libexpat1", "libffi8", "libgdbm6", "liblzma5", "libreadline8",
    "libsqlite3-0", "libssl3", "libuuid1", "zlib1g",
)  # fmt: skip


TOOLS = ("debootstrap", "unshare", "setpriv", "chroot")


class StageError(Exception):
    """This machine cannot give the stage that was asked for; says what to do."""


def debian_root(cache: Path, shared: Sequence[Path]) -> Stage:
    """A stage in the root of a fresh Debian, made once in `cache` (a minute, 250 MB).

    Of this machine it sees the `shared` folders alone: Python and its packages, which setup.sh
    would download.
    """
    tools = {tool: shutil.which(tool) for tool in TOOLS}
    if os.geteuid() != 0 or not all(tools.values()):
        raise StageError(
            "A Debian root needs root's rights and debootstrap: `apt install debootstrap`, then "
            "run this with sudo. Or leave --root-fs away."
        )
    suite = _suite()
    root = cache / f"debian-{suite}"
    if not (root / "autograder").is_dir():
        _bootstrap(suite, root)
    paths = [str(path) for path in dict.fromkeys(shared)]
    start = ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_ROOT, "sh", str(root)]
    return Stage(root / "autograder", Path("/autograder"), (*start, *paths, "--"))


def _suite() -> str:
    """This machine's Debian: Python's shared libraries are then of the right versions."""
    with contextlib.suppress(OSError):
        facts = dict(
            line.split("=", 1)
            for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
            if "=" in line
        )
        if facts.get("ID") == "debian":
            return facts["VERSION_CODENAME"].strip('"')
    raise StageError("A Debian root is made on Debian only. Leave --root-fs away.")


def _bootstrap(suite: str, root: Path) -> None:
    partial = root.with_name(f"{root.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    packages = f"--include={','.join(LIBRARIES)}"
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", packages, suite, str(partial)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = " ".join(done.stdout.splitlines()[-2:])
        shutil.rmtree(partial, ignore_errors=True)
        raise StageError(f"debootstrap failed: {last} Leave --root-fs away, or try again.")
    (partial / "autograder").mkdir()
    partial.rename(root)
