from otter.test_files import test_case

OK_FORMAT = False

name = "q1_read_csv"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 7660952440302197047


@test_case(name="The example from the text", points=None, hidden=False)
def test_small(read_table, pathlib, tempfile):
    """The example from the text"""
    from seqlab import checks
    from testing import tables

    text = 'label,text\n1,"the plot was bad , the end good"\n0,"she said ""no"""\n'
    path = tables.written(text, pathlib, tempfile)
    texts, labels = checks.unpack(
        "read_table", read_table(path, "text", "label"), ("texts", "labels")
    )
    checks.assert_equal("texts", texts, ["the plot was bad , the end good", 'she said "no"'])
    checks.assert_equal("labels", labels, ["1", "0"])


@test_case(name="A column that does not exist", points=None, hidden=False)
def test_no_such_column(read_table, pathlib, tempfile):
    """A column that does not exist"""
    from seqlab import checks
    from testing import tables

    path = tables.written("label,text\n1,good\n", pathlib, tempfile)
    checks.assert_raises(
        ValueError, read_table, path, "text", "stars", because="there is no column `stars`"
    )


@test_case(
    name="Columns in any order, among others",
    points=2,
    hidden=True,
    failure_message="Columns are found by their names in the first row. What if there are five of them, and the label comes last?",
)
def test_columns(read_table, pathlib, tempfile):
    """Columns in any order, among others"""
    import numpy as np
    from seqlab import checks
    from testing import tables

    rng = np.random.default_rng([SEMESTER, 101])
    for _ in range(3):
        names = [f"column {i}" for i in rng.permutation(50)[:5]]
        table = [[f"w{i}" for i in row] for row in rng.integers(0, 99, size=(7, 5))]
        text, label = (int(i) for i in rng.permutation(5)[:2])
        lines = [",".join(row) + "\r\n" for row in [names, *table]]
        path = tables.written("".join(lines), pathlib, tempfile)
        result = read_table(path, names[text], names[label])
        texts, labels = checks.unpack("read_table", result, ("texts", "labels"))
        checks.assert_equal("texts", texts, [row[text] for row in table])
        checks.assert_equal("labels", labels, [row[label] for row in table])


@test_case(
    name="Commas, quotes, line breaks and accents inside a text",
    points=2,
    hidden=True,
    failure_message="Commas, line breaks and doubled quotes may stand inside a quoted text. They belong to the text as they were written, and the quotes around it do not. Are accents still the same?",
)
def test_quotes(read_table, pathlib, tempfile):
    """Commas, quotes, line breaks and accents inside a text"""
    import csv
    import io

    import numpy as np
    from seqlab import checks
    from testing import tables

    rng = np.random.default_rng([SEMESTER, 102])
    pieces = ["fine", ",", '"', "\n", "\r\n", "caf\u00e9", "\u017eivot", ";", "'", "\t", "\u00ef"]
    table = [["".join(pieces[i] for i in rng.integers(0, 11, size=9)), "yes"] for _ in range(20)]
    table += [[' "quoted" ', "no"], ["a,b\nc", "no"], ["", "maybe, or not"]]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["text", "label"], *table])
    path = tables.written(file.getvalue(), pathlib, tempfile)
    result = read_table(path, "text", "label")
    texts, labels = checks.unpack("read_table", result, ("texts", "labels"))
    checks.assert_equal("texts", texts, [row[0] for row in table])
    checks.assert_equal("labels", labels, [row[1] for row in table])


@test_case(
    name="A header without rows, and columns that do not exist",
    points=2,
    hidden=True,
    failure_message="What does your function return for a file with a header alone? And does it look at the header before it looks for a column, whichever of the two is missing?",
)
def test_header(read_table, pathlib, tempfile):
    """A header without rows, and columns that do not exist"""
    import numpy as np
    from seqlab import checks
    from testing import tables

    code = int(np.random.default_rng([SEMESTER, 103]).integers(100, 999))
    for rows in ("", f"{code},b\n"):
        path = tables.written(f"first{code},second\n{rows}", pathlib, tempfile)
        result = read_table(path, "second", f"first{code}")
        texts, labels = checks.unpack("read_table", result, ("texts", "labels"))
        checks.assert_equal("texts", texts, ["b"] if rows else [])
        checks.assert_equal("labels", labels, [str(code)] if rows else [])
        for columns in [("second", "first"), ("first", "second"), (str(code), "second")]:
            checks.assert_raises(
                ValueError, read_table, path, *columns, because="no column has this name"
            )
