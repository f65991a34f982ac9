from otter.test_files import test_case

OK_FORMAT = False

name = "q12_ngram"
points = 8


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
