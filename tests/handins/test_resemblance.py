"""Resemblance: which pairs are named, against how alike independent answers are."""

import random
import time
from dataclasses import replace

from tools.likeness.likeness import Fingerprint
from tools.likeness.resemblance import resembling

QUESTIONS = [f"q{number}" for number in range(10)]


def made(number: int, **parts: list[str]) -> Fingerprint:
    """Return the fingerprint of somebody who shares half of each answer with the class."""
    rng = random.Random(number)
    own = {
        q: [
            *(f"{q}/common{rng.randrange(20)}" for _ in range(8)),
            *(f"{q}/{number}/{i}" for i in range(8)),
        ]
        for q in QUESTIONS
    } | parts
    answers = {q: "/".join(each) for q, each in own.items()}
    return Fingerprint(f"file {number}", answers, dict.fromkeys(own, 60), (), own)


def class_of(count: int, **others: Fingerprint) -> dict[str, Fingerprint]:
    return {f"s{i:03}": made(i) for i in range(count)} | others


def copied(of: Fingerprint, questions: int, changed: int = 1) -> dict[str, list[str]]:
    """Return a copy of some answers, with some parts of each changed."""
    return {
        q: [*of.parts[q][changed:], *(f"new{i}" for i in range(changed))]
        for q in QUESTIONS[:questions]
    }


def test_nobody_is_named_where_all_worked_alone():
    assert resembling(class_of(60)) == ()
    assert resembling({}) == ()
    assert resembling(class_of(5, x=Fingerprint(), y=Fingerprint())) == ()


def test_a_near_copy_of_some_answers_is_named_with_them():
    thief = made(99, **copied(made(3), questions=5, changed=2))
    (pair,) = resembling(class_of(60, thief=thief))
    assert pair.ids == ("s003", "thief") and not pair.same_file
    assert {s.question for s in pair.shared} == set(QUESTIONS[:5])
    assert pair.compared == 10 and pair.expected < 0.2


def test_one_short_answer_in_common_is_no_reason():
    assert resembling(class_of(60, thief=made(99, **copied(made(3), 1, 0)))) == ()


def test_one_long_unusual_answer_is_a_reason_unless_it_is_known():
    long = {"answers": {"q0": "long"}, "sizes": {"q0": 200}, "parts": {"q0": ["a", "b", "c"]}}
    two = {"x": Fingerprint("x", **long), "y": Fingerprint("y", **long)}
    (pair,) = resembling(class_of(60, **two))
    assert pair.ids == ("x", "y") and pair.shared[0].equal and pair.shared[0].everywhere == 2
    assert resembling(class_of(60, **two), known=[Fingerprint(**long)]) == ()


def test_what_everybody_writes_says_nothing():
    usual = {q: ["usual", "parts"] for q in QUESTIONS[:4]}
    assert resembling({f"s{i:03}": made(i, **usual) for i in range(40)}) == ()


def test_a_small_class_is_not_made_large_by_known_answers():
    known = [made(number) for number in range(90, 120)]
    two = {"x": replace(known[0], file="x"), "y": replace(known[0], file="y")}
    assert resembling(two, known) == ()
    (pair,) = resembling(class_of(20, **two))
    assert pair.ids == ("x", "y")


def test_the_same_file_comes_first():
    same = Fingerprint("file 7", {"q0": "x"}, {"q0": 10}, (), {"q0": ["x"]})
    thief = made(99, **copied(made(3), 8))
    first, second = resembling(class_of(60, same=same, thief=thief))
    assert first.ids == ("s007", "same") and first.same_file
    assert second.ids == ("s003", "thief")


def test_a_chain_is_two_pairs():
    first, last = made(90), made(92)
    both = copied(first, 10, 0) | {q: last.parts[q] for q in QUESTIONS[5:]}
    pairs = resembling(class_of(60, a=first, b=made(91, **both), c=last))
    assert {pair.ids for pair in pairs} == {("a", "b"), ("b", "c")}


def test_a_ring_is_found_though_it_makes_its_answers_common():
    ring = {
        f"r{i:02}": made(90 + i, **{q: made(90).parts[q] for q in QUESTIONS[:8]}) for i in range(12)
    }
    pairs = resembling(class_of(20, **ring))
    assert {pair.ids for pair in pairs} == {(a, b) for a in ring for b in ring if a < b}


def test_an_earlier_class_is_compared_with_this_one_and_not_with_itself():
    earlier = {"old: a": made(70), "old: b": made(71, **copied(made(70), 9))}
    thief = made(99, **copied(made(70), 6))
    pairs = resembling(class_of(40, thief=thief), others=earlier)
    assert {pair.ids for pair in pairs} <= {("thief", "old: a"), ("thief", "old: b")} and pairs


def test_a_large_class_takes_no_time():
    started = time.monotonic()
    resembling(class_of(400))
    assert time.monotonic() - started < 30  # a loop without end, not a benchmark
