"""The wire between examiner and candidate: values in frames, and nothing that could run.

Values become frames and frames become values. `values` defines what may travel and how it is
written; `frames` sends and receives; `changes` finds what a call did to its arguments; `tables`
takes pandas apart.
"""

from autograder.wire.changes import advance, same, trace
from autograder.wire.decoder import decode, torch_tensor
from autograder.wire.encoder import encode
from autograder.wire.frames import Closed, Deadline, Late, read_frame, when_ready, write_frame
from autograder.wire.values import Limits, WireError

__all__ = [
    "Closed",
    "Deadline",
    "Late",
    "Limits",
    "WireError",
    "advance",
    "decode",
    "encode",
    "read_frame",
    "same",
    "torch_tensor",
    "trace",
    "when_ready",
    "write_frame",
]
