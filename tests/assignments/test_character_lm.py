"""The grammar and its limits: exact, and found again in another way."""

import importlib
import itertools
import math
import re
import sys
from collections import defaultdict

import matplotlib
import numpy as np
import pytest
import torch
from conftest import ROOT
from seqlab import grammar, language_plots

matplotlib.use("Agg")

FOLDER = ROOT / "assignments/character_lm"
SENTENCES, PROBABILITIES = grammar.sentences()
ENTROPY = -float(PROBABILITIES @ np.log(PROBABILITIES))
PER_SENTENCE = float(PROBABILITIES @ [len(s) + 1 for s in SENTENCES])


@pytest.fixture
def testing(monkeypatch):
    """Import a module of the tests' own package; each assignment may have one of this name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = {name: sys.modules.pop(name) for name in [*sys.modules] if _is_testing(name)}
    yield lambda name: importlib.import_module(f"testing.{name}")
    for name in [*sys.modules]:
        if _is_testing(name):
            del sys.modules[name]
    sys.modules.update(before)


def _is_testing(name: str) -> bool:
    return name == "testing" or name.startswith("testing.")


# --- the grammar ------------------------------------------------------------------------------


def test_each_verb_agrees_with_its_own_noun():
    simple = re.compile(r"the (\w+?)(s?) (sing|run|sleep)(s?)\.")
    nested = re.compile(
        r"the (\w+?)(s?) that the (\w+?)(s?) (see|like|hear)(s?) (sing|run|sleep)(s?)\."
    )
    for sentence in SENTENCES:
        short, long = simple.fullmatch(sentence), nested.fullmatch(sentence)
        assert short or long, sentence
        if short:
            assert bool(short[2]) != bool(short[4])
        else:
            assert bool(long[2]) != bool(long[8])
            assert bool(long[4]) != bool(long[6])
    assert len(set(SENTENCES)) == len(SENTENCES) == 930
    assert PROBABILITIES.sum() == pytest.approx(1)


def test_the_characters_of_a_sentence_are_as_probable_together_as_the_sentence():
    for i in (0, 1, 500, 929):
        logp = grammar.true_logp(SENTENCES[i] + grammar.END).sum()
        assert logp == pytest.approx(math.log(PROBABILITIES[i]))


def test_a_stream_is_sentences_and_repeats_with_the_seed():
    text = grammar.stream(5000, np.random.default_rng(4))
    assert len(text) == 5000
    assert text == grammar.stream(5000, np.random.default_rng(4))
    assert all(grammar.contains(line) for line in text.split(grammar.END)[:-1])
    # 200 sentences: the standard deviation of their mean is 0.08 nats.
    assert -grammar.true_logp(text).mean() * PER_SENTENCE == pytest.approx(ENTROPY, abs=0.5)


@pytest.mark.parametrize("text", ["the cats runs.", "the dog\n", "a"])
def test_what_the_grammar_does_not_allow_has_no_probability(text):
    with pytest.raises(ValueError, match="cannot follow"):
        grammar.true_logp(text)


# --- its limits -------------------------------------------------------------------------------


def test_the_price_of_forgetting(testing):
    floor = testing("limits").context_floor
    excess = {k: floor(SENTENCES, PROBABILITIES, k) - ENTROPY for k in (6, 10, 12, 22, 36)}
    # The limits of questions 8 and 9 are what a model with ten characters can reach at best.
    assert excess[10] == pytest.approx(0.7921, abs=5e-5)
    assert excess[10] / PER_SENTENCE == pytest.approx(0.0314, abs=5e-5)
    assert excess[12] == pytest.approx(math.log(2) / 2)
    assert excess[22] == pytest.approx(math.log(2) / 2)
    assert excess[36] == pytest.approx(0)
    assert excess[6] > 0.79 * 1.8


def test_a_chunk_without_memory_is_worth_the_entropy_of_its_characters(testing):
    """(H of K + 1 characters - H of one) / K, by following all beliefs about the place."""
    K = 8
    floor = testing("limits").context_floor
    by_context = np.mean([floor(SENTENCES, PROBABILITIES, m) for m in range(1, K + 1)])
    mass, after = defaultdict(float), defaultdict(dict)
    for sentence, p in zip(SENTENCES, PROBABILITIES, strict=True):
        for i in range(len(sentence) + 1):
            mass[sentence[:i]] += p
        after[sentence][grammar.END] = ""
        for i in range(len(sentence)):
            after[sentence[:i]][sentence[i]] = sentence[: i + 1]
    beliefs, entropies = {"": {prefix: m / PER_SENTENCE for prefix, m in mass.items()}}, []
    for _ in range(K + 1):
        following = defaultdict(lambda: defaultdict(float))
        for read, belief in beliefs.items():
            for prefix, weight in belief.items():
                for character, longer in after[prefix].items():
                    share = 1.0 if not longer else mass[longer] / mass[prefix]
                    following[read + character][longer] += weight * share
        beliefs = following
        entropies.append(-sum(w * math.log(w) for w in (sum(b.values()) for b in beliefs.values())))
    assert (entropies[-1] - entropies[0]) / K == pytest.approx(by_context / PER_SENTENCE)


def test_the_examiner_judges_a_model_as_pytorch_computes_it(testing):
    networks, texts = testing("networks"), testing("texts")
    V, E, H = texts.V, 3, 5
    params = networks.random_parameters(V, E, H, np.random.default_rng(1))
    lstm = torch.nn.LSTM(E, H, batch_first=True, dtype=torch.float64)
    tensors = networks.tensors(params)
    names = ("W_ih", "W_hh", "b_ih", "b_hh")
    with torch.no_grad():
        for own, name in zip(lstm.parameters(), names, strict=True):
            own.copy_(tensors[name])
        inputs, targets, mask = texts.batch(SENTENCES)
        logits = lstm(tensors["embedding"][inputs])[0] @ tensors["W"].T + tensors["b"]
        each = torch.nn.functional.cross_entropy(logits.mT, targets, reduction="none")
    expected = float(PROBABILITIES @ (each * mask).sum(dim=1).numpy()) - ENTROPY
    assert texts.sentence_excess(params) == pytest.approx(expected)


def test_chunks_of_the_examiner_go_on_where_they_ended(testing):
    texts = testing("texts")
    chunks = texts.chunks(5, 3, 7, np.random.default_rng(2))
    for (inputs, targets), (following, _) in itertools.pairwise(chunks):
        assert torch.equal(inputs[:, 1:], targets[:, :-1])
        assert torch.equal(targets[:, -1], following[:, 0])
    # Row b + 1 begins where row b ends.
    assert torch.equal(chunks[-1][1][:-1, -1], chunks[0][0][1:, 0])


# --- what students get ------------------------------------------------------------------------


def test_no_floor_is_in_the_release():
    release = ROOT / "student_release/character_lm"
    assert not (release / "testing").exists()
    functions = re.findall(r"^def (\w+)", (release / "seqlab/grammar.py").read_text(), re.MULTILINE)
    assert "true_logp" in functions
    assert not [name for name in functions if re.search("floor|entrop|excess", name)]


def test_the_novel_is_plain_text_and_says_where_it_comes_from():
    novel = (FOLDER / "persuasion.txt").read_text(encoding="ascii")
    assert 80_000 < len(novel) < 120_000
    about = (FOLDER / "persuasion.md").read_text(encoding="utf-8")
    for fact in ("public domain", "Jane Austen", "janeaustenr", "MIT License"):
        assert fact in about


def test_pictures_say_what_they_show():
    axes = language_plots.plot_learning(np.geomspace(60, 0.1, 50), {1: 20.8, 10: 0.79})
    assert [note.get_text() for note in axes.texts] == ["sees 1 character", "sees 10 characters"]
    axes = language_plots.show_lines({1.0: ["the cat runs.", "the cat run."]}, grammar.contains)
    assert [text.get_text() for text in axes.texts[1::2]] == ["✓", "✗"]
    axes = language_plots.plot_surprise("ab.", [0.1, 2.0, 0.0], [0.0, 2.0, 0.0])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "."]
    with pytest.raises(ValueError, match="the sentence has 3 characters"):
        language_plots.plot_surprise("ab.", [0.1], [0.0, 2.0, 0.0])
    language_plots.plot_hihell({"one": [1.0, 0.5]}, 0.43)
    language_plots.plot_floors({0: 58.3, 1: 20.8, 30: 0.0})
    language_plots.plot_chunks({4: 0.06, 8: 0.04}, {4: 0.3, 8: 0.2}, {4: 0.3, 8: 0.19}, 0.03)
    axes = language_plots.plot_ngrams({0: 2.9, 1: 2.3}, 1.5, 1.3)
    assert "the best with k = 1" in axes.get_legend().get_texts()[0].get_text()
    matplotlib.pyplot.close("all")
