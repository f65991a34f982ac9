"""The files of a class, below a folder or in a zip, which is unpacked with care.

Names in a zip come from students: none may lead out of the folder, and no link is followed.
"""

import calendar
import contextlib
import hashlib
import itertools
import os
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.submission.reading import MAX_BYTES, NO_ANSWERS
from tools.errors import ClassError
from tools.handins.file_types import HEAD, empty_folders, head_of, looks_like_a_notebook
from tools.handins.handin import shown
from tools.zip_names import names_in

SUFFIXES = (".ipynb", ".zip", ".py")
METADATA = "submission_metadata.yml"
MAX_MEMBERS = 200_000
MAX_UNPACKED = 50 * 2**30  # bytes: a thousand students, each with a notebook full of plots
MAX_NAME = 180  # bytes of one part of a path; file systems take 255


_ENCRYPTED = 0x1  # this flag marks a member of a zip as encrypted


class _DamagedError(Exception):
    """A member of a zip cannot be read."""


@dataclass(frozen=True)
class Found:
    """One file: its path within the folder or zip, and where its contents are.

    `file` is None if nothing in it could be graded anyway, or if there is a `problem`. `order`:
    greater for later files, if the layout tells. `notebook`: it is one, whatever its suffix.
    """

    name: str
    file: Path | None
    problem: str = ""
    order: int = 0
    notebook: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.name).parts

    @property
    def gradable(self) -> bool:
        return self.notebook or self.name.lower().endswith(SUFFIXES)


def files_below(folder: Path) -> tuple[list[Found], list[str]]:
    """Return the regular files below a folder, by name, and notes on notebooks left out.

    Links are skipped: they lead anywhere.
    """
    found, notes = [], []
    inside, names_seen = [], []
    for here, folders, names in os.walk(folder):
        for path in (Path(here, name) for name in [*folders, *names]):
            relative = path.relative_to(folder).as_posix()
            # Linux allows any bytes in a name; from here on, names are text.
            name = os.fsencode(relative).decode(errors="replace")
            visible = _visible(path.name)
            if path.is_dir() and not path.is_symlink():
                inside += [name] if visible else []
                continue
            names_seen += [name] if visible else []
            if not visible:
                notes += _skipped(name)
            elif not stat.S_ISREG(path.lstat().st_mode):
                notes.append(f"{shown(name)} is left out: it is a link, or no ordinary file.")
            else:
                odd = not name.lower().endswith(SUFFIXES)
                notebook = odd and looks_like_a_notebook(head_of(path))
                found.append(Found(name, path, notebook=notebook))
        for name in [name for name in folders if not _visible(name)]:
            hidden = Path(here, name)
            for path in hidden.rglob("*.ipynb") if not hidden.is_symlink() else ():
                notes += _skipped(path.relative_to(folder).as_posix())
        folders[:] = [name for name in folders if _visible(name)]
        if len(found) > MAX_MEMBERS:
            what_now = "Name the folder that the submissions are in."
            raise ClassError(f"more than {MAX_MEMBERS:,} files", folder, what_now)
    notes += empty_folders(inside, names_seen)
    return sorted(found, key=lambda each: each.name), sorted(notes)


def _visible(name: str) -> bool:
    return name not in NO_ANSWERS and not name.startswith(".")


def _skipped(name: str) -> list[str]:
    """Note a notebook in a place that holds no answers; copies that programs keep are no news."""
    parts = PurePosixPath(name).parts
    copies = {"__MACOSX", ".ipynb_checkpoints"} & {*parts} or parts[-1].startswith("._")
    if copies or not parts[-1].lower().endswith(".ipynb"):
        return []
    part = next((part for part in parts if not _visible(part)), parts[-1])
    return [f"{shown(name)} is left out: what is called {shown(part)} holds no answers."]


def members(archive: Path) -> list[Found]:
    """Return what a zip would unpack to, without unpacking it."""
    with _opened(archive) as zipped:
        return [_found(zipped, info, name) for info, name in _named(zipped)[0]]


def unpack(archive: Path, into: Path) -> tuple[list[Found], list[str]]:
    """Unpack what can be graded into a folder in `into`, and note what was left out.

    The folder is named after the zip's contents: the same zip is unpacked only once.
    """
    with _opened(archive) as zipped:
        named, notes = _named(zipped)
        wanted = {name: _wanted(zipped, info, name) for info, name in named}
        total = sum(info.file_size for info, name in named if wanted[name])
        if len(named) > MAX_MEMBERS or total > MAX_UNPACKED:
            what = f"it would unpack to {len(named):,} files and {total / 2**30:.0f} GB"
            raise ClassError(what, archive, "No class is that large: look into it by hand.")
        listing = "".join(f"{name}\0{info.CRC}\0{info.file_size}\n" for info, name in named)
        digest = hashlib.sha256(listing.encode(errors="replace")).hexdigest()[:12]
        folder = into / f"{_on_disk(archive.stem)}-{digest}"
        try:
            if not folder.is_dir():
                # Complete or absent, even when this is killed.
                part = folder.with_name(f"{folder.name}.part")
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                for number, (info, name) in enumerate(named):
                    if wanted[name]:
                        _write(zipped, info, _target(part, name, number))
                part.rename(folder)
        except OSError as error:
            what_now = "Make room there, or give another --out."
            raise ClassError(
                f"cannot unpack {archive.name}: {error.strerror}", into, what_now
            ) from None
    found = []
    for number, (info, name) in enumerate(named):
        target = _target(folder, name, number)
        problem = "" if wanted[name] and target.is_file() else _problem(info, name)
        odd = wanted[name] and not name.lower().endswith((*SUFFIXES, METADATA))
        file = target if wanted[name] and not problem else None
        found.append(Found(name, file, problem, notebook=odd and file is not None))
    return sorted(found, key=lambda each: each.name), notes


def _opened(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except OSError as error:
        raise ClassError(
            f"cannot be read: {error.strerror}", archive, "Download it again."
        ) from None
    except Exception:
        # zipfile raises about ten kinds of errors on a damaged file.
        what_now = "Download it again; Windows and macOS can open an intact one."
        raise ClassError("this is not a zip, or it is damaged", archive, what_now) from None


def _named(zipped: zipfile.ZipFile) -> tuple[list[tuple[zipfile.ZipInfo, str]], list[str]]:
    """Return the members with safe names, and notes on the others."""
    named, notes, folders = [], [], []
    infos = zipped.infolist()
    for info, name in zip(infos, names_in(infos), strict=True):
        parts = PurePosixPath(name).parts
        linked = (info.external_attr >> 16) & 0o170000 == stat.S_IFLNK
        if linked or name.startswith("/") or ".." in parts or re.match("[A-Za-z]:", name):
            notes.append(f"{shown(name)} is left out: its name leads out of the zip, or is a link.")
        elif parts and not info.is_dir() and all(map(_visible, parts)):
            named.append((info, "/".join(parts)))
        elif parts:
            notes += [] if info.is_dir() else _skipped(name)
            around = parts if info.is_dir() else parts[:-1]
            folders.append("/".join(itertools.takewhile(_visible, around)))
    return named, notes + empty_folders(folders, [name for _, name in named])


def _wanted(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bool:
    """Return whether a member may be graded, or says whose the others are."""
    if info.file_size > MAX_BYTES:
        return False
    return name.endswith(METADATA) or _found(zipped, info, name).gradable


def _found(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Found:
    if name.lower().endswith(SUFFIXES):
        return Found(name, None)
    head = b""
    with contextlib.suppress(_DamagedError):
        head = next(_chunks(zipped, info, HEAD), b"")
    return Found(name, None, notebook=looks_like_a_notebook(head))


def _problem(info: zipfile.ZipInfo, name: str) -> str:
    if not Found(name, None).gradable:
        return ""
    short = shown(PurePosixPath(name).name)
    if info.file_size > MAX_BYTES:
        return f"{short} has {info.file_size / 2**20:.0f} MB, too many to be graded."
    if info.flag_bits & _ENCRYPTED:
        return f"{short} has a password in the download."
    return f"{short} is damaged in the download."


def _target(folder: Path, name: str, number: int) -> Path:
    """Return where a member is written: under its name, in a folder of its own.

    The number separates names that a file system treats as one.
    """
    return folder / f"{number:05}" / _on_disk(PurePosixPath(name).name)


def _on_disk(name: str) -> str:
    safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]', "_", name).rstrip(". ") or "_"
    if len(safe.encode()) <= MAX_NAME:
        return safe
    stem, dot, suffix = safe.rpartition(".")
    short = (stem or suffix).encode()[: MAX_NAME - 30].decode(errors="ignore")
    return f"{short}-{hashlib.sha256(safe.encode()).hexdigest()[:8]}{dot}{suffix[-15:]}"


def _write(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Write one member, or nothing if it is damaged."""
    target.parent.mkdir()
    try:
        with target.open("xb") as file:
            for chunk in _chunks(zipped, info):
                file.write(chunk)
    except _DamagedError:
        target.unlink()
        return
    # The times decide later which file is newer. A zip does not give its time zone.
    seconds = calendar.timegm((*info.date_time, 0, 0, 0)) if info.date_time[1:3] > (0, 0) else 0
    os.utime(target, (seconds, seconds))


def _chunks(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, size: int = 2**20) -> Iterator[bytes]:
    try:
        with zipped.open(info) as member:
            while chunk := member.read(size):
                yield chunk
    except GeneratorExit:
        raise
    except Exception:
        raise _DamagedError from None
