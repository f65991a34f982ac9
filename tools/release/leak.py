"""The leak gate: a release must hold no trace of a solution, a hidden test or an editor."""

import base64
import bisect
import contextlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import accumulate
from typing import Any

from tools.errors import AuthorError, Place
from tools.master.master import Master
from tools.master.notebook import Notebook, parse
from tools.master.secrets import Secret, flat, flat_prose, numbers, secrets_of
from tools.release.notebooks import FOLDED

NOTEBOOK_METADATA = {"kernelspec", "language_info", "otter", "unroll"}
CELL_METADATA = {"tags", "deletable", "editable", "otter", *FOLDED}

# Logs, bytecode and hidden files get copied along with their folder.
_UNWANTED = re.compile(r"(^|/)(\..*|__pycache__|.*\.(pyc|log|otter|zip))(/|$)")
_COMMENT = re.compile(r"#.*")
# What precedes a line of code quoted in prose: comment signs, prompts, list marks.
_QUOTING = re.compile(r"^\s*(?:(?:#+|>+)\s*|(?:\.\.\.|[-*]|\d+\.)\s+)*")


def check_release(
    master: Master,
    files: Mapping[str, bytes],
    may_repeat: Collection[str],
    policy: str,
    private: Mapping[str, str] | None = None,
) -> list[AuthorError]:
    """Return the secrets of the master that a student could find in `files`, a release by path.

    `may_repeat` holds the lines that the author allows in both, listed in the file `policy`;
    `private` the modules that only hidden tests import, by path in the assignment's folder.
    """
    secrets = secrets_of(master, private or {})
    allowed = {key for line in may_repeat for key in _keys(line)}
    used: set[str] = set()
    errors: list[AuthorError] = []
    for path in sorted(files):
        if _UNWANTED.search(path):
            what = "this file is a trace of running the notebook, or of another tool"
            errors.append(AuthorError(what, Place(path), "Remove it from the support files."))
        for where, text in _texts(path, files[path]):
            for secret, line in _found(secrets, text):
                if secret.needle in allowed:
                    used.add(secret.needle)
                    continue
                errors.append(_leak(secret, where, line, policy))
        if path.endswith(".ipynb"):
            errors += _check_structure(parse(files[path].decode(), path), path, master)
    for line in may_repeat:
        if not used.intersection(_keys(line)):
            what = f"`{line}` in may_repeat is not a line that the release repeats"
            errors.append(AuthorError(what, Place(policy), "Remove it from the list."))
    return errors


def _keys(line: str) -> set[str]:
    return {flat(line), flat_prose(line)} | numbers(line)


def _leak(secret: Secret, where: Place, line: int, policy: str) -> AuthorError:
    return AuthorError(
        f"students would see {secret.what}, `{secret.text}`, which is secret in {secret.where}",
        Place(where.file, where.cell, line if where.part is None else None, where.part),
        f"Remove it there, or, if it gives nothing away, list it in may_repeat of {policy}.",
    )


def _texts(path: str, contents: bytes) -> Iterator[tuple[Place, str]]:
    """Yield every text that a student can read in a file, with its place."""
    yield Place(path, part="name"), path
    if not path.endswith(".ipynb"):
        # Also in a file that is not text: a line of code stays readable in it.
        yield Place(path), contents.decode("utf-8", errors="replace")
        return
    notebook = parse(contents.decode(), path)
    for cell in notebook["cells"]:
        yield Place(path, cell["id"]), cell["source"]
        for part, value in cell.items():
            if part != "source":
                yield Place(path, cell["id"], part=part), "\n".join(_strings(value))
    yield Place(path, part="metadata"), "\n".join(_strings(notebook["metadata"]))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        yield from ["".join(value)] if all(isinstance(v, str) for v in value) else []
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value
        # Attachments and outputs carry files in base 64.
        with contextlib.suppress(ValueError):
            yield base64.b64decode(value, validate=True).decode("utf-8")
    elif value is not None:
        yield json.dumps(value)


def _found(secrets: list[Secret], text: str) -> Iterator[tuple[Secret, int]]:
    """Yield each secret in a text once, with the line where it begins."""
    lines = text.split("\n")
    unquoted = [_QUOTING.sub("", line) for line in lines]
    variants = [lines, unquoted]
    variants += [[_COMMENT.sub("", line) for line in variant] for variant in variants]
    code = [_searchable([flat(line) for line in variant]) for variant in variants]
    prose = [_searchable([flat_prose(line) for line in variant]) for variant in variants[:2]]
    digits = [numbers(line) for line in lines]
    found: list[tuple[Secret, int]] = []
    for secret in secrets:
        if secret.kind == "number":
            hits = [i for i, found in enumerate(digits, start=1) if secret.needle in found]
        else:
            hits = [
                bisect.bisect_right(starts, joined.index(secret.needle))
                for joined, starts in (code if secret.kind == "code" else prose)
                if secret.needle in joined
            ]
        if hits:
            found.append((secret, min(hits)))
    # A line found whole is reported once, without its parts.
    wholes = [secret.needle for secret, _ in found if secret.kind == "code"]
    for secret, line in found:
        part = secret.kind == "code" and any(secret.needle in w != secret.needle for w in wholes)
        if not part:
            yield secret, line


def _searchable(lines: list[str]) -> tuple[str, list[int]]:
    """Return the lines as one text, and where each begins in it."""
    return "".join(lines), list(accumulate(map(len, lines[:-1]), initial=0))


def _check_structure(notebook: Notebook, path: str, master: Master) -> Iterator[AuthorError]:
    remedy = f"Run `unroll format {master.name}`."
    for key in sorted(set(notebook["metadata"]) - NOTEBOOK_METADATA):
        what = f'the notebook\'s metadata has the key "{key}", which students need not see'
        yield AuthorError(what, Place(path, part="metadata"), remedy)
    secret_cells = {
        cell["id"]
        for cell, spot in zip(master.notebook["cells"], master.spots, strict=True)
        if spot.role.startswith("test")
        or (spot.role == "solution" and cell["cell_type"] == "markdown")
    }
    for cell in notebook["cells"]:
        for key in sorted(set(cell["metadata"]) - CELL_METADATA):
            what = f'the cell\'s metadata has the key "{key}", which students need not see'
            yield AuthorError(what, Place(path, cell["id"], part="metadata"), remedy)
        if cell.get("outputs") or cell.get("execution_count") is not None:
            what = "the cell has outputs or an execution count"
            yield AuthorError(what, Place(path, cell["id"], part="outputs"), remedy)
        if cell.get("attachments"):
            what = "the cell has an attachment"
            remedy_of_file = "Save it as a file beside the master, and list it in assignment.toml."
            place = Place(path, cell["id"], part="attachments")
            yield AuthorError(what, place, remedy_of_file)
        if cell["id"] in secret_cells:
            what = f"the cell is from {master.file}, where it holds a solution or a test"
            yield AuthorError(what, Place(path, cell["id"]), "Report this: the build is broken.")
