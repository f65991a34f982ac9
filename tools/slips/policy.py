"""Settings of an assignment that name what its master does not have."""

from collections.abc import Iterator

from tools.course.settings import Assignment
from tools.errors import AuthorError, Place, nearest
from tools.master.known_answers import answer_of
from tools.master.master import Master
from tools.master.names import parameters

# What [extra_credit] may name besides questions.
WHOLE = "total"


def check_policy(assignment: Assignment, master: Master, file: str) -> Iterator[AuthorError]:
    """Yield where assignment.toml, `file`, does not fit the questions of the master."""
    questions = {question.name: question for question in master.questions if not question.manual}
    every = [question.name for question in master.questions]
    manual = [name for name in every if name not in questions]
    named = [("slow", name) for name in assignment.slow]
    named += [("bonus", name) for name in assignment.bonus]
    named += [("numpy_only", name) for name in assignment.numpy_only]
    for name, earlier in assignment.builds_on.items():
        named += [("builds_on", each) for each in (name, *earlier)]
    for key, name in named:
        if name not in questions:
            what = f'"{key}": there is no question "{name}" with tests'
            yield AuthorError(what, Place(file), nearest(name, list(questions)))
    for name, earlier in assignment.builds_on.items():
        for each in earlier if name in every else ():
            if each in every and every.index(each) >= every.index(name):
                what = f'"builds_on": {each} is not earlier than {name}'
                yield AuthorError(what, Place(file), "Name the questions above it, or remove it.")
    for name in assignment.rubrics:
        if name not in manual:
            what = f'[rubrics.{name}]: there is no question "{name}" that is marked by hand'
            yield AuthorError(what, Place(file), nearest(name, manual))
    for name in assignment.extra_credit:
        if name not in (*every, WHOLE):
            what = f'[extra_credit]: there is no question "{name}"'
            yield AuthorError(what, Place(file), nearest(name, [*every, WHOLE]))
    for (name, kind), points in assignment.stubs.items():
        if name not in questions:
            what = f'[stubs]: there is no question "{name}" with tests, as in "{name}.{kind}"'
            yield AuthorError(what, Place(file), nearest(name, list(questions)))
        elif points > questions[name].points:
            what = f'[stubs]: "{name}.{kind}" may earn {points:g} points, more than the question'
            what_now = f"Write at most {questions[name].points:g}."
            yield AuthorError(what, Place(file), what_now)
    if assignment.bonus and not any(
        question.points and name not in assignment.bonus for name, question in questions.items()
    ):
        what = "every question with points is in `bonus`: the maximum would be 0"
        yield AuthorError(what, Place(file), "Leave out those that everybody should answer.")


def shared_variables(assignment: Assignment, master: Master) -> Iterator[AuthorError]:
    """Yield a remark on each test that takes another question's variable without saying so.

    A function can be lent where its own question failed; a number cannot.
    """
    graded = [question for question in master.questions if not question.manual]
    owner = {name: q.name for q in graded for name in answer_of(q).variables}
    for question in graded:
        about = {question.name, *assignment.builds_on.get(question.name, ())}
        for test in question.tests:
            for name in parameters(test.source):
                if (other := owner.get(name, question.name)) not in about:
                    what = f"this test takes `{name}`, the answer to {other}, so that one mistake "
                    what += "costs two questions"
                    what_now = "Write the value into the test; or, if the question is about that "
                    what_now += f'answer, {question.name} = ["{other}"] below [builds_on].'
                    yield AuthorError(what, Place(master.file, test.cell, test.line), what_now)
