"""The zips of a build: the student's release, and Otter's bundle for graders."""

import io
import zipfile
from collections.abc import Mapping

# Bytes of a zip must depend on its contents alone. Stored, because two builds of zlib compress the
# same bytes differently; 1980 is the earliest date that the format knows.
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3

# What the bundle's environment holds besides Otter: what notebooks, seqlab and tests import.
GRADING_PACKAGES = ("numpy", "matplotlib", "torch", "tqdm")

# Otter's line for exporting PDFs with a browser, which the build turns off.
_BROWSER = (
    'mamba run -n otter-env bash -c "playwright install-deps && playwright install chromium"\n'
)


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip with these members, the same bytes on every machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path, _DATE)
            member.create_system = _UNIX
            mode = 0o755 if files[path].startswith(b"#!") else 0o644
            member.external_attr = (0o100000 | mode) << 16
            archive.writestr(member, files[path])
    return buffer.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The members of a zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def student_zip(name: str, release: Mapping[str, bytes]) -> bytes:
    """The release below one folder, so that unzipping it anywhere makes no mess."""
    return packed({f"{name}/{path}": contents for path, contents in release.items()})


def requirement_lines(torch_index: str, pins: list[str]) -> list[str]:
    """What Otter appends to the pip packages of its environment.

    PyTorch's CPU index is an extra index: pip prefers its "2.13.0+cpu" to the "2.13.0" that brings
    gigabytes of CUDA to a machine without a GPU.
    """
    return [f"--extra-index-url {torch_index}", *pins]


def otter_zip(otters: Mapping[str, bytes], tests: Mapping[str, str]) -> bytes:
    """Otter's bundle, with our test files and without its browser."""
    members = dict(otters)
    for question, text in tests.items():
        members[f"tests/{question}.py"] = text.encode()
    setup = members["setup.sh"].decode()
    if _BROWSER not in setup:
        raise RuntimeError("Otter's setup.sh has changed: where does it install a browser now?")
    members["setup.sh"] = setup.replace(_BROWSER, "").encode()
    return packed(members)
