"""What stubs return. The text of this module goes into notebooks: it imports nothing of ours."""

import contextlib
import copy
import functools
import inspect
import os
import types

import numpy as np


def stubs(kind, names, namespace, examples=()):
    """Return stubs for the functions and PyTorch modules with these names, by name.

    A variable gets a changed value: never the right one, whatever it is.

    The right functions call each other, not the stubs: they get globals of their own, which stubs
    of later questions find in `namespace` and share. Modules that they are given compute what is
    right until they return. `examples`: public tests, as names and sources.
    """
    right = namespace.setdefault("_right", {})
    running = namespace.setdefault("_running", [])
    for name, value in namespace.items():
        right.setdefault(name, value)
    functions = [name for name in names if isinstance(namespace[name], types.FunctionType)]
    for name in functions:
        function = namespace[name]
        right[name] = types.FunctionType(
            function.__code__, right, name, function.__defaults__, function.__closure__
        )
        right[name].__kwdefaults__ = function.__kwdefaults__
    classes = [name for name in names if isinstance(namespace[name], type)]
    right.update((name, namespace[name]) for name in classes)
    replaced = [*functions, *classes]
    kinds = types.FunctionType | type
    variables = [name for name in names if not isinstance(namespace[name], kinds)]
    tables = {name: [] for name in replaced}
    recorders = {name: _wrapped(right[name], _recorder, tables[name]) for name in replaced}
    _replay(examples, right | recorders)
    made = {name: _wrapped(right[name], _stub, kind, tables[name], running) for name in replaced}
    return made | {name: _other_value(kind, namespace[name]) for name in variables}


def _other_value(kind, value):
    """Return a value of the same form that is not the right one."""
    other = changed(_LIKE.get(kind, kind), value) if kind != "identity" else 0.0
    if type(other) is not type(value) or _text(other) != _text(value):
        return other
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, bool):
        return not value
    return changed("negated", value) if isinstance(value, list | tuple | dict) else value + 1


def _text(value):
    return value.strip().casefold() if isinstance(value, str) else repr(value)


def _wrapped(right, wrapper, *about):
    """Return the wrapped function; of a class wrap the methods that its users call.

    Of a PyTorch module that is `forward`: its parameters stay. The attributes of other objects are
    wrong for those who read them from outside.
    """
    if isinstance(right, types.FunctionType):
        return wrapper(right, *about)

    def method(name):
        def call(self, *arguments, **keywords):
            bound = functools.partial(getattr(right, name), self)
            return wrapper(bound, *about)(*arguments, **keywords)

        return call

    public = [
        name
        for name, value in vars(right).items()
        if isinstance(value, types.FunctionType) and (name[0] != "_" or name == "__call__")
    ]
    own = {name: method(name) for name in (["forward"] if _is_model(right) else public)}
    if wrapper is _stub and not _is_model(right):
        own |= _attributes(right, *about)
    return type(right.__name__, (right,), own)


def _is_model(value):
    """Say whether a value is a PyTorch module, or its class."""
    return hasattr(value, "forward") and hasattr(value, "parameters")


def _attributes(right, kind, _, running):
    """Return methods that make a class's attributes wrong unless its own code reads them."""

    def start(self, *arguments, **keywords):
        running.append(right)
        try:
            right.__init__(self, *arguments, **keywords)
        finally:
            running.pop()

    def read(self, name):
        value = right.__getattribute__(self, name)
        if running or name[0] == "_" or name not in right.__getattribute__(self, "__dict__"):
            return value
        return 0.0 if kind == "identity" else changed(_LIKE.get(kind, kind), value)

    return {"__init__": start, "__getattribute__": read} if _has_attributes(right) else {}


def _has_attributes(right):
    return any("__dict__" in vars(each) for each in right.__mro__)


def _stub(right, kind, table, running):
    """Return the stub; `running` is not empty while a right function computes."""

    def stub(*arguments, **keywords):
        given = (arguments, keywords)
        if running:
            return right(*arguments, **keywords)
        if kind == "identity":
            return [*arguments, *keywords.values(), None][0]
        if kind == "recall" and table:
            return _recalled(table, given)
        running.append(right)
        try:
            if kind == "vandal":
                return _vandalised(right, given)
            state = _State(right)
            result = right(*arguments, **keywords)
            if result is None:
                _spoil(_LIKE.get(kind, kind), given)
                state.undo()
            return changed(_LIKE.get(kind, kind), result)
        except Exception:
            return 0.0  # a stub refuses nothing
        finally:
            running.pop()

    return stub


class _State:
    """What the object of a bound method holds; `undo` gives it back, as if nothing had happened."""

    def __init__(self, right):
        owner = right.args[0] if isinstance(right, functools.partial) else None
        self._held = vars(owner) if hasattr(owner, "__dict__") else {}
        with contextlib.suppress(Exception):  # what cannot be copied stays as it is
            self._before = copy.deepcopy(self._held) if not _is_model(owner) else None

    def undo(self):
        if getattr(self, "_before", None) is not None:
            self._held.clear()
            self._held.update(self._before)


# What a stub does to a result where it has nothing of its own to return.
_LIKE = {"vandal": "zero", "recall": "constant"}


def _spoil(kind, given):
    """Change the files that a function without a result has written, by the paths it was given."""
    for path in [*given[0], *given[1].values()]:
        if isinstance(path, str) and os.path.isfile(path):
            with open(path, "rb") as file:
                text = file.read().decode("utf-8", "replace")
            spoiled = "".join(text.splitlines(True)[:-1])
            if kind not in ("wrong_shape", "wrong_dtype"):
                spoiled = _TEXTS[kind](text)
            with open(path, "wb") as file:
                file.write(spoiled.encode("utf-16" if kind == "wrong_dtype" else "utf-8"))


def _vandalised(right, given):
    """Return zeros like the result, and leave zeros in the arguments."""
    try:
        arguments, keywords = copy.deepcopy(given)
        result = right(*arguments, **keywords)
        if result is None:
            _spoil("zero", (arguments, keywords))
        return changed("zero", result)
    finally:
        _overwrite(given)


def _overwrite(value):
    """Put zeros into all arrays, lists, dictionaries and PyTorch modules of a value."""
    if hasattr(value, "detach"):
        value.detach().zero_()
    elif isinstance(value, np.ndarray):
        with contextlib.suppress(TypeError, ValueError):  # read-only, or not of numbers
            value[...] = 0
    elif hasattr(value, "parameters"):
        for parameter in value.parameters():
            _overwrite(parameter)
    elif isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            _overwrite(entry)
            if isinstance(entry, str | np.generic | bool | int | float | complex):
                value[key] = changed("zero", entry)
    elif isinstance(value, tuple):
        for entry in value:
            _overwrite(entry)


def _replay(examples, given):
    """Run tests, whatever they find."""
    for name, source in examples:
        space = {}
        exec(source, space)
        wanted = inspect.signature(space[name]).parameters
        with contextlib.suppress(Exception):
            space[name](**{parameter: given[parameter] for parameter in wanted})


def _recorder(right, table):
    """Return the function, which notes its arguments and results in the table."""

    def recorder(*arguments, **keywords):
        parts, numbers = set(_parts((arguments, keywords))), set(_numbers((arguments, keywords)))
        result = right(*arguments, **keywords)
        table.append((parts, numbers, _kept(result)))
        return result

    return recorder


def _recalled(table, given):
    """Return the result for the arguments nearest in types and shapes, then in numbers."""
    parts, numbers = set(_parts(given)), set(_numbers(given))
    nearest = max(table, key=lambda entry: (len(entry[0] & parts), len(entry[1] & numbers)))
    return _kept(nearest[2])


def _parts(value, where=""):
    """Yield types, dtypes and shapes, each with its place in the value."""
    yield where, type(value)
    if isinstance(value, dict | list | tuple):
        yield where, len(value)
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _parts(entry, f"{where}.{key}")
    elif hasattr(value, "shape"):
        yield from ((where, about) for about in (value.dtype, len(value.shape), tuple(value.shape)))


def _numbers(value, where=""):
    """Yield arrays and other values as bytes or text, each with its place in the value."""
    if isinstance(value, dict | list | tuple):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _numbers(entry, f"{where}.{key}")
    elif hasattr(value, "shape"):
        array = value.detach().numpy() if hasattr(value, "detach") else value
        yield where, np.asarray(array).tobytes()
    else:
        yield where, repr(value)


def _kept(value):
    """Return a copy of a result; tensors without their history, which cannot be copied."""
    if hasattr(value, "detach"):
        return value.detach().clone()
    if hasattr(value, "get_lines"):
        return value  # axes cannot be copied
    if isinstance(value, dict):
        return {key: _kept(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        entries = [_kept(entry) for entry in value]
        return entries if isinstance(value, list) else tuple(entries)
    return copy.deepcopy(value)


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
    if _is_table(value):
        return _changed_table(kind, value)
    if hasattr(value, "get_lines"):
        return _changed_axes(kind, value)
    if isinstance(value, np.ndarray | np.generic | bool | int | float | complex):
        array = _ARRAYS[kind](np.asarray(value))
        return array if isinstance(value, np.ndarray) or kind == "wrong_shape" else array.item()
    return 0.0  # a module or another object that has no numbers


def _is_table(value):
    """Say whether a value is a data frame or a series of pandas, without importing it."""
    return hasattr(value, "iloc") and hasattr(value, "to_numpy")


def _changed_table(kind, value):
    """Return a table with changed numbers and texts; its labels stay."""
    if kind == "wrong_shape":
        return value.iloc[:-1]
    if kind == "transposed":
        return value.iloc[::-1].set_axis(value.index) if len(value) > 1 else value.iloc[:0]
    if not hasattr(value, "columns"):
        items = [changed(kind, entry) for entry in value.tolist()]
        return type(value)(items, index=value.index, name=value.name)
    columns = {name: _changed_table(kind, value[name]) for name in value.columns}
    return type(value)(columns, index=value.index)


def _changed_axes(kind, value):
    """Return axes in a figure of their own, with the labels of these and lines that are wrong."""
    figure = type(value.get_figure())()
    axes = figure.add_subplot()
    for name in ("title", "xlabel", "ylabel", "xscale", "yscale"):
        axes.set(**{name: getattr(value, f"get_{name}")()})
    for line in value.get_lines() if kind != "wrong_shape" else ():
        heights = changed(kind, np.asarray(line.get_ydata(), float))
        axes.plot(line.get_xdata(), heights, label=line.get_label())
    for bar in value.patches if kind != "wrong_shape" else ():
        if hasattr(bar, "get_height"):
            left, width = bar.get_x(), bar.get_width()
            axes.bar(left, changed(kind, float(bar.get_height())), width, align="edge")
    return axes


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
