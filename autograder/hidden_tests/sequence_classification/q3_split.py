from otter.test_files import test_case

OK_FORMAT = False

name = "q3_split"
points = 5

# Hidden inputs are those of one semester.
SEMESTER = 1481481588234151686


@test_case(name="The example from the text", points=None, hidden=False)
def test_small(stratified_split):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    labels = list("aaabbbbbb")
    result = stratified_split(labels, 1 / 3, np.random.default_rng(0))
    checks.unpack("stratified_split", result, ("train", "valid"))
    checks.assert_dtype("train", result[0], np.int64)
    checks.assert_dtype("valid", result[1], np.int64)
    together = sorted([int(i) for rows in result for i in rows])
    checks.assert_equal("all row numbers, sorted,", together, list(range(9)))
    checks.assert_equal(
        "the sorted labels in valid", sorted(labels[i] for i in result[1]), list("abb")
    )


@test_case(
    name="Every row once, and the right number of each class",
    points=2,
    hidden=True,
    failure_message="Put both arrays together and sort them: every row number must be there, once. Then count the labels of the validation rows, class by class.",
)
def test_counts(stratified_split):
    """Every row once, and the right number of each class"""
    import numpy as np
    from seqlab import checks
    from testing import splits

    rng = np.random.default_rng([SEMESTER, 301])
    for names, sizes, share in [
        (["x", "yy", "z"], [40, 9, 23], 0.2),
        ([3, 1, 2, 7], [11, 30, 5, 18], 0.3),
        (["no", "yes"], [26, 13], 0.75),
    ]:
        sizes_of = dict(zip(names, sizes))
        labels = [name for name, size in sizes_of.items() for _ in range(size)]
        if share != 0.2:  # once sorted by class, as files often are
            labels = [labels[i] for i in rng.permutation(len(labels))]
        wanted = {name: round(share * size) for name, size in sizes_of.items()}
        seed = int(rng.integers(10**6))
        result = stratified_split(list(labels), share, np.random.Generator(np.random.PCG64(seed)))
        _, valid = splits.read(result, len(labels))
        checks.assert_equal("the size of valid", len(valid), sum(wanted.values()))
        chosen = [labels[i] for i in valid]
        counts = {name: chosen.count(name) for name in names}
        checks.assert_equal("the number of each class in valid", counts, wanted)


@test_case(
    name="The same seed, the same split; which rows are chosen depends on the seed",
    points=1,
    hidden=True,
    failure_message="The same seed must give the same split, and another seed another one. Does a random number come from anywhere but rng?",
)
def test_seeds(stratified_split):
    """The same seed, the same split; which rows are chosen depends on the seed"""
    import numpy as np
    from seqlab import checks
    from testing import splits

    rng = np.random.default_rng([SEMESTER, 302])
    labels = [int(i) for i in rng.integers(0, 3, size=60)]
    found = []
    for seed in (11, 11, 12):
        result = stratified_split(labels, 0.4, np.random.Generator(np.random.PCG64(seed)))
        found.append([rows.tolist() for rows in splits.read(result, 60)])
    checks.assert_equal("train with the same seed", found[1][0], found[0][0])
    checks.assert_equal("valid with the same seed", found[1][1], found[0][1])
    if sorted(found[2][1]) == sorted(found[0][1]):
        raise checks.CheckError("Two different seeds choose the same rows for validation.")


@test_case(
    name="Every row of a class is chosen about equally often",
    points=1,
    hidden=True,
    failure_message="Each row must have the same chance. Are the rows at the end of the file chosen as often as those at the beginning?",
)
def test_chances(stratified_split):
    """Every row of a class is chosen about equally often"""
    import numpy as np
    from seqlab import checks
    from testing import splits

    rng = np.random.default_rng([SEMESTER, 303])
    labels = list("aabbbaabbbbbabbabbba")
    chosen = np.zeros(20)
    for _ in range(120):
        _, valid = splits.read(stratified_split(labels, 0.5, rng), 20)
        checks.assert_shape("valid", valid, (10,))
        chosen[valid] += 1
    # 60 on average, with a standard deviation of 5.5.
    if np.any(abs(chosen - 60) > 33):
        raise checks.CheckError(
            "Over many splits, some rows are chosen far more often than others."
        )


@test_case(
    name="Neither array is in the order of the file or class by class",
    points=1,
    hidden=True,
    failure_message="Train on rows in the order of train: does the model see one class after the other, or the rows in the order of the file?",
)
def test_shuffled(stratified_split):
    """Neither array is in the order of the file or class by class"""
    import numpy as np
    from seqlab import checks
    from testing import splits

    rng = np.random.default_rng([SEMESTER, 304])
    labels = [int(i) for i in rng.integers(0, 4, size=200)]
    result = stratified_split(labels, 0.5, np.random.Generator(np.random.PCG64(5)))
    for name, rows in zip(("train", "valid"), splits.read(result, 200)):
        of_class = np.array(labels)[rows]
        # 25 of 99 neighbours have the same class by chance, and half of the pairs ascend.
        same = np.mean(of_class[1:] == of_class[:-1])
        ascending = np.mean(rows[1:] > rows[:-1])
        if same > 0.6 or not 0.2 < ascending < 0.8:
            raise checks.CheckError(
                f"{name} is not shuffled: its rows come class by class, or in the file's order."
            )
