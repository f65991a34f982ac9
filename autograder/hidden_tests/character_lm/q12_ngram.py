from otter.test_files import test_case

OK_FORMAT = False

name = "q12_ngram"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 7115614731921592467


@test_case(name="The example from the text", points=None, hidden=False)
def test_example(ngram_nats, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "ngram_nats")
    nats = ngram_nats("abab", "aba", 1)
    checks.assert_close('ngram_nats("abab", "aba", 1)', nats, -np.log(5 / 16) / 3)
    nats = ngram_nats("abab", "aba", 0)
    checks.assert_close('ngram_nats("abab", "aba", 0)', nats, np.log(2))


@test_case(
    name="Random texts with contexts of one to four characters",
    points=4,
    hidden=True,
    failure_message="Work out P(x | c) on paper for a context of two characters: which counts, how many different followers, and what is mixed in from the shorter context?",
)
def test_random_texts(ngram_nats, In):
    """Random texts with contexts of one to four characters"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    checks.assert_numpy_only(In, "ngram_nats")
    rng = np.random.default_rng([SEMESTER, 1201])
    for k in (1, 2, 3, 4):
        train, valid = ("".join(rng.choice(list("aaabbc"), size=n)) for n in (60, 25))
        train += "abc"
        expected = limits.ngram_nats(train, valid, k)
        checks.assert_close(f"the loss with k = {k}", ngram_nats(train, valid, k), expected)


@test_case(
    name="Contexts and characters that the training text does not have",
    points=2,
    hidden=True,
    failure_message="A context that never occurs leaves the shorter one as it is; a character that never occurs still has a probability. Which characters does V count?",
)
def test_unseen(ngram_nats, In):
    """Contexts and characters that the training text does not have"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    checks.assert_numpy_only(In, "ngram_nats")
    rng = np.random.default_rng([SEMESTER, 1202])
    for k in (0, 2, 5):
        train = "".join(rng.choice(list("abcd"), size=40)) + "abcd"
        valid = "".join(rng.choice(list("abcdxyz"), size=20)) + "xz"
        expected = limits.ngram_nats(train, valid, k)
        nats = ngram_nats(train, valid, k)
        checks.assert_finite(f"the loss with k = {k}", nats)
        checks.assert_close(f"the loss with k = {k}", nats, expected)


@test_case(
    name="Texts that are shorter than the context, and one that repeats itself",
    points=2,
    hidden=True,
    failure_message="The mean over the characters of the new text, which is only predicted and never counted. Does a context reach beyond its beginning?",
)
def test_short_texts(ngram_nats, In):
    """Texts that are shorter than the context, and one that repeats itself"""
    import numpy as np
    from seqlab import checks
    from testing import limits

    checks.assert_numpy_only(In, "ngram_nats")
    rng = np.random.default_rng([SEMESTER, 1203])
    letters = [str(letter) for letter in rng.permutation(list("pqrst"))]
    word = "".join(letters[:3])
    for train, valid, k in [
        (word, word, 6),
        (word[0] * 5, word[0] * 3, 2),
        (word * 6, word * 2 + letters[3], 3),
        (word, letters[4], 1),
    ]:
        expected = limits.ngram_nats(train, valid, k)
        nats = ngram_nats(train, valid, k)
        name = f"the loss with {len(train)} and {len(valid)} characters, k = {k}"
        checks.assert_close(name, nats, expected)
