"""Names in a zip, in whatever encoding the program that wrote it used."""

import struct
import zipfile
import zlib
from collections.abc import Sequence

from tools.text_encoding import ZIPS, guessed

_UTF8 = 0x800  # this flag marks a name as UTF-8
_UNICODE_PATH = 0x7075  # an extra field with the same name, in UTF-8


def names_in(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the members' names, with "/" between folders.

    Names that are not marked, and not UTF-8 either, are all in one code page: that of the computer
    that wrote the zip. Only after decoding is a backslash a separator: in Shift-JIS and GBK it is
    also half of a character.
    """
    names = [_marked(info) for info in infos]
    unmarked = [_raw(info) for info, name in zip(infos, names, strict=True) if name is None]
    encoding = guessed(unmarked, ZIPS) if unmarked else "utf-8"
    return [
        (_raw(info).decode(encoding, errors="replace") if name is None else name).replace("\\", "/")
        for info, name in zip(infos, names, strict=True)
    ]


def _marked(info: zipfile.ZipInfo) -> str | None:
    """Return a name whose encoding is known: marked as UTF-8, or valid as such."""
    if info.flag_bits & _UTF8:
        return info.filename
    raw = _raw(info)
    try:
        return _from_extra(info.extra, raw) or raw.decode()
    except UnicodeDecodeError:
        return None


def _raw(info: zipfile.ZipInfo) -> bytes:
    # zipfile decodes what is not marked by DOS's first code page, which has all 256 bytes.
    try:
        return info.orig_filename.split("\0")[0].encode("cp437")
    except UnicodeEncodeError:
        return info.filename.encode(errors="replace")


def _from_extra(extra: bytes, raw: bytes) -> str:
    """Return the name in the field that WinZip and Info-ZIP add, if it belongs to this name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            (checksum,) = struct.unpack("<L", field[1:5])
            return field[5:].decode() if checksum == zlib.crc32(raw) else ""
    return ""
