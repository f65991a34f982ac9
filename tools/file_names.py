"""File names made of what people are called: letters of any script, unique on every system."""

import hashlib
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

# Device names on Windows, reserved with any suffix: CON.json cannot be written there.
DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
MAX_LABEL = 60  # characters of an id; a hash and a number may follow
# The record of a hand-in adds 43 bytes and these two to its id: file systems hold 255.
MAX_BYTES = 180
# What a folder must be able to hold: letters with and without a decomposition, and a long name.
_SAMPLE = "Łukáš_李_𠮷_"


def identifiers(labels: Sequence[str], ascii_only: bool = False) -> tuple[list[str], list[str]]:
    """Return an id for each label, and the labels whose plain id was not unique.

    Ids consist of letters and digits of any script, in their composed form, "-" and "_"; they
    differ even on file systems that know no case. They depend on the set of labels, not on their
    order, unless labels are equal. `ascii_only`: without accents and other scripts.
    """
    plain = [_plain(label, ascii_only) for label in labels]
    count = Counter(map(folded, plain))
    found: list[str] = []
    shared: list[str] = []
    taken: set[str] = set()
    for label, identifier in zip(labels, plain, strict=True):
        if count[folded(identifier)] > 1:
            shared.append(label)
            identifier = _hashed(identifier, label)
        unique, number = identifier, 1
        while folded(unique) in taken:
            number += 1
            unique = f"{identifier}-{number}"
        taken.add(folded(unique))
        found.append(unique)
    return found, shared


def folded(identifier: str) -> str:
    """Return an id without case and form: what is equal then may be one file somewhere."""
    cased = unicodedata.normalize("NFKC", identifier).casefold()
    return unicodedata.normalize("NFKC", cased)


def holds_letters(folder: Path) -> bool:
    """Try whether files in a folder, which need not exist yet, can be called like people."""
    folder = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    name = _SAMPLE + "x" * (240 - len(_SAMPLE.encode()))
    try:
        with tempfile.TemporaryDirectory(prefix=".", dir=folder) as place:
            Path(place, name).touch()
            return [file.name for file in Path(place).iterdir()] == [name]
    except (OSError, UnicodeError):
        return False


def _plain(label: str, ascii_only: bool) -> str:
    if ascii_only:
        label_form = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
        words = re.sub(r"[^A-Za-z0-9-]+", "_", label_form).strip("_-")
    else:
        words = re.sub("_+", "_", "".join(_kept(unicodedata.normalize("NFC", label)))).strip("_-")
    short = _shortened(words)
    if not words or short != words:
        # Too little or too much is left. The next download may have others with the same rest.
        return _hashed(short or "submission", label)
    return f"{words}_" if folded(words) in DEVICES else words


def _kept(label: str) -> Iterable[str]:
    """Yield the label's letters, digits and hyphens, and "_" for anything else.

    Many scripts write vowels as marks on letters; a mark on anything else has no place.
    """
    before = "_"
    for character in label:
        kind = unicodedata.category(character)[0]
        is_mark = kind == "M" and before not in "_-"
        before = character if kind in "LN" or is_mark or character == "-" else "_"
        yield before


def _shortened(words: str) -> str:
    """Return as much as fits into a file's name."""
    short = words[:MAX_LABEL].encode()[:MAX_BYTES].decode(errors="ignore")
    return short if short == words else short.rstrip("_-")


def _hashed(identifier: str, label: str) -> str:
    return f"{identifier}-{hashlib.sha256(label.encode(errors='replace')).hexdigest()[:8]}"
