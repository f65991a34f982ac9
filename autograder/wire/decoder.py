"""Reads frames. What the candidate sends is a claim: nothing here runs or imports it."""

import hashlib
import json
import math
import types
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy import random

from autograder.wire import tables
from autograder.wire.values import (
    ARRAY,
    BIT_GENERATORS,
    DEFAULT_LIMITS,
    DTYPES,
    INT_BITS,
    LENGTHS,
    MAX_HANDLE,
    TYPE_NAME,
    Limits,
    WireError,
    buffer_size,
    check_nodes,
    check_state,
    check_texts,
    frame_lengths,
    key_size,
)

INT_TEXT = INT_BITS * 3 // 10 + 10  # digits: enough for every integer, few enough to convert fast
FLOAT_TEXT = 32  # characters; repr() needs at most 24


def decode(
    frame: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    handle: Callable[[int, str], Any] | None = None,
    tensor: Callable[[np.ndarray], Any] | None = None,
) -> Any:
    """Return the value in a frame; `handle` makes a stand-in from an object's number and type name.

    A torch tensor becomes an array, or what `tensor` makes of that array. Raises WireError and no
    other exception.
    """
    try:
        header_size, buffers_size = frame_lengths(frame[: LENGTHS.size], limits)
        start = LENGTHS.size + header_size
        if len(frame) != start + buffers_size:
            raise WireError("a frame whose length differs from its header")
        header = bytes(frame[LENGTHS.size : start])
        check_nodes(header, limits)
        tree = json.loads(
            header.decode("utf-8", "surrogatepass"),
            # JSON has no tuples, so a tuple is an object, and a repeated name stays visible.
            object_pairs_hook=tuple,
            parse_int=_parse_int,
            parse_float=_parse_float,
            parse_constant=_refuse_constant,
        )
        reader = _Reader(limits, memoryview(frame)[start:], handle, tensor)
        value = reader.value(tree)
        if reader.offset != buffers_size:
            raise WireError("more bytes than the arrays need")
        return value
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"a malformed frame: {type(error).__name__}") from None


def _parse_int(text: str) -> int:
    number = int(text) if len(text) <= INT_TEXT else None
    if number is None or number.bit_length() > INT_BITS:
        raise WireError("an integer longer than the limit")
    return number


def _parse_float(text: str) -> float:
    number = float(text) if len(text) <= FLOAT_TEXT else math.nan
    if not math.isfinite(number):
        raise WireError("a float out of range")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise WireError(f"{name} is not JSON")


class _Reader:
    """Turns a tree, whose objects are tuples of pairs, and its buffers back into a value."""

    def __init__(
        self,
        limits: Limits,
        buffers: memoryview,
        handle: Callable[[int, str], Any] | None,
        tensor: Callable[[np.ndarray], Any] | None,
    ) -> None:
        self.limits = limits
        self.buffers = buffers
        self.handle = handle
        self.tensor = tensor
        self.offset = self.arrays = self.keys = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        if depth > self.limits.depth:
            raise WireError("containers nested too deeply")
        kind = type(node)
        if kind is list:
            return [self.value(item, depth + 1) for item in node]
        if kind is str and len(node) > self.limits.text:
            raise WireError("a text longer than the limit")
        if kind is not tuple:
            return node
        match node:
            case (("tuple", list(items)),):
                return tuple([self.value(item, depth + 1) for item in items])
            case (("dict", list(items)),):
                return self.pairs(items, depth)
            case (("array", str(text)),):
                return self.array(text)
            case (("tensor", str(text)),):
                array = self.array(text)
                return array if self.tensor is None else self.tensor(array)
            case (("texts", list([list(shape), list(texts)])),):
                return self.texts(shape, texts)
            case (("scalar", str(text)),) if text in DTYPES:
                return self.take((), DTYPES[text])[()]
            case (("record", list(items)),):
                return self.record(items, depth)
            case ((("frame" | "series") as kind, body),):
                return tables.rebuilt(kind, self.value(body, depth + 1))
            case (("float", ("nan" | "inf" | "-inf") as text),):
                return float(text)
            case (("generator", list([str(name), state])),) if name in BIT_GENERATORS:
                return self.generator(name, self.value(state, depth + 1))
            case (("handle", int(number)), ("type", str(name))) if self.handle is not None:
                if type(number) is int and 0 <= number <= MAX_HANDLE and len(name) <= TYPE_NAME:
                    return self.handle(number, name)
        raise WireError("an unknown kind of value")

    def pairs(self, items: list, depth: int) -> dict:
        result: dict = {}
        if len(items) % 2:
            raise WireError("a key without a value")
        for place in range(0, len(items), 2):
            key = self.value(items[place], depth + 1)
            size = key_size(key)
            self.keys += size if type(key) is not str else 0
            if self.keys > self.limits.keys or key in result:
                raise WireError("too many keys, or a repeated one")
            result[key] = self.value(items[place + 1], depth + 1)
        return result

    def record(self, items: list, depth: int) -> types.SimpleNamespace:
        values = self.pairs(items, depth)
        if not all(type(name) is str for name in values):
            raise WireError("a record with a name that is not a text")
        return types.SimpleNamespace(**values)

    def array(self, text: str) -> np.ndarray:
        self.count_array()
        match = ARRAY.fullmatch(text) if len(text) < 1000 else None
        if match is None or match[1] not in DTYPES:
            raise WireError("an unknown kind of array")
        return self.take(tuple(map(int, match[2].split())), DTYPES[match[1]])

    def texts(self, shape: list, texts: list) -> np.ndarray:
        self.count_array()
        is_shape = all(type(length) is int and 0 <= length < 2**31 for length in shape)
        if not is_shape or not all(type(text) is str for text in texts):
            raise WireError("an array of texts that is none")
        check_texts(shape, texts, self.limits)
        return np.array(texts, np.str_).reshape(shape)

    def take(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Return the next array, as a writable copy."""
        size = buffer_size(shape, dtype, self.limits)
        data = self.buffers[self.offset : self.offset + size]
        if len(data) != size:
            raise WireError("fewer bytes than the arrays need")
        self.offset += size
        if dtype.kind == "b" and np.frombuffer(data, np.uint8).max(initial=0) > 1:
            raise WireError("a bool that is neither 0 nor 1")
        return np.ndarray(shape, dtype, data).copy()

    def generator(self, name: str, state: object) -> random.Generator:
        self.count_array()
        check_state(state, BIT_GENERATORS[name])
        # What `spawn` returns depends on the seed, which must not travel: it would reveal other
        # hidden inputs. Equal states have equal children, different states do not; that is enough.
        digest = hashlib.sha256(repr(state).encode()).digest()
        bits = getattr(random, name)(int.from_bytes(digest, "big"))
        bits.state = {"bit_generator": name, **state}
        return random.Generator(bits)

    def count_array(self) -> None:
        self.arrays += 1
        if self.arrays > self.limits.arrays:
            raise WireError("too many arrays")


def torch_tensor(array: np.ndarray) -> Any:
    """Return a torch tensor that shares the array's memory: pass to `decode` to keep tensors."""
    import torch  # installed if somebody has sent one

    return torch.from_numpy(array)
