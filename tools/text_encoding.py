"""The encoding of a text that does not name it: a table from Excel, or names in a zip.

Libraries guess from long texts. Here are names of a few letters, so the guess is about what names
are made of: letters of one script in each word, and common characters before rare ones.
"""

import re
import unicodedata
from collections.abc import Sequence

# In this order where two fit equally well.
TABLES = ("cp1252", "cp1250", "cp1251", "cp932", "gbk", "cp949", "big5", "mac_roman")
ZIPS = ("cp932", "gbk", "cp949", "big5", "cp437", "cp850", "cp866", "cp1252", "cp1251")
# How many common characters each multibyte encoding has: the fewer, the more one proves. A range of
# first bytes holds them.
_COMMON = {
    "cp932": (8.1, 0x88, 0x97),
    "gbk": (8.2, 0xB0, 0xD7),
    "cp949": (7.8, 0xB0, 0xC8),
    "big5": (8.6, 0xA4, 0xC6),
}
_LATIN, _KANA, _RARE, _SYMBOL, _MIXED, _STRANGE_CASE = 4.2, 5.5, 13.0, 12.0, 3.0, 5.0
_TYPOGRAPHY = "’–·ºª°§€・、。「」【】（）：！？～ー々　"  # noqa: RUF001 - as in names
_SCRIPTS = re.compile("LATIN|CYRILLIC|GREEK|HIRAGANA|KATAKANA|CJK|HANGUL|HALFWIDTH|FULLWIDTH")


def decoded(contents: bytes) -> str:
    """Return the text in a file, whatever the encoding that a spreadsheet chose for it."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if contents.startswith(mark):
            return contents.decode(encoding, errors="replace")
    if contents[1:64:2].count(0) > len(contents[1:64:2]) / 2:
        return contents.decode("utf-16-le", errors="replace")
    if contents[0:64:2].count(0) > len(contents[0:64:2]) / 2:
        return contents.decode("utf-16-be", errors="replace")
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Beyond these bytes, the guess does not get better.
        return contents.decode(guessed([contents[: 2**16]], TABLES), errors="replace")


def guessed(texts: Sequence[bytes], encodings: Sequence[str]) -> str:
    """Return which of the encodings these texts are in most likely, all of them in one."""
    return min(encodings, key=lambda encoding: sum(_cost(text, encoding) for text in texts))


def _cost(text: bytes, encoding: str) -> float:
    """Return how unlikely a text is: its characters, and how they follow each other."""
    characters = text.decode(encoding, errors="replace")
    # Excel on old Macs: every text fits it somehow, so it needs more proof than others.
    total = 2 * _MIXED if encoding == "mac_roman" and not text.isascii() else 0.0
    before, script_before = "", ""
    for character in characters:
        script = _script(character)
        if not character.isascii():
            total += _character(character, script, encoding)
        if script and script_before and script != script_before and {script, script_before} - _CJK:
            total += _MIXED if {script, script_before} & _CJK else 2 * _MIXED
        if before.islower() and character.isupper() and not (before + character).isascii():
            total += _STRANGE_CASE
        if script == "LATIN" and not before.isascii() and not character.isascii():
            total += 2 * _MIXED  # names have one accent at a time
        before, script_before = character, script
    return total


_CJK = {"HIRAGANA", "KATAKANA", "CJK"}


def _script(character: str) -> str:
    if character.isascii():
        return "LATIN" if character.isalpha() else ""
    match = _SCRIPTS.match(unicodedata.name(character, ""))
    return match[0] if match and character.isalpha() else ""


def _character(character: str, script: str, encoding: str) -> float:
    if character in _TYPOGRAPHY:
        return _LATIN
    if character == "\ufffd" or not character.isprintable():
        return 2 * _RARE
    if not script or script in ("HALFWIDTH", "FULLWIDTH"):
        return _SYMBOL
    if script in ("HIRAGANA", "KATAKANA"):
        return _KANA if encoding == "cp932" else _RARE
    if script in ("CJK", "HANGUL"):
        cost, first, last = _COMMON.get(encoding, (_RARE, 0, 0))
        raw = character.encode(encoding, errors="replace")
        # In GBK and Korean, the common characters have a high second byte as well.
        low = encoding in ("gbk", "cp949") and raw[-1] < 0xA1
        return cost if first <= raw[0] <= last and not low else _RARE
    return _LATIN
