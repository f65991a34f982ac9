"""The third assignment: its reviews, their limits, and what its pictures and experiments need."""

import csv
import itertools
import math
import sys

import matplotlib
import numpy as np
import pytest
import torch
from conftest import ROOT
from seqlab import networks, review_plots, reviews

matplotlib.use("Agg")
FOLDER = ROOT / "assignments/sequence_classification"


@pytest.fixture
def limits(monkeypatch):
    """The examiner's own limits, from the folder of its tests."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in [name for name in sys.modules if name.partition(".")[0] == "testing"]:
        monkeypatch.delitem(sys.modules, name)
    from testing import limits

    return limits


# --- the reviews ------------------------------------------------------------------------------


def test_the_verdict_is_that_of_the_main_clause():
    by_words = {" ".join(core.words): core.p for core in reviews.cores()}
    assert len(by_words) == 6960  # no review has two meanings
    assert by_words["the plot was good"] == 0.9
    assert by_words["the plot was not good"] == pytest.approx(0.1)
    assert by_words["the plot was good but the cast was bad"] == 0.1
    assert by_words["although the plot was good , the cast was bad"] == 0.1
    assert by_words["the plot was good although the cast was bad"] == 0.9


def test_the_floor_is_that_of_a_reader_of_whole_reviews(limits):
    words, weights, p = limits.distribution()
    assert weights.sum() == pytest.approx(1)
    assert reviews.limits() == pytest.approx(limits.best(words, weights, p))


def test_the_limits_are_those_of_counting_by_hand(limits):
    """Two dictionaries and a sum: a third way besides the solution's and the examiner's."""
    words, weights, p = limits.distribution()
    measured = {}
    for key in (limits.bag, limits.last_two, limits.bigrams):
        groups: dict = {}
        for row, w, q in zip(words, weights, p, strict=True):
            t, m = groups.get(key(row), (0.0, 0.0))
            groups[key(row)] = (t + w, m + w * q)
        accuracy = sum(max(m, t - m) for t, m in groups.values())
        nats = -sum(part * math.log(part / t) for t, m in groups.values() for part in (m, t - m))
        assert limits.best([key(row) for row in words], weights, p) == pytest.approx(
            (accuracy, nats), abs=1e-9
        )
        measured[key.__name__] = accuracy, nats
    # Each of these readers knows more than the one before, so its limit is lower.
    losses = [math.log(2), *(nats for _, nats in measured.values()), reviews.limits()[1]]
    assert all(more > less for more, less in itertools.pairwise(losses))
    assert limits.bigram_excess() == pytest.approx(measured["bigrams"][1] - reviews.limits()[1])


def test_samples_repeat_with_the_seed_and_have_the_shares_of_the_distribution():
    first = reviews.sample(np.random.default_rng(3), 4000, chatter=4)
    again = reviews.sample(np.random.default_rng(3), 4000, chatter=4)
    assert first[0] == again[0]
    assert np.array_equal(first[1], again[1])
    words, labels, p = first
    chatter = [sum(word in reviews.CHATTER for word in row) for row in words]
    assert np.mean(chatter) == pytest.approx(4, abs=0.4)
    assert np.mean(labels) == pytest.approx(np.mean(p), abs=0.03)
    negated = [row.count("not") / row.count("was") for row in words]
    assert np.mean(negated) == pytest.approx(reviews.P_NOT, abs=0.03)


def test_five_grades_are_counts_of_readers():
    _, grades, p = reviews.sample(np.random.default_rng(4), 4000, readers=4)
    assert set(grades) == {0, 1, 2, 3, 4}
    assert np.mean(grades) == pytest.approx(4 * np.mean(p), abs=0.1)
    ways = [math.comb(4, k) * 0.9**k * 0.1 ** (4 - k) for k in range(5)]
    assert reviews._shares(0.9, 4) == pytest.approx(ways)


def test_an_evaluation_is_exact_and_knows_a_leak():
    p, weights = np.array([0.9, 0.25]), np.array([3.0, 1.0])
    log_p = np.log([[0.1, 0.9], [0.5, 0.5]])
    accuracy, excess = reviews.evaluate(log_p, p, weights)
    # The second review costs ln 2 and could cost the entropy of a quarter; a tie is "not liked".
    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert excess == pytest.approx((math.log(2) - entropy) / 4)
    assert accuracy == pytest.approx((3 * 0.9 + 0.75) / 4)
    with pytest.raises(ValueError, match=r"it should be \(2, 2\)"):
        reviews.evaluate(log_p[:1], p)


def test_no_logistic_regression_on_the_same_features_is_better():
    every = reviews.cores()[::60]
    weights, p = np.array([c.weight for c in every]), np.array([c.p for c in every])
    bags = np.array([[c.words.count(word) for word in reviews.WORDS] for c in every], dtype=float)
    _, best = reviews.evaluate(reviews.fit_linear(bags, p, weights), p, weights)
    X, share = np.column_stack([bags, np.ones(len(p))]), weights / weights.sum()
    q = np.exp(reviews.fit_linear(bags, p, weights))[:, 1]
    assert X.T @ (share * (p - q)) == pytest.approx(0, abs=1e-7)  # convex: the only minimum
    assert 0 < best < 0.33


def test_a_table_of_reviews_can_be_read_back(tmp_path):
    words, labels = [["although", "x", ",", "y"], ["z"]], [1, 0]
    reviews.write_csv(tmp_path / "reviews.csv", words, labels)
    with open(tmp_path / "reviews.csv", newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["label", "text"], ["1", "although x , y"], ["0", "z"]]


# --- names ------------------------------------------------------------------------------------


def test_names_come_with_their_licence_and_are_balanced():
    with open(FOLDER / "names.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    languages = [row["language"] for row in rows]
    assert {languages.count(language) for language in languages} == {400}
    release = ROOT / "student_release/sequence_classification"
    assert "Permission is hereby granted" in (release / "names_LICENSE.txt").read_text("utf-8")
    assert (release / "names.csv").read_bytes() == (FOLDER / "names.csv").read_bytes()


def test_what_computes_the_limits_is_not_released():
    release = ROOT / "student_release/sequence_classification"
    assert sorted(p.name for p in (release / "testing").glob("*.py")) == [
        "__init__.py",
        "tables.py",
    ]


# --- experiments and pictures -----------------------------------------------------------------


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(3, 2, batch_first=True)

    def forward(self, x):
        out, (h, c) = self.lstm(x)
        return out, h, c


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_another_cell_takes_the_place_of_the_lstm(cell):
    model = networks.with_cell(torch.nn.ModuleDict({"inside": Small()}), cell)
    out, h, c = model["inside"](torch.ones(4, 5, 3))
    assert torch.equal(out[:, -1], h[0])
    assert c.shape == h.shape == (1, 4, 2)
    rows = {"RNN": 2, "GRU": 6, "LSTM": 8}[cell]
    assert sorted({tuple(p.shape) for p in model.parameters()}) == sorted(
        [(rows, 3), (rows, 2), (rows,)]
    )


def test_a_cell_that_does_not_exist():
    with pytest.raises(ValueError, match="there is no cell 'MLP', only RNN, GRU, LSTM"):
        networks.with_cell(Small(), "MLP")


def test_a_model_is_watched_while_it_is_trained_and_no_longer():
    model = Small()
    with networks.watched(model, lambda: float(model(torch.ones(1, 1, 3))[0].sum()), 3) as curve:
        for _ in range(7):
            model(torch.ones(1, 2, 3))
    assert [step for step, _ in curve] == [0, 3, 6, 7]
    model(torch.ones(1, 2, 3))
    assert len(curve) == 4


LADDER = {"nothing": (0.5, 0.69), "bag of words": (0.68, 0.54), "everything": (0.86, 0.37)}


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (review_plots.draw_gru, "The old state runs along the top"),
        (lambda: review_plots.plot_ladder(LADDER), "bag of words 68.0 % and 0.170"),
        (
            lambda: review_plots.plot_curve([(0, 0.33), (10, 0.2), (20, 0.01)], LADDER),
            "nothing 0.320 from step 10; bag of words 0.170 from step 20.",
        ),
        (
            lambda: review_plots.plot_table(
                {("RNN", "last column"): (0.49, 0.3), ("RNN", "last word"): (0.85, 0.04)}, 0.86
            ),
            "RNN last column 49.0 %; RNN last word 85.0 %; best possible 86.0 %.",
        ),
        (
            lambda: review_plots.plot_spread(
                [0, 45], {"RNN, new": [0.25, 2e-8], "RNN, trained": [1.8, 2.0]}
            ),
            "and after 45 pads. RNN, new: 0.25, then 2e-08; RNN, trained: 1.8, then 2.",
        ),
        (
            lambda: review_plots.plot_confusion(np.array([[5, 2], [0, 3]]), ["a", "b"]),
            "8 of 10 are right. Most confused: a taken for b 2 times.",
        ),
    ],
)
def test_each_picture_says_what_is_to_be_seen(picture, said):
    assert said in picture().figure.get_label()
