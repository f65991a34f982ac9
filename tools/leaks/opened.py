"""Every text that a student can read in a file, also in one that has to be opened first."""

import base64
import binascii
import bz2
import contextlib
import gzip
import io
import json
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tools.errors import AuthorError, Place
from tools.leaks.readings import readings, spelled_out
from tools.master.notebook import parse

# What one file may hold, opened, and how deep it may be packed: more is no teaching material.
MOST_BYTES = 64 * 1024 * 1024
MOST_DEPTH = 4
# Entries of an array whose values are read as numbers.
MOST_NUMBERS = 1_000_000
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_PICKLED = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt")
_PICKLES = (b"\x80\x03", b"\x80\x04\x95", b"\x80\x05\x95")
# Characters of base 64, or hexadecimal ones, without a break: an ordinary name is shorter.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_BASE85 = (
    (re.compile(r"[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{60,}"), base64.b85decode),
    (re.compile(r"[!-uz]{60,}"), base64.a85decode),
)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){30,}")
_INFLATE: tuple[Callable[[bytes], bytes], ...] = (
    gzip.decompress,
    zlib.decompress,
    bz2.decompress,
    lzma.decompress,
)


class PackedError(Exception):
    """A file that cannot be searched; the message says why."""


class NotReadableError(PackedError):
    """Bytes that say nothing to us: no file to ship; what looks like base 64 may be a word."""


def texts_of(path: str, contents: bytes) -> Iterator[tuple[Place, str]]:
    """Yield every text in a file of a release, with its place. Raise an AuthorError."""
    yield Place(path, part="name"), path
    try:
        if path.endswith(".ipynb"):
            readable = _of_notebook(path, contents)
        else:
            parts = _of_bytes(path, contents, 0)
            readable = ((Place(path, part=part or None), text) for part, text in parts)
        for place, text in readable:
            yield place, text
            yield from ((place, found) for found in _encoded(text))
            for how, found in readings(path, text):
                part = f"{place.part}, {how}" if place.part else how
                yield Place(place.file, place.cell, part=part), found
    except PackedError as error:
        what = f"{error}, so that nobody can see whether it holds a solution"
        what_now = (
            "Ship it as text (CSV, JSON) or as .npy of numbers, or list its path in may_repeat."
        )
        raise AuthorError(what, Place(path), what_now) from None


def _of_notebook(path: str, contents: bytes) -> Iterator[tuple[Place, str]]:
    notebook = parse(contents.decode(), path)
    for cell in notebook["cells"]:
        yield Place(path, cell["id"]), cell["source"]
        for part, value in cell.items():
            if part != "source":
                yield Place(path, cell["id"], part=part), "\n".join(_strings(value))
    yield Place(path, part="metadata"), "\n".join(_strings(notebook["metadata"]))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        yield from ["".join(value)] if all(isinstance(v, str) for v in value) else []
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value
    elif value is not None:
        yield json.dumps(value)


def _of_bytes(name: str, contents: bytes, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the part of a file, "" for itself, and its text, below archives and compression."""
    if depth > MOST_DEPTH or len(contents) > MOST_BYTES:
        raise PackedError("this file is packed too deep, or too large")
    if name.lower().endswith(_PICKLED) or contents.startswith(_PICKLES):
        raise PackedError("this is a pickle, which only running it would open")
    if not contents:
        yield "", ""
    elif contents.startswith(b"\x93NUMPY"):
        yield "", _array(contents)
    elif contents.startswith(b"PK\x03\x04"):
        for member, data in _members(contents):
            for part, text in _of_bytes(member, data, depth + 1):
                yield part or member, text
            yield member, member
    elif (inflated := _inflated(contents)) is not None:
        if _is_tar(inflated):
            for member, data in _tarred(inflated):
                yield from ((part or member, t) for part, t in _of_bytes(member, data, depth + 1))
        else:
            yield from _of_bytes(name, inflated, depth + 1)
    elif contents.startswith(b"%PDF"):
        raise PackedError("this is a PDF, whose text is packed in many ways")
    elif contents.startswith(_PICTURES):
        yield "", _in_a_picture(contents)
    else:
        try:
            yield "", contents.decode("utf-8")
        except UnicodeDecodeError:
            raise NotReadableError("this file is neither text nor a picture") from None


def _encoded(text: str) -> Iterator[str]:
    """Yield what runs of base 64 or hexadecimal digits in a text stand for."""
    joined = re.sub(r"[\"']?\s*\\?\n\s*[\"']?", "", text)
    for run in {match[0] for source in (text, joined) for match in _BASE64.finditer(source)}:
        padded = run.rstrip("=").translate(str.maketrans("-_", "+/"))
        with contextlib.suppress(binascii.Error, NotReadableError):
            data = base64.b64decode(padded + "=" * (-len(padded) % 4))
            yield from (found for _, found in _of_bytes("", data, 1))
    for pattern, decode in _BASE85:
        for match in pattern.finditer(text):
            with contextlib.suppress(ValueError, NotReadableError):
                yield from (found for _, found in _of_bytes("", decode(match[0]), 1))
    for match in _HEX.finditer(text):
        with contextlib.suppress(NotReadableError):
            yield from (found for _, found in _of_bytes("", bytes.fromhex(match[0]), 1))


def _array(contents: bytes) -> str:
    import numpy as np

    try:
        array = np.load(io.BytesIO(contents), allow_pickle=False)
    except ValueError:
        raise PackedError("this array holds Python objects, a pickle") from None
    values = (
        array.ravel().tolist() if array.size <= MOST_NUMBERS or array.dtype.kind in "US" else []
    )
    if array.dtype.kind in "US" and array.dtype.itemsize <= np.dtype("U1").itemsize:
        return "".join(map(str, values))
    return "\n".join([*map(str, values), spelled_out(values)])


def _members(contents: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise PackedError("this archive is too large")
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.filename, archive.read(info)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise PackedError("this archive cannot be opened") from None


def _inflated(contents: bytes) -> bytes | None:
    for inflate in _INFLATE:
        # Each format has a header of its own, so that text is not taken for compressed data.
        with contextlib.suppress(Exception):
            return inflate(contents)
    return contents if _is_tar(contents) else None


def _is_tar(contents: bytes) -> bool:
    return contents[257:262] == b"ustar"


def _tarred(contents: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(contents)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file:
                yield member.name, file.read()


def _in_a_picture(contents: bytes) -> str:
    """Return the readable bytes of a picture: captions, and what tools write beside the pixels."""
    texts = [contents.decode("latin-1")]
    for match in re.finditer(rb"(?:zTXt|iTXt)[^\0]{1,79}\0{1,2}", contents):
        with contextlib.suppress(zlib.error):
            texts.append(zlib.decompressobj().decompress(contents[match.end() :]).decode("latin-1"))
    return "\n".join(texts)
