"""What may cross between candidate and examiner: a tree for JSON, and the bytes of arrays.

| value | node |
| --- | --- |
| None, bool, int, finite float, str, list | themselves |
| nan, inf, -inf | `{"float": "nan"}` |
| tuple | `{"tuple": [item, …]}` |
| dict | `{"dict": [key, value, key, value, …]}` |
| NumPy array or torch tensor of numbers | `{"array": "<f8 2 3"}`, `{"tensor": "<f8 2 3"}` |
| NumPy array of texts | `{"texts": [[2, 3], [text, …]]}` |
| NumPy scalar | `{"scalar": "<f8"}` |
| NumPy Generator | `{"generator": ["PCG64", state]}` |
| SimpleNamespace | `{"record": [name, value, …]}` |
| table of pandas | `{"frame": parts}`, `{"series": parts}`: see `tables` |
| any other object | `{"handle": number, "type": name}` |

Arrays carry no offset into the bytes after the tree: each takes the next ones, until all are used.
So no two can overlap, and no index can be wrong.

A frame is a magic word, the length of the header (uint32), the length of the buffers (uint64), the
header, and the buffers. The header is the tree, in UTF-8 that allows lone surrogates, as a Python
str does. All numbers are little-endian.
"""

import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MIB = 2**20
MAGIC = b"UNR1"
LENGTHS = struct.Struct("<4sIQ")
INT_BITS = 4096
TYPE_NAME = 100  # characters of an opaque object's type name
MAX_HANDLE = 2**63 - 1

_FLOATS = ("<f2", "<f4", "<f8", "<c8", "<c16")
# By kind and item size. A long double travels as a double: its bytes differ between machines.
CODES = {
    (code[1], int(code[2:])): code
    for code in ("|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", *_FLOATS)
}
DTYPES = {code: np.dtype(code) for code in CODES.values()}
ARRAY = re.compile(r"([|<][biufc][0-9]{1,2})((?: (?:0|[1-9][0-9]{0,18}))*)")

# What a bit generator's state holds: the largest integer, or an array's length and type. NumPy's
# own setters accept an index beyond the array, and then draw numbers from foreign memory.
_UINT32 = {"has_uint32": 1, "uinteger": 2**32 - 1}
_PCG = {"state": {"state": 2**128 - 1, "inc": 2**128 - 1}, **_UINT32}
_PHILOX = {"counter": (4, "<u8"), "key": (2, "<u8")}
BIT_GENERATORS: dict[str, dict] = {
    "MT19937": {"state": {"key": (624, "<u4"), "pos": 624}},
    "PCG64": _PCG,
    "PCG64DXSM": _PCG,
    "Philox": {"state": _PHILOX, "buffer": (4, "<u8"), "buffer_pos": 4, **_UINT32},
    "SFC64": {"state": {"state": (4, "<u8")}, **_UINT32},
}


class WireError(Exception):
    """A frame or a value that breaks the wire's rules."""


@dataclass(frozen=True)
class Limits:
    """The most that one frame may hold. Sizes are in bytes, `text` is in characters."""

    header: int = 4 * MIB
    buffers: int = 64 * MIB
    depth: int = 32  # containers within containers
    nodes: int = 200_000  # commas and opening brackets in the header: slightly more than its values
    text: int = MIB  # each string
    ndim: int = 32
    arrays: int = 10_000  # arrays, tensors and generators
    # Values in keys other than text. Their hashes are predictable, so a dict of them can be made
    # to take quadratic time; text hashes are seeded differently in each process.
    keys: int = 4096


DEFAULT_LIMITS = Limits()


def frame_lengths(head: bytes, limits: Limits) -> tuple[int, int]:
    """Return the sizes of header and buffers in bytes."""
    magic, header, buffers = LENGTHS.unpack(head)
    if magic != MAGIC:
        raise WireError("not a frame")
    if header > limits.header or buffers > limits.buffers:
        raise WireError(f"a frame of {header:,} + {buffers:,} bytes")
    return header, buffers


def check_nodes(header: bytes, limits: Limits) -> None:
    """Count values before creating them: three bytes of JSON can become a hundred in Python."""
    if header.count(b'"') > 2 * limits.nodes + 2:
        raise WireError("more texts than the limit")
    unescaped = header.replace(rb"\\", b"").replace(rb"\"", b"")
    outside = unescaped.split(b'"')[::2]  # of the texts
    if sum(part.count(mark) for part in outside for mark in (b",", b"[", b"{")) > limits.nodes:
        raise WireError(f"more than {limits.nodes:,} values")


def buffer_size(shape: Sequence[int], dtype: np.dtype, limits: Limits) -> int:
    """Return an array's size. An empty one may not hide a length that sum() would then allocate."""
    if len(shape) > limits.ndim:
        raise WireError(f"an array of {len(shape)} dimensions")
    if math.prod(max(length, 1) for length in shape) * dtype.itemsize > limits.buffers:
        raise WireError("an array larger than the limit")
    return math.prod(shape) * dtype.itemsize


def check_texts(shape: Sequence[int], texts: Sequence[str], limits: Limits) -> None:
    """Refuse an array of texts whose memory, the longest of them for each, is beyond the limit."""
    if len(shape) > limits.ndim or math.prod(shape) != len(texts):
        raise WireError("an array of texts of another shape")
    if 4 * len(texts) * max(map(len, texts), default=0) > limits.buffers:
        raise WireError("an array of texts larger than the limit")


def key_size(key: Any) -> int:
    """Return how many values a plain key consists of; refuse keys that may not travel."""
    if type(key) is tuple:
        return 1 + sum(map(key_size, key))
    if key is None or type(key) in (str, int, bool, float) or isinstance(key, np.generic):
        return 1
    raise WireError("a key that is not a text, a number or a tuple of them")


def check_state(state: Any, schema: dict) -> None:
    """Refuse a bit generator's state that its own setter cannot handle safely."""
    if type(state) is not dict or state.keys() != schema.keys():
        raise WireError("a generator's state with other keys")
    for key, wanted in schema.items():
        value = state[key]
        if isinstance(wanted, dict):
            check_state(value, wanted)
        elif isinstance(wanted, int):
            if type(value) is not int or not 0 <= value <= wanted:
                raise WireError("a generator's state out of range")
        else:
            length, code = wanted
            is_array = type(value) is np.ndarray
            if not is_array or value.shape != (length,) or value.dtype != DTYPES[code]:
                raise WireError("a generator's state with another array")
