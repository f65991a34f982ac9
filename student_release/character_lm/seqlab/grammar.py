"""The text: sentences of a small grammar, whose probabilities are known exactly.

    sentence = "the" NOUN ["that the" NOUN VERB] VERB "."

    the cats run.        the dog that the girls see sings.

Both nouns are singular or plural, each with probability 1/2, and each verb agrees with its own
noun: "the dog ... sings", "the girls see". The last verb belongs to the first noun, so whoever
predicts it must remember that noun across the clause between them. Half of the sentences have
such a clause; apart from that, all words are equally probable. There are 930 sentences.

A stream is sentences drawn independently, each followed by a newline.
"""

from functools import cache
from itertools import product

import numpy as np

NOUNS = ("cat", "dog", "bird", "king", "girl")
VERBS_WITH_OBJECT = ("see", "like", "hear")
VERBS = ("sing", "run", "sleep")
CLAUSE = 0.5  # the probability of "that the ..."

# Stands before the first character of a sentence, so that this one can be predicted too.
START = "^"
# Stands between the sentences of a stream.
END = "\n"


def sentences():
    """Return all sentences, a list of strings, and their probabilities, an array that sums to 1."""
    texts, probabilities = [], []
    first = list(product(NOUNS, (False, True), VERBS))
    second = list(product(NOUNS, (False, True), VERBS_WITH_OBJECT))
    for noun, plural, verb in first:
        begin, end = f"the {_noun(noun, plural)}", f"{_verb(verb, plural)}."
        texts.append(f"{begin} {end}")
        probabilities.append((1 - CLAUSE) / len(first))
        for other, others, seen in second:
            texts.append(f"{begin} that the {_noun(other, others)} {_verb(seen, others)} {end}")
            probabilities.append(CLAUSE / len(first) / len(second))
    return texts, np.array(probabilities)


def alphabet():
    """Return the characters of all sentences, in alphabetical order, as one string."""
    return "".join(sorted(set("".join(sentences()[0]))))


def sample(count, rng):
    """Return `count` sentences, drawn independently by the generator `rng`."""
    texts, probabilities = sentences()
    return [texts[i] for i in rng.choice(len(texts), size=count, p=probabilities)]


def stream(characters, rng):
    """Return the first `characters` characters of sentences in a row, each with its newline."""
    shortest = min(map(len, sentences()[0])) + 1
    count = -(-characters // shortest)
    return "".join(sentence + END for sentence in sample(count, rng))[:characters]


def contains(sentence):
    """Say whether the grammar has this sentence, which includes its full stop."""
    return sentence in _probabilities()


def true_logp(text):
    """Return ln P(character | all characters before it) for each character of a stream: (N,).

    The text begins with a new sentence. A character that the grammar does not allow at its place
    raises a ValueError that says where.
    """
    result, prefix = np.empty(len(text)), ""
    masses = _masses()
    for i, character in enumerate(text):
        following = "" if character == END else prefix + character
        if character == END:
            known = 1.0 if contains(prefix) else 0.0
        else:
            known = masses.get(following, 0.0) / masses[prefix]
        if not known:
            raise ValueError(
                f"the character at position {i} of the text, {character!r}, cannot follow "
                f"{prefix!r} in a sentence"
            )
        result[i] = np.log(known)
        prefix = following
    return result


def _noun(noun, plural):
    return noun + "s" if plural else noun


def _verb(verb, plural):
    return verb if plural else verb + "s"


@cache
def _probabilities():
    return dict(zip(*sentences(), strict=True))


@cache
def _masses():
    """Return the probability that a sentence begins with a prefix, for each possible prefix."""
    masses = {}
    for text, probability in _probabilities().items():
        for length in range(len(text) + 1):
            masses[text[:length]] = masses.get(text[:length], 0.0) + probability
    return masses
