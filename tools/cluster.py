"""The part of grading on a Dask cluster that needs Dask."""

import logging
from typing import TYPE_CHECKING, Any

from distributed import Client, WorkerPlugin

from tools import grading

if TYPE_CHECKING:
    from tools.grading import Kit


def connect(address: str, seconds: float) -> Client:
    """A client of the cluster. OSError where there is none."""
    # Lost heartbeats and the like are told by the tasks that fail over them.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    return Client(address, timeout=seconds, set_as_default=False)


class Equipment(WorkerPlugin):
    """Equips each worker for the tasks of a class, and ends its grader afterwards."""

    def __init__(self, kit: "Kit") -> None:
        self.kit = kit
        # By this, Dask knows it: another class may be graded at the same time.
        self.name = f"unroll-{kit.key}"

    def setup(self, worker: Any) -> None:
        """Called by Dask in each worker, also in those that join later."""
        grading.equip(self.kit)

    def teardown(self, worker: Any) -> None:
        """Called when the class is graded, or the worker ends."""
        grading.close()
