"""seqlab's helpers for answers that are no arrays: charts, files, queries, tables."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from seqlab import charts, files, queries, tables
from seqlab.checks import CheckError

matplotlib.use("Agg")
RUNS = {"runs": (("name", "loss"), [("a", 2.0), ("b", 1.0)])}


def test_a_chart_is_read_as_numbers_and_texts():
    figure, axes = plt.subplots()
    axes.plot([0, 1], [3.0, 2.0], label="tanh")
    axes.plot([0, 1], [1.0, 1.0])
    axes.bar([5], [2.0], width=2.0)
    axes.set(title="Runs", xlabel="step", ylabel="loss", yscale="log")
    for drawn in (axes, figure):
        chart = charts.read("it", drawn)
        assert (chart.title, chart.xlabel, chart.ylabel) == ("Runs", "step", "loss")
        assert (chart.xscale, chart.yscale) == ("linear", "log")
        assert chart.line("tanh").y.tolist() == [3.0, 2.0]
        assert chart.bars == (charts.Bar(5.0, 0.0, 2.0),)
        assert [line.label for line in chart.lines] == ["tanh", ""]
    plt.close("all")


def test_what_is_no_chart_is_said_to_be_none():
    figure, (first, _) = plt.subplots(1, 2)
    for wrong, message in (
        (None, "it is None: does the function return them."),
        (3, "it is something else."),
        (figure, "it should have one pair of axes; it has 2."),
    ):
        with pytest.raises(CheckError, match=message.replace(".", r"\.")):
            charts.read("it", wrong)
    with pytest.raises(CheckError, match="should have one line; it has none"):
        charts.read("it", first).line()
    first.plot(np.zeros((1, 201)))
    with pytest.raises(CheckError, match="has 201 lines or bars, more than"):
        charts.read("it", first)
    plt.close("all")


def test_files_are_read_or_said_to_be_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe")
    assert files.read_text("a.txt") == "one\ntwo"
    monkeypatch.setattr(files, "MOST_BYTES", 5)
    for path, message in (
        ("c.txt", 'There is no file "c.txt". Was it written, and closed?'),
        ("b.txt", 'The file "b.txt" is not text in UTF-8.'),
        ("a.txt", 'The file "a.txt" cannot be read: it has more than 5 bytes.'),
        (7, "the path of a file should be a text; it is a number."),
    ):
        with pytest.raises(CheckError) as error:
            files.read_text(path)
        assert str(error.value) == message


def test_a_query_reads_the_tables_and_nothing_else(tmp_path, monkeypatch):
    assert queries.rows("query", "SELECT name FROM runs ORDER BY loss", RUNS) == [("b",), ("a",)]
    monkeypatch.setattr(queries, "MOST_STEPS", 20_000)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    for query, message in (
        ("SELECT nmae FROM runs", "query does not run: no such column: nmae."),
        (f"ATTACH '{tmp_path}/x.db' AS x", "query does not run: it may only read the tables."),
        ("DELETE FROM runs", "query does not run: it may only read the tables."),
        ("PRAGMA user_version", "query does not run: it may only read the tables."),
        ("SELECT load_extension('x')", "query does not run: it may only read the tables."),
        ("SELECT 1; SELECT 2", "query does not run: You can only execute one statement at a time."),
        (f"{endless} SELECT count(*) FROM n", "query does not run: it takes too long."),
        (f"{endless} SELECT x FROM n", "query"),
        ("SELECT zeroblob(1000000000)", "query does not run: string or blob too big."),
        (None, "query should be a text; it is None."),
    ):
        with pytest.raises(CheckError) as error:
            queries.rows("query", query, RUNS)
        assert str(error.value).startswith(message), query
    assert not list(tmp_path.iterdir())


def test_tables_are_compared_by_labels_and_values():
    series = pd.Series([1.0, 2.0], index=["a", "b"])
    frame = pd.DataFrame({"x": [1, 2], "y": ["u", None]})
    tables.assert_series("means", series + 1e-9, series)
    tables.assert_frame("table", frame.copy(), frame)
    for compare, actual, expected, message in (
        (tables.assert_series, [1.0, 2.0], series, "should be a series of pandas; it is a list."),
        (tables.assert_series, None, series, "should be a series of pandas; it is None."),
        (tables.assert_series, series[::-1], series, "The labels are there, but in another order."),
        (tables.assert_series, series[:1], series, "There are 1 labels, and should be 2."),
        (tables.assert_series, series * 2, series, "2 of 2 entries wrong"),
        (tables.assert_frame, series, frame, "should be a data frame of pandas; it is a series."),
        (tables.assert_frame, frame.assign(y=["u", "v"]), frame, "1 of 2 values wrong, first in"),
        (tables.assert_frame, frame[["x"]], frame, "the columns of it is wrong."),
    ):
        with pytest.raises(CheckError) as error:
            compare("it", actual, expected)
        assert message in str(error.value)
