"""Progress of long work, shown on standard error."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LINE_SECONDS = 10.0
MAX_SHOWN = 4  # files in progress that are named
INTERRUPTED = 130  # the exit code of a program ended by Ctrl-C


@dataclass(frozen=True)
class Told:
    """The progress of a run. `doing`: labels of what is in progress; `count`: 0 while unknown."""

    stage: str
    done: int = 0
    count: int = 0
    seconds_left: float = 0.0
    broken: int = 0
    doing: tuple[str, ...] = ()


Tell = Callable[[Told], None]


@contextlib.contextmanager
def shown(title: str) -> Iterator[Tell]:
    """Yield a function that shows progress: a bar on a terminal, otherwise occasional lines."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with (
        _heard() as heed,
        _bar(console, title) if console.is_terminal else _lines(console, title) as tell,
    ):

        def both(told: Told) -> None:
            heed()
            tell(told)

        yield both


@contextlib.contextmanager
def _heard() -> Iterator[Callable[[], None]]:
    """Yield a function that raises KeyboardInterrupt if an earlier one has not ended the work.

    One that meets Python in a finalizer or a callback of the garbage collector gets lost there. A
    plain `kill` says the same as Ctrl-C: workers end in order, and leave no semaphores behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    interrupted = False

    def note(*_: object) -> None:
        nonlocal interrupted
        interrupted = True
        raise KeyboardInterrupt

    def heed() -> None:
        if interrupted:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _bar(console, title: str) -> Iterator[Tell]:
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[far]}", markup=False),
        TextColumn("{task.fields[doing]}", style="dim", markup=False),
    )
    started = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(title, total=None, far="", doing="")

        def tell(told: Told) -> None:
            progress.update(
                bar,
                description=f"{title}{told.stage}",
                completed=told.done,
                total=told.count or None,
                far=f"{told.done} of {told.count} {pace(told, time.monotonic() - started)}"
                if told.count
                else "",
                doing=_names(told) if told.done else "",
            )

        yield tell


@contextlib.contextmanager
def _lines(console, title: str) -> Iterator[Tell]:
    """Print a line for each new stage, and one every ten seconds."""
    started = said = time.monotonic()
    stages: set[str] = set()

    def tell(told: Told) -> None:
        nonlocal said
        now = time.monotonic()
        if told.stage not in stages:
            stages.add(told.stage)
            count = f" ({told.count} to grade)" if told.count else ""
            _print(console, f"{title}{told.stage}{count}")
        elif told.count and now - said >= LINE_SECONDS:
            far = f"{told.done} of {told.count} {pace(told, now - started)}".rstrip()
            _print(console, f"{title}{told.stage}: {far}; now {_names(told)}")
        else:
            return
        said = now

    yield tell


def pace(told: Told, seconds: float) -> str:
    """Return throughput, time left, and how many broke."""
    parts = []
    if told.done and seconds > 0:
        minutes, rest = divmod(max(round(told.seconds_left), 0), 60)
        parts += [f"{60 * told.done / seconds:.0f} a minute", f"about {minutes}:{rest:02d} left"]
    if told.broken:
        parts.append(f"{told.broken} broke")
    return f"({', '.join(parts)})" if parts else ""


def _print(console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _names(told: Told) -> str:
    more = len(told.doing) - MAX_SHOWN
    return ", ".join(told.doing[:MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")


def printable(text: str) -> str:
    """Return the text without control characters, which could repaint a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
