"""The leak gate: a release must hold no trace of a solution, a hidden test or an editor."""

import bisect
import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate

from autograder.assignment.answers import Answers
from tools.errors import AuthorError, Place
from tools.leaks.alike import MESSAGE_PART, Alike, Rights, alike_in, right_answers
from tools.leaks.opened import texts_of
from tools.leaks.structure import is_code
from tools.master.known_answers import Bank
from tools.master.master import Master
from tools.master.notebook import FOLDED, Notebook, parse
from tools.master.secrets import Secret, flat, flat_prose, numbers, secrets_of

NOTEBOOK_METADATA = {"kernelspec", "language_info", "otter", "unroll"}
# Lines as one text, and where each begins in it.
Searchable = tuple[str, list[int]]
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
    bank: Bank | None = None,
) -> list[AuthorError]:
    """Return the secrets of the master that a student could find in `files`, a release by path.

    `may_repeat` holds the lines that the author allows in both, and the paths of files that cannot
    be searched, listed in the file `policy`. As secret as the master are `private`, the modules
    that only hidden tests import, by path in the assignment's folder, and `bank`, other right
    answers and known bugs.
    """
    secrets = secrets_of(master, private or {})
    bank = bank or Bank(Answers(), ())
    rights = right_answers(master, bank.accepted, bank.answers.bugs, private)
    allowed = {key for line in may_repeat for key in _keys(line)}
    used: set[str] = set()
    errors: list[AuthorError] = []
    for path in sorted(files):
        if _UNWANTED.search(path):
            what = "this file is a trace of running the notebook, or of another tool"
            errors.append(AuthorError(what, Place(path), "Remove it from the support files."))
        try:
            texts = list(texts_of(path, files[path]))
        except AuthorError as error:
            own = flat("/".join(path.split("/")[2:]))
            used |= {own} & allowed
            errors += [] if own in allowed else [error]
            continue
        for key, leak, where, first in _leaks(texts, secrets, rights):
            if key in allowed:
                used.add(key)
            else:
                errors.append(_error(leak, where, first, policy))
        if path.endswith(".ipynb"):
            errors += _check_structure(parse(files[path].decode(), path), path, master)
    for line in may_repeat:
        if not used.intersection(_keys(line)):
            what = f"`{line}` in may_repeat is not a line that the release repeats"
            errors.append(AuthorError(what, Place(policy), "Remove it from the list."))
    return errors


def _leaks(
    texts: Sequence[tuple[Place, str]], secrets: list[Secret], rights: Rights
) -> Iterator[tuple[str, Secret | Alike, Place, str]]:
    """Yield what the texts of a file give away: its key in may_repeat, where, and its first line.

    Parts of an answer may stand in several cells, so code cells are also compared together. What a
    text says in two readings is told once.
    """
    seen: set[str] = set()
    told: set[tuple[str, str | None]] = set()
    code: list[tuple[Place, str]] = []
    for where, text in texts:
        lines = [(_at(where, row), line) for row, line in enumerate(text.split("\n"), start=1)]
        found = [(secret.needle, *lines[row - 1], secret) for secret, row in _found(secrets, text)]
        for alike in alike_in(text, rights) if not found else ():
            place, first = lines[alike.line - 1]
            found.append((flat(first), place, first, alike))
        for key, place, first, leak in found:
            seen |= {leak.right.what} if isinstance(leak, Alike) else {leak.what}
            again = (leak.right.what if isinstance(leak, Alike) else leak.needle, where.cell)
            if not where.part or again not in told:
                yield key, leak, place, first.strip()
            told.add(again)
        code += lines if where.cell and not where.part and is_code(text) else []
    text = "\n".join(line for _, line in code)
    for alike in alike_in(text, rights) if code and not seen else ():
        place, first = code[alike.line - 1]
        yield flat(first), alike, place, first.strip()


def _at(where: Place, line: int) -> Place:
    return Place(where.file, where.cell, line if where.part is None else None, where.part)


def check_messages(master: Master) -> list[AuthorError]:
    """Return the solution's lines in what students read of hidden tests: titles and messages."""
    secrets = [s for s in secrets_of(master) if s.kind == "code" and "solution" in s.what]
    rights = right_answers(master, ())
    errors = []
    for question in master.questions:
        for test in question.hidden_tests:
            texts = {"title": test.title, "failure_message": test.failure_message or ""}
            for name, text in texts.items():
                said = [f"`{secret.text}`" for secret, _ in _found(secrets, text)]
                said += [
                    f"{a.right.kind}, {a.right.what}" for a in alike_in(text, rights, MESSAGE_PART)
                ]
                if said:
                    what = f"the {name} of this hidden test says {said[0]}"
                    place = Place(master.file, test.cell)
                    errors.append(AuthorError(what, place, "Name the idea, not the line."))
    return errors


def _keys(line: str) -> set[str]:
    return {flat(line), flat_prose(line)} | numbers(line)


def _error(leak: Secret | Alike, place: Place, first: str, policy: str) -> AuthorError:
    if isinstance(leak, Secret):
        return AuthorError(
            f"students would see {leak.what}, `{leak.text}`, which is secret in {leak.where}",
            place,
            f"Remove it there, or, if it gives nothing away, list it in may_repeat of {policy}.",
        )
    right = leak.right
    return AuthorError(
        f"students would see code that is {leak.part:.0%} like {right.kind} {right.what}, which is "
        f"secret in {right.where}: names, order and layout do not count",
        place,
        "Remove it there, or, if it gives nothing away, list its first line, "
        f"`{first}`, in may_repeat of {policy}.",
    )


def _found(secrets: list[Secret], text: str) -> Iterator[tuple[Secret, int]]:
    """Yield each secret in a text once, with the line where it begins."""
    code, prose, digits = _read_as(text)
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


@functools.lru_cache(maxsize=1000)  # releases have most of their files in common
def _read_as(text: str) -> tuple[list[Searchable], list[Searchable], list[set[str]]]:
    """Return a text as code and as prose, in each way to read it, and each line's numbers."""
    lines = text.split("\n")
    unquoted = [_QUOTING.sub("", line) for line in lines]
    variants = [lines, unquoted]
    variants += [[_COMMENT.sub("", line) for line in variant] for variant in variants]
    code = [_searchable([flat(line) for line in variant]) for variant in variants]
    prose = [_searchable([flat_prose(line) for line in variant]) for variant in variants[:2]]
    return code, prose, [numbers(line) for line in lines]


def _searchable(lines: list[str]) -> Searchable:
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
