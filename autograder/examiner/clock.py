"""Another date for tests: a test that depends on today's fails on it."""

import datetime
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def later(days: int) -> Iterator[None]:
    """Let `time` and `datetime` be so many days ahead; clocks that measure spans stay."""
    changed = list(_changed(datetime.timedelta(days=days))) if days else []
    before = [(module, name, getattr(module, name)) for module, name, _ in changed]
    try:
        for module, name, value in changed:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _changed(shift: datetime.timedelta) -> Iterator[tuple[Any, str, Any]]:
    """Yield what to put in place of what tells the date: a module, a name, and the value."""
    seconds, real = int(shift.total_seconds()), time.time
    yield time, "time", lambda: real() + seconds
    yield time, "time_ns", lambda real=time.time_ns: real() + seconds * 10**9
    for name in ("localtime", "gmtime", "ctime"):
        yield time, name, _of_now(getattr(time, name), lambda: real() + seconds)
    yield datetime, "datetime", _datetime(datetime.datetime, shift)
    yield datetime, "date", _date(datetime.date, shift)


def _of_now(function: Callable, now: Callable[[], float]) -> Callable:
    return lambda when=None: function(now() if when is None else when)


def _datetime(real: type[datetime.datetime], shift: datetime.timedelta) -> type:
    def now(cls: type, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return real.now(tz) + shift

    def utcnow(cls: type) -> datetime.datetime:
        return now(cls, datetime.UTC).replace(tzinfo=None)

    methods = {"now": now, "today": lambda cls: now(cls), "utcnow": utcnow}
    return _instead_of(real, methods)


def _date(real: type[datetime.date], shift: datetime.timedelta) -> type:
    return _instead_of(real, {"today": lambda cls: real.today() + shift})


def _instead_of(real: type, methods: dict[str, Callable]) -> type:
    """Return a class with these class methods, of which every `real` object is an instance."""

    class Kind(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    return Kind(real.__name__, (real,), {n: classmethod(f) for n, f in methods.items()})
