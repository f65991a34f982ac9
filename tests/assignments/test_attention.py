"""The attention assignment: its task, its exact floors, and what its helpers refuse."""

import importlib.util
import math

import matplotlib
import nbformat
import numpy as np
import pytest
import torch
from conftest import ROOT
from seqlab import anbn, attention_figures, attention_plots, recall
from seqlab.checks import CheckError

matplotlib.use("Agg")

FOLDER = ROOT / "assignments/attention"


def module(path: str):
    """Import a file of the assignment under a name of its own."""
    spec = importlib.util.spec_from_file_location(
        f"attention_{path.replace('/', '_')}", FOLDER / f"{path}.py"
    )
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


networks = module("networks")
models = module("testing/models")
training = module("testing/training")
oracles = module("testing/attention")


@pytest.fixture(scope="module")
def answers() -> dict:
    """The names that the solution defines, without its experiments."""
    notebook = nbformat.read(ROOT / "solutions/attention.ipynb", as_version=4)
    names: dict = {}
    for cell in notebook.cells:
        experiment = "otter_ignore" in cell.metadata.get("tags", [])
        of_otter = cell.source.startswith(("grader", "import otter", "# Initialize"))
        if cell.cell_type == "code" and not experiment and not of_otter:
            exec(compile(cell.source, cell.id, "exec"), names)
    names["track"] = range
    return names


# --- recall -----------------------------------------------------------------------------------


def test_an_example_asks_for_a_key_that_it_shows():
    examples = recall.sample(3000, np.random.default_rng(1))
    lengths = examples.mask.sum(axis=1)
    assert set(lengths) == set(range(2, recall.PAIRS + 1))
    for keys, values, mask, query, answer in zip(*examples, strict=True):
        shown = dict(zip(keys[mask], values[mask], strict=True))
        assert len(shown) == mask.sum()  # all keys differ
        assert shown[query] == answer
        assert not keys[~mask].any() and not values[~mask].any()
        assert mask[: mask.sum()].all()
    # 3000 / 12 = 250 each, with a standard deviation of 15.
    assert np.all(np.abs(np.bincount(examples.query, minlength=recall.KEYS) - 250) < 75)


def test_whoever_does_not_look_at_the_query_pays_the_blind_loss():
    examples = recall.sample(20_000, np.random.default_rng(2))
    same = (examples.values == examples.answer[:, None]) & examples.mask
    losses = -np.log(same.sum(axis=1) / examples.mask.sum(axis=1))
    assert losses.mean() == pytest.approx(recall.blind_nats(), abs=4 * losses.std() / 141)


# --- the two exact facts ----------------------------------------------------------------------


def test_the_floor_without_positions_is_six_biased_coins():
    p = 1 / 6
    coin = -p * math.log(p) - (1 - p) * math.log(1 - p)
    assert oracles.shuffled_floor(anbn.MAX_N) == pytest.approx(6 * coin, abs=1e-12)
    assert anbn.excess_nats(6 * coin) == pytest.approx(0.3055, abs=1e-4)


@pytest.mark.parametrize(
    ("broken", "steps", "exact"),
    [("the mask", 200, -anbn.FLOOR_NATS), ("the positions", 300, 0.3055)],
)
def test_a_broken_transformer_ends_where_the_text_says(answers, broken, steps, exact):
    inputs, targets, mask = training.all_sequences()
    torch.manual_seed(1)
    model = answers["TransformerLM"](4, 32, 2, 40)
    if broken == "the mask":
        model.attention = networks.IgnoresTheMask(model.attention)
    else:
        networks.set_positions(model, np.zeros((40, 32)))
    losses = answers["train_transformer"](model, inputs, targets, mask.float(), steps, 0.01)
    assert anbn.excess_nats(losses[-1]) == pytest.approx(exact, abs=0.02)
    if broken == "the positions":
        # It counts without knowing where it is, and further than it was trained.
        assert networks.longest_counted(model, ["a", "b", "EOS", "UNK"]) > anbn.MAX_N


def test_a_transformer_that_has_run_out_of_positions_counts_no_further(answers):
    class Oracle(torch.nn.Module):
        """Knows everything, up to twenty tokens."""

        def forward(self, tokens):
            if tokens.shape[1] > 20:
                raise ValueError
            n = tokens.shape[1] // 2
            return torch.eye(4)[torch.tensor([[0] * n + [1] * (n - 1) + [2]])]

    assert networks.longest_counted(Oracle(), ["a", "b", "EOS", "UNK"]) == 10


@pytest.mark.parametrize("orthogonal", [True, False])
@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_recurrent_networks_turn_tokens_into_logits(kind, orthogonal):
    model = networks.Recurrent(kind, 4, 5, orthogonal)
    assert model(torch.tensor([[0, 1, 3]])).shape == (1, 3, 4)
    if orthogonal:
        for block in model.layer.weight_hh_l0.split(5):
            torch.testing.assert_close(block @ block.T, torch.eye(5), atol=1e-5, rtol=0)
        assert float(model.layer.bias_ih_l0.detach().sum()) == (5 if kind == "LSTM" else 0)


# --- what the helpers refuse ------------------------------------------------------------------


def test_a_parameter_that_is_missing_or_has_another_shape_is_named():
    state = {"query.weight": torch.zeros(3, 4)}
    with pytest.raises(CheckError, match=r"no parameter `key\.weight`"):
        models.part(state, "key.weight", (3, 4))
    with pytest.raises(CheckError, match=r"shape \(3, 4\); it should have shape \(4, 4\)"):
        models.part(state, "query.weight", (4, 4))


def test_pytorchs_layer_and_four_of_ones_own_are_read_alike():
    torch.manual_seed(2)
    layer = torch.nn.MultiheadAttention(6, 3, batch_first=True).double()
    parts = models.attention_parts(models.state_of(layer), 6)
    named = {}
    for name, (weight, bias) in parts.items():
        named |= {f"{name}.weight": weight, f"{name}.bias": bias}
    x = torch.randn(2, 4, 6, dtype=torch.float64)
    mask = torch.ones(4, 4, dtype=torch.bool).tril()
    wanted = layer(x, x, x, attn_mask=~mask)[0].detach()
    torch.testing.assert_close(models.multi_head(named, x, mask, 3), wanted)
    torch.testing.assert_close(models.pytorchs(parts, x, mask, 3), wanted)
    assert models.own_parts(named, 6).keys() == parts.keys()
    with pytest.raises(CheckError, match="Write this layer yourself"):
        models.own_parts(models.state_of(layer), 6)


def test_a_model_that_was_not_reached_by_small_steps_does_not_count():
    before = {"w": torch.tensor([1.0, -1.0])}
    after = {"w": torch.tensor([0.9, -0.9])}
    training.assert_learns(before, after, lambda state: (state["w"] ** 2).sum())
    for other in ([1.0, -1.0], [1.1, -1.1], [math.nan, 0.0]):
        with pytest.raises(CheckError, match="do not move `w` downhill"):
            training.assert_learns(
                before, {"w": torch.tensor(other)}, lambda state: (state["w"] ** 2).sum()
            )


def test_one_loss_for_each_step():
    assert training.numbers([torch.tensor(1.0), 2.0], 2).tolist() == [1.0, 2.0]
    with pytest.raises(CheckError, match="losses"):
        training.numbers([1.0], 2)


def test_weights_are_drawn_with_a_name_for_each_row_and_column():
    attention_plots.plot_weights(np.eye(2), "ab", "xy")
    with pytest.raises(ValueError, match=r"3 queries and 2 places it should be \(3, 2\)"):
        attention_plots.plot_weights(np.eye(2), "abc", "xy")


def test_every_figure_draws():
    f = attention_figures
    for figure in (f.attention, f.additive, f.split, f.block):
        assert figure().texts
