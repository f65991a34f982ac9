"""`unroll verify` on the terminal: progress while it works, a table at the end."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from autograder.bundle import BundleError
from tools.jobs import WorkerError
from tools.proof import form, print_proof, proven, write_proof
from tools.verify import Tell, Told, inputs_of, prove, results_folder

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C has ended


def run(root: Path, names: list[str], full: bool, workers: int | None, forget: bool) -> int:
    """Prove the assignments one after the other; returns the exit code."""
    if sys.platform != "linux":
        raise click.ClickException(
            "a proof grades notebooks, which works on Linux only. `make build` does without."
        )
    broken = False
    try:
        for name in names:
            already = None
            if not forget:
                already = proven(results_folder(root), name, inputs_of(root, name), full)
            if already:
                click.echo(f"{name}: unchanged, all laws hold ({already} proof)")
            else:
                broken |= not _prove(root, name, full, workers, forget)
    except KeyboardInterrupt:
        click.echo("Interrupted. What is done is kept: the same command goes on there.", err=True)
        return INTERRUPTED
    except (BundleError, WorkerError) as error:
        raise click.ClickException(str(error)) from None
    return int(broken)


def _prove(root: Path, name: str, full: bool, workers: int | None, forget: bool) -> bool:
    started = time.monotonic()
    with _told(f"{name}, {form(full)} proof") as tell:
        proof = prove(root, name, full, workers, forget, tell)
        written = write_proof(proof, results_folder(root))
    print_proof(proof, written, time.monotonic() - started)
    return proof.holds


@contextlib.contextmanager
def _told(title: str) -> Iterator[Tell]:
    """How far it is: a bar on a terminal; in a pipe or a file, a line for each stage."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        stages: set[str] = set()

        def tell_once(told: Told) -> None:
            if told.law not in stages:
                stages.add(told.law)
                count = f" ({told.count} to grade)" if told.count else ""
                console.print(f"{title}: {told.law}{count}", soft_wrap=True)

        yield tell_once
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} {task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(title, total=None, left="")

        def tell(told: Told) -> None:
            progress.update(
                bar,
                description=f"{title}: {told.law}",
                completed=told.done,
                total=told.count or 1,
                left=_clock(told.seconds_left) if told.count else "",
            )

        yield tell


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(round(seconds), 0), 60)
    return f"about {minutes}:{rest:02d} left"
