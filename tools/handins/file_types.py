"""What a file is, by its name and its first bytes, where its suffix does not say "notebook".

And which folders hold no file: somebody may think that something was handed in.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tools.handins.handin import shown

MAX_TOLD = 10
HEAD = 65_536  # bytes that show what a file is
# Suffixes of archives that cannot be read here, and what they are called.
_ARCHIVES = {
    (".7z",): "a 7-Zip archive",
    (".rar",): "a RAR archive",
    (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar"): "a tar archive",
    (".gz", ".bz2", ".xz", ".zst"): "a compressed file",
}
_STARTS = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x1f\x8b": "a compressed file",
}
# What else students hand in by mistake.
_PAPERS = (".pdf", ".html", ".htm", ".docx", ".doc", ".txt", ".odt", ".pages", ".rtf", ".json")
_PAPERS += (
    ".png",
    ".jpg",
    ".jpeg",
    ".heic",
    ".ipynb~",
    ".download",
    ".pptx",
    ".mp4",
    ".webarchive",
)
# What LMSs and staff put beside hand-ins.
_ABOUT = {"index.html", "readme.txt", "notes.txt", "submission_metadata.yml"}


def archive_of(name: str, head: bytes = b"") -> str:
    """Return what archive this is, in words, or nothing."""
    for suffixes, what in _ARCHIVES.items():
        if name.lower().endswith(suffixes):
            return what
    return next((what for start, what in _STARTS.items() if head.startswith(start)), "")


def looks_like_a_notebook(head: bytes) -> bool:
    """Return whether a file that begins this way may be a notebook, whatever it is called."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="ignore").encode()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    keys = (b'"cells"', b'"nbformat"', b'"cell_type"')
    return text.startswith(b"{") and any(key in text for key in keys)


def may_be_handed_in(name: str) -> bool:
    """Return whether a student may have handed in this file instead of a notebook."""
    if name.lower() in _ABOUT:
        return False
    bare = "." not in name.strip(".")
    return bare or name.lower().endswith(_PAPERS) or bool(archive_of(name))


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def empty_folders(folders: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return a note on the folders that hold no file, the outermost of each.

    Those that have the same name in several places are the LMS's own, and no news.
    """
    full = {""}
    for name in files:
        while name := name.rpartition("/")[0]:
            full.add(name)
    outermost, folders = set(), {*folders}
    for name in folders:
        while name not in full and (around := name.rpartition("/")[0]) not in full:
            name = around
        outermost |= {name} - full
    count = Counter(name.rpartition("/")[2] for name in folders)
    told = sorted(name for name in outermost if count[name.rpartition("/")[2]] <= 1)
    if not told:
        return []
    more = f" and {len(told) - MAX_TOLD} more" if len(told) > MAX_TOLD else ""
    which = "1 folder holds" if len(told) == 1 else f"{len(told)} folders hold"
    return [f"{which} nothing that was handed in: {', '.join(map(shown, told[:MAX_TOLD]))}{more}."]
