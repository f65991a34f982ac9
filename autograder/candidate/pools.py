"""Pools of processes that are pools of threads: a sandbox has no semaphores to share.

A notebook that spreads its work over processes gets the same results; only the speed differs.
"""

import itertools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures import process
from multiprocessing import context
from typing import Any


class Executor(futures.ThreadPoolExecutor):
    """Stands for ProcessPoolExecutor."""

    def __init__(
        self, max_workers=None, mp_context=None, initializer=None, initargs=(), **_: Any
    ) -> None:
        super().__init__(max_workers, "", initializer, initargs)


class Result:
    """What an asynchronous call of a pool returns."""

    def __init__(self, future: futures.Future) -> None:
        self._future = future
        self.get, self.ready = future.result, future.done

    def wait(self, timeout: float | None = None) -> None:
        futures.wait([self._future], timeout)

    def successful(self) -> bool:
        return self._future.exception() is None


class Pool:
    """Stands for multiprocessing.Pool."""

    def __init__(self, processes=None, initializer=None, initargs=(), *_: Any, **__: Any) -> None:
        self._executor = futures.ThreadPoolExecutor(processes, "", initializer, initargs)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def map(self, function: Callable, items: Iterable, chunksize: int | None = None) -> list:
        return list(self._executor.map(function, items))

    def starmap(self, function: Callable, items: Iterable, chunksize: int | None = None) -> list:
        return list(itertools.starmap(function, items))

    def imap(self, function: Callable, items: Iterable, chunksize: int = 1) -> Iterator:
        return self._executor.map(function, items)

    imap_unordered = imap

    def apply(self, function: Callable, args: tuple = (), kwds: dict | None = None) -> Any:
        return function(*args, **(kwds or {}))

    def apply_async(
        self, function: Callable, args: tuple = (), kwds: dict | None = None, *_: Any
    ) -> Result:
        return Result(self._executor.submit(function, *args, **(kwds or {})))

    def map_async(self, function: Callable, items: Iterable, *_: Any) -> Result:
        return self.apply_async(self.map, (function, items))

    def starmap_async(self, function: Callable, items: Iterable, *_: Any) -> Result:
        return self.apply_async(self.starmap, (function, items))

    def close(self) -> None:
        self._executor.shutdown(wait=False)

    terminate = close

    def join(self) -> None:
        self._executor.shutdown(wait=True)


def stand_in() -> None:
    """Put these classes where notebooks look for pools of processes."""
    futures.ProcessPoolExecutor = process.ProcessPoolExecutor = Executor
    context.BaseContext.Pool = lambda _, *args, **kwargs: Pool(*args, **kwargs)
    multiprocessing.Pool = Pool
