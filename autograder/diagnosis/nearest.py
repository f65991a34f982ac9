"""The nearest answer: what a submission does is what the right answer does after one edit, or two.

Like the diagnosis it repeats the requests of a question's tests, here on the right answer with an
edit. It says something only where that agrees with the submission wherever it can be compared.
"""

import ast
from collections.abc import Callable, Collection, Iterator, Sequence
from time import process_time
from typing import Any

from autograder.diagnosis.relations import Relation
from autograder.mutants.edits import Edited, edits
from autograder.mutants.further_edits import Context
from autograder.requests.recorded import Record, Session

# Of CPU, for one question.
MOST_SECONDS = 0.4


def nearest(
    sessions: Sequence[Session],
    namespace: dict[str, Any],
    source: str,
    reset: Callable[[], None],
    variables: Collection[str] = (),
) -> Relation | None:
    """Return the edits of `source`, the right answer, after which it does what a submission did.

    `namespace` has the right answers; `reset` seeds all generators as for the submission.
    """
    until = process_time() + MOST_SECONDS
    record = Record(sessions, variables, reset)
    right = list(record.repeated(namespace))
    wrong = record.differing(right)
    if not wrong:
        return None
    telling = record.telling(namespace, wrong)
    found: list[tuple[Edited, set]] = []
    for edit, code in _edited(source):
        if process_time() > until:
            break
        names = dict(namespace)
        try:
            exec(code, names)
        except Exception:
            continue
        if telling and not telling.explained(names):
            continue
        explained = record.explained(right, record.repeated(names))
        if explained == wrong:
            return _told([edit])
        if explained:
            found.append((edit, explained))
    pairs = ((one, two) for i, one in enumerate(found) for two in found[:i])
    return next((_told([two[0], one[0]]) for one, two in pairs if one[1] | two[1] == wrong), None)


def _edited(source: str) -> Iterator[tuple[Edited, Any]]:
    """Yield the edits and the edited code, the likelier ones first."""
    tree = ast.parse(source)
    # An edit of such a loop may make it endless.
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While)]
    left_out = {n for loop in loops for n in range(loop.lineno, loop.end_lineno + 1)}
    for further in (None, Context.of(tree).edits_of):
        for edit in edits(tree, further):
            if edit.number in left_out:
                continue
            try:
                yield edit, compile(tree, "<edited>", "exec")
            except (SyntaxError, ValueError, TypeError):
                continue


def _told(made: Sequence[Edited]) -> Relation:
    each = [
        f"`{edit.line}` is left out"
        if edit.becomes == "pass"
        else f"`{edit.line}` becomes `{edit.becomes}`"
        for edit in made
    ]
    number = "one change" if len(made) == 1 else "two changes"
    return Relation(
        "; ".join(f"{edit.line} -> {edit.becomes}" for edit in made),
        f"You get exactly what the right answer gets with {number}: {', and '.join(each)}.",
    )
