"""Each notebook in tests/honest/ is right, and odd in one way: it must not lose by it.

Its metadata say what is odd, which points are due (all, where it has no `points`), and what the
student must read: in a note on the notebook, or beside the question that lost points.
"""

import json
from dataclasses import replace

import pytest
from conftest import HERE

from autograder.assignment.bundle import Bundle
from autograder.results.feedback import full_text

NOTEBOOKS = sorted((HERE / "honest").glob("*.ipynb"))


@pytest.fixture(scope="module")
def bundle(grader) -> Bundle:
    limits = replace(grader.bundle.limits, cell_seconds=10.0, question_seconds=10.0)
    return replace(grader.bundle, limits=limits)


def test_the_bank_is_complete():
    assert len(NOTEBOOKS) >= 60


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_honest_notebook_does_not_lose(grader, bundle, path):
    due = json.loads(path.read_text(encoding="utf-8"))["metadata"]["honest"]
    score = grader.grade(path, bundle=bundle)
    text = "\n".join([*score.notes, *map(full_text, score.questions)])
    assert {q.name: q.points for q in score.questions if not q.manual} == due["points"], text
    assert not score.staff_notes
    for said in due["says"]:
        assert said in text
