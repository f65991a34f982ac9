"""A fresh Debian root, for a rehearsal that sees almost nothing of this machine."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.rehearsal.stage import OPT, Stage

# The capabilities that Docker leaves to root, so Gradescope's too: it cannot mount, for example.
CAPABILITIES = (
    "chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "net_bind_service", "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap",
)  # fmt: skip
# Mounts folders of this machine at the same paths below a root, makes their parents accessible, as
# /opt is on Gradescope, and starts a program there. Only this process and its children see the
# mounts, which end with them.
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
# Shared libraries that a Python built on Debian may need beyond a minimal system.
LIBRARIES = (
    "ca-certificates", "libbz2-1.0", "libexpat1", "libffi8", "libgdbm6", "liblzma5", "libreadline8",
    "libsqlite3-0", "libssl3", "libuuid1", "zlib1g",
)  # fmt: skip


TOOLS = ("debootstrap", "unshare", "setpriv", "chroot")


class StageError(Exception):
    """A stage that this machine cannot provide; the message says what to do."""


def debian_root(cache: Path, shared: Sequence[Path]) -> Stage:
    """Return a stage in a fresh Debian root, made once in `cache` (a minute, 250 MB).

    It sees only the `shared` folders of this machine: Python and its packages, which setup.sh
    would download.
    """
    tools = {tool: shutil.which(tool) for tool in TOOLS}
    if os.geteuid() != 0 or not all(tools.values()):
        raise StageError(
            "A Debian root needs root's rights and debootstrap: `apt install debootstrap`, then "
            "run this with sudo. Or omit --root-fs."
        )
    suite = _suite()
    root = cache / f"debian-{suite}"
    if not (root / "autograder").is_dir():
        _bootstrap(suite, root)
    paths = [str(path) for path in dict.fromkeys(shared)]
    start = ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_ROOT, "sh", str(root)]
    opt = root / OPT.relative_to("/")
    return Stage(root / "autograder", Path("/autograder"), (*start, *paths, "--"), opt=opt)


def _suite() -> str:
    """Return this machine's Debian release, so that Python finds the right shared libraries."""
    with contextlib.suppress(OSError):
        facts = dict(
            line.split("=", 1)
            for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
            if "=" in line
        )
        if facts.get("ID") == "debian":
            return facts["VERSION_CODENAME"].strip('"')
    raise StageError("A Debian root can only be made on Debian. Omit --root-fs.")


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
        raise StageError(f"debootstrap failed: {last} Omit --root-fs, or try again.")
    (partial / "autograder").mkdir()
    partial.rename(root)
