"""seqlab: the task, the comparators and the gradient check, against closed forms and counting."""

import ast
import base64
import itertools
import math
import re
import sys
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from conftest import ROOT
from matplotlib.text import Annotation
from seqlab import (
    anbn,
    checks,
    drawing,
    figures,
    gradients,
    lstm_figures,
    lstm_plots,
    measures,
    plots,
)
from seqlab.progress import track

from tools.course.settings import read_course

matplotlib.use("Agg")


# --- the task ---------------------------------------------------------------------------------


def test_every_sequence_of_the_exact_distribution_costs_a_perfect_model_the_floor():
    for sequence in anbn.exact_distribution():
        probability = 1.0
        for k, (token, following) in enumerate(itertools.pairwise(sequence), start=1):
            if token == "a":
                p = anbn.probability_of_b(k)
                probability *= p if following == "b" else 1 - p
        assert -math.log(probability) == pytest.approx(anbn.FLOOR_NATS, abs=1e-12)


def test_probability_of_b_is_what_counting_the_sequences_gives():
    sequences = anbn.exact_distribution()
    for k in range(1, anbn.MAX_N + 1):
        reached = [s for s in sequences if s[:k] == ["a"] * k]
        switched = [s for s in reached if s[k] == "b"]
        assert anbn.probability_of_b(k) == pytest.approx(len(switched) / len(reached))


def test_samples_are_sequences_of_the_distribution_and_repeat_with_the_seed():
    first = anbn.sample(2000, np.random.default_rng(3))
    assert first == anbn.sample(2000, np.random.default_rng(3))
    counts = np.bincount([len(s) // 2 for s in first], minlength=anbn.MAX_N + 1)
    assert counts[0] == 0
    # 2000 / 11 = 182 each, with a standard deviation of 12.9.
    assert np.all(np.abs(counts[1:] - 2000 / 11) < 65)
    assert all(s == anbn.make_sequence(len(s) // 2) for s in first)


def test_the_bigram_model_is_the_best_that_counting_pairs_gives():
    pairs = [pair for s in anbn.exact_distribution() for pair in itertools.pairwise(s)]
    firsts = [first for first, _ in pairs]
    total = -sum(math.log(pairs.count(pair) / firsts.count(pair[0])) for pair in pairs)
    assert anbn.excess_nats(total / 11) == pytest.approx(anbn.BIGRAM_EXCESS)


def test_excess_is_zero_at_the_floor():
    assert anbn.excess_nats(math.log(11)) == 0
    assert anbn.excess_nats(3.0) == pytest.approx(3.0 - 2.397895, abs=1e-6)


@pytest.mark.parametrize("call", [lambda: anbn.make_sequence(0), lambda: anbn.probability_of_b(12)])
def test_impossible_sequences_are_refused(call):
    with pytest.raises(ValueError, match="but it is"):
        call()


# --- the comparators --------------------------------------------------------------------------

A = np.arange(24.0).reshape(2, 3, 4)


def spoiled(index, value):
    array = A.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: checks.assert_close("z", None, A), "z is None. Does the function end"),
        (lambda: checks.assert_close("z", [[1, 2], [3]], A), "z cannot be read as an array"),
        (lambda: checks.assert_close("z", {"a": 1}, A), "z should be an array of numbers"),
        (lambda: checks.assert_close("z", A.T, A), "should have shape (2, 3, 4). The axes"),
        (lambda: checks.assert_close("z", A.ravel(), A), "The number of entries is right."),
        (lambda: checks.assert_close("z", A.astype("U"), A), "it should hold real numbers"),
        (
            lambda: checks.assert_close("z", spoiled((1, 0, 2), np.nan), A, axes="BTV"),
            "z is not finite: the first nan or inf stands at [1, 0, 2] (sequence 1, time step 0,",
        ),
        (
            lambda: checks.assert_close("z", spoiled((1, 2, 0), 20.003), A, axes="BTH"),
            "z: 1 of 24 entries wrong, first at [1, 2, 0] (sequence 1, time step 2, unit 0); "
            "the largest error is about 1e-03.",
        ),
        (lambda: checks.assert_close("loss", 2.0, 2.5), "loss is off by about 1e-01."),
        (lambda: checks.assert_close("loss", [2.0], 2.0), "It should be a single number."),
        (lambda: checks.unpack("f", None, ("a", "b")), "f returned None. Does it end"),
        (lambda: checks.unpack("f", A, ("a", "b")), "(a, b); it returned one value."),
        (lambda: checks.unpack("f", {}, ("a", "b")), "(a, b); it returned a dictionary."),
        (lambda: checks.unpack("f", (1, 2, 3), ("a", "b")), "(a, b); it returned 3 values."),
        (
            lambda: checks.assert_close("z", (A + 1).astype(np.float32), A),
            "the largest error is about 1e+00.",
        ),
        (lambda: checks.assert_shape("z", A, (2, 3)), "z has shape (2, 3, 4); it should"),
        (lambda: checks.assert_dtype("z", A, np.int64), "z has dtype float64; it should be int64."),
        (
            lambda: checks.assert_equal("t", np.array([[1, 2]]), np.array([[1, 3]]), axes="BT"),
            "t: 1 of 2 entries wrong, first at [0, 1] (sequence 0, time step 1).",
        ),
        (lambda: checks.assert_equal("t", ["a"], ["a", "b"]), "t has 1 entries; it should have 2."),
        (lambda: checks.assert_equal("t", ["a", "c"], ["a", "b"]), "the entry at position 1"),
        (lambda: checks.assert_equal("t", {"a": 1}, {"a": 2}), "t: the value of 'a' is wrong."),
        (lambda: checks.assert_equal("t", 1.5, "x"), "t is a float; it should be a str."),
        (lambda: checks.assert_equal("t", 3, 4), "t is wrong."),
        (lambda: checks.assert_equal("t", 1, "x"), "t is an int; it should be a str."),
        (lambda: checks.assert_keys("g", [1], {"a": 1}), "g should be a dictionary; it is a list."),
        (
            lambda: checks.assert_keys("g", type("Remote", (), {})(), {"a": 1}),
            "g should be a dictionary; it is an object.",
        ),
        (
            lambda: checks.assert_keys("g", {"a": 1, "c": 1}, {"a": 1, "b": 1}),
            "g lacks 'b' and has 1 more than were asked for.",
        ),
        (lambda: checks.assert_params("p", {"W": A + 1}, {"W": A}), 'p["W"]: 24 of 24 entries'),
        (
            lambda: checks.assert_raises(ValueError, int, 3, because="3 is odd"),
            "There should be a ValueError, because 3 is odd.",
        ),
    ],
)  # fmt: skip
def test_each_message_of_a_comparator(check, message):
    with pytest.raises(checks.CheckError) as caught:
        check()
    assert message in str(caught.value)


def test_comparators_accept_what_is_right():
    assert checks.unpack("f", (1, 2), ("a", "b")) == (1, 2)
    checks.assert_finite("z", A)
    checks.assert_close("z", A.tolist(), A)
    checks.assert_close("z", A + 1e-12, A)
    checks.assert_close("empty", np.zeros((0, 3)), np.zeros((0, 3)))
    checks.assert_equal("t", np.array([1, 2]), [1, 2])
    checks.assert_equal("t", np.int64(3), 3)
    checks.assert_equal("t", ("a", "b"), ["a", "b"])
    checks.assert_raises(ValueError, int, "x", because="x is no number")


def test_two_results_that_are_not_finite_are_the_answers_own_fault():
    nans = spoiled((1, 0, 2), np.nan)
    for check in (checks.assert_close, checks.assert_equal):
        with pytest.raises(checks.CheckError, match="z is not finite: the first nan or inf stands"):
            check("z", nans, nans)
        with pytest.raises(ValueError, match="this test expects a value of z that is not finite"):
            check("z", A, nans)


def test_no_message_prints_the_right_value():
    """The right values are unmistakable numbers; none of their digits reaches the student."""
    secret = np.array([[0.7310585786, -41.77231], [9183.5527, 5.55e-7]])
    answers = [
        secret + 0.25,
        secret * 2,
        np.zeros_like(secret),
        secret * np.nan,
        secret.T,
        secret[0],
    ]
    for answer in answers:
        with pytest.raises(checks.CheckError) as caught:
            checks.assert_close("z", answer, secret, axes="TV")
        for digits in ("7310", "4177", "41.7", "9183", "5.55"):
            assert digits not in str(caught.value)


@pytest.fixture
def empty_measures():
    measures.NUMBERS.clear()
    measures.LIMITS.clear()
    measures.CURVES.clear()
    yield
    measures.NUMBERS.clear()
    measures.LIMITS.clear()
    measures.CURVES.clear()


def test_a_measured_number_is_noted(empty_measures):
    measures.measure("excess (nats)", np.float64(0.25))
    assert measures.NUMBERS == {"excess (nats)": 0.25} and measures.LIMITS == {}
    measures.measure("excess (nats)", 0.5, (-1, 1))
    assert measures.LIMITS == {"excess (nats)": (-1.0, 1.0)}


def test_a_curve_is_thinned_and_keeps_its_ends(empty_measures):
    measures.measure_curve("short", [3.0, math.nan, 2, math.inf], floor=1.0)
    assert measures.CURVES["short"] == ((0, 2.0), (2, 1.0))
    measures.measure_curve("long", 1 / np.arange(1.0, 1501))
    steps, values = zip(*measures.CURVES["long"], strict=True)
    assert (steps[0], steps[-1], len(steps)) == (0, 1499, measures.CURVE_POINTS)
    assert max(np.diff(steps)) - min(np.diff(steps)) <= 1
    np.testing.assert_allclose(values, 1 / (1 + np.array(steps)), rtol=1e-3)


@pytest.mark.parametrize(
    "values", [None, 3.0, "losses", [[1.0], [2.0]], [], [1.0, "x"], {}, object(), [[1.0], 2.0]]
)
def test_what_is_no_row_of_numbers_is_no_curve_and_no_mistake(empty_measures, values):
    measures.measure_curve("excess (nats)", values)
    assert measures.CURVES == {}


def test_unchanged_notices_arrays_and_dictionaries():
    x, params = np.zeros(3), {"W": np.zeros(2)}
    with checks.unchanged(x=x, params=params):
        pass
    with pytest.raises(checks.CheckError, match="modified its argument x"), checks.unchanged(x=x):
        x += 1
    with pytest.raises(checks.CheckError, match="argument params"), checks.unchanged(params=params):
        params["W"][0] = 1
    with pytest.raises(checks.CheckError, match="argument params"), checks.unchanged(params=params):
        params["V"] = np.zeros(1)


# --- gradients --------------------------------------------------------------------------------

PARAMS = {
    name: np.random.default_rng(i).normal(size=shape)
    for i, (name, shape) in enumerate(
        {"W_hh": (3, 3), "b_h": (3,), "W_hy": (3, 2), "b_y": (2,)}.items()
    )
}


def quadratic(params):
    return sum(0.5 * float(np.sum(p**2)) + float(np.sum(np.sin(p))) for p in params.values())


def exact(params):
    return {name: p + np.cos(p) for name, p in params.items()}


def test_central_differences_equal_a_closed_form_and_leave_the_argument_alone():
    before = {name: p.copy() for name, p in PARAMS.items()}
    report = gradients.check_gradients(quadratic, PARAMS, exact(PARAMS))
    assert report.passed
    assert max(row.error for row in report.rows) < 1e-8
    assert all(np.array_equal(before[name], PARAMS[name]) for name in PARAMS)


def test_numerical_gradient_of_a_scalar_and_of_an_empty_array():
    assert gradients.numerical_gradient(lambda p: float(p) ** 3, 2.0) == pytest.approx(12, abs=1e-8)
    assert gradients.numerical_gradient(lambda p: 0.0, np.zeros((0, 2))).shape == (0, 2)


def odd(array):
    """An array that no simple relation connects with the right one."""
    return array + np.cos(3 * np.arange(array.size)).reshape(array.shape) ** 3


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda g: {n: 4 * a for n, a in g.items()}, "are 4 times the right gradient"),
        (lambda g: {n: -a for n, a in g.items()}, "(W_hh, b_h, W_hy, b_y) have the wrong sign."),
        (lambda g: {**g, "b_h": odd(g["b_h"]), "b_y": odd(g["b_y"])}, "Only biases are wrong (b_h"),
        (lambda g: {**g, "W_hy": odd(g["W_hy"])}, "Only the output layer is wrong (W_hy)"),
        (
            lambda g: {**g, "W_hh": odd(g["W_hh"]), "b_h": odd(g["b_h"])},
            "The output layer is right, everything behind it is wrong (W_hh, b_h)",
        ),
        # A part of the output layer is wrong as well: then it is not right.
        (
            lambda g: {**{n: odd(a) for n, a in g.items()}, "b_y": g["b_y"]},
            "Wrong: W_hh, b_h, W_hy. Right: b_y.",
        ),
        (lambda g: {**g, "W_hh": odd(g["W_hh"]), "b_y": odd(g["b_y"])}, "Wrong: W_hh, b_y. Right"),
        # What holds between the arrays comes before what is merely wrong.
        (
            lambda g: {n: np.clip(a, -0.5, 0.5) if a.ndim == 2 else a for n, a in g.items()},
            "Each of `W_hh`, `W_hy` is the right one with its entries clipped to ±0.5.",
        ),
        (
            lambda g: {**g, "W_hh": g["W_hh"].T, "b_h": odd(g["b_h"])},
            "`W_hh` is the transpose of the right one. Other results are wrong, too. "
            "Wrong: W_hh, b_h. Right: W_hy, b_y.",
        ),
        (lambda g: {**g, "W_hh": g["W_hh"] * np.nan}, "W_hh"),
    ],
)  # fmt: skip
def test_the_pattern_of_wrong_gradients_is_named(spoil, sentence):
    report = gradients.compare(spoil(exact(PARAMS)), exact(PARAMS))
    assert not report.passed
    assert sentence in str(report)
    with pytest.raises(checks.CheckError, match="The gradients are wrong"):
        gradients.assert_gradients(spoil(exact(PARAMS)), exact(PARAMS))


@pytest.mark.parametrize("name", ["W_hy", "b_h", "W_hh"])
def test_a_pattern_says_only_where_something_else_is_right(name):
    wrong = {name: exact(PARAMS)[name] ** 3}
    assert "Only" not in gradients.compare(wrong, {name: exact(PARAMS)[name]}).pattern()


def test_the_worst_entry_is_named_with_its_time_step():
    reference = np.random.default_rng(0).normal(size=(2, 5, 3))
    wrong = reference.copy()
    wrong[1, 4, 0] += 0.5
    report = gradients.compare({"x": wrong}, {"x": reference}, axes={"x": "BTV"})
    assert "worst at [1, 4, 0] (sequence 1, time step 4, token 0)" in str(report)


def test_a_nan_is_never_right_and_two_zeros_are():
    zero = {"W": np.zeros((2, 2))}
    assert gradients.compare({"W": np.full((2, 2), 1e-17)}, zero).passed
    assert not gradients.compare({"W": np.array([[0, np.nan], [0, 0]])}, zero).passed


def test_gradients_with_missing_arrays_wrong_shapes_or_float32_are_refused():
    with pytest.raises(checks.CheckError, match=r'grads\["W_hh"\] is float32: compute in float64'):
        gradients.compare({**PARAMS, "W_hh": PARAMS["W_hh"].astype(np.float32)}, PARAMS)
    with pytest.raises(checks.CheckError, match="grads lacks 'b_y'"):
        gradients.compare({n: a for n, a in PARAMS.items() if n != "b_y"}, PARAMS)
    with pytest.raises(checks.CheckError, match=r'grads\["W_hy"\] has shape \(2, 3\)'):
        gradients.compare({**PARAMS, "W_hy": PARAMS["W_hy"].T}, PARAMS)


# --- pictures and progress --------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _every_picture_has_its_text():
    yield
    silent = [n for n in plt.get_fignums() if not plt.figure(n).get_label()]
    plt.close("all")
    assert not silent


PICTURES = sorted(
    file
    for file in (ROOT / "assignments/seqlab").glob("*.py")
    if file.stem.endswith(("plots", "figures"))
)


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
def test_each_function_that_draws_says_what_is_to_be_seen(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [f for f in tree.body if isinstance(f, ast.FunctionDef)]
    saying = {"described"}
    for _ in functions:  # those that call one that says it, too
        for function in functions:
            calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
            if any(getattr(call.func, "id", "") in saying for call in calls):
                saying.add(function.name)
    assert [f.name for f in functions if f.name not in saying and f.name[0] != "_"] == []


@pytest.mark.parametrize("name", read_course(ROOT).assignments)
def test_each_notebook_shows_its_pictures_with_their_texts(name):
    notebook = nbformat.read(ROOT / f"assignments/{name}/{name}.ipynb", as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert "plt.show(" not in code
    drawn = re.findall(r"(?:figures|plots|plot)\.(?!show_lines)\w+\(", code)
    assert code.count("show(") >= len(set(drawn)) - 1 > 3


def test_a_picture_is_shown_with_its_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda forms, **_: shown.append(forms))
    drawing.show(figures.draw_next_token())
    _, panels = plt.subplots(1, 2)
    for panel, text in zip(panels, ("Left < 1.", "Right."), strict=True):
        drawing.described(panel, text)
    drawing.show(panels)
    assert "The inputs a a b b in a row" in shown[0]["text/plain"]
    assert shown[1]["text/plain"] == "Left < 1. Right."
    # What an exported page holds.
    assert shown[1]["text/html"].startswith('<img alt="Left &lt; 1. Right." src="data:image/png;')
    assert base64.b64decode(shown[1]["image/png"]).startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_pictures_show_what_they_are_given():
    losses = anbn.FLOOR_NATS + np.geomspace(3, 1e-3, 50)
    axes = plots.plot_loss(losses)
    curve = axes.get_lines()[0]
    assert np.allclose(curve.get_ydata(), losses - anbn.FLOOR_NATS)
    assert axes.get_title() == ""
    assert "impossible" in plots.plot_loss(losses - 0.5).get_title()
    best = anbn.probability_of_b(np.arange(1, 12))
    reference, model = plots.plot_switch_probability(best / 2).get_lines()
    assert np.allclose(reference.get_ydata(), best)
    assert np.allclose(model.get_ydata(), best / 2)
    h = np.random.default_rng(0).uniform(-1, 1, size=(4, 6))
    picture = plots.plot_hidden_states(h, list("aabb"), sort=False).get_images()[0]
    assert np.allclose(picture.get_array(), h.T)
    still = np.tile(np.arange(5.0), (4, 1))
    one_step, two_steps, _ = plots.plot_movement(still).get_lines()
    assert np.allclose(one_step.get_ydata(), 0)
    assert np.allclose(two_steps.get_xdata(), [3, 4])
    norms = {"one": np.array([1.0, 0.5]), "two": np.array([1.0, 2.0])}
    assert [line.get_label() for line in plots.plot_gradient_norms(norms).get_lines()] == [*norms]
    states = np.random.default_rng(1).normal(size=(3, 8, 5))
    assert plots.plot_state_path(states, [2, 3, 4]).texts[-1].get_text() == "4"
    for draw in (figures.draw_next_token, figures.draw_one_hot, figures.draw_unrolled):
        assert draw().figure is not None
    texts = [text.get_text() for text in figures.draw_branches(max_n=3).texts]
    assert texts.count("EOS") == 3


RNG = np.random.default_rng(8)
TOKENS = list("aaabb")
GATES, CELLS = RNG.uniform(size=(5, 24)), RNG.normal(size=(6, 6))


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_the_gates_stand_in_four_heat_maps_and_the_cell_state_below():
    axes = lstm_plots.plot_gates(TOKENS, GATES, CELLS)
    maps = [panel.get_images()[0] for panel in axes[:4]]
    assert [panel.get_title()[-1] for panel in axes[:4]] == ["i", "f", "g", "o"]
    for k, picture in enumerate(maps):
        block = GATES[:, 6 * k : 6 * (k + 1)]
        assert np.allclose(np.sort(picture.get_array(), axis=0), np.sort(block.T, axis=0))
        # A gate lies between 0 and 1, the candidate between -1 and 1.
        assert picture.get_clim() == ((-1, 1) if k == 2 else (0, 1))
    for panel in axes:
        labels = [label.get_text() for label in panel.get_xticklabels()]
        assert labels[-5:] == TOKENS
    curves = [line.get_ydata() for line in axes[4].get_lines()]
    assert {tuple(curve) for curve in curves} == {tuple(unit) for unit in CELLS.T}
    assert axes[5].get_images()[0].get_array().shape == (6, 5)


def test_units_that_count_stand_on_top_in_every_heat_map():
    gates, c = np.full((5, 12), 0.5), np.zeros((6, 3))
    c[:, 2] = [0, -1, -2, -3, -2, -1]
    c[:, 1] = [0, 5, 5, 5, 5, 5]  # Large, but it does not move while a's are read.
    gates[:, 2] = 0.9
    axes = lstm_plots.plot_gates(TOKENS, gates, c)
    assert np.allclose(axes[5].get_images()[0].get_array()[0], c[1:, 2])
    assert np.allclose(axes[0].get_images()[0].get_array()[:, 0], [0.9, 0.5, 0.5])
    assert np.allclose(axes[4].get_legend_handles_labels()[0][0].get_ydata(), c[:, 2])


@pytest.mark.parametrize("tokens", [["a"], ["a", "b"], ["b", "b"]])
def test_gates_of_short_sequences_and_of_one_unit(tokens):
    T = len(tokens)
    axes = lstm_plots.plot_gates(tokens, np.zeros((T, 4)), np.zeros((T + 1, 1)))
    assert axes[0].get_images()[0].get_array().shape == (1, T)


def test_a_race_shows_the_excess_over_the_floor_against_seconds():
    seconds, losses = np.linspace(0.1, 2, 30), anbn.FLOOR_NATS + np.geomspace(8, 0.002, 30)
    axes = lstm_plots.plot_race({"RNN": (seconds, losses), "LSTM": (seconds[:9], losses[:9])})
    rnn, lstm, floor, threshold = axes.get_lines()
    assert np.allclose(rnn.get_xdata(), seconds)
    assert np.allclose(rnn.get_ydata(), losses - anbn.FLOOR_NATS)
    assert len(lstm.get_xdata()) == 9
    assert [*floor.get_ydata(), *threshold.get_ydata()] == [0, 0, 0.05, 0.05]
    assert any("floor: ln 11" in text for text in texts_of(axes))
    assert axes.get_xlabel() == "CPU time (seconds)"
    assert "nats per sequence" in axes.get_ylabel()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["RNN", "LSTM"]
    low, high = axes.get_ylim()
    assert low < 0 < high
    assert axes.get_title() == ""
    below = lstm_plots.plot_race({"leak": (seconds, losses - 1)})
    assert "impossible" in below.get_title()
    assert below.get_ylim()[0] < -0.9


def test_losses_after_two_delays_stand_beside_each_other():
    runs = {"RNN": np.linspace(2, 0.7, 9), "LSTM": np.linspace(2, 0.0, 9)}
    near, far = lstm_plots.plot_delays({5: runs, 50: runs}, guessing=np.log(2))
    assert [panel.get_title() for panel in (near, far)] == ["delay 5", "delay 50"]
    rnn, _, guessing = far.get_lines()
    assert np.allclose(rnn.get_ydata(), runs["RNN"])
    assert np.allclose(guessing.get_ydata(), np.log(2))
    assert "RNN, delay 50: 0.700; LSTM, delay 50: 0.000." in far.figure.get_label()


def test_the_longest_n_are_bars_beside_the_end_of_the_training_range():
    axes = lstm_plots.plot_longest({"RNN": 11, "LSTM": 40, "PyTorch": 0})
    assert [bar.get_width() for bar in axes.patches] == [11, 40, 0]
    assert axes.get_lines()[0].get_xdata() == [11, 11]
    assert {"11", "40", "0", "trained up to 11"} == set(texts_of(axes))
    assert axes.get_xlim()[1] > 40


def test_gradient_norms_of_states_stand_above_their_tokens_and_zeros_are_marked():
    norms = {"RNN": np.array([0, 0, 1e-3, 0.1, 1]), "LSTM": np.ones(5)}
    axes = plots.plot_gradient_norms(norms, tokens=list("aabb"))
    rnn, zeros, lstm = axes.get_lines()
    assert np.allclose(rnn.get_xdata(), range(5))
    assert np.isnan(rnn.get_ydata()[:2]).all()
    assert np.allclose(zeros.get_xdata(), [0, 1])
    assert "exactly 0" in texts_of(axes)
    ticks = [label.get_text().strip() for label in axes.get_xticklabels()]
    assert ticks == ["start", "a", "a", "b", "b"]
    assert "token" in axes.get_xlabel()
    assert axes.get_yscale() == "log"
    nothing = plots.plot_gradient_norms({"RNN": np.zeros(3)}, tokens=["a", "b"])
    assert np.allclose(nothing.get_lines()[1].get_xdata(), range(3))
    travelled = plots.plot_gradient_norms({"RNN": [1.0, 0.5]})
    assert np.allclose(travelled.get_lines()[0].get_xdata(), [1, 2])
    assert "travelled" in travelled.get_xlabel()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: lstm_plots.plot_gates(TOKENS, GATES[None], CELLS), r"gates has shape (1, 5, 24)"),
        (lambda: lstm_plots.plot_gates(TOKENS, GATES, CELLS[None]), "pass c[s], which has two"),
        (lambda: lstm_plots.plot_gates(TOKENS, GATES, CELLS[1:]), "should be (5, 4H) and (6, H)"),
        (lambda: lstm_plots.plot_gates(TOKENS[:4], GATES, CELLS), "for 4 tokens they should be"),
        (lambda: lstm_plots.plot_gates(TOKENS, GATES[:, 1:], CELLS), "gates has shape (5, 23)"),
        (lambda: lstm_plots.plot_gates([], GATES[:0], CELLS[:1]), "there are no tokens"),
        (lambda: lstm_plots.plot_race({"RNN": ([1, 2], [3])}), "seconds of shape (2,) and losses"),
        (lambda: lstm_plots.plot_race({"RNN": [3, 4, 5]}), 'run "RNN" should be a pair'),
        (lambda: lstm_plots.plot_longest({"RNN": -1}), 'longest n of "RNN" is -1; it should be'),
        (
            lambda: plots.plot_gradient_norms({"RNN": np.ones(4)}, tokens=["a"] * 4),
            'norms of "RNN" have shape (4,); they should have shape (5,), one norm per state',
        ),
        (lambda: plots.plot_gradient_norms({"RNN": np.ones((2, 2))}), "should have shape (T,)"),
    ],
)  # fmt: skip
def test_plots_refuse_wrong_shapes_with_a_sentence(draw, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()
    plt.close("all")  # an empty one has no text


def test_the_drawings_of_the_lstm_name_every_gate_and_shape():
    blocks = texts_of(lstm_figures.gate_blocks())
    assert {"$W_x$", "(V, 4H)", "$W_h$", "(H, 4H)", "$b$", "(4H,)", "$z$"} <= set(blocks)
    headings = [text for text in blocks if "sigma" in text or "tanh" in text]
    assert [text[1] for text in headings] == ["i", "f", "g", "o"]
    cell = texts_of(lstm_figures.lstm_cell())
    assert {"$c_{t-1}$", "$h_{t-1}$", "$x_t$", "$c_t$", "$h_t$"} <= set(cell)
    assert (cell.count("×"), cell.count("+")) == (3, 1)
    back = lstm_figures.lstm_gradient_paths()
    # One arrow per product: two into each of h_t and c_t, one to each gate, one through each
    # activation, and two to the step before.
    assert sum(isinstance(text, Annotation) for text in back.texts) == 4 + 4 + 4 + 2
    assert texts_of(back).count("from step t + 1") == 2


def test_the_progress_bar_yields_every_step_on_standard_output(capsys):
    assert list(track(5, "counting")) == [0, 1, 2, 3, 4]
    out, err = capsys.readouterr()
    assert "counting" in out
    assert "5/5" in out
    assert err == ""


def test_in_a_notebook_the_progress_bar_is_one_output(capsys, monkeypatch):
    """Or an exported page shows the bar once for each time that it was drawn."""
    outputs = []

    def display(line, display_id):
        outputs.append([line.data])
        return SimpleNamespace(update=lambda line: outputs[-1].append(line.data))

    monkeypatch.setattr("IPython.display.display", display)
    kernel = SimpleNamespace(kernel="a kernel")
    monkeypatch.setitem(
        sys.modules,
        "IPython",
        SimpleNamespace(get_ipython=lambda: kernel, display=sys.modules["IPython.display"]),
    )
    assert list(track(5, "counting")) == [0, 1, 2, 3, 4]
    ((first, *_, last),) = outputs
    assert "0/5" in first
    assert "counting: 100%" in last
    assert "5/5" in last
    assert capsys.readouterr() == ("", "")


# --- NumPy alone ------------------------------------------------------------------------------

TORCH_CELLS = {
    "by name": ["import torch", "def f(x):\n    return torch.tanh(x)"],
    "under another name": ["import torch.nn as nn", "def f(x):\n    return nn.Tanh()(x)"],
    "in its body": ["def f(x):\n    from torch import tanh\n    return tanh(x)"],
    "in a helper": ["def g(x):\n    return torch.tanh(x)", "def f(x):\n    return g(x)"],
    "in a class": ["class A(torch.nn.Module):\n    pass", "def f(x):\n    return A()(x)"],
    "in a lambda": ["f = lambda x: torch.tanh(x)"],
    "by a text": ["def f(x):\n    return __import__('torch').tanh(x)"],
    "in a cell with a magic": ["%matplotlib inline\ndef f(x):\n    return torch.tanh(x)"],
    "at last": ["def f(x):\n    return x", "def f(x):\n    return torch.tanh(x)"],
}
NUMPY_CELLS = {
    "not at all": ["import torch", "def f(x):\n    return x"],
    "in a comment": ["def f(x):\n    'As torch does it.'\n    return x  # torch.tanh"],
    "before it was rewritten": ["def f(x):\n    return torch.tanh(x)", "def f(x):\n    return x"],
    "under a name that is local here": [
        "h = torch.nn.LSTM(3, 4)",
        "def f(x):\n    h = x\n    return [h for h in (h, h)]",
    ],
    "in the answer to another question": [
        "def other(x):\n    return torch.tanh(x)",
        "def f(x):\n    return other(x)",
    ],
    "in a cell that is no Python": ["def g(x) return torch", "def f(x):\n    return g(x)"],
}


@pytest.mark.parametrize("where", TORCH_CELLS)
def test_pytorch_is_found(where):
    with pytest.raises(checks.CheckError, match="uses PyTorch"):
        checks.assert_numpy_only(["", *TORCH_CELLS[where]], "f", "other")


@pytest.mark.parametrize("where", NUMPY_CELLS)
def test_pytorch_is_not_found_where_it_is_not_used(where):
    checks.assert_numpy_only(["", *NUMPY_CELLS[where]], "f", "other")
