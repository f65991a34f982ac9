"""What stubs return. The text of this module goes into notebooks: it imports nothing of ours."""

import functools
import types

import numpy as np


def stubs(kind, names, namespace):
    """Return stubs for the functions with these names, by name.

    The right functions call each other, not the stubs: they get globals of their own, which stubs
    of later questions find in `namespace` and share.
    """
    right = namespace.get("_right", {})
    namespace["_right"] = right
    for name, value in namespace.items():
        right.setdefault(name, value)
    functions = [name for name in names if isinstance(namespace[name], types.FunctionType)]
    for name in functions:
        function = namespace[name]
        right[name] = types.FunctionType(
            function.__code__, right, name, function.__defaults__, function.__closure__
        )
        right[name].__kwdefaults__ = function.__kwdefaults__
    classes = [name for name in names if hasattr(namespace[name], "forward")]
    return {name: _stub(kind, right[name]) for name in functions} | {
        name: _stubbed_class(kind, namespace[name]) for name in classes
    }


def _stubbed_class(kind, right):
    """Return a PyTorch module whose parameters are right, but nothing that it computes."""

    def forward(self, *arguments, **keywords):
        return _stub(kind, functools.partial(right.forward, self))(*arguments, **keywords)

    return type(right.__name__, (right,), {"forward": forward})


def _stub(kind, right):
    def stub(*arguments, **keywords):
        if kind == "identity":
            return [*arguments, *keywords.values(), None][0]
        try:
            result = right(*arguments, **keywords)
        except Exception:
            return 0.0  # a stub refuses nothing
        return changed(kind, result)

    return stub


def changed(kind, value):
    """Return a result with each number, array and text in it changed."""
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    if isinstance(value, dict):
        if kind == "transposed" and not any(np.ndim(entry) for entry in value.values()):
            entries = list(value.values())
            return dict(zip(value, entries[1:] + entries[:1], strict=True))
        return {key: changed(kind, entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return tuple(changed(kind, entry) for entry in value)
    if isinstance(value, list):
        if kind == "transposed" and len(value) > 1:
            return value[::-1]
        if kind == "wrong_shape":
            return [value]
        return [changed(kind, entry) for entry in value]
    if isinstance(value, str):
        return _TEXTS[kind](value)
    if isinstance(value, np.ndarray | np.generic | bool | int | float | complex):
        array = _ARRAYS[kind](np.asarray(value))
        return array if isinstance(value, np.ndarray) or kind == "wrong_shape" else array.item()
    return 0.0  # a module or another object that has no numbers


def _transposed(array):
    # A number has no axes: its complement, as in ~x.
    return -1 - array if array.size == 1 else array[::-1] if array.ndim == 1 else array.T


def _negated(array):
    return ~array if array.dtype == bool else -array


def _other_dtype(array):
    if array.dtype.kind == "f":
        return np.trunc(np.nan_to_num(array)).astype(np.int64)
    return array.astype(np.complex128)


_ARRAYS = {
    "constant": np.ones_like,
    "zero": np.zeros_like,
    "nan": lambda array: np.full(array.shape, np.nan),
    "negated": _negated,
    "transposed": _transposed,
    "wrong_shape": lambda array: array[None],
    "wrong_dtype": _other_dtype,
}
_TEXTS = {
    "constant": lambda text: "1",
    "zero": lambda text: "",
    "nan": lambda text: "nan",
    "negated": lambda text: text[::-1],
    "transposed": lambda text: text[::-1],
    "wrong_shape": lambda text: [text],
    "wrong_dtype": lambda text: text.encode(),
}
