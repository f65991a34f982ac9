"""Folders of a download that hold nothing: somebody may think that something was handed in."""

from collections import Counter
from collections.abc import Iterable

from tools.handins.handin import shown

MAX_TOLD = 10


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
