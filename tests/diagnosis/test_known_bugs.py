"""Known bugs: what a submission's functions returned, compared with what known bugs return."""

import random
import shutil
import tempfile
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from autograder import wire
from autograder.diagnosis.explanation import explain
from autograder.examiner.links import MAX_NOTED, MAX_NOTED_BYTES, MAX_NOTED_CALLS, QuestionLink
from autograder.examiner.proxies import Question, Remote
from autograder.requests.operations import Operations
from autograder.requests.recorded import Record

SETUP = "import numpy as np\n"
RIGHT = SETUP + (
    "def moments(x, scale):\n"
    "    if scale <= 0:\n"
    '        raise ValueError("the scale is not positive")\n'
    "    x = np.asarray(x) / scale\n"
    '    return {"mean": x.mean(axis=0), "spread": x.std(axis=0), "count": len(x)}\n'
)
EDITS = {
    "wrong_axis": ("x.mean(axis=0)", "x.mean(axis=1)"),
    "sample_spread": ("x.std(axis=0)", "x.std(axis=0, ddof=1)"),
    "no_scale": ("np.asarray(x) / scale", "np.asarray(x)"),
    "any_scale": ("if scale <= 0", "if False"),
    "in_place": ("x = np.asarray(x) / scale", "x /= scale"),
    "float_count": ("len(x)", "float(len(x))"),
    "short_count": ("len(x)", "np.int32(len(x))"),
}


def edited(*slugs: str, code: str = RIGHT) -> str:
    for slug in slugs:
        old, new = EDITS[slug]
        assert code.count(old) == 1
        code = code.replace(old, new)
    return code


BUGS = [(slug, edited(slug)) for slug in EDITS]


def names(code: str) -> dict:
    namespace: dict = {}
    exec(code, namespace)
    return namespace


def session(code: str, *requests: dict) -> list[tuple[bytes, bytes]]:
    """The answers of a submission with this code; "f" stands for the object of that name."""
    operations = Operations(names(code))
    reader = Operations({})  # knows no numbers
    wanted = sorted({r["target"] for r in requests if isinstance(r.get("target"), str)})
    exchanges = []

    def ask(request: dict) -> dict:
        frame = reader.frame(request)
        answer = operations.frame(operations.answer(operations.read(frame)))
        exchanges.append((frame, answer))
        return answer

    ask({"op": "get", "names": wanted})
    numbers = {name: n for n, name in enumerate(wanted)}
    reader.number = lambda value: value.number
    for request in requests:
        if isinstance(request.get("target"), str):
            request = {**request, "target": Handle(numbers[request["target"]])}
        ask(request)
    return exchanges


class Handle:
    def __init__(self, number: int) -> None:
        self.number = number


def call(target, *args, **kwargs) -> dict:
    return {"op": "call", "target": target, "args": args, "kwargs": kwargs}


def diagnose(sessions: list, right: dict, bugs: list, reset=lambda: None) -> list[str]:
    return list(explain(Record(sessions, (), reset), right, bugs).slugs)


def relate(sessions: list, right: str) -> list[str]:
    record = Record(sessions, (), lambda: None)
    return [found.sentence for found in explain(record, names(right), [], right).relations]


def found(code: str, *requests: dict, right: str = RIGHT, bugs: list = BUGS) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in the oracle, where nobody reads them
        return diagnose([session(code, *requests)], names(right), bugs)


X = np.random.default_rng(1).normal(size=(3, 4))
CALLS = [call("moments", X, 2.0), call("moments", X[:, :3], 0.5), call("moments", X, -1.0)]


@pytest.mark.parametrize("slug", EDITS)
def test_a_known_bug_is_named_by_its_slug_alone(slug):
    assert found(edited(slug), *CALLS) == [slug]


def test_the_right_answer_has_no_bug():
    assert found(RIGHT, *CALLS) == []
    assert found(RIGHT.replace("x.mean(axis=0)", "x.sum(axis=0) / x.shape[0]"), *CALLS) == []


def test_a_wrong_answer_unlike_all_bugs_has_none_of_them():
    assert found(RIGHT.replace("x.mean(axis=0)", "np.median(x, axis=0)"), *CALLS) == []
    assert found(RIGHT.replace("/ scale", "/ scale**2"), *CALLS) == []


def test_a_bug_is_not_named_when_only_some_calls_agree_with_it():
    """With a scale of 1 the submission does what the bug does; with any other it does not."""
    code = RIGHT.replace("/ scale", "/ (1 if scale == 2 else scale**2)")
    assert found(code, CALLS[0]) == ["no_scale"]
    assert found(code, *CALLS) == []


def test_results_of_one_shape_keep_their_own_dtypes():
    right = SETUP + "def f(n):\n    return np.zeros(n, int), np.zeros(n)\n"
    bug = SETUP + "def f(n):\n    return np.zeros(n), np.zeros(n)\n"
    assert found(bug, call("f", 2), right=right, bugs=[("float", bug)]) == ["float"]


def test_two_bugs_that_spoil_different_pieces_are_both_named():
    assert set(found(edited("wrong_axis", "sample_spread"), *CALLS)) == {
        "wrong_axis",
        "sample_spread",
    }


def test_no_more_than_two_are_named():
    assert len(found(edited("wrong_axis", "sample_spread", "float_count"), *CALLS)) == 2


def test_the_bug_that_explains_more_comes_first():
    small = ("small", RIGHT.replace("/ scale", "/ (scale if len(x[0]) == 4 else 1)"))
    large = ("large", edited("no_scale"))
    for order in ([small, large], [large, small]):
        assert found(edited("no_scale"), *CALLS, bugs=order) == ["large"]


def test_bugs_that_agree_on_all_calls_are_both_named_until_a_call_tells_them_apart():
    only_here = ("only_here", RIGHT.replace("/ scale", "/ (1 if scale == 2 else scale)"))
    bugs = [only_here, ("no_scale", edited("no_scale"))]
    assert found(edited("no_scale"), CALLS[0], bugs=bugs) == ["only_here", "no_scale"]
    assert found(edited("no_scale"), *CALLS, bugs=bugs) == ["no_scale"]


def test_float32_and_lists_do_not_hide_a_bug():
    code = edited("no_scale").replace(
        "x.mean(axis=0),", "x.mean(axis=0).astype(np.float32).tolist(),"
    )
    assert found(code, *CALLS) == ["no_scale"]


def test_nan_and_infinity_are_results_like_others():
    right = SETUP + "def f(x):\n    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()\n"
    bug = SETUP + "def f(x):\n    return np.exp(x) / np.exp(x).sum()\n"
    calls = [call("f", np.array([1.0, 2.0])), call("f", np.array([1e4, 0.0]))]
    assert found(bug, *calls, right=right, bugs=[("unstable", bug)]) == ["unstable"]
    assert found(right, *calls, right=right, bugs=[("unstable", bug)]) == []


def test_a_generator_that_was_drawn_from_belongs_to_the_result():
    right = SETUP + "def f(rng):\n    return rng.normal(size=3) * 0\n"
    bug = SETUP + "def f(rng):\n    return np.zeros(3)\n"
    calls = [call("f", np.random.default_rng(3))]
    assert found(bug, *calls, right=right, bugs=[("ignores_rng", bug)]) == ["ignores_rng"]


def test_random_numbers_of_the_process_are_repeated():
    right = "def f():\n    return 0.5\n"
    bug = "import random\ndef f():\n    return random.random()\n"
    random.seed(7)
    recorded = session(bug, call("f"), call("f"))
    bugs = [("draws", bug)]
    assert diagnose([recorded], names(right), bugs, lambda: random.seed(7)) == ["draws"]
    assert diagnose([recorded], names(right), bugs, lambda: random.seed(8)) == []


def test_objects_are_followed_into_their_methods_and_items():
    right = (
        "class Counter:\n"
        "    def __init__(self, first):\n"
        "        self.numbers = iter(range(first, 9))\n"
        "        self.next = lambda: next(self.numbers)\n"
        "def make(first):\n"
        "    return Counter(first)\n"
    )
    bug = right.replace("range(first, 9)", "range(first + 1, 9)")
    requests = [
        call("make", 2),
        {"op": "attribute", "target": Handle(1), "name": "next"},
        call(Handle(2)),
        call(Handle(2)),
        {"op": "attribute", "target": Handle(1), "name": "numbers"},
        {"op": "iterate", "target": Handle(3)},
        {"op": "next", "iterator": Handle(4)},
    ]
    bugs = [("one_late", bug)]
    assert found(bug, *requests, right=right, bugs=bugs) == ["one_late"]
    assert found(right, *requests, right=right, bugs=bugs) == []


def test_a_long_training_is_not_repeated():
    right = "def f(steps):\n    return steps\n"
    bug = "def f(steps):\n    return -steps if steps < 200 else exit()\n"
    assert found(bug, call("f", 3), call("f", 1500), right=right, bugs=[("minus", bug)]) == [
        "minus"
    ]


TRAINED = """
class Model:
    def __init__(self):
        self.weight = 0.5

def train(model, steps):
    model.weight = model.weight + steps

def predict(model, x):
    return model.weight * x
"""


def test_what_a_long_training_would_have_changed_is_not_compared():
    """After the training that is left out here, the right model would predict something else."""
    wrong = TRAINED.replace("+ steps", "- steps")
    requests = [
        call("Model"),
        call("train", Handle(3), 1000),
        call("predict", Handle(3), 2.0),
        call("Model"),
        call("train", Handle(4), 2),
        call("predict", Handle(4), 2.0),
    ]
    exchanges = session(wrong, *requests)
    record = Record([exchanges], (), lambda: None)
    right = list(record.repeated(names(TRAINED)))
    assert [number for number, each in enumerate(right) if each is None] == [2, 3]
    assert {place[1] for place in record.differing(right)} == {6}


MODEL = """
import numpy as np
class Model:
    def __init__(self):
        self.state = {"one.weight": np.ones(3), "two.weight": np.ones((2, 2))}
    def state_dict(self):
        return self.state
    def load(self, state):
        self.state = {name: state[name] for name in self.state}
    def predict(self, x):
        return self.state["two.weight"] @ x
"""


def test_a_model_may_call_its_arrays_what_it_likes():
    """What a test loads into it has the names that the model itself has given."""
    bug = MODEL.replace("@ x", "@ x[::-1]")
    renamed = bug.replace("one.weight", "a").replace("two.weight", "b")
    state = {"b": X[:2, :2], "a": X[0, :3]}
    requests = [
        call("Model"),
        {"op": "attribute", "target": Handle(1), "name": "state_dict"},
        call(Handle(2)),
        {"op": "attribute", "target": Handle(1), "name": "load"},
        call(Handle(3), state),
        {"op": "attribute", "target": Handle(1), "name": "predict"},
        call(Handle(4), X[:2, 0]),
    ]
    assert found(renamed, *requests, right=MODEL, bugs=[("turned", bug)]) == ["turned"]


def test_half_of_a_mistake_is_not_named_where_a_relation_explains_all_of_it():
    right = SETUP + ("def f(x):\n    return x.sum() / len(x), x**2 / len(x)\n")
    bug = right.replace("x**2 / len(x)", "x**2")
    sums = bug.replace("x.sum() / len(x)", "x.sum()")
    for code, told in [(bug, ["half"]), (sums, [])]:
        record = Record([session(code, call("f", X), call("f", X[:2]))], (), lambda: None)
        found = explain(record, names(right), [("half", bug)], right)
        assert list(found.slugs) == told
    (related,) = found.relations
    assert related.sentence.endswith("is the right one times the number of sequences.")


def test_zeros_and_exceptions_alone_are_no_evidence_if_the_rest_differs():
    right = SETUP + "def f(x):\n    return {'W': 1.5 * x, 'b': 2.5 * x}\n"
    bug = right.replace("2.5 * x", "0 * x")
    assert found(bug, call("f", X), right=right, bugs=[("zero", bug)]) == ["zero"]
    nothing = bug.replace("1.5 * x", "0 * x")
    assert found(nothing, call("f", X), right=right, bugs=[("zero", bug)]) == []
    refused = right.replace(
        "    return", "    if x.max() > 9:\n        raise OverflowError\n    return"
    )
    calls = [call("f", X), call("f", 99 * X)]
    assert found(refused, *calls, right=right, bugs=[("raises", refused)]) == ["raises"]
    other = refused.replace("1.5 * x", "-x")
    assert found(other, *calls, right=right, bugs=[("raises", refused)]) == []


def test_a_bug_may_raise_what_the_right_answer_does_not():
    code = RIGHT.replace("len(x)", "len(x[3])")
    assert found(code, *CALLS, bugs=[("index", code)]) == ["index"]


def noting() -> QuestionLink:
    link = QuestionLink.__new__(QuestionLink)
    link._noted = []
    return link


def test_the_first_and_the_last_calls_of_each_test_are_noted():
    link = noting()
    link._note(b"lost", b"before the first test", True)
    for test in range(3):
        link.begin_test()
        for number in range(30):
            link._note(bytes([test]), bytes([number]), True)
    numbers = [*range(MAX_NOTED_CALLS), *range(30 - MAX_NOTED_CALLS, 30)]
    assert link.exchanges == [(bytes([t]), bytes([n])) for t in range(3) for n in numbers]


def test_what_is_noted_does_not_grow_without_limit():
    link = noting()
    for _ in range(9):
        link.begin_test()
        link._note(b"too large", bytes(MAX_NOTED_BYTES // 8), True)
        for _ in range(3):
            link._note(b"q", bytes(MAX_NOTED_BYTES // 8 - 1), True)
    assert len(link.exchanges) == 8


def test_all_that_happens_to_objects_is_noted_where_it_happened():
    """A replay that misses what a test has loaded into a model goes on with another model."""
    link = noting()
    link.begin_test()
    for number in range(30):
        link._note(b"gradient", bytes([number]), True)
        link._note(b"model", bytes([number]), False)
    kept = [n for n in range(30) if n < MAX_NOTED_CALLS or n >= 30 - MAX_NOTED_CALLS]
    expected = [
        (request, bytes([n]))
        for n in range(30)
        for request in (b"gradient", b"model")
        if request == b"model" or n in kept
    ]
    assert link.exchanges == expected


def test_a_call_is_by_value_if_nothing_that_may_change_goes_in_or_out():
    question = Question(SimpleNamespace(), deadline=0.0)
    function, model = question.stand_in(0, "function"), question.stand_in(1, "Model")

    def called(target: Remote, *args: object, returned: object = 1.0) -> bool:
        request = {"op": "call", "target": target, "args": args, "kwargs": {}}
        return question.is_by_value(request, {"value": returned})

    assert called(function, X, {"steps": [1, 2]}, returned=[X, (X, "text")])
    assert not called(function, X, {"of": [1, (model,)]})
    assert not called(function, X, returned={"trained": model})
    assert not called(model, X)
    assert not question.is_by_value(
        {"op": "attribute", "target": model, "name": "state"}, {"value": X}
    )


@pytest.mark.parametrize("lost", ["one that is too large", "one too many"])
def test_nothing_is_noted_of_objects_after_the_first_request_that_is_not(lost):
    link = noting()
    link.begin_test()
    for _ in range(3):
        link._note(b"attribute", b"", False)
    if lost == "one that is too large":
        link._note(b"load", bytes(MAX_NOTED_BYTES), False)
    for _ in range(2 * MAX_NOTED):
        link._note(b"next", b"", False)
    link._note(b"function", b"", True)
    assert len(link.exchanges) == (4 if lost == "one that is too large" else MAX_NOTED + 1)
    link.begin_test()
    link._note(b"attribute", b"", False)
    assert link.exchanges[-1] == (b"attribute", b"")


def test_none_is_not_the_same_as_nothing_there():
    right = "def f(x):\n    return x, (x, 1)\n"
    none = "def f(x):\n    return x, None\n"
    other = "def f(x):\n    return x, 3.5\n"
    assert found(none, call("f", 2.0), right=right, bugs=[("none", none)]) == ["none"]
    assert found(other, call("f", 2.0), right=right, bugs=[("none", none)]) == []


HALVES = "def half(x):\n    return x / 2\n\ndef eighth(x):\n    return half(half(half(x)))\n"


def test_what_no_known_bug_explains_is_related_to_the_right_results():
    wrong = HALVES.replace("half(half(half(x)))", "half(half(x))")
    exchanges = session(wrong, call("eighth", 7.0), call("eighth", 5.0))
    said = ["The result of `eighth` is twice the right one."]
    assert relate([exchanges], HALVES) == said
    assert relate([session(HALVES, call("eighth", 7.0))], HALVES) == []


def test_what_is_drawn_is_not_compared():
    right = "def noise(rng, n):\n    return rng.normal(size=n)\n"
    exchanges = session(
        right.replace("rng.normal", "-rng.normal"), call("noise", np.random.default_rng(3), 9)
    )
    assert relate([exchanges], right) == []


@pytest.mark.parametrize("theirs", ["np.random", "np.random.default_rng(0)", "copy.deepcopy(rng)"])
def test_a_generator_that_is_not_drawn_from(theirs):
    right = SETUP + "import copy\n\ndef noise(n, rng):\n    return rng.normal(size=n)\n"

    def said(by: str) -> list[str]:
        wrong = right.replace("rng.normal(size=n)", f"{by}.normal(size=n) ** 3")
        calls = [call("noise", n, rng=np.random.default_rng(n)) for n in (3, 9)]
        return relate([session(wrong, *calls)], right)

    unused = ["`noise` leaves `rng` as it was: it draws nothing from it, or from a copy."]
    assert said(theirs) == unused
    assert said(f"(rng if n > 5 else {theirs})") == said("rng") == []


READER = "import pathlib, tempfile\n\ndef first(path):\n    return path.read_text()[0]\n"


def test_a_file_that_a_test_has_made_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    wrong = READER.replace("[0]", "[-1]")
    operations = Operations(names(wrong))
    exchanges = []

    def ask(request: dict) -> dict:
        frame = wire.encode(request, opaque=lambda value: value.number)
        answer = operations.frame(operations.answer(operations.read(frame)))
        exchanges.append((frame, answer))
        return wire.decode(answer, handle=lambda n, _: Handle(n))

    values = ask({"op": "get", "names": ["first", "pathlib", "tempfile"]})["values"]
    make = ask({"op": "attribute", "target": values["tempfile"], "name": "mkdtemp"})["value"]
    folder = ask(call(make))["value"]
    path = ask({"op": "attribute", "target": values["pathlib"], "name": "Path"})["value"]
    file = ask(call(path, folder, "a.txt"))["value"]
    write = ask({"op": "attribute", "target": file, "name": "write_text"})["value"]
    ask(call(write, "xyz"))
    ask(call(values["first"], file))
    shutil.rmtree(folder)  # the submission's home is gone by now
    assert diagnose([exchanges], names(READER), [("last", wrong)]) == ["last"]


# --- what many mistakes have in common is no evidence of one -----------------------------------


def test_an_exception_of_the_same_kind_with_other_words_is_another_mistake():
    right = SETUP + "def f(x):\n    return x + np.ones(3)\n"
    bugs = [("sizes", right.replace("3", "4"))]
    kept = call("f", np.zeros(3))
    assert found(right.replace("3", "4"), kept, right=right, bugs=bugs) == ["sizes"]
    assert found(right.replace("3", "5"), kept, right=right, bugs=bugs) == []
    # Where the right answer raises as well, everybody may choose the words.
    refuses = 'def f(x):\n    if x < 0:\n        raise ValueError("below zero")\n    return x\n'
    bug = refuses.replace("below zero", "negative").replace("return x", "return 2 * x")
    mine = bug.replace("negative", "no")
    assert found(mine, call("f", -1), call("f", 3), right=refuses, bugs=[("b", bug)]) == ["b"]


def test_nan_alone_is_no_evidence_if_the_rest_differs():
    right = "def f(x):\n    return {'loss': x, 'count': 3}\n"
    bug = right.replace("x,", "x * float('nan'),")
    other = bug.replace("3", "4")
    assert found(bug, call("f", 2.0), right=right, bugs=[("nan", bug)]) == ["nan"]
    assert found(other, call("f", 2.0), right=right, bugs=[("nan", bug)]) == []


def test_an_empty_list_is_not_an_empty_array():
    right = SETUP + "def f(x):\n    return np.array(x, dtype=np.int64)\n"
    bug = right.replace(", dtype=np.int64", "")
    listed = "def f(x):\n    return list(x)\n"
    assert found(bug, call("f", []), right=right, bugs=[("dtype", bug)]) == ["dtype"]
    assert found(listed, call("f", []), right=right, bugs=[("dtype", bug)]) == []
