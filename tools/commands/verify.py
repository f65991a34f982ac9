"""`unroll verify` on the terminal: progress while it works, a table at the end."""

import sys
import time
from pathlib import Path

import click

from autograder.assignment.bundle import BundleError
from tools.grading.store import BusyError
from tools.grading.workers import Staff, processors
from tools.proof.plan import Scope
from tools.proof.prove import ProofError, inputs_of, prove, results_folder
from tools.proof.record import print_proof, proven, write_proof
from tools.terminal import INTERRUPTED, shown


def run(root: Path, names: list[str], scope: Scope, workers: int | None, forget: bool) -> int:
    """Prove the assignments one after the other; return the exit code."""
    if sys.platform != "linux":
        raise click.ClickException(
            "a proof grades notebooks, which works on Linux only. `make build` needs none."
        )
    broken = False
    try:
        with Staff(workers or processors()) as staff:
            for name in names:
                already = None
                if not forget:
                    already = proven(results_folder(root), name, inputs_of(root, name), scope)
                if already:
                    click.echo(f"{name}: unchanged, all laws hold ({already} proof)")
                else:
                    broken |= not _prove(root, name, scope, staff, forget)
    except KeyboardInterrupt:
        click.echo("Interrupted. What is done is kept: the same command continues there.", err=True)
        return INTERRUPTED
    except (BundleError, ProofError, BusyError) as error:
        raise click.ClickException(str(error)) from None
    return int(broken)


def _prove(root: Path, name: str, scope: Scope, staff: Staff, forget: bool) -> bool:
    started = time.monotonic()
    with shown(f"{name}, {scope.form} proof: ") as tell:
        proof = prove(root, name, scope, staff, forget, tell)
        written = write_proof(proof, results_folder(root))
    print_proof(proof, written, time.monotonic() - started)
    return proof.holds
