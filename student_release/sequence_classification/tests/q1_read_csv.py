from otter.test_files import test_case

OK_FORMAT = False

name = "q1_read_csv"
points = 6


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
