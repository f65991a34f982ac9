"""Questions that are answered with NumPy alone: PyTorch is out of reach in their process.

For honest code, importing it or using a name for it raises an ImportError that says why. Code that
has kept a reference to some function of it finds that the library itself no longer runs: its pages
are not executable, and a call ends the process. Only this question's fork is affected.
Where no question of an assignment may use PyTorch, its candidates cannot even read it.
"""

import ctypes
import gc
import importlib.abc
import mmap
import os
import sys
import types
from typing import Any, NoReturn

LIBRARIES = ("libtorch_cpu", "libtorch_python")
PT_LOAD, PF_X = 1, 1
PROT_READ, PROT_EXEC = 1, 4

# Their modules and objects, which must not be freed: that would run the library.
_kept: list[Any] = []


class Refusal(importlib.abc.MetaPathFinder):
    """Stands in front of all finders, and for whatever of PyTorch the notebook has named."""

    def __init__(self, question: str) -> None:
        self._sentence = f"{question} is NumPy only: PyTorch cannot be used in it"

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if _is_torchs(fullname):
            self._refuse()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ImportError(self._sentence)

    __call__ = __getitem__ = _refuse

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(name) if name.startswith("__") else ImportError(self._sentence)


def refuse(what: str) -> Refusal:
    """Say why PyTorch cannot be imported."""
    refusal = Refusal(what)
    sys.meta_path.insert(0, refusal)
    return refusal


def enforce(namespace: dict[str, Any], question: str) -> None:
    """Put PyTorch out of reach of this process, for good."""
    refusal = refuse(question)
    for name, value in list(namespace.items()):
        if _is_from_torch(value):
            _kept.append(value)
            namespace[name] = refusal
    loaded = [name for name in sys.modules if _is_torchs(name)]
    _kept.extend(sys.modules.pop(name) for name in loaded)
    if loaded:
        # The collector would visit tensors with the library's own code.
        gc.freeze()
        _stop_library()


def _is_torchs(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == "torch"


def _is_from_torch(value: Any) -> bool:
    if isinstance(value, types.ModuleType):
        return _is_torchs(value.__dict__.get("__name__"))
    if type(value) not in (types.FunctionType, types.BuiltinFunctionType, type):
        return False  # attributes of anything else may run the student's code
    return _is_torchs(getattr(value, "__module__", None))


class _Segment(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("in_file", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("align", ctypes.c_uint64),
    )


class _Library(ctypes.Structure):
    _fields_ = (
        ("address", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("segments", ctypes.POINTER(_Segment)),
        ("count", ctypes.c_uint16),
    )


def _code() -> list[tuple[int, int]]:
    """Return the address and the size of the library's code, in whole pages."""
    found = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Library), ctypes.c_size_t, ctypes.c_void_p)
    def look(library: Any, _size: int, _data: Any) -> int:
        here = library.contents
        if os.path.basename((here.name or b"").decode()).startswith(LIBRARIES):
            for segment in here.segments[: here.count]:
                if segment.type == PT_LOAD and segment.flags & PF_X:
                    start = here.address + segment.address
                    first = start - start % mmap.PAGESIZE
                    found.append((first, start + segment.size - first))
        return 0

    ctypes.CDLL(None).dl_iterate_phdr(look, None)
    return found


def _stop_library() -> None:
    protect = ctypes.CDLL(None).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    code = _code()

    def allow(rights: int) -> None:
        for address, size in code:
            protect(address, size, rights)

    # The library has handlers of its own for fork(), without which no process pool would start.
    os.register_at_fork(
        before=lambda: allow(PROT_READ | PROT_EXEC),
        after_in_parent=lambda: allow(PROT_READ),
        after_in_child=lambda: allow(PROT_READ),
    )
    allow(PROT_READ)
