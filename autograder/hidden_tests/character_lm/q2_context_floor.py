from otter.test_files import test_case

OK_FORMAT = False

name = "q2_context_floor"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 6978939579481836631


@test_case(name="The example from the text", points=None, hidden=False)
def test_hihello(context_floor, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "context_floor")
    floor = context_floor(["hihello"], [1.0], 1)
    checks.assert_close("the floor of hihello with k = 1", floor, 4 * np.log(2))
    floor = context_floor(["hihello"], [1.0], 2)
    checks.assert_close("the floor of hihello with k = 2", floor, 0.0)
    unigram = 4 * np.log(7 / 2) + 3 * np.log(7)
    floor = context_floor(["hihello"], [1.0], 0)
    checks.assert_close("the floor of hihello with k = 0", floor, unigram)


@test_case(
    name="Two sentences that differ in their first character: 3/4 \"ab\", 1/4 \"cb\".",
    points=None,
    hidden=False,
)
def test_two_sentences(context_floor):
    """Two sentences that differ in their first character: 3/4 "ab", 1/4 "cb"."""
    import numpy as np
    from seqlab import checks

    entropy = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    for k in (1, 2, 9):
        floor = context_floor(["ab", "cb"], [0.75, 0.25], k)
        checks.assert_close(f"the floor with k = {k}", floor, entropy)


@test_case(
    name="Random words with random probabilities",
    points=4,
    hidden=True,
    failure_message="Predict with the relative frequency among all places that have the same context, wherever in a sentence they are, and weigh each place with the probability of its sentence.",
)
def test_random_languages(context_floor, In):
    """Random words with random probabilities"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    checks.assert_numpy_only(In, "context_floor")
    rng = np.random.default_rng([SEMESTER, 201])
    for k in (1, 2, 3, 5):
        words = ["".join(rng.choice(list("abc"), size=n)) for n in rng.integers(2, 8, size=9)]
        p = rng.dirichlet(np.ones(9))
        expected = limits.context_floor(words, p, k)
        given = p.copy()
        with checks.unchanged(sentences=words, probabilities=given):
            floor = context_floor(words, given, k)
        checks.assert_close(f"the floor with k = {k}", floor, expected)


@test_case(
    name="The grammar of this assignment, with some of its words and other probabilities",
    points=3,
    hidden=True,
    failure_message="The unit is nats per sentence. How much of the sentence does a model with k characters see, and is the character that it predicts among them?",
)
def test_grammar(context_floor, In):
    """The grammar of this assignment, with some of its words and other probabilities"""
    import numpy as np
    from seqlab import checks, grammar
    from testing import limits

    checks.assert_numpy_only(In, "context_floor")
    rng = np.random.default_rng([SEMESTER, 202])
    sentences, _ = grammar.sentences()
    some = [sentences[i] for i in rng.permutation(len(sentences))[:120]]
    p = rng.dirichlet(np.full(120, 5.0))
    for k in (2, 6, 10, 15):
        expected = limits.context_floor(some, p, k)
        checks.assert_close(f"the floor with k = {k}", context_floor(some, p, k), expected)


@test_case(
    name="No context at all, and all of it",
    points=2,
    hidden=True,
    failure_message="With k = 0 there is one context for all places; with k as large as the longest sentence each beginning is a context of its own. What does Python make of text[-0:]?",
)
def test_ends(context_floor, In):
    """No context at all, and all of it"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    checks.assert_numpy_only(In, "context_floor")
    rng = np.random.default_rng([SEMESTER, 203])
    # No word begins another one: each ends with a full stop.
    words = sorted({"".join(rng.choice(list("xyz"), size=n)) + "." for n in (1, 2, 3, 4, 5, 6)})
    p = rng.dirichlet(np.ones(len(words)))
    for k in (7, 30):
        floor = context_floor(words, p, k)
        checks.assert_close(f"the floor with k = {k}", floor, limits.entropy(p))
    mass = {}
    for word, weight in zip(words, p):
        for character in word:
            mass[character] = mass.get(character, 0.0) + weight
    total = sum(mass.values())
    expected = sum(total * limits.entropy([m / total]) for m in mass.values())
    checks.assert_close("the floor with k = 0", context_floor(words, p, 0), expected)


@test_case(
    name="Probabilities of zero, and a sentence that occurs twice",
    points=1,
    hidden=True,
    failure_message="A sentence that never comes costs nothing, and what is there twice counts twice.",
)
def test_odd_lists(context_floor, In):
    """Probabilities of zero, and a sentence that occurs twice"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    checks.assert_numpy_only(In, "context_floor")
    rng = np.random.default_rng([SEMESTER, 204])
    words = ["baab", "abba", "baab", "bbbb", "ccc"]
    for k in (0, 1, 4):
        p = np.append(rng.dirichlet(np.ones(4)), 0.0)
        merged = [p[1], p[0] + p[2], p[3]]
        expected = limits.context_floor(["abba", "baab", "bbbb"], merged, k)
        checks.assert_close(f"the floor with k = {k}", context_floor(words, p, k), expected)
