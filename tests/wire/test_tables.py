"""Tables of pandas and records on the wire: by value, checked, and never run."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from seqlab import calls, checks

from autograder.wire import WireError, decode, encode, tables

MIXED = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "half": [0.5, np.nan, 2.5],
        "text": ["x", None, "z"],
        "day": pd.to_datetime(["2026-01-01", None, "2026-03-01"]),
        "wait": pd.to_timedelta([1, 2, 3], unit="h"),
        "kind": pd.Categorical(["u", "v", "u"], categories=["v", "u"], ordered=True),
        "maybe": pd.array([1, None, 3], dtype="Int64"),
        "yes": [True, False, True],
    },
    index=pd.Index([3, 4, 9], name="n"),
)


@pytest.mark.parametrize(
    "frame",
    [MIXED, MIXED.iloc[:0], pd.DataFrame(), pd.DataFrame(np.eye(2)), MIXED[["text"]].T],
    ids=["mixed", "no rows", "nothing", "numbers", "transposed"],
)
def test_a_frame_arrives_as_it_was_sent(frame):
    arrived = decode(encode({"value": (frame, 1)}))["value"][0]
    pd.testing.assert_frame_equal(arrived, frame)


@pytest.mark.parametrize("name", MIXED.columns)
def test_a_series_arrives_as_it_was_sent(name):
    pd.testing.assert_series_equal(decode(encode(MIXED[name])), MIXED[name])


def test_objects_in_a_column_arrive_as_they_are():
    column = decode(encode(pd.Series([1, "x", None, [2]], dtype=object)))
    assert column.tolist() == [1, "x", None, [2]]


def test_rare_tables_stay_where_they_are():
    several = MIXED.set_index(["whole", "text"])
    zoned = pd.Series(pd.to_datetime(["2026-01-01"]).tz_localize("UTC"))
    for table in (several, zoned):
        assert decode(encode(table, opaque=lambda _: 7), handle=lambda *about: about)[0] == 7


def test_what_a_student_puts_in_place_of_pandas_is_not_trusted(monkeypatch):
    monkeypatch.setattr(pd.DataFrame, "iloc", property(lambda _: exec("raise SystemExit")))
    assert decode(encode(MIXED, opaque=lambda _: 7), handle=lambda *about: about)[0] == 7


LABELS = ("array", np.arange(2), None)
BAD = {
    "another length": ("series", (LABELS, None, ("array", np.arange(3)))),
    "no array": ("series", (LABELS, None, ("array", [1, 2]))),
    "two axes": ("series", (LABELS, None, ("array", np.eye(2)))),
    "an unknown kind": ("series", (LABELS, None, ("pickle", [1, 2]))),
    "a code without a category": (
        "series",
        (LABELS, None, ("category", (np.arange(2), LABELS, 0))),
    ),
    "a name that is a list": ("series", (LABELS, ["a"], ("array", np.arange(2)))),
    "an endless range": ("frame", (("range", (0, 10**12, 1), None), LABELS, [])),
    "fewer columns": ("frame", (LABELS, LABELS, [("array", np.arange(2))])),
    "no parts": ("frame", None),
    "a unit of nothing": ("series", (LABELS, None, ("M nanny", np.arange(2)))),
}


class Table:
    """What a submission may claim to be a table."""


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_table_is_refused(case, monkeypatch):
    original = tables.parts
    monkeypatch.setattr(tables, "parts", lambda v, k: BAD[case] if k is Table else original(v, k))
    frame = encode(Table())
    with pytest.raises(WireError):
        decode(frame)


def test_an_object_is_sent_as_a_record_where_a_test_asks_for_it():
    @dataclass
    class Batch:
        x: np.ndarray
        names: list

    class Old:
        __slots__ = ("inner",)

        def __init__(self, inner):
            self.inner = inner

    batch = Batch(np.eye(2), ["a", Old((1, None))])
    with pytest.raises(WireError, match="a value of type Batch"):
        encode(batch)
    record = decode(encode(calls.by_value(batch)))
    assert isinstance(record, SimpleNamespace)
    assert record.names[1].inner == (1, None)
    record.x[0, 0] = 5.0
    assert batch.x[0, 0] == 1.0


def test_a_change_of_a_table_or_a_record_is_noticed():
    table, record = MIXED.copy(), SimpleNamespace(x=np.zeros(2))
    with checks.unchanged(table=table, record=record):
        calls.note(((table,), {"record": record}), ((MIXED.copy(),), {"record": record}))
    for name, given, after in (
        ("table", table, MIXED.assign(whole=0)),
        ("record", record, SimpleNamespace(x=np.ones(2))),
    ):
        with (
            pytest.raises(checks.CheckError, match=f"modified its argument {name}"),
            checks.unchanged(**{name: given}),
        ):
            calls.note(((given,), {}), ((after,), {}))
    with pytest.raises(checks.CheckError), checks.unchanged(table=table):
        table["whole"] += 1


def test_an_array_without_texts_keeps_its_shape():
    assert decode(encode(np.empty((0, 2), "U3"))).shape == (0, 2)
