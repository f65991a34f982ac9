"""Each relation is found where it is true, and none is said where it would be false."""

import ast

import numpy as np
import pytest
from seqlab.compared import Call, Pair, pieces

from autograder.assignment.signatures import result_names
from autograder.diagnosis.influence import influence
from autograder.diagnosis.properties import property_of
from autograder.diagnosis.relations import relate, relations
from autograder.requests.recorded import Made

RNG = np.random.default_rng(7)


def forward(x, h0, W, b):
    """A recurrence over the second axis: h_t = tanh(x_t W + h_(t-1) + b)."""
    h = [h0]
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ W + h[-1] + b))
    return np.stack(h[1:], axis=1)


def loss(values, mask):
    """The sum over valid steps, as a mean over sequences, and its gradient."""
    total = (values * mask).sum() / len(values)
    return total, mask / len(values)


def masked(values, mask):
    return (values + mask) * mask


def padded(values, mask):
    return np.where(mask == 1, values, 5.0), np.sqrt(mask)


def soft(z):
    p = np.exp(z - z.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def step(params, learning_rate, grads):
    return {name: params[name] - learning_rate * grads[name] for name in params}


def order(tokens):
    return list(dict.fromkeys(tokens))


def gates(z):
    return np.tanh(z)


def chain(d, h):
    return d * np.abs(h) * (1 - h**2)


def is_long(tokens):
    return len(tokens) > 5


def cell(params, x):
    """Two gates of a recurrent matrix (H, 3H), cut in three."""
    a, b, c = np.split(x @ params["W"] + params["b"], 3, -1)
    return {"a": np.tanh(a), "bc": b * c}


def back(W, x, d):
    """Backpropagation through time: what comes from each step goes on to those before it."""
    total, carried = 0, 0 * d[:, 0]
    for t in reversed(range(d.shape[1])):
        carried = d[:, t] + carried @ W.T
        total = total + x[:, t].T @ carried
    return {"W": total}


def cut(W, x, d, parts):
    return {"W": sum(back(W, x[:, a:b], d[:, a:b])["W"] for a, b in parts)}


def windows(W, x, d, k):
    total = 0
    for t in range(d.shape[1]):
        part = slice(max(0, t - k + 1), t + 1)
        alone = d[:, part].copy()
        alone[:, :-1] = 0
        total = total + back(W, x[:, part], alone)["W"]
    return {"W": total}


def inputs(function):
    for B, T, H in ((2, 3, 5), (4, 6, 3), (3, 5, 4)):
        x, h0 = RNG.normal(size=(B, T, 7)), RNG.normal(size=(B, H))
        mask = (np.arange(T) < RNG.integers(1, T + 1, size=(B, 1))).astype(float)
        yield {
            forward: {"x": x, "h0": h0, "W": RNG.normal(size=(7, H)), "b": RNG.normal(size=H)},
            loss: {"values": RNG.normal(size=(B, T)), "mask": mask},
            padded: {"values": RNG.normal(size=(B, T)), "mask": mask},
            masked: {"values": RNG.normal(size=(B, T)), "mask": mask},
            soft: {"z": RNG.normal(size=(B, T, H))},
            step: {
                "params": {"U": RNG.normal(size=(B, T)), "v": RNG.normal(size=H)},
                "learning_rate": 0.1 * B,
                "grads": {"U": RNG.normal(size=(B, T)), "v": RNG.normal(size=H)},
            },
            order: {"tokens": list("abcd" * B)[: 4 + T]},
            is_long: {"tokens": list("abcd" * B)[: 2 + T]},
            chain: {"d": RNG.normal(size=(B, T, H)), "h": RNG.uniform(-1, 1, size=(B, T, H))},
            gates: {"z": RNG.normal(size=(B, T, 8))},
            cell: {
                "params": {"W": RNG.normal(size=(H, 3 * H)), "b": RNG.normal(size=3 * H)},
                "x": RNG.normal(size=(B, H)),
            },
            back: {
                "W": RNG.normal(size=(H, H)),
                "x": RNG.normal(size=(B, T, H)),
                "d": RNG.normal(size=(B, T, H)),
            },
        }[function]


def said(right, wrong, names=()):
    calls = []
    for arguments in inputs(right):
        copies = [{k: np.copy(v) if isinstance(v, np.ndarray) else v for k, v in arguments.items()}]
        both = pieces(right(**arguments), names), pieces(wrong(**copies[0]), names)
        calls.append(Call(right, arguments, *both))
    return [found.sentence for found in relations(right.__name__, calls, names)]


def permuted(z, blocks):
    parts = np.split(gates(z), 4, -1)
    return np.concatenate([parts[i] for i in blocks], -1)


def in_block(z):
    h = gates(z).copy()
    h[..., 2:4] = h[..., 2:4] ** 3 + 1
    return h


def at(z, index, value=9.0):
    h = gates(z).copy()
    h[:, index] = value + RNG.normal(size=h[:, index].shape)
    return h


SENTENCES = {
    "sign": (gates, lambda z: -gates(z), "The result of `gates` has the wrong sign."),
    "twice": (gates, lambda z: 2 * gates(z), "The result of `gates` is twice the right one."),
    "factor": (
        gates,
        lambda z: 0.7 * gates(z),
        "The result of `gates` is 0.7 times the right one.",
    ),
    "B": (
        gates,
        lambda z: gates(z) * len(z),
        "The result of `gates` is the right one times the number of sequences.",
    ),
    "1/T": (
        gates,
        lambda z: gates(z) / z.shape[1],
        "The result of `gates` is the right one divided by the number of time steps.",
    ),
    "zero": (gates, lambda z: 0 * z, "The result of `gates` is 0 everywhere."),
    "constant": (gates, lambda z: 0 * z + 0.5, "The result of `gates` is 0.5 everywhere."),
    "no mask": (
        masked,
        lambda values, mask: values + mask,
        "The result of `masked` would be right if it were multiplied by `mask`.",
    ),
    "padding": (
        padded,
        lambda values, mask: (np.where(mask == 1, values, 7.0), np.sqrt(mask)),
        "`total` of `padded` is wrong only where `grad` should be 0.",
    ),
    "nan": (gates, lambda z: z * np.nan, "The result of `gates` has entries that are NaN."),
    "argument": (gates, lambda z: z, "The result of `gates` is the argument `z` as it came in."),
    "reversed": (
        gates,
        lambda z: gates(z)[:, ::-1],
        "The result of `gates` is what is right if `z` comes in reverse.",
    ),
    "twice tanh": (
        gates,
        lambda z: np.tanh(gates(z)),
        "The result of `gates` is what is right if `z` goes through tanh once more.",
    ),
    "exchanged": (
        gates,
        lambda z: permuted(z, (0, 2, 1, 3)),
        "The result of `gates` has blocks 2 and 3 of 4 along its last axis exchanged.",
    ),
    "a block": (
        gates,
        in_block,
        "The result of `gates` is wrong only in block 2 of 4 along its last axis.",
    ),
    "first": (
        gates,
        lambda z: at(z, 0),
        "The result of `gates` is wrong only at the first time step.",
    ),
    "last": (
        gates,
        lambda z: at(z, -1),
        "The result of `gates` is wrong only at the last time step.",
    ),
    "clipped": (
        gates,
        lambda z: np.clip(gates(z), -0.5, 0.5),
        "The result of `gates` is the right one with its entries clipped to ±0.5.",
    ),
    "offset": (
        gates,
        lambda z: gates(z) + 0.25,
        "The result of `gates` is 0.25 too large everywhere.",
    ),
    "residual": (
        gates,
        lambda z: gates(z) + z,
        "The result of `gates` is the right one plus the argument `z`.",
    ),
    "summed": (
        gates,
        lambda z: gates(z).sum(0),
        "The result of `gates` is summed over the axis of the sequences.",
    ),
    "a missing factor": (
        chain,
        lambda d, h: d * np.abs(h),
        "The result of `chain` is the right one divided by 1 − `h`².",
    ),
    "one side": (
        gates,
        lambda z: np.where(z < 0, np.exp(z), gates(z)),
        "The result of `gates` is wrong only where `z` is negative.",
    ),
    "state": (
        forward,
        lambda x, h0, W, b: forward(x, 0 * h0, W, b),
        "The result of `forward` is what is right if `h0` is 0 (is it used?).",
    ),
    "bias": (
        forward,
        lambda x, h0, W, b: forward(x, h0, W, 0 * b),
        "The result of `forward` is what is right if `b` is 0 (is it used?).",
    ),
    "first step": (
        forward,
        lambda x, h0, W, b: forward(np.concatenate([0 * x[:, :1], x[:, 1:]], 1), h0, W, b),
        "The result of `forward` is what is right if `x` is 0 at the first time step.",
    ),
    "mask": (
        loss,
        lambda values, mask: loss(values, np.ones_like(mask)),
        "The results of `loss` are what is right if `mask` is 1 everywhere (is it used?).",
    ),
    "sum": (
        loss,
        lambda values, mask: ((values * mask).sum(), mask),
        "Each of `total`, `grad` of `loss` is the right one times the number of sequences.",
    ),
    "axis": (
        soft,
        lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True),
        "The result of `soft` sums to 1 over axis 1, not over the last axis.",
    ),
    "unnormalised": (
        soft,
        lambda z: np.exp(z),
        "The result of `soft` would be right if it were divided by its sum over the last axis.",
    ),
    "uphill": (
        step,
        lambda params, learning_rate, grads: step(params, -learning_rate, grads),
        "The results of `step` are what is right if the sign of `learning_rate` is changed.",
    ),
    "a rate too many": (
        step,
        lambda params, learning_rate, grads: step(params, learning_rate**2, grads),
        "The results of `step` are what is right if `grads` is multiplied by `learning_rate`.",
    ),
    "blocks exchanged": (
        cell,
        lambda params, x: cell(
            {
                k: np.concatenate(np.split(v, 3, -1)[1::-1] + np.split(v, 3, -1)[2:], -1)
                for k, v in params.items()
            },
            x,
        ),
        "The results of `cell` are what is right if blocks 1 and 2 of 3 of `W` and `b` are "
        "exchanged.",
    ),
    "reshaped": (
        cell,
        lambda params, x: cell({**params, "W": params["W"].reshape(params["W"].T.shape).T}, x),
        "The results of `cell` are what is right if `W` is turned by a reshape, not transposed.",
    ),
    "cut in two": (
        back,
        lambda W, x, d: cut(W, x, d, [(t, t + 2) for t in range(0, d.shape[1], 2)]),
        "The results of `back` are what is right if nothing goes back from one group of 2 "
        "time steps to the one before it.",
    ),
    "k steps": (
        back,
        lambda W, x, d: windows(W, x, d, 2),
        "The results of `back` are what is right if the gradient of each time step goes back "
        "over 2 steps, its own included, and no further.",
    ),
    "the last steps": (
        back,
        lambda W, x, d: back(W, x[:, -2:], d[:, -2:]),
        "The results of `back` are what is right if the last 2 time steps were all there is.",
    ),
    "order": (
        order,
        lambda tokens: order(tokens)[::-1],
        "The result of `order` is in reverse order.",
    ),
    "missing": (
        order,
        lambda tokens: order(tokens)[1:],
        "The result of `order` lacks the first entry.",
    ),
    "repeated": (
        order,
        lambda tokens: list(tokens),
        "The result of `order` has the right entries, but some of them several times.",
    ),
    "always": (is_long, lambda tokens: False, "The result of `is_long` is False in every call."),
    "none": (
        order,
        lambda tokens: None,
        "The result of `order` is None: does every way through the function end with `return`?",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_a_relation_is_found(right, wrong, sentence):
    names = ("total", "grad") if right in (loss, padded) else ()
    assert said(right, wrong, names)[:1] == [sentence]


NOTHING = {
    "right": (gates, gates),
    "noise": (gates, lambda z: gates(z) + RNG.normal(size=z.shape)),
    "a factor for each call": (loss, lambda values, mask: (values.sum() ** 2, mask / len(mask))),
    "a factor that is no size": (gates, lambda z: gates(z) * np.where(z > 0, 2, 3)),
    "cut elsewhere": (back, lambda W, x, d: cut(W, x, d, [(0, 1), (1, d.shape[1])])),
    "a number for a truth value": (is_long, lambda tokens: 2),
    "single precision": (gates, lambda z: np.tanh(z.astype(np.float32))),
    "a random scale for each entry": (gates, lambda z: gates(z) * RNG.uniform(1, 2, size=z.shape)),
}


@pytest.mark.parametrize(("right", "wrong"), NOTHING.values(), ids=NOTHING)
def test_nothing_is_said_where_nothing_explains_it(right, wrong):
    assert said(right, wrong) == []


def test_an_initial_state_that_is_given_says_nothing():
    """All that the answer computes is wrong: that the given step is right tells nobody anything."""

    def sentences(keep_h0: bool) -> list[str]:
        calls = []
        for arguments in inputs(forward):
            h = forward(**arguments)
            if keep_h0:
                h = np.concatenate([arguments["h0"][:, None], h], axis=1)
            wrong = h + RNG.normal(size=h.shape)
            wrong[:, 0] = h[:, 0]
            calls.append(Call(forward, arguments, pieces(h), pieces(wrong)))
        return [found.sentence for found in relations("forward", calls, ())]

    assert sentences(keep_h0=False) == [
        "The result of `forward` is right only at the first time step."
    ]
    assert sentences(keep_h0=True) == []


def test_two_mistakes_are_both_named():
    def wrong(params, learning_rate, grads):
        right = step(params, learning_rate, grads)
        return {"U": -right["U"], "v": 0 * right["v"]}

    assert said(step, wrong) == [
        "`U` of `step` has the wrong sign. Other results are wrong, too.",
        "`v` of `step` is 0 everywhere. Other results are wrong, too.",
    ]


def test_an_exception_comes_before_any_relation():
    """What holds for one step, where the wrong axis has one row too, need not hold for two."""

    def made(answer):
        return Made(gates, "gates", {"z": z}, {"value": gates(z)}, answer, (0, 0), 0.0)

    z = RNG.normal(size=(3, 4))
    negative = made({"value": -gates(z)})
    raised = made({"raised": {"bases": ["IndexError", "LookupError"], "text": "out of bounds"}})
    (relation,) = relate([negative], "")
    assert relation.sentence == "The result of `gates` has the wrong sign."
    assert relate([negative, raised], "") == []


def test_the_parts_of_a_result_are_called_what_the_right_answer_calls_them():
    source = (
        "def f(x):\n    if not x:\n        return None\n    return float(loss), dlogits, x[0]\n"
    )
    assert result_names(source, "f") == ("loss", "dlogits", "")
    assert list(pieces((1.0, np.ones(2), 3), ("loss", "dlogits", ""))) == [
        "`loss`",
        "`dlogits`",
        "result 3",
    ]
    tables = ({"W": np.ones(1)}, {"W": np.zeros(1)})
    assert list(pieces(tables, ("params", "velocity"))) == ['`params["W"]`', '`velocity["W"]`']


def test_an_array_without_entries_lacks_no_step():
    """With a single step, all of it is missing: which one was left out, nobody can say."""
    x = RNG.normal(size=(2, 1, 5))
    call = Call(gates, {"z": x}, pieces(gates(x)), pieces(gates(x)[:, 1:]))
    assert relations("gates", [call], ()) == []


def one_call(right, factor, **arguments):
    call = Call(right, arguments, pieces(right(**arguments)), pieces(factor * right(**arguments)))
    return [found.sentence for found in relations(right.__name__, [call], ())]


def test_a_size_is_named_only_where_nothing_else_has_it():
    """Twice is twice: with two sequences nobody can say that their number is the factor."""
    x = RNG.normal(size=(2, 3, 4))
    assert one_call(gates, 2, z=x) == ["The result of `gates` is twice the right one."]
    assert one_call(gates, 3, z=x) == [
        "The result of `gates` is 3 times the right one, and 3 is the number of time steps here."
    ]
    assert one_call(gates, 3, z=x[:, [0, 1, 2] * 3][:2, :3][[0, 0, 0]]) == [
        "The result of `gates` is 3 times the right one."
    ]


def test_what_has_no_gradient_says_nothing_about_a_factor():
    calls = []
    for arguments in [*inputs(gates), {"z": np.zeros((2, 1, 8))}]:
        right = gates(**arguments)
        theirs = right / arguments["z"].shape[1]
        calls.append(Call(gates, arguments, pieces(right), pieces(theirs)))
    (said,) = relations("gates", calls, ())
    assert said.sentence.endswith("is the right one divided by the number of time steps.")


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.eye(3, 5), ""),
        (2 * np.eye(4), "its rows are at right angles, but have length 2"),
        (np.ones((2, 2)) / np.sqrt(2), "its rows are not at right angles, but have length 1"),
        (
            np.triu(np.ones((2, 2))),
            "its rows are not at right angles, and have lengths from 1 to 1.4",
        ),
        (np.eye(2, 8), "in block 2, 3, 4 of 4: its rows are at right angles, but have length 0"),
        (
            np.concatenate([np.triu(np.ones((2, 2)))] * 4, 1),
            "in each of its 4 blocks: its rows are not at right angles, and have lengths from 1 to "
            "1.4",
        ),
    ],
)
def test_what_is_drawn_should_be_orthogonal(array, said):
    rows, columns = array.shape
    right = np.concatenate([np.eye(rows)] * 4, 1) if columns == 4 * rows else np.eye(rows, columns)
    found = property_of([Pair(array, right, None)])
    assert found.endswith(said) and bool(found) is bool(said)
    assert property_of([Pair(array, RNG.normal(size=array.shape), None)]) == ""


SOURCE = """
def f(a, b):
    for t in range(3):
        a = a + t
        c = b * 2
    return a, c

def g(x):
    out = {}
    out["u"] = x + 1
    y = x * 2
    out["v"] = y
    return out
"""


def test_the_lines_that_a_result_depends_on():
    assert influence(ast.parse(SOURCE)) == {
        3: {0, 1},
        4: {0},
        5: {1},
        10: {"u"},
        11: {"v"},
        12: {"v"},
    }


def test_what_has_no_gates_has_no_blocks():
    """Six words are not three blocks of two; where a state has two entries, they are."""

    def wrong_in_two(right):
        return np.concatenate([right[:, :2] ** 3 + 0.5, right[:, 2:]], 1)

    def said_of(**arguments):
        calls = []
        for _ in range(2):
            right = RNG.normal(size=(5, 6))
            parts = {"the result": right}, {"the result": wrong_in_two(right)}
            calls.append(Call(lambda **_: None, arguments, *parts))
        return " ".join(each.sentence for each in relations("bags", calls, ()))

    assert "block" not in said_of(tokens=np.ones((5, 4)))
    assert "block 1 of 3" in said_of(h0=np.ones((5, 2)))


def _said(theirs, right) -> list[str]:
    call = Call(None, {}, {"the result": np.array(right)}, {"the result": np.array(theirs)})
    return [found.sentence for found in relations("f", [call], ())]


def test_one_number_among_zeros_has_no_direction():
    """`weights * dweights` without its mean, where one entry of the gradient is not 0."""
    assert _said([[0.0, 0.9, 0.0, 0.0]], [[0.0, 0.3, 0.0, 0.0]]) == []


def test_two_rows_that_are_exchanged_are_not_said_to_be_in_reverse():
    """They may come one row too early, which three rows would show."""
    rows = RNG.normal(size=(2, 3))
    assert _said(rows[::-1], rows) == ["The result of `f` has its rows exchanged."]


def test_rows_of_which_most_entries_are_right_are_not_said_to_be_wrong():
    """A table of sines with another base is right in its first columns, and in its first row."""
    rates = np.array([0.0, 0.0, 0.0, 1.0])
    right = RNG.normal(size=(4, 4))
    theirs = right + np.arange(4)[:, None] * rates
    assert not any("right only" in said for said in _said(theirs, right))
