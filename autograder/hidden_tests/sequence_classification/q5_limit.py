from otter.test_files import test_case

OK_FORMAT = False

name = "q5_limit"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 2175455704623560450


@test_case(name="The example from the text", points=None, hidden=False)
def test_small(best_possible):
    """The example from the text"""
    from seqlab import checks

    weights, p = [0.5, 0.25, 0.25], [0.9, 0.1, 0.0]
    for keys, right, loss in [(["x", "x", "y"], 0.725, 0.493), ([1, 2, 3], 0.925, 0.244)]:
        pair = checks.unpack("best_possible", best_possible(keys, weights, p), ("accuracy", "nats"))
        # The text has three decimals.
        checks.assert_close("accuracy", pair[0], right, atol=6e-4)
        checks.assert_close("nats", pair[1], loss, atol=6e-4)


@test_case(
    name="The best accuracy, for random groups",
    points=3,
    hidden=True,
    failure_message="Reviews with equal keys share one answer. Which label is right more often in such a group, weighted by how often its reviews occur?",
)
def test_accuracy(best_possible):
    """The best accuracy, for random groups"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    rng = np.random.default_rng([SEMESTER, 501])
    for groups, N in [(3, 40), (10, 25), (1, 12)]:
        keys = [int(i) for i in rng.integers(0, groups, size=N)]
        weights, p = rng.dirichlet(np.ones(N)), rng.uniform(size=N)
        expected, _ = limits.best(keys, weights, p)
        with checks.unchanged(keys=keys, weights=weights, p=p):
            result = best_possible(keys, weights, p)
        accuracy, _ = checks.unpack("best_possible", result, ("accuracy", "nats"))
        checks.assert_close(f"the accuracy with {groups} groups", accuracy, expected)


@test_case(
    name="The best loss, for random groups whose keys are tuples",
    points=2,
    hidden=True,
    failure_message="The loss of a group is the entropy of its share of liked reviews, in nats, times the probability of the group. Is the entropy of a mean the mean of the entropies?",
)
def test_nats(best_possible):
    """The best loss, for random groups whose keys are tuples"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    rng = np.random.default_rng([SEMESTER, 502])
    for groups, N in [(4, 50), (12, 30), (1, 9)]:
        keys = [("the", f"w{i}") for i in rng.integers(0, groups, size=N)]
        weights, p = rng.dirichlet(np.ones(N)), rng.uniform(size=N)
        _, expected = limits.best(keys, weights, p)
        _, nats = checks.unpack("best_possible", best_possible(keys, weights, p), ("a", "nats"))
        checks.assert_close(f"the nats with {groups} groups", nats, expected)


@test_case(
    name="Groups without uncertainty, and a group that never occurs",
    points=1,
    hidden=True,
    failure_message="A group in which everything is liked, or nothing, has no uncertainty. What is 0 ln 0, and what does NumPy make of it?",
)
def test_certain(best_possible):
    """Groups without uncertainty, and a group that never occurs"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 503])
    weights = rng.dirichlet(np.ones(6))
    for p, q in [(np.zeros(6), 0), (np.ones(6), 1), (np.array([0, 1, 0, 1, 1, 0]), 2)]:
        keys = ["x"] * 6 if q < 2 else [str(int(one)) for one in p]
        result = best_possible(keys, weights, p)
        accuracy, nats = checks.unpack("best_possible", result, ("accuracy", "nats"))
        checks.assert_close("the accuracy, where all is certain,", accuracy, 1.0)
        checks.assert_close("the nats, where all is certain,", nats, 0.0)
    result = best_possible(["u", "v", "w"], [0.5, 0.5, 0.0], [0.5, 0.5, 0.25])
    accuracy, nats = checks.unpack("best_possible", result, ("accuracy", "nats"))
    checks.assert_close("the accuracy of a coin", accuracy, 0.5)
    checks.assert_close("the nats of a coin", nats, np.log(2))


@test_case(
    name="The limits of the reviews themselves",
    points=2,
    hidden=True,
    failure_message="This test uses the real reviews: bags, bags of pairs, and whole reviews. Do the weights of all reviews of a group enter?",
)
def test_reviews(best_possible):
    """The limits of the reviews themselves"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    words, weights, p = limits.distribution()
    # Which reviews count differs from semester to semester.
    chosen = np.random.default_rng([SEMESTER, 504]).permutation(len(words))[:1500]
    words = [words[i] for i in chosen]
    weights, p = weights[chosen] / weights[chosen].sum(), p[chosen]
    for name, key in [
        ("bags of words", limits.bag),
        ("bags of bigrams", limits.bigrams),
        ("the last two words", limits.last_two),
        ("whole reviews", " ".join),
    ]:
        keys = [key(row) for row in words]
        result = best_possible(keys, weights, p)
        accuracy, nats = checks.unpack("best_possible", result, ("accuracy", "nats"))
        right, loss = limits.best(keys, weights, p)
        checks.assert_close(f"the accuracy of {name}", accuracy, right)
        checks.assert_close(f"the nats of {name}", nats, loss)
