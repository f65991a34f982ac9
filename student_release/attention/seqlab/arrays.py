"""Read an answer as an array, and describe a place in it in words."""

import numpy as np

# What the index along an axis counts, for messages: axes="BTV" names the three axes of the logits.
AXIS_NAMES = {"B": "sequence", "T": "time step", "V": "token", "H": "unit", "C": "class"}


class CheckError(AssertionError):
    """An answer differs from what was asked for; the message says where and how.

    compared: what came and what is right, by name, if these are what differs. Only where the right
    values are no secret is more said of them, by `seqlab.sentences`.
    """

    def __init__(self, message, compared=()):
        super().__init__(message)
        self.compared = tuple(compared)


def as_array(name, value):
    """Return what NumPy makes of a value; CheckError if that is not an array of numbers."""
    if value is None:
        raise CheckError(f"{name} is None. Does the function end with a return statement?")
    # NumPy would make one large text of the longest string, and a sequence of anything that can be
    # indexed.
    is_array = isinstance(value, np.ndarray | np.generic) or hasattr(type(value), "__array__")
    if not is_array and (_holds_text(value) or not isinstance(value, int | float | list | tuple)):
        raise CheckError(f"{name} should be an array of numbers; it is {_kind(value)}.")
    try:
        array = np.asarray(_detached(value))
    except Exception as error:
        raise CheckError(f"{name} cannot be read as an array ({type(error).__name__}).") from None
    if array.dtype == object:
        raise CheckError(f"{name} should be an array of numbers; it is {_kind(value)}.")
    return array


def _detached(value):
    """Return a PyTorch tensor, or a list of them, without the history that NumPy cannot take."""
    if isinstance(value, list | tuple):
        return [_detached(entry) for entry in value]
    return value.detach() if hasattr(value, "detach") else value


def _holds_text(value):
    if isinstance(value, list | tuple):
        return any(_holds_text(entry) for entry in value)
    return isinstance(value, str | bytes)


def _kind(value):
    """Return what a value is called; a class of the student's own has no name here."""
    known = (dict, list, tuple, str, set, bool, int, float)
    name = next((kind.__name__ for kind in known if isinstance(value, kind)), "")
    return f"an {name}" if name == "int" else f"a {name}" if name else "something else"


def describe_index(index, axes=None):
    """Return "[1, 4, 2] (sequence 1, time step 4, token 2)" for axes "BTV"."""
    text = "[" + ", ".join(str(int(i)) for i in index) + "]"
    if axes and len(axes) == len(index):
        words = [f"{AXIS_NAMES.get(a, a)} {int(i)}" for a, i in zip(axes, index, strict=True)]
        text += " (" + ", ".join(words) + ")"
    return text
