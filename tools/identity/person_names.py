"""Names of people as LMSs, file systems and students spell them: words, orders, likeness."""

import re
import unicodedata

# Accents of Latin, Greek and Cyrillic. In other scripts, marks count as letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
# Letters that Unicode does not decompose, and how keyboards without them spell these.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
_PLAIN |= str.maketrans({"\u0131": "i", "ħ": "h", "ŧ": "t"})  # Turkish i without a dot
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# What stands between the words of a name, or of a file's name.
_GAPS = re.compile(r"[\s,;_.()\[\]{}+&@#-]+")
# What LMSs write in place of a name in anonymous marking.
_NOBODY = {"participant", "anon", "anonymous", "student", "user"}


def squashed(name: str) -> str:
    """Return the letters and digits of a name, without case and accents.

    In file names, one LMS spells María as maria, another as maría.
    """
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name.casefold()))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", plain)).translate(_PLAIN)


def words_of(name: str) -> list[str]:
    """Return the words of a name, squashed."""
    return [word for word in map(squashed, _GAPS.split(name)) if word]


def orders(name: str) -> set[str]:
    """Return a name without spaces, starting at each word: "garciamaria" and "mariagarcia".

    Umlauts count also as two letters: Müller hands in as mueller.
    """
    found = set()
    for spelling in {name, spelled_out(name)}:
        words = words_of(spelling)
        found |= {"".join(words[at:] + words[:at]) for at in range(len(words))}
    return found - {""}


def spelled_out(name: str) -> str:
    """Return the name with umlauts as two letters."""
    composed = unicodedata.normalize("NFC", name.casefold())
    return composed.translate(_SPELLED)


def is_nobody(name: str) -> bool:
    """Return whether a name says nothing: it is empty, or stands for anybody."""
    words = words_of(name)
    return not words or (words[0] in _NOBODY and all(word.isdigit() for word in words[1:]))


def alike(one: str, other: str) -> bool:
    """Return whether two names may be one person's, whatever the order or the initials.

    All words of the shorter name must be in the other, perhaps as initials; "Participant" and an
    empty name may be anybody's.
    """
    if is_nobody(one) or is_nobody(other) or orders(one) & orders(other):
        return True
    few, many = sorted((words_of(one), words_of(other)), key=len)
    initials = {word[0] for word in many}
    shared = [word for word in few if word in many]
    abbreviated = [word for word in few if word not in many and len(word) == 1]
    rest = len(few) - len(shared) - len(abbreviated)
    return not rest and all(word in initials for word in abbreviated)


def related(one: str, other: str) -> bool:
    """Return whether two names may be one person's at a pinch: they share a word."""
    return alike(one, other) or bool(set(words_of(one)) & set(words_of(other)))
