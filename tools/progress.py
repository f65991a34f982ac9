"""How far the grading of a class is: a bar on a terminal, elsewhere a line now and then."""

import contextlib
import time
from collections.abc import Callable, Iterator

from tools.batch import Told

LINE_SECONDS = 10.0
MAX_SHOWN = 4  # hand-ins under way that are named


@contextlib.contextmanager
def shown(count: int) -> Iterator[Callable[[Told], None]]:
    """A function that shows how far it is, on standard error."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with _bar(console, count) if console.is_terminal else _lines(console) as tell:
        yield tell


@contextlib.contextmanager
def _bar(console, count: int) -> Iterator[Callable[[Told], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TextColumn("{task.fields[doing]}", style="dim", markup=False),
    )
    started = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=count, rate="", doing="starting the graders")

        def tell(told: Told) -> None:
            rate = describe(told, time.monotonic() - started)
            doing = {"doing": _names(told)} if told.done else {}
            progress.update(bar, completed=told.done, rate=rate, **doing)

        yield tell


@contextlib.contextmanager
def _lines(console) -> Iterator[Callable[[Told], None]]:
    started = said = time.monotonic()

    def tell(told: Told) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= LINE_SECONDS:
            said = now
            text = f"{told.done} of {told.count} graded {describe(told, now - started)}"
            console.print(f"{text.rstrip()}; now {_names(told)}", markup=False, soft_wrap=True)

    yield tell


def describe(told: Told, seconds: float) -> str:
    """Throughput, the time that is left, and how many broke."""
    parts = []
    if told.done and seconds > 0:
        rate = told.done / seconds
        minutes, rest = divmod(round((told.count - told.done) / rate), 60)
        parts += [f"{60 * rate:.0f} a minute", f"{minutes}:{rest:02d} left"]
    if told.broken:
        parts.append(f"{told.broken} broke")
    return f"({', '.join(parts)})" if parts else ""


def _names(told: Told) -> str:
    more = len(told.doing) - MAX_SHOWN
    return ", ".join(told.doing[:MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")
