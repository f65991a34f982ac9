"""Grading on an existing Dask cluster; each worker gets the kit once, even if it joins later."""

import contextlib
import logging
import math
import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from distributed import Client, WorkerPlugin

from tools.grading import desk
from tools.grading.task import Kit, Task
from tools.grading.workers import ClusterError

CONNECT_SECONDS = 15.0
# Workers come and go; after this long without any, somebody must start some.
WORKERLESS_SECONDS = 60.0
_ADDRESS = re.compile(r"[a-z]+://\S+:\d+")


class DaskWorkers:
    """The workers of a cluster, which is left as it was."""

    def __init__(self, address: str, kit: Kit, patience: float = math.inf) -> None:
        """`patience`: after this many seconds without a result, the cluster counts as dead."""
        if not _ADDRESS.fullmatch(address):
            raise ClusterError(f'"{address}" is not an address such as tcp://scheduler:8786.')
        # Lost heartbeats and the like show up in the tasks that fail.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"There is no Dask scheduler at {address} ({error}). Start one, or look up its "
                "address, such as tcp://scheduler:8786."
            ) from None
        self._equipment = Equipment(kit)
        self._client.register_plugin(self._equipment)
        self._executor = self._client.get_executor()
        self._address, self._patience = address, patience
        self._alive = self._done = time.monotonic()

    @property
    def window(self) -> int:
        """The number of tasks that may be under way: each worker has its next one at hand.

        Raises a ClusterError if nobody is left to do them.
        """
        now = time.monotonic()
        threads = sum(self._client.nthreads().values())
        self._alive = now if threads else self._alive
        what_now = "then give the same command again: what is done is kept."
        if now - self._alive > WORKERLESS_SECONDS:
            raise ClusterError(
                f"{self._address}: no worker for {now - self._alive:.0f} s. Start some "
                f"(dask worker {self._address}), {what_now}"
            )
        if now - self._done > self._patience:
            raise ClusterError(
                f"{self._address}: nothing was graded for {self._patience:.0f} s. Look at what the "
                f"workers say, {what_now}"
            )
        return 2 * max(threads, 1)

    def submit(self, perform: Callable[[Task], Any], task: Task) -> Future:
        future = self._executor.submit(perform, task)
        future.add_done_callback(self._note_done)
        return future

    def _note_done(self, _: Future) -> None:
        self._done = time.monotonic()

    def close(self, at_once: bool = False) -> None:
        with contextlib.suppress(Exception):  # the cluster may have ended
            self._executor.shutdown(not at_once)
            self._client.unregister_worker_plugin(self._equipment.name)
        self._client.close()


class Equipment(WorkerPlugin):
    """A plugin that equips each worker for a class, and ends its grader afterwards."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        # Dask knows it by this name: another class may be graded at the same time.
        self.name = f"unroll-{kit.key}"

    def setup(self, worker: Any) -> None:
        """Equip a worker; Dask calls this in each one, even if it joins later."""
        desk.equip(self.kit)

    def teardown(self, worker: Any) -> None:
        """Close the desk when the class is graded, or the worker ends."""
        desk.close()
