"""The nearest answer: what a submission does is what the right answer does after one edit, or two.

Like the diagnosis it repeats the requests of a question's tests, here on the right answer with an
edit. It says something only where that agrees with the submission wherever it can be compared.
"""

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from autograder.diagnosis.influence import Part, influence
from autograder.diagnosis.patience import Patience
from autograder.diagnosis.relations import Relation
from autograder.mutants.edits import EXPRESSIONS, STATEMENTS, Edited, edits
from autograder.mutants.further_edits import Context
from autograder.requests.recorded import Known, Record
from autograder.requests.tried import Trial

# Of CPU, for one question.
MOST_SECONDS = 0.35


def nearest(
    record: Record, namespace: dict[str, Any], source: str, known: Known | None = None
) -> Relation | None:
    """Return the edits of `source`, the right answer, after which it does what a submission did.

    `namespace` has the right answers; `known`: what was repeated of them already.
    """
    patience = Patience(MOST_SECONDS)
    known = {} if known is None else known
    right = list(record.repeated(namespace, known=known))
    wrong = record.differing(right)
    # Many edits lead to one exception, which says its line, or to an empty result. Numbers tell
    # edits apart, and the one or two sizes for which a function returns are too few for that.
    calls = record.calls(namespace, known)
    if not record.tells(right, wrong) or any(call.is_raised for call in calls):
        return None
    trial = Trial(calls, wrong)
    found: list[tuple[Edited, set]] = []
    for edit, code in _edited(source, _parts(wrong)):
        if patience.is_over():
            break
        names = dict(namespace)
        try:
            exec(code, names)
        except Exception:
            continue
        if trial.is_possible and not trial.explained(names):
            continue
        explained = record.explained(right, record.repeated(names))
        if explained == wrong:
            return _told([edit])
        if explained and edit.becomes:  # asked now, while the edit is there
            found.append((edit, explained))
    pairs = ((one, two) for i, one in enumerate(found) for two in found[:i])
    return next((_told([two[0], one[0]]) for one, two in pairs if one[1] | two[1] == wrong), None)


def _parts(wrong: Collection[tuple]) -> set[Part]:
    """Return which parts of a result are wrong: indices of a tuple, or keys of a dictionary."""
    return {place[3] for place in wrong if place[2:3] == ("value",) and len(place) > 3}


def _edited(source: str, wrong: set[Part]) -> Iterator[tuple[Edited, Any]]:
    """Yield the edits and the edited code, the likelier ones first.

    Those are in lines on which just the parts depend that are wrong.
    """
    tree = ast.parse(source)
    # An edit of such a loop may make it endless.
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While)]
    left_out = {n for loop in loops for n in range(loop.lineno, loop.end_lineno + 1)}
    likely = {number for number, parts in influence(tree).items() if parts == wrong}
    for is_likely in (True, False) if likely else (False,):
        for ways in (STATEMENTS, Context.of(tree).ways, EXPRESSIONS):
            for edit in edits(tree, ways, lambda n: (n in likely) is is_likely):  # noqa: B023
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
        "; ".join(f"{edit.line} -> {edit.becomes}" for edit in made),  # see Misconception.is_edit
        f"You get exactly what the right answer gets with {number}: {', and '.join(each)}.",
    )
