"""Feedback on its way back: one zip from which the LMS gives each student a page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.bundle import packed
from tools.handin import Handin

PAGE = "feedback.html"


def feedback_zip(handins: Sequence[Handin], pages: Mapping[str, Path]) -> bytes:
    """The pages by the names that the LMS gave to what was handed in; empty where it gave none.

    Canvas takes it under "Upload Submissions", as comments; Moodle under "Upload multiple feedback
    files in a zip".
    """
    members = {f"{h.back}{PAGE}": pages[h.id].read_bytes() for h in handins if h.back}
    return packed(members) if members else b""
