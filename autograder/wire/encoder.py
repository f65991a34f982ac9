"""Writes frames. It runs among a student's objects and must not run any of their code."""

import json
import math
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import random

from autograder.wire import tables
from autograder.wire.values import (
    BIT_GENERATORS,
    CODES,
    DEFAULT_LIMITS,
    DTYPES,
    INT_BITS,
    LENGTHS,
    MAGIC,
    MAX_HANDLE,
    TYPE_NAME,
    Limits,
    WireError,
    buffer_size,
    check_nodes,
    check_texts,
)

SMALL = 2**62  # integers that need no look at their size
# Without a size of their own on the wire.
LONG = {"g": "<f8", "G": "<c16"}


def encode(
    value: Any,
    *,
    opaque: Callable[[Any], int] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """Return the frame of a value; `opaque` numbers each object that cannot travel.

    Raises WireError and no other exception, whatever the value's objects do.
    """
    try:
        writer = _Writer(limits, opaque)
        tree = writer.tree(value)
        text = json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        header = text.encode("utf-8", "surrogatepass")
        if len(header) > limits.header:
            raise WireError(f"a header of {len(header):,} bytes")
        check_nodes(header, limits)
        lengths = LENGTHS.pack(MAGIC, len(header), writer.spent["buffers"])
        return b"".join([lengths, header, *writer.buffers])
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"a value that cannot be read: {type(error).__name__}") from None


class _Writer:
    """Turns a value into its tree and its buffers.

    It looks at types, which cannot lie, and calls only methods of base types: no override runs.
    """

    def __init__(self, limits: Limits, opaque: Callable[[Any], int] | None) -> None:
        self.limits = limits
        self.opaque = opaque
        self.buffers: list[bytes] = []
        self.spent = dict.fromkeys(("header", "buffers", "nodes", "arrays", "keys"), 0)

    def spend(self, what: str, amount: int = 1) -> None:
        spent = self.spent[what] = self.spent[what] + amount
        if spent > getattr(self.limits, what):
            raise WireError(f"more than {getattr(self.limits, what):,} {what}")

    def tree(self, value: Any, depth: int = 0) -> Any:
        self.spend("nodes")
        if depth > self.limits.depth:
            raise WireError("containers nested too deeply, or inside themselves")
        kind = type(value)
        if value is None or kind is bool:
            return value
        # The usual types first: nothing below is true of them.
        if kind is str:
            return self.text(value)
        if kind is int and -SMALL < value < SMALL:
            return value
        if kind is dict:
            return {"dict": self.pairs(value, depth)}
        if kind is list:
            return self.items(value, list, depth)
        if kind is tuple:
            return {"tuple": self.items(value, tuple, depth)}
        node = self.numeric(value, kind) or self.texts(value, kind, depth)
        if node is not None:
            return node
        if issubclass(kind, str):
            return self.text(str.__str__(value))
        if issubclass(kind, int):
            bits = int.bit_length(value)
            if bits > INT_BITS:
                raise WireError(f"an integer of {bits} bits")
            self.spend("header", bits // 3)
            return int.__int__(value)
        if issubclass(kind, float):
            number = float.__float__(value)
            return number if math.isfinite(number) else {"float": str(number)}
        if issubclass(kind, list):
            return self.items(value, list, depth)
        if issubclass(kind, tuple):
            return {"tuple": self.items(value, tuple, depth)}
        if issubclass(kind, dict):
            return {"dict": self.pairs(value, depth)}
        if issubclass(kind, random.Generator):
            bits = random.Generator.__dict__["bit_generator"].__get__(value)
            name = next((n for n in BIT_GENERATORS if type(bits) is getattr(random, n)), None)
            if name is not None:
                self.spend("arrays")
                state = type(bits).state.__get__(bits)
                del state["bit_generator"]
                return {"generator": [name, self.tree(state, depth + 1)]}
        if kind is types.SimpleNamespace:
            return {"record": self.pairs(object.__getattribute__(value, "__dict__"), depth)}
        if (table := tables.parts(value, kind)) is not None:
            return {table[0]: self.tree(table[1], depth + 1)}
        return self.handle(value, kind)

    def text(self, value: str) -> str:
        if len(value) > self.limits.text:
            raise WireError(f"a text of {len(value):,} characters")
        self.spend("header", len(value))
        return value

    def items(self, value: Any, base: type, depth: int) -> list:
        if base.__len__(value) > self.limits.nodes:
            raise WireError(f"a container of {base.__len__(value):,} items")
        return [self.tree(item, depth + 1) for item in base.__iter__(value)]

    def pairs(self, value: dict, depth: int) -> list:
        if dict.__len__(value) > self.limits.nodes:
            raise WireError(f"a dict of {dict.__len__(value):,} items")
        nodes = []
        for key, item in list(dict.items(value)):
            node = self.tree(key, depth + 1)
            size = _key_size(node)
            self.spend("keys", size if type(node) is not str else 0)
            nodes += [node, self.tree(item, depth + 1)]
        return nodes

    def numeric(self, value: Any, kind: type) -> dict | None:
        """Return the node of a numeric array, tensor or NumPy scalar, else None."""
        if issubclass(kind, np.ndarray):
            tag, array = "array", np.ndarray.view(value, np.ndarray)
        elif issubclass(kind, np.generic):
            dtype = np.generic.dtype.__get__(value)
            if dtype.kind not in "biufc":
                return None
            tag, array = "scalar", np.ndarray((), dtype, np.generic.tobytes(value))
        else:
            tag, array = "tensor", tensor_array(value, kind, self.limits)
        if array is not None and array.dtype.char in LONG:
            if array.nbytes > 2 * self.limits.buffers:
                raise WireError("an array larger than the limit")
            array = array.astype(LONG[array.dtype.char])
        code = CODES.get((array.dtype.kind, array.dtype.itemsize)) if array is not None else None
        if code is None:
            return None
        dtype = DTYPES[code]
        size = buffer_size(array.shape, dtype, self.limits)
        self.spend("buffers", size)
        if tag != "scalar":
            self.spend("arrays")
            self.spend("header", 20 * array.ndim)
        if dtype.kind == "b":
            array = array.view(np.uint8) != 0  # bytes other than 0 and 1 are possible
        data = array.astype(dtype, copy=False).tobytes()
        if len(data) != size:
            raise WireError("an array that changed while it was read")
        self.buffers.append(data)
        return {tag: " ".join([code, *map(str, array.shape)])}

    def texts(self, value: Any, kind: type, depth: int) -> dict | None:
        """Return the node of an array of texts, else None."""
        if not issubclass(kind, np.ndarray):
            return None
        array = np.ndarray.view(value, np.ndarray)
        if array.dtype.kind not in "UO" or array.size > self.limits.nodes:
            return None
        texts = array.ravel().tolist()
        if not all(type(text) is str for text in texts) or (not texts and array.dtype.kind == "O"):
            return None
        check_texts(array.shape, texts, self.limits)
        self.spend("arrays")
        return {"texts": [list(array.shape), self.items(texts, list, depth)]}

    def handle(self, value: Any, kind: type) -> dict:
        name = str.__str__(type.__dict__["__name__"].__get__(kind))[:TYPE_NAME]
        if self.opaque is None:
            raise WireError(f"a value of type {name}")
        number = self.opaque(value)
        if type(number) is not int or not 0 <= number <= MAX_HANDLE:
            raise WireError("a handle that is not a number")
        return {"handle": number, "type": self.text(name)}


def _key_size(node: Any) -> int:
    """Do as `key_size` does, for the key's node."""
    tag, body = next(iter(node.items())) if type(node) is dict else ("float", node)
    if tag == "tuple":
        return 1 + sum(map(_key_size, body))
    if tag not in ("float", "scalar") or type(body) is list:
        raise WireError("a dict with a key that is not a text, a number or a tuple of them")
    return 1


def tensor_array(value: Any, kind: type, limits: Limits) -> np.ndarray | None:
    """Return a torch tensor as an array, sharing memory if possible; None for anything else."""
    # A sparse tensor, say, has no array. A subclass may dispatch to its own code, which may even
    # exit; so may whatever a student puts in place of torch.
    try:
        # Importing torch would cost seconds, and if nobody has imported it there is no tensor.
        torch = sys.modules.get("torch")
        tensor = getattr(torch, "Tensor", None)
        if tensor is None or not type.__subclasscheck__(tensor, kind):
            return None
        with torch._C.DisableTorchFunctionSubclass():
            if tensor.numel(value) > limits.buffers:
                raise WireError("a tensor larger than the limit")
            if tensor.dtype.__get__(value) is torch.bfloat16:  # NumPy has none
                value = tensor.float(tensor.detach(value))
            return np.ndarray.view(tensor.numpy(value, force=True), np.ndarray)
    except WireError:
        raise
    except BaseException:
        return None
