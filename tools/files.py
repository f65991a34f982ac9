"""Project files: find, hash and pack them, and replace them all at once."""

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

# A zip's bytes must depend only on its contents. Members are stored, not compressed, because two
# builds of zlib compress the same bytes differently. 1980 is the earliest date a zip can hold.
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def sha256(contents: bytes) -> str:
    """Return the hash that a build prints and remembers."""
    return hashlib.sha256(contents).hexdigest()


def files_below(root: Path, folder: str) -> list[str]:
    """Return a folder's files as paths from `root`, without caches and hidden files."""
    files = [file.relative_to(root) for file in (root / folder).rglob("*") if file.is_file()]
    return sorted(file.as_posix() for file in files if not any(map(_is_trace, file.parts)))


def _is_trace(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__"


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of these members, with the same bytes on every machine."""
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
    """Return the members of a zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def swap_in(root: Path, files: Mapping[str, bytes], targets: Iterable[str]) -> None:
    """Replace each target, a file or a folder, with what `files` has at or below its path.

    Everything is written first; after that, files are only renamed.
    """
    work = root / "build"  # on the same file system as the targets, and ignored by git
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".swap-", dir=work) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        old.mkdir()
        for path, contents in files.items():
            write(new / path, contents)
        moves = []
        try:
            for number, target in enumerate(targets):
                (root / target).parent.mkdir(parents=True, exist_ok=True)
                moves.append((root / target, old / str(number), new / target))
                final, former, fresh = moves[-1]
                if final.exists():
                    os.replace(final, former)
                if fresh.exists():
                    os.replace(fresh, final)
        except BaseException:  # KeyboardInterrupt too
            for final, former, fresh in reversed(moves):
                if final.exists() and not fresh.exists():
                    os.replace(final, fresh)
                if former.exists():
                    os.replace(former, final)
            raise


def write(file: Path, contents: bytes) -> None:
    """Write a file, creating the folders it needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(contents)
