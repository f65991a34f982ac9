"""Secrets in arrays, archives and encoded data are found; what cannot be read is refused."""

import base64
import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
import zlib

import numpy as np
import pytest

from tools.errors import AuthorError
from tools.leaks.opened import texts_of

SECRET = "column_means = np.asarray(values).mean(axis=0, keepdims=True)"
DATA = SECRET.encode()


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/words.txt", data)
    return file.getvalue()


def tarred(data: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo("words.txt")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def png(text: bytes) -> bytes:
    chunk = b"zTXtComment\0\0" + zlib.compress(text)
    return b"\x89PNG\r\n\x1a\n" + len(chunk).to_bytes(4, "big") + chunk


PACKED = {
    "array": npy(np.array([SECRET])),
    "arrays": npz(expected=np.array([SECRET, "x"])),
    "gzip": gzip.compress(DATA),
    "bz2": bz2.compress(DATA),
    "xz": lzma.compress(DATA),
    "zlib": zlib.compress(DATA),
    "zip": zipped(DATA),
    "zip in zip": zipped(zipped(DATA)),
    "tar": tarred(DATA),
    "base 64": b"x = b64decode('" + base64.b64encode(DATA) + b"')",
    "base 64 of zlib": b"'" + base64.urlsafe_b64encode(zlib.compress(DATA)) + b"'",
    "base 64 on lines": base64.encodebytes(DATA * 2),
    "hexadecimal": DATA.hex().encode(),
    "base 85": b"x = b85decode('" + base64.b85encode(DATA) + b"')",
    "base 85 of zlib": base64.a85encode(zlib.compress(DATA * 2)),
    "a picture's caption": png(DATA),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_packed_text_is_read(packed):
    assert any(SECRET in text for _, text in texts_of("release/data", packed))


def test_the_numbers_of_an_array_are_read():
    texts = [text for _, text in texts_of("a.npz", npz(spread=np.array([1.247219128924647])))]
    assert any("1.247219128924647" in text for text in texts)


REFUSED = {
    "a.pkl": (b"anything", "this is a pickle"),
    "a.bin": (pickle.dumps({"a": 1}), "this is a pickle"),
    "a.npy": (None, "this array holds Python objects"),
    "a.dat": (b"\xff\xfe\x00\x01" * 8, "this file is neither text nor a picture"),
    "a.pdf": (b"%PDF-1.4 stream", "this is a PDF, whose text is packed in many ways"),
    "a.zip": (zipped(DATA)[:60], "this archive cannot be opened"),
    "e.py": (b"x = '" + base64.b64encode(pickle.dumps([SECRET])) + b"'", "this is a pickle"),
}


@pytest.mark.parametrize(
    ("path", "contents", "why"), [(p, *v) for p, v in REFUSED.items()], ids=REFUSED
)
def test_what_cannot_be_read_is_refused(path, contents, why):
    if contents is None:
        file = io.BytesIO()
        np.save(file, np.array([{}], dtype=object), allow_pickle=True)
        contents = file.getvalue()
    with pytest.raises(AuthorError, match=why) as raised:
        list(texts_of(path, contents))
    assert "Ship it as text" in str(raised.value)


def test_too_much_is_refused():
    nested = DATA
    for _ in range(6):
        nested = zipped(nested)
    with pytest.raises(AuthorError, match="packed too deep"):
        list(texts_of("a.zip", nested))


def test_ordinary_files_are_themselves():
    long_word = b"a_very_long_name_of_a_function_that_is_no_base_64 = 1\n"
    assert [text for _, text in texts_of("a.py", long_word)][:2] == ["a.py", long_word.decode()]
    assert list(texts_of("empty.txt", b""))[1][1] == ""
